"""Training state that survives a killed process, in a folder that only the training job knows.

A checkpoint is one safetensors file (weights, optimiser, random state, what time it took) that names the content it
belongs to, so that one made by other settings, inputs or code is never resumed, and the digest of its tensors, so that
a damaged one is not either.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from xxhash import xxh3_128

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.spent_time import SpentTime, go_on_from, spent_time
from workflow_scripts.training.parallel import shard_like, whole_tensor
from workflow_scripts.training.processes import ALONE, Processes

_log = logging.getLogger(__name__)
_KEPT = 2
_BEST = "best.safetensors"
_UNREAD = "unread"
_SPENT = "spent"  # float64 [2]: seconds by the clock, of processors
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

    def save(
        self,
        step: int,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        unread: Sequence[Mapping[str, torch.Tensor]] = (),
    ) -> None:
        """Write the state after ``step`` updates, whole or not at all; remove all but the last two.

        ``unread``: numbers of the last updates, by name, that are in no record yet.
        """
        tensors = {f"model.{name}": tensor for name, tensor in _distinct_tensors(model).items()}
        for number, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
        if unread:
            tensors |= {f"{_UNREAD}.{name}": torch.stack([update[name] for update in unread]) for name in unread[0]}
        tensors = self._whole(tensors)
        for kind, state in _random_states().items():
            tensors |= {
                f"random.{kind}.{rank}": part.cpu().clone() for rank, part in enumerate(self._processes.gather(state))
            }
        if self._processes.leads:
            spent = spent_time()
            tensors[_SPENT] = torch.tensor([spent.wall, spent.processor], dtype=torch.float64)
            with atomic_file(self.folder / f"step-{step:08d}.safetensors") as temporary:
                self._write(tensors, temporary)
            for path in self._paths()[:-_KEPT]:
                path.unlink()

    def save_best(self, model: torch.nn.Module) -> None:
        """Keep the weights of this moment beside the checkpoints, instead of any kept before."""
        tensors = self._whole(_distinct_tensors(model))
        if self._processes.leads:
            with atomic_file(self.folder / _BEST) as temporary:
                self._write(tensors, temporary)

    def restore_best(self, model: torch.nn.Module) -> None:
        """Load the weights that ``save_best`` kept; raise InputError where they are damaged."""
        self._processes.wait()
        tensors = _read(self.folder / _BEST)
        if tensors is None:
            raise InputError(f"{self.folder / _BEST}: missing or damaged; remove {self.folder} and rerun")
        with torch.no_grad():
            for name, tensor in _distinct_tensors(model).items():
                tensor.copy_(shard_like(tensors[name], tensor))

    def restore(
        self, model: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> tuple[int, list[dict[str, torch.Tensor]]]:
        """Load the last whole checkpoint into model and optimiser; return how many updates it has, and what is unread.

        0 and nothing without any. What it took counts as this job's. Raises InputError where processes find another
        checkpoint each, as on a file system that one of their machines does not share or could not read.
        """
        tensors, last = None, None
        for last in reversed(self._paths()):
            tensors = _read(last)
            if tensors is not None:
                break
            _log.warning("%s is damaged; it is left out", last)
        step = 0 if tensors is None else int(_NAME.fullmatch(last.name)[1])
        self._check_that_all_found(step, next(model.parameters()).device)
        if tensors is None or last is None:
            go_on_from(SpentTime())
            return 0, []
        go_on_from(SpentTime(*tensors[_SPENT].tolist()))
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
        _log.info("resuming from %s", last)
        unread = {
            name.partition(".")[2]: tensor.to(parameters[0].device)
            for name, tensor in tensors.items()
            if name.startswith(f"{_UNREAD}.")
        }
        return step, [dict(zip(unread, update, strict=True)) for update in zip(*unread.values(), strict=True)]

    def _check_that_all_found(self, step: int, device: torch.device) -> None:
        # Else each would train weights of its own, until one waits for numbers that no other sends.
        found = self._processes.gather(torch.tensor([step], device=device)).flatten().tolist()
        if len(set(found)) > 1:
            updates = ", ".join(map(str, found))
            raise InputError(
                f"{self.folder}: the processes find another last checkpoint each, of updates {updates}; "
                "run again, and where that does not help put results where all machines of the job see the same files"
            )

    def _whole(self, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return whole tensors on the CPU, all of them in the first process, which writes them, none in another.

        Those of a sharded model are three times its weights, for which only one process of a machine has room.
        """
        wholes = {}
        for name, tensor in tensors.items():
            whole = whole_tensor(tensor)  # every process must ask for it
            if self._processes.leads:
                wholes[name] = whole.detach().cpu().contiguous()
        return wholes

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))

    def _write(self, tensors: dict[str, torch.Tensor], path: Path) -> None:
        save_file(tensors, path, metadata={"key": self._key, "digest": _digest(tensors)})

    @staticmethod
    def _key_of(path: Path) -> str | None:
        try:
            with safe_open(path, framework="pt") as file:
                return (file.metadata() or {}).get("key")
        except (SafetensorError, OSError):
            return None


def _read(path: Path) -> dict[str, torch.Tensor] | None:
    """Return a file's tensors; None where it is missing or damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            digest = file.metadata()["digest"]
    except (SafetensorError, OSError, LookupError, TypeError):
        return None
    return tensors if _digest(tensors) == digest else None


def _digest(tensors: dict[str, torch.Tensor]) -> str:
    """Return a digest of names, types, shapes and values, of many tensors at once."""

    def digest_one(name: str) -> bytes:
        tensor = tensors[name]
        described = xxh3_128(f"{name} {tensor.dtype} {list(tensor.shape)} ".encode())
        described.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
        return described.digest()

    with ThreadPoolExecutor() as pool:  # hashing does not hold the interpreter
        return xxh3_128(b"".join(pool.map(digest_one, sorted(tensors)))).hexdigest()


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
