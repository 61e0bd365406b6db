"""Stop when held-out pairs are no longer told apart better, and go back to the weights that did it best."""

import math

import torch

from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.metrics import Record

SCORE = "held_out_loss"  # of a record; the lower the better


class EarlyStopping:
    """Watch the records of a training job that have a held-out loss; keep the weights of the best."""

    def __init__(
        self, patience: int, checkpoints: Checkpoints, records: list[Record], step: int, model: torch.nn.Module
    ) -> None:
        """Go on after ``step`` updates, of which ``records`` tell; ``patience`` evaluations may fail to be the best."""
        self._patience, self._checkpoints = patience, checkpoints
        self._best, self._failed = math.inf, 0
        for record in records:
            if SCORE in record and self._is_best(record) and record["step"] == step:
                checkpoints.save_best(model)  # a killed process may have written the record alone

    @property
    def is_over(self) -> bool:
        """Whether more than ``patience`` evaluations in a row were not the best."""
        return self._failed > self._patience

    def see(self, record: Record, model: torch.nn.Module) -> None:
        """Take the record of an evaluation of ``model``."""
        if self._is_best(record):
            self._checkpoints.save_best(model)

    def restore_best(self, model: torch.nn.Module) -> None:
        """Give ``model`` the weights of the best evaluation."""
        self._checkpoints.restore_best(model)

    def _is_best(self, record: Record) -> bool:
        best = record[SCORE] < self._best
        self._best, self._failed = (record[SCORE], 0) if best else (self._best, self._failed + 1)
        return best
