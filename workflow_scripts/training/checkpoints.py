"""Training state that survives a killed process, in a folder that only the training job knows.

A checkpoint is one safetensors file (weights, optimiser, random state) that names the content it
belongs to, so that one made by other settings, inputs or code is never resumed.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.manifest import digest_file, versions

_log = logging.getLogger(__name__)
_KEPT = 2
_NAME = re.compile(r"step-(\d+)\.safetensors")


def content_key(settings: Any, paths_to_inputs: Iterable[str | Path]) -> str:
    """Return a digest of settings (JSON values), input files or folders, versions and our loaded code."""
    content: dict[str, Any] = {"settings": settings, "versions": versions(), "inputs": {}, "code": {}}
    for path in map(Path, paths_to_inputs):
        files = sorted(part for part in path.iterdir() if part.is_file()) if path.is_dir() else [path]
        content["inputs"][str(path)] = [
            (file.name, digest_file(file)) for file in files if file.name != "manifest.json"
        ]
    package = __name__.partition(".")[0]
    for name, module in sys.modules.items():
        if name.partition(".")[0] == package and getattr(module, "__file__", None):
            content["code"][name] = digest_file(module.__file__)
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class Checkpoints:
    """The checkpoints of one training job; the last two are kept."""

    def __init__(self, path_to_folder: str | Path, key: str) -> None:
        """Use ``path_to_folder`` for content ``key``; what it holds of other content is removed."""
        self.folder = Path(path_to_folder)
        self._key = key
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self._paths():
            if self._key_of(path) != key:
                _log.info("%s belongs to other settings, inputs or code; it is removed", path)
                path.unlink()

    def save(self, step: int, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write the state after ``step`` updates, whole or not at all; remove all but the last two."""
        tensors = {f"model.{name}": tensor for name, tensor in _distinct_tensors(model).items()}
        for number, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
        tensors["random.cpu"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        with atomic_file(self.folder / f"step-{step:08d}.safetensors") as temporary:
            save_file(tensors, temporary, metadata={"key": self._key, "step": str(step)})
        for path in self._paths()[:-_KEPT]:
            path.unlink()

    def restore(self, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> int:
        """Load the last checkpoint into model and optimiser; return how many updates it has, 0 where there is none."""
        paths = self._paths()
        if not paths:
            return 0
        with safe_open(paths[-1], framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            step = int(file.metadata()["step"])
        with torch.no_grad():
            for name, tensor in _distinct_tensors(model).items():
                tensor.copy_(tensors[f"model.{name}"])
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimizer":
                number, _, field = rest.partition(".")
                state.setdefault(int(number), {})[field] = tensor
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])
        _log.info("resuming from %s", paths[-1])
        return step

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))

    @staticmethod
    def _key_of(path: Path) -> str | None:
        try:
            with safe_open(path, framework="pt") as file:
                return (file.metadata() or {}).get("key")
        except (SafetensorError, OSError):
            return None


def _distinct_tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    # Parameters and buffers, each once (MLM heads share their matrix with the embeddings).
    seen: set[int] = set()
    distinct = {}
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if id(tensor) not in seen:
            seen.add(id(tensor))
            distinct[name] = tensor
    return distinct
