import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from workflow_scripts.count_parameters import write_model_table
from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders.parameters import count_parameters, kind_of

TENSORS = {
    "embeddings.word_embeddings.weight": (50, 4),
    "embeddings.position_embeddings.weight": (10, 4),
    "embeddings.token_type_embeddings.weight": (1, 4),
    "embeddings.LayerNorm.weight": (4,),
    "encoder.layer.0.attention.self.query.weight": (4, 4),
    "encoder.layer.0.attention.self.query.bias": (4,),
    "pooler.dense.weight": (4, 4),
    "lm_head.dense.weight": (4, 4),
    "cls.predictions.decoder.weight": (50, 4),
}
EMBEDDING, OTHER = 61 * 4, 4 + 16 + 4


def write_model(folder, shards=1):
    folder.mkdir(parents=True)
    arrays = {name: np.zeros(shape, np.float16) for name, shape in TENSORS.items()}
    arrays["embeddings.position_ids"] = np.zeros((1, 10), np.int64)
    names = sorted(arrays)
    if shards == 1:
        save_file(arrays, folder / "model.safetensors")
    else:
        weight_map = {}
        for shard in range(shards):
            file = f"model-{shard + 1:05d}-of-{shards:05d}.safetensors"
            save_file({name: arrays[name] for name in names[shard::shards]}, folder / file)
            weight_map |= dict.fromkeys(names[shard::shards], file)
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    config = {"num_hidden_layers": 1, "hidden_size": 4, "vocab_size": 50}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("shards", [1, 3])
def test_embeddings_heads_and_the_rest_are_told_apart(tmp_path, shards):
    counts = count_parameters(write_model(tmp_path / "m", shards))
    assert (counts.embedding, counts.non_embedding, counts.total) == (EMBEDDING, OTHER, EMBEDDING + OTHER)


@pytest.mark.parametrize(
    "name, kind",
    [
        ("roberta.embeddings.word_embeddings.weight", "embedding"),
        ("model.embeddings.tok_embeddings.weight", "embedding"),
        ("model.embed_tokens.weight", "embedding"),
        ("shared.weight", "embedding"),
        ("embeddings.LayerNorm.bias", "non_embedding"),
        ("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "non_embedding"),
        ("model.layers.0.mlp.Wi.weight", "non_embedding"),
        ("bert.pooler.dense.bias", "head"),
        ("head.dense.weight", "head"),
        ("decoder.bias", "head"),
    ],
)
def test_names_of_other_architectures(name, kind):
    assert kind_of(name) == kind


def test_table(tmp_path):
    bases = [str(write_model(tmp_path / name)) for name in ("b", "a")]
    models = {"a": {"label": "A", "family": "f"}, "b": {"label": "B, large", "family": "f"}}
    write_model_table(bases, models, tmp_path / "models.csv")
    lines = (tmp_path / "models.csv").read_text().splitlines()
    assert lines[0] == "model,label,family,layers,hidden,vocabulary,embedding,non_embedding,total"
    assert lines[1] == f'b,"B, large",f,1,4,50,{EMBEDDING},{OTHER},{EMBEDDING + OTHER}'
    with pytest.raises(InputError, match="no entry 'a'"):
        write_model_table(bases, {"b": models["b"]}, tmp_path / "models.csv")


def test_folders_without_weights_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        count_parameters(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not a header at all")
    with pytest.raises(InputError, match="not a safetensors file"):
        count_parameters(tmp_path)
