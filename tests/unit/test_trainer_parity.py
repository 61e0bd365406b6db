"""Loss and updates are those of sentence-transformers' trainer with its own losses: same weights, data and order."""

import pytest
import torch
from training_case import ASKED, LANGS, MODEL, name, write_encoder

from benchmarks.peer_trainer import train_with_peer
from workflow_scripts.encoders.bi_encoder import load_bi_encoder
from workflow_scripts.encoders.model_folder import save_sentence_transformer
from workflow_scripts.training.gradient_cache import contrastive_gradients
from workflow_scripts.training.losses import info_nce
from workflow_scripts.training.trainer import TrainerSettings, train

STEPS, BATCH, TEMPERATURE = 20, 8, 0.05
ENTRY = MODEL | {"max_query_length": 24}  # the peer has one length for all text
SETTINGS = TrainerSettings(STEPS, 5e-3, 0.1, 0.01, 1.0, 1000)

pytest.importorskip("sentence_transformers")


@pytest.fixture(scope="module")
def texts():
    """Distinct questions and passages; a negative is the passage of another batch."""
    lang, numbers = list(LANGS), range(STEPS * BATCH)
    passages = [LANGS[lang[n // BATCH % 3]].format(name(3 * n), 100 + n) for n in numbers]
    return {
        "anchor": [ASKED[lang[n // BATCH % 3]].format(name(3 * n)) for n in numbers],
        "positive": passages,
        "negative": passages[BATCH:] + passages[:BATCH],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = write_encoder(tmp_path_factory.mktemp("parity") / "base")
    saved = base.parent / "saved"
    saved.mkdir()
    encoder = load_bi_encoder(base, ENTRY)
    save_sentence_transformer(encoder.encoder, base, encoder.settings, saved)
    return saved


def train_ours(folder, texts, chunk_tokens, partial):
    encoder = load_bi_encoder(folder, ENTRY)
    encoder.encoder.train()
    rows = {column: encoder.tokenize(texts[column], 24) for column in texts}

    def gradients_of_step(step):
        def batch(column):
            return rows[column][step * BATCH : (step + 1) * BATCH]

        passages = batch("positive") + (batch("negative") if "negative" in rows else [])

        def loss(q, p):
            return info_nce(q, p, torch.arange(len(q)), torch.arange(len(p)), TEMPERATURE)

        return {"loss": contrastive_gradients(encoder.embed, batch("anchor"), passages, loss, chunk_tokens)}

    records = train(encoder.encoder, gradients_of_step, SETTINGS, BATCH, partial, "key")
    return [record["loss"] for record in records], encoder.encoder


@pytest.mark.parametrize("columns", [("anchor", "positive"), ("anchor", "positive", "negative")])
@pytest.mark.parametrize(("chunk_rows", "chunk_tokens"), [(None, 10**6), (3, 64)])
def test_loss_and_updates_equal_those_of_sentence_transformers(
    folder, texts, tmp_path, columns, chunk_rows, chunk_tokens
):
    chosen = {column: texts[column] for column in columns}
    ours, encoder = train_ours(folder, chosen, chunk_tokens, tmp_path / "partial")
    peer = train_with_peer(
        folder,
        chosen,
        tmp_path / "peer",
        steps=STEPS,
        batch_size=BATCH,
        learning_rate=SETTINGS.learning_rate,
        warmup_steps=round(SETTINGS.warmup_share * STEPS),
        weight_decay=SETTINGS.weight_decay,
        max_gradient_norm=SETTINGS.max_gradient_norm,
        temperature=TEMPERATURE,
        max_length=24,
        chunk_rows=chunk_rows,
    )
    # The peer's log rounds to four decimals and more.
    assert ours == pytest.approx(peer.losses, rel=1e-3, abs=1e-4)
    assert len(ours) == STEPS and ours[-1] < 0.9 * ours[0]
    theirs = {name.split("model.", 1)[-1]: tensor for name, tensor in peer.model[0].state_dict().items()}
    before = load_bi_encoder(folder, ENTRY).encoder.state_dict()
    for key, tensor in encoder.state_dict().items():
        moved = (tensor - before[key]).norm()
        # Attention does not hinge on its keys' bias, whose gradient is thus nothing but rounding.
        assert (tensor - theirs[key]).norm() <= 0.01 * moved + 1e-5, key
