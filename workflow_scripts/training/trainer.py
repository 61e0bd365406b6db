"""One training loop for pre-training and fine-tuning: AdamW, warm-up, clipping, checkpoints, metrics."""

import logging
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders.devices import own_device
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.early_stopping import EarlyStopping
from workflow_scripts.training.learning_rate import linear_schedule
from workflow_scripts.training.metrics import MetricsFile
from workflow_scripts.training.parallel import whole_tensor
from workflow_scripts.training.processes import ALONE, Processes

_log = logging.getLogger(__name__)
_RECORDS = 100  # about how many lines of metrics a run leaves
_DIVERGED = 3.0  # times the loss of the first record


class DivergedError(InputError):
    """The loss, its gradient or a score is not finite, or the loss has grown far beyond chance."""


@dataclass(frozen=True)
class TrainerSettings:
    """What decides the updates besides the loss; ``learning_rate`` is the peak.

    Every ``evaluate_every`` updates held-out pairs are scored; with ``patience`` that may stop training early. Neither
    weights nor records hinge on ``checkpoint_every``.
    """

    steps: int
    learning_rate: float
    warmup_share: float
    weight_decay: float
    max_gradient_norm: float
    checkpoint_every: int
    evaluate_every: int = 0
    patience: int | None = None


def prepare_torch(threads: int, seed: int) -> torch.device:
    """Fix threads, seed and deterministic kernels; return a GPU of this job's own, or the CPU where there is none."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is deterministic only with a fixed workspace
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    torch.set_deterministic_debug_mode("error")  # as use_deterministic_algorithms, without importing the compiler
    torch.utils.deterministic.fill_uninitialized_memory = False  # guards against bugs, at 2 % of the time
    return own_device()


def make_optimizer(model: torch.nn.Module, settings: TrainerSettings) -> torch.optim.AdamW:
    """Return AdamW (arXiv 1711.05101) without weight decay on biases and normalisation, fused into one kernel."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)


def train(
    model: torch.nn.Module,
    gradients_of_step: Callable[[int], dict[str, torch.Tensor]],
    settings: TrainerSettings,
    examples_per_step: int,
    path_to_partial: str | Path,
    key: str,
    processes: Processes = ALONE,
    path_to_events: str | Path | None = None,
    evaluate: Callable[[], dict[str, float]] | None = None,
) -> list[dict[str, float]]:
    """Train ``model`` in place from its last checkpoint of content ``key``; return the records of metrics.

    ``gradients_of_step(k)`` adds the gradients of update k (from 0) to the parameters and returns scalar tensors:
    ``loss``, which is minimised, and others to be shown. A number that is not finite, or a loss that has grown beyond
    three times its first record and chance, raises InputError; the last good checkpoint stays in ``path_to_partial``.
    Every one of several ``processes`` calls it alike, with gradients and losses that are equal in all of them but for
    rounding: the numbers of the first count. Metrics are written as TensorBoard's events, too, to the folder
    ``path_to_events`` where given.

    ``evaluate`` scores held-out pairs every ``settings.evaluate_every`` updates and at the end; its numbers join the
    records. With ``settings.patience`` training ends when more than so many evaluations in a row have not bettered
    ``held_out_loss``, and the model is that of the best one.
    """
    optimizer = make_optimizer(model, settings)
    checkpoints = Checkpoints(path_to_partial, key, processes)
    start, unread = checkpoints.restore(model, optimizer)
    metrics = MetricsFile(checkpoints.folder, key, start, processes, path_to_events)
    stopping = None
    if settings.patience is not None:
        stopping = EarlyStopping(settings.patience, checkpoints, metrics.records, start, model)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    agreed = partial(_of_the_first, processes=processes, device=parameters[0].device)
    every = max(1, settings.steps // _RECORDS)
    # Chance for n candidates is ln n: an early loss below it must not make a later one at chance look diverged.
    first = max(metrics.records[0]["loss"] if metrics.records else 0.0, math.log(examples_per_step))
    began, timed_from = time.perf_counter(), start
    bar = tqdm(
        total=settings.steps, initial=start, desc="steps", mininterval=5.0, leave=False, disable=not processes.leads
    )
    for step in range(start, settings.steps):
        if stopping is not None and stopping.is_over:
            break
        rate = settings.learning_rate * linear_schedule(step, settings.steps, settings.warmup_share)
        for group in optimizer.param_groups:
            group["lr"] = rate
        losses = gradients_of_step(step)
        norm = whole_tensor(torch.nn.utils.clip_grad_norm_(parameters, settings.max_gradient_norm))
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        unread.append({name: value.detach() for name, value in losses.items()} | {"gradient_norm": norm})
        done = step + 1
        last = done == settings.steps
        evaluated = evaluate is not None and (done % settings.evaluate_every == 0 or last)
        save = (done % settings.checkpoint_every == 0 or evaluated) and not last
        # Numbers are fetched from the device for a record, and before a checkpoint, which is thus a good one.
        if done % every == 0 or evaluated or last:
            means = agreed(_means(unread))
            if not metrics.records:
                first = max(first, means["loss"])
            _stop_if_diverged(step, means, first, settings, checkpoints.folder)
            seconds = time.perf_counter() - began
            speed = (done - timed_from) * examples_per_step / max(seconds, 1e-9)
            if evaluated:
                means |= agreed(evaluate())
                _stop_if_diverged(step, means, first, settings, checkpoints.folder)  # of the update just made
            metrics.add({"step": done, **means, "learning_rate": rate, "examples_per_second": round(speed, 1)})
            bar.set_postfix_str(f"loss {means['loss']:.4f}, {speed:.0f} examples/s", refresh=False)
            unread = []
            began, timed_from = time.perf_counter(), done  # evaluating is no time of training
        if save:
            saving = time.perf_counter()
            if unread:  # whether the loss has grown too far, records say
                _stop_if_diverged(step, agreed(_means(unread)), math.inf, settings, checkpoints.folder)
            checkpoints.save(done, model, optimizer, unread)
            began += time.perf_counter() - saving
        if evaluated and stopping is not None:
            seeing = time.perf_counter()
            stopping.see(metrics.records[-1], model)
            began += time.perf_counter() - seeing
        bar.update()
    bar.close()
    metrics.close()
    if stopping is not None:
        stopping.restore_best(model)
    return metrics.records


def _means(values: list[dict[str, torch.Tensor]]) -> dict[str, float]:
    return {name: float(torch.stack([value[name] for value in values]).double().mean()) for name in values[0]}


def _of_the_first(numbers: dict[str, float], processes: Processes, device: torch.device) -> dict[str, float]:
    # GPUs of two kinds may round otherwise, and whether training ends is for all processes to decide alike.
    own = torch.tensor(list(numbers.values()), dtype=torch.float64, device=device)
    return dict(zip(numbers, processes.gather(own)[0].tolist(), strict=True))


def _stop_if_diverged(
    step: int, means: dict[str, float], first: float, settings: TrainerSettings, folder: Path
) -> None:
    if all(map(math.isfinite, means.values())) and means["loss"] <= _DIVERGED * first:
        return
    numbers = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in means.items())
    raise DivergedError(
        f"training diverged by step {step + 1}: {numbers}; lower learning_rate {settings.learning_rate:g} or "
        f"raise warmup_share (the last good checkpoint, if any, is in {folder})"
    )
