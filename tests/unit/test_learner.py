"""Lower precision, recomputed layers and adapters: what each changes, and what it must not."""

import pyarrow as pa
import pytest
import torch
from safetensors.torch import load_file
from training_case import MODEL, TRAINING, pair_rows, write_case, write_encoder, write_tokens

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import PAIRS, write_table
from workflow_scripts.encoders.bi_encoder import BiEncoder, load_bi_encoder
from workflow_scripts.encoders.tokenization import pad
from workflow_scripts.training.contrastive import TrainingInputs, Upkeep, train_contrastively
from workflow_scripts.training.finetuning import finetune
from workflow_scripts.training.layers import recompute_layers
from workflow_scripts.training.learner import Learner
from workflow_scripts.training.processes import ALONE

LORA = {"lora": {"rank": 4, "alpha": 8, "targets": ["query", "value"], "dropout": 0.1}}
ROWS = [[0, 300, 301, 2], [0, 302, 2], [0, 303, 304, 305, 2]]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learner")
    paths, base = write_case(folder), write_encoder(folder / "base")
    return {**paths, "base": base, "tokens": write_tokens(base, paths["pairs"], folder / "tokens")}


def run_finetune(case, output, model=None, training=None):
    settings = {"model": MODEL | (model or {}), "strategy": {"alpha": 0.5}, "training": TRAINING | (training or {})}
    inputs = case["base"], case["pairs"], case["tokens"], case["overlaps"]
    finetune(*inputs, settings, 1, 1, output, f"{output}.partial")
    return load_file(output / "model.safetensors")


@pytest.mark.parametrize("packed", [True, False])
def test_recomputed_layers_give_the_same_gradients_with_dropout(case, packed):
    def gradients(recompute):
        encoder = load_bi_encoder(case["base"], MODEL, packed=packed)
        for module in encoder.encoder.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.2
        if recompute:
            recompute_layers(encoder.encoder)
        encoder.encoder.train()
        torch.manual_seed(3)
        encoder.embed(ROWS)[:, 0].sum().backward()
        return {name: weight.grad for name, weight in encoder.encoder.named_parameters() if weight.grad is not None}

    plain, again = gradients(False), gradients(True)
    assert plain.keys() == again.keys()
    assert all(torch.equal(gradient, again[name]) for name, gradient in plain.items())


def test_bfloat16_is_the_arithmetic_of_layers_alone(case, tmp_path):
    whole, lower = (
        run_finetune(case, tmp_path / dtype, training={"dtype": dtype}) for dtype in ("float32", "bfloat16")
    )
    assert all(tensor.dtype == torch.float32 for tensor in lower.values())
    name = "encoder.layer.0.intermediate.dense.weight"
    moved = whole[name] - load_file(case["base"] / "model.safetensors")[name]
    apart = lower[name] - whole[name]
    assert 0 < apart.norm() < 0.2 * moved.norm()
    learner = Learner(case["base"], MODEL, "bfloat16", torch.device("cpu"), ALONE)
    vectors = learner.embed(ROWS)
    assert vectors.dtype == torch.float32
    assert torch.allclose(vectors.norm(dim=1), torch.ones(3), atol=1e-6)


def test_adapters_are_merged_into_a_plain_model(case, tmp_path):
    trained, base = run_finetune(case, tmp_path / "lora", LORA), load_file(case["base"] / "model.safetensors")
    assert trained.keys() == base.keys()
    changed = {name for name in base if not torch.equal(base[name], trained[name])}
    assert changed == {f"encoder.layer.0.attention.self.{target}.weight" for target in ("query", "value")}
    for name in changed:
        assert torch.linalg.matrix_rank(trained[name] - base[name], rtol=1e-4) <= LORA["lora"]["rank"]


def test_the_merged_model_gives_the_vectors_of_the_adapted_one(case):
    learner = Learner(case["base"], MODEL | LORA, "float32", torch.device("cpu"), ALONE)
    learner.model.eval()
    with torch.no_grad():
        for parameter in learner.model.parameters():
            if parameter.requires_grad:
                parameter.normal_(std=0.1)
        adapted = learner.embed(ROWS)
        plain = load_bi_encoder(case["base"], MODEL, packed=False)
        before = plain.embed(ROWS)
        plain.network = learner.finished()
        assert torch.allclose(plain.embed(ROWS), adapted, atol=1e-6)
        assert (before - adapted).abs().max() > 1e-3


def test_an_encoder_that_pads_computes_no_more_tokens_at_once_than_asked_for(case, tmp_path, monkeypatch):
    """A few long passages among short ones: end to end a batch fits into 800 tokens, padded it does not."""
    rows = [row | {"negatives": None} for row in pair_rows("en")]
    for row in rows:
        row["passage"] = " ".join([row["passage"]] * (9 if row["group_id"].endswith("7") else 1))
    path, tokens_at_once = tmp_path / "en.parquet", []
    write_table(pa.Table.from_pylist(rows, schema=PAIRS), path, PAIRS)
    model = MODEL | LORA | {"max_passage_length": 96}
    training = TRAINING | {"steps": 4, "batch_size": 20, "chunk_tokens": 800}
    training |= {"held_out": {"share": 0.5, "every": 2, "batches": 2}}
    embed = BiEncoder.embed

    def watched(self, texts):
        tokens_at_once.append(pad(texts, 0, 8, 96)[0].size)
        return embed(self, texts)

    monkeypatch.setattr(BiEncoder, "embed", watched)
    inputs = TrainingInputs(case["base"], [path], write_tokens(case["base"], [path], tmp_path / "tokens", model), [])
    settings = {"model": model, "strategy": {"alpha": 1.0}, "training": training}
    train_contrastively(inputs, settings, 1, 1, tmp_path / "partial", None, Upkeep())
    assert max(tokens_at_once) <= 800


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (["q_proj"], "no layer is called 'q_proj'"),
        (["query", "vlaue"], "no layer is called 'vlaue'"),
        (["LayerNorm"], "LayerNorm: "),
    ],
)
def test_adapters_of_layers_that_do_not_exist_or_are_not_linear_are_refused(case, targets, says):
    wrong = {"lora": LORA["lora"] | {"targets": targets}}
    with pytest.raises(InputError, match=rf"model\.lora\.targets: {says}"):
        Learner(case["base"], MODEL | wrong, "float32", torch.device("cpu"), ALONE)
