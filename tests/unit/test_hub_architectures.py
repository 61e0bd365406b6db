"""Encoders of other architectures than XLM-R's, tiny and untrained, as transformers saves them."""

import json
import shutil

import pytest
import torch
from training_case import MODEL, write_tokenizer

from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders.bi_encoder import load_bi_encoder
from workflow_scripts.encoders.model_folder import save_sentence_transformer
from workflow_scripts.encoders.parameters import count_parameters, kind_of, model_row
from workflow_scripts.training.layers import recompute_layers

ROWS = [[0, 300, 301, 2], [0, 302, 2], [0, 303, 304, 305, 2]]
SHAPE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
DEBERTA = {
    "relative_attention": True,
    "position_buckets": 8,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
}
SHAPES = {
    "deberta-v2": SHAPE | DEBERTA,
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    "llama": SHAPE | {"bos_token_id": 0, "eos_token_id": 2},
    "mt5": {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2},
    "rembert": SHAPE | {"input_embedding_size": 8, "output_embedding_size": 8},
}


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    from transformers import AutoConfig, AutoModel

    tokenizer = write_tokenizer(tmp_path_factory.mktemp("tokenizer") / "made")

    def make(architecture):
        folder = tmp_path_factory.mktemp(architecture)
        torch.manual_seed(1)
        config = AutoConfig.for_model(architecture, vocab_size=600, pad_token_id=1, **SHAPES[architecture])
        AutoModel.from_config(config).save_pretrained(folder)
        shutil.copyfile(tokenizer / "tokenizer.json", folder / "tokenizer.json")
        return folder

    return make


@pytest.mark.parametrize("architecture", ["deberta-v2", "distilbert", "llama", "rembert"])
def test_recomputed_layers_give_the_same_gradients(folder_of, architecture):
    folder = folder_of(architecture)

    def gradients(recompute):
        encoder = load_bi_encoder(folder, MODEL, packed=False)
        if recompute:
            recompute_layers(encoder.encoder)
        encoder.encoder.train()
        torch.manual_seed(3)
        vectors = encoder.embed(ROWS)
        assert vectors.shape == (3, 16) == (3, encoder.dimension)
        vectors[:, 0].sum().backward()
        return [weight.grad for weight in encoder.encoder.parameters() if weight.grad is not None]

    plain, again = gradients(False), gradients(True)
    assert len(plain) == len(again) > 10
    assert all(torch.equal(*both) for both in zip(plain, again, strict=True))


def test_an_encoder_with_a_decoder_is_refused_in_one_line(folder_of):
    with pytest.raises(InputError, match="is an encoder with a decoder"):
        load_bi_encoder(folder_of("mt5"), MODEL)


@pytest.mark.parametrize("architecture", ["distilbert", "mt5"])
def test_the_shape_is_read_by_each_architectures_own_names(folder_of, architecture):
    row = model_row(folder_of(architecture), "label", "family")
    assert (row["layers"], row["hidden"], row["vocabulary"]) == (2, 16, 600)


def test_a_config_that_does_not_say_its_shape_is_refused(folder_of):
    folder = folder_of("distilbert")
    config = json.loads((folder / "config.json").read_text())
    del config["n_layers"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"config\.json: has none of num_hidden_layers, n_layers"):
        model_row(folder, "label", "family")


@pytest.mark.parametrize("architecture", ["deberta-v2", "distilbert"])
def test_heads_of_pre_training_are_no_part_of_the_encoder(folder_of, architecture, tmp_path):
    from transformers import AutoConfig, AutoModelForMaskedLM

    folder = folder_of(architecture)
    AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(tmp_path)
    assert count_parameters(tmp_path) == count_parameters(folder)
    assert kind_of("mask_predictions.dense.weight") == "head"
    assert kind_of("deberta.encoder.rel_embeddings.weight") == "embedding"


def test_the_width_that_sentence_transformers_is_told_is_that_of_the_vectors(folder_of, tmp_path):
    encoder = load_bi_encoder(folder_of("rembert"), MODEL)
    save_sentence_transformer(encoder.encoder, encoder.tokenizer._folder, encoder.settings, tmp_path)
    assert json.loads((tmp_path / "1_Pooling" / "config.json").read_text())["word_embedding_dimension"] == 16
