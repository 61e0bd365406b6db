"""What a model in a folder, or one that is made here, cannot do is said before the first job."""

import contextlib
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from test_config import default, resolve
from transformers import XLMRobertaConfig, XLMRobertaModel

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.adapter_targets import check_adapter_targets
from workflow_scripts.planning.model_folders import check_model_folders


def with_own_model(folder, shape=None, weights=(), **changes):
    """The default config, whose one model lies in ``folder``, with a config.json of ``shape`` and such weights."""
    (folder / "config.json").write_text(json.dumps(shape or {}))
    (folder / "tokenizer.json").touch()
    save_file({name: np.zeros(size, np.float32) for name, size in weights}, folder / "model.safetensors")
    config = default()
    config["experiment"]["models"] = ["own"]
    config["models"]["own"] = {"folder": str(folder), "size_m": 1, "learning_rate": 1e-3, **changes}
    return config


XLMR = {"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1, "hidden_size": 100}


@pytest.mark.parametrize(
    ("shape", "changes", "search", "says"),
    [
        (XLMR, {"max_passage_length": 512}, {}, None),
        (XLMR, {"max_passage_length": 513}, {}, r"models\.own\.max_passage_length: 513 is more than the 512 tokens"),
        (
            {"max_position_embeddings": 64},
            {"max_query_length": 65, "max_passage_length": 64},
            {},
            r"max_query_length: 65",
        ),
        ({"model_type": "t5", "n_positions": 8}, {"max_passage_length": 513}, {}, None),
        (XLMR, {}, {"kind": "ivf-pq"}, r"pq_pieces: 96 does not divide hidden_size of models\.own \(100\)"),
        (XLMR, {}, {"kind": "ivf-pq", "faiss": {"pq_pieces": 25}}, None),
        (XLMR, {}, {"kind": "ivf-flat"}, None),
    ],
)
def test_what_a_folder_s_model_cannot_do_is_said_at_once(tmp_path, shape, changes, search, says):
    config = resolve(with_own_model(tmp_path, shape, **changes) | {"search": search})
    with pytest.raises(InputError, match=says) if says else contextlib.nullcontext():
        check_model_folders(config)


def test_adapters_have_layers_to_stand_beside(tmp_path):
    weights = [("roberta.encoder.layer.0.attention.self.query.weight", (2, 2)), ("roberta.norm.weight", (2,))]
    config = with_own_model(tmp_path, XLMR, weights, lora={"rank": 1, "alpha": 1, "targets": ["self.query"]})
    check_adapter_targets(resolve(config))
    for target in ("q_proj", "norm", "uery"):
        config["models"]["own"]["lora"]["targets"] = ["query", target]
        with pytest.raises(InputError, match=rf"own\.lora\.targets: no layer is called '{target}'; there are query$"):
            check_adapter_targets(resolve(config))
    config["experiment"]["strategies"] = ["untuned"]
    config["report"]["compare"] = {"strategy": "untuned", "baselines": []}
    check_adapter_targets(resolve(config))  # nothing is fine-tuned


def test_adapters_of_a_model_that_is_made_here_have_the_names_of_its_layers():
    made = XLMRobertaModel(
        XLMRobertaConfig(vocab_size=8, hidden_size=4, num_hidden_layers=2, num_attention_heads=1, intermediate_size=4),
        add_pooling_layer=False,
    )
    linear = {name for name, layer in made.named_modules() if isinstance(layer, torch.nn.Linear)}
    shape = {"layers": 2, "hidden": 4, "heads": 1, "intermediate": 4, "learning_rate": 1e-3}
    config = default()
    config["models"]["atlas-s"] |= {"pretrain": shape, "lora": {"rank": 1, "alpha": 1, "targets": sorted(linear)}}
    check_adapter_targets(resolve(config))
    config["models"]["atlas-s"]["lora"]["targets"] = ["query", "v_proj"]
    with pytest.raises(InputError, match=r"no layer is called 'v_proj'; there are dense, .*query, "):
        check_adapter_targets(resolve(config))
