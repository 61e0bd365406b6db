"""Training state that survives a killed process, in a folder that only the training job knows.

A checkpoint is one safetensors file (weights, optimiser, random state) that names the content it
belongs to, so that one made by other settings, inputs or code is never resumed.
"""

import logging
import re
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.training.parallel import shard_like, whole_tensor
from workflow_scripts.training.processes import ALONE, Processes

_log = logging.getLogger(__name__)
_KEPT = 2
_BEST = "best.safetensors"
_NAME = re.compile(r"step-(\d+)\.safetensors")


class Checkpoints:
    """The checkpoints of one training job; the last two are kept.

    Of several processes the first writes them, whole, so that they do not hinge on how a model is sharded; each calls
    every method, and all see one folder.
    """

    def __init__(self, path_to_folder: str | Path, key: str, processes: Processes = ALONE) -> None:
        """Use ``path_to_folder`` for content ``key``; what it holds of other content is removed."""
        self.folder = Path(path_to_folder)
        self._key = key
        self._processes = processes
        if processes.leads:
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in self._paths():
                if self._key_of(path) != key:
                    _log.info("%s belongs to other settings, inputs or code; it is removed", path)
                    path.unlink()
        processes.wait()

    def save(self, step: int, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write the state after ``step`` updates, whole or not at all; remove all but the last two."""
        tensors = {f"model.{name}": tensor for name, tensor in _distinct_tensors(model).items()}
        for number, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
        tensors = {name: whole_tensor(tensor).detach().cpu().contiguous() for name, tensor in tensors.items()}
        for kind, state in _random_states().items():
            tensors |= {
                f"random.{kind}.{rank}": part.cpu().clone() for rank, part in enumerate(self._processes.gather(state))
            }
        if self._processes.leads:
            with atomic_file(self.folder / f"step-{step:08d}.safetensors") as temporary:
                save_file(tensors, temporary, metadata={"key": self._key, "step": str(step)})
            for path in self._paths()[:-_KEPT]:
                path.unlink()

    def save_best(self, step: int, model: torch.nn.Module) -> None:
        """Keep the weights after ``step`` updates beside the checkpoints, instead of any kept before."""
        tensors = {
            name: whole_tensor(tensor).detach().cpu().contiguous() for name, tensor in _distinct_tensors(model).items()
        }
        if self._processes.leads:
            with atomic_file(self.folder / _BEST) as temporary:
                save_file(tensors, temporary, metadata={"key": self._key, "step": str(step)})

    def restore_best(self, model: torch.nn.Module) -> None:
        """Load the weights that ``save_best`` kept."""
        self._processes.wait()
        with safe_open(self.folder / _BEST, framework="pt") as file, torch.no_grad():
            for name, tensor in _distinct_tensors(model).items():
                tensor.copy_(shard_like(file.get_tensor(name), tensor))

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
                tensor.copy_(shard_like(tensors[f"model.{name}"], tensor))
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimizer":
                number, _, field = rest.partition(".")
                if tensor.ndim:  # the others are counts of updates
                    tensor = shard_like(tensor, parameters[int(number)])
                state.setdefault(int(number), {})[field] = tensor
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
        _set_random_states({kind: tensors.get(f"random.{kind}.{self._processes.rank}") for kind in _random_states()})
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


def _random_states() -> dict[str, torch.Tensor]:
    if not torch.cuda.is_available():
        return {"cpu": torch.get_rng_state()}
    # On the device, where the processes' messages pass.
    return {"cpu": torch.get_rng_state().cuda(), "cuda": torch.cuda.get_rng_state().cuda()}


def _set_random_states(states: dict[str, torch.Tensor | None]) -> None:
    if states["cpu"] is not None:
        torch.set_rng_state(states["cpu"])
    if states.get("cuda") is not None:
        torch.cuda.set_rng_state(states["cuda"])


def _distinct_tensors(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    # Parameters that learn and buffers, each once (MLM heads share their matrix with the embeddings).
    seen: set[int] = set()
    distinct = {}
    learning = [(name, tensor) for name, tensor in model.named_parameters() if tensor.requires_grad]
    for name, tensor in [*learning, *model.named_buffers()]:
        if id(tensor) not in seen:
            seen.add(id(tensor))
            distinct[name] = tensor
    return distinct
