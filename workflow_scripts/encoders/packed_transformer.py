"""The encoder of BERT (arXiv 1810.04805) and its RoBERTa kin (arXiv 1907.11692, 1911.02116) for packed texts.

Why not transformers' own: it computes padding, a third of a mixed batch, and importing it takes longer than a small
model needs to encode a collection. The computation and the names of the parameters are the same, so checkpoints
pass between the two unchanged, and a test compares states and gradients. Attention is exact: it is computed for a
run of equally long texts at a time, without a mask, and no text sees another.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders.fast_dropout import FastDropout, dropout
from workflow_scripts.encoders.onednn_linear import fill_for_onednn, linear
from workflow_scripts.encoders.packing import PackedTexts

# model_type → transformers' class, and whether positions count from pad_token_id + 1, fairseq's convention.
_ARCHITECTURES = {
    "bert": ("BertModel", False),
    "camembert": ("CamembertModel", True),
    "roberta": ("RobertaModel", True),
    "xlm-roberta": ("XLMRobertaModel", True),
}
_NEEDED = {
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "pad_token_id",
}
_PREFIXES = ("bert.", "roberta.")  # of the names in checkpoints that have a head
_OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def is_packed_architecture(config: dict[str, Any]) -> bool:
    """Return whether ``PackedTransformer`` computes what a folder's whole ``config.json`` describes."""
    return (
        config.get("model_type") in _ARCHITECTURES
        and config.keys() >= _NEEDED
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type") in (None, "absolute")
        and not config.get("is_decoder")
        and not config.get("add_cross_attention")
    )


@dataclass(frozen=True)
class Shape:
    """What of a ``config.json`` decides the computation."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    token_types: int
    norm_epsilon: float
    dropout: float
    attention_dropout: float
    first_position: int

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Shape":
        """Read it; a key that transformers leaves out has its default."""
        counts_from_padding = _ARCHITECTURES[config["model_type"]][1]
        return cls(
            hidden=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            intermediate=config["intermediate_size"],
            vocabulary=config["vocab_size"],
            positions=config["max_position_embeddings"],
            token_types=config.get("type_vocab_size", 2),
            norm_epsilon=config.get("layer_norm_eps", 1e-12),
            dropout=config.get("hidden_dropout_prob", 0.1),
            attention_dropout=config.get("attention_probs_dropout_prob", 0.1),
            first_position=config["pad_token_id"] + 1 if counts_from_padding else 0,
        )


class PackedTransformer(nn.Module):
    """Token states of packed texts. Parameters bear transformers' names; ``config`` is the folder's ``config.json``."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.config = config
        self.shape = Shape.of(config)
        self.embeddings = _Embeddings(self.shape)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(_Layer(self.shape) for _ in range(self.shape.layers))

    def forward(self, texts: PackedTexts, ids: torch.Tensor | None = None) -> torch.Tensor:
        """Return states [tokens, d] in the order of the pack; ``ids`` [tokens] stand in for the pack's own."""
        states, runs = fill_for_onednn(self.embed(texts, ids), texts.runs)
        for layer in self.encoder.layer:
            states = layer(states, runs)
        return states[: len(texts.ids)]

    def embed(self, texts: PackedTexts, ids: torch.Tensor | None = None) -> torch.Tensor:
        """Return what the first layer reads, [tokens, d]."""
        device = self.embeddings.word_embeddings.weight.device
        ids = torch.from_numpy(texts.ids) if ids is None else ids
        positions = torch.from_numpy(texts.positions + self.shape.first_position)
        return self.embeddings(ids.to(device), positions.to(device))

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the word embeddings, as transformers' models do."""
        return self.embeddings.word_embeddings

    def initialise(self) -> None:
        """Draw weights from N(0, 0.02²), with zeros for biases, as BERT (arXiv 1810.04805) does; call it or load."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write ``config.json`` and ``model.safetensors``, which transformers' ``AutoModel`` loads."""
        folder = Path(folder)
        tensors = {name: tensor.detach().contiguous() for name, tensor in self.state_dict().items()}
        dtype = str(next(iter(tensors.values())).dtype).removeprefix("torch.")
        kept = {key: value for key, value in self.config.items() if key != "torch_dtype"}
        config = kept | {"architectures": [_ARCHITECTURES[self.config["model_type"]][0]], "dtype": dtype}
        (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


# Weights are loaded or drawn by ``initialise``: torch's own first draw takes seconds for a large model.


class _Linear(nn.Linear):
    def reset_parameters(self) -> None:
        pass

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return linear(states, self.weight, self.bias)


class _Embedding(nn.Embedding):
    def reset_parameters(self) -> None:
        pass


class _Embeddings(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.word_embeddings = _Embedding(shape.vocabulary, shape.hidden)
        self.position_embeddings = _Embedding(shape.positions, shape.hidden)
        self.token_type_embeddings = _Embedding(shape.token_types, shape.hidden)
        self.LayerNorm = nn.LayerNorm(shape.hidden, eps=shape.norm_epsilon)
        self.dropout = FastDropout(shape.dropout)

    def forward(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        states = self.word_embeddings(ids) + self.token_type_embeddings.weight[0] + self.position_embeddings(positions)
        return self.dropout(self.LayerNorm(states))


class _SelfAttention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.dropout = shape.heads, shape.attention_dropout
        self.query, self.key, self.value = (_Linear(shape.hidden, shape.hidden) for _ in range(3))

    def forward(self, states: torch.Tensor, runs: list[tuple[int, int]]) -> torch.Tensor:
        # One matrix product instead of three; joining the weights costs a copy of them, little beside the product.
        projected = linear(states, *self.joined())
        return attend(projected, runs, self.heads, self.dropout if self.training else 0.0)

    def joined(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return weight [3 d, d] and bias [3 d] of query, key and value."""
        parts = (self.query, self.key, self.value)
        return torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])


def attend(projected: torch.Tensor, runs: list[tuple[int, int]], heads: int, dropped: float = 0.0) -> torch.Tensor:
    """Return attention's output [tokens, d] of query, key and value side by side, [tokens, 3 d], run by run."""
    # Splitting has one backward step; a slice for each run would have one as wide as the pack for each.
    of_runs = projected.unflatten(1, (3, heads, -1)).split([texts * length for texts, length in runs])
    outputs = []
    for (texts, length), of_run in zip(runs, of_runs, strict=True):
        query, key, value = of_run.unflatten(0, (texts, length)).permute(2, 0, 3, 1, 4).unbind(0)
        # torch's fused kernel for CPU drops nothing, but what it takes instead keeps more digits of bf16 than this.
        if dropped and projected.dtype != torch.bfloat16:
            weights = (query @ (key * key.shape[-1] ** -0.5).transpose(-2, -1)).softmax(-1)
            attended = dropout(weights, dropped) @ value
        else:
            attended = functional.scaled_dot_product_attention(query, key, value, dropout_p=dropped)
        outputs.append(attended.transpose(1, 2).reshape(texts * length, -1))
    return torch.cat(outputs)


class _Output(nn.Module):
    """A linear layer, its result added to what the block has read, and a norm."""

    def __init__(self, width: int, shape: Shape) -> None:
        super().__init__()
        self.dense = _Linear(width, shape.hidden)
        self.LayerNorm = nn.LayerNorm(shape.hidden, eps=shape.norm_epsilon)
        self.dropout = FastDropout(shape.dropout)

    def forward(self, states: torch.Tensor, read: torch.Tensor) -> torch.Tensor:
        return self.LayerNorm(self.dropout(self.dense(states)) + read)


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = nn.Module()
        self.attention.self = _SelfAttention(shape)
        self.attention.output = _Output(shape.hidden, shape)
        self.intermediate = nn.Module()
        self.intermediate.dense = _Linear(shape.hidden, shape.intermediate)
        self.output = _Output(shape.intermediate, shape)

    def forward(self, states: torch.Tensor, runs: list[tuple[int, int]]) -> torch.Tensor:
        states = self.attention.output(self.attention.self(states, runs), states)
        return self.output(functional.gelu(self.intermediate.dense(states)), states)


def load_packed_transformer(folder: str | Path, config: dict[str, Any], dtype: torch.dtype) -> PackedTransformer:
    """Load the weights of a folder in evaluation mode; raise InputError where one is missing or of another shape.

    Heads and poolers, which a bi-encoder has no use for, are not read.
    """
    model = PackedTransformer(config)
    wanted = {name: tensor.shape for name, tensor in model.state_dict().items()}
    found: dict[str, torch.Tensor] = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        try:
            with safe_open(path, "pt") as file:
                for stored in list(file.keys()):
                    if (name := _own_name(stored)) in wanted:
                        found[name] = file.get_tensor(stored).to(dtype)
        except Exception as error:  # the library raises an exception of its own
            raise InputError(f"{path}: not a readable safetensors file ({error}); fetch or train it again") from error
    if missing := sorted(wanted.keys() - found.keys()):
        raise InputError(f"{folder}: weights of {len(missing)} tensors are missing, {missing[0]} first")
    if wrong := [name for name in wanted if found[name].shape != wanted[name]]:
        shapes = f"{tuple(found[wrong[0]].shape)}, config.json says {tuple(wanted[wrong[0]])}"
        raise InputError(f"{folder}: {wrong[0]} has shape {shapes}; the two do not belong together")
    model.load_state_dict(found, assign=True)
    return model.eval()


def _own_name(stored: str) -> str:
    for prefix in _PREFIXES:
        stored = stored.removeprefix(prefix)
    for old, new in _OLD_NAMES.items():
        if stored.endswith(old):
            return stored.removesuffix(old) + new
    return stored
