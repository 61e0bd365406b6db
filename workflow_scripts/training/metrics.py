"""Records of a training job's metrics: JSON lines that outlive a killed process, and TensorBoard's event files."""

import json
import os
from pathlib import Path

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.training.processes import Processes

METRICS = "metrics.jsonl"

Record = dict[str, float]


class MetricsFile:
    """The records of one training job, ``metrics.jsonl`` in its folder; the first line names their content.

    Of several processes each holds the records and the first writes them.
    """

    def __init__(self, folder: Path, key: str, step: int, processes: Processes, events: str | Path | None) -> None:
        """Keep the records of content ``key`` up to ``step`` updates; write new ones as events, too, to ``events``.

        Raises InputError where a whole line is no record.
        """
        path = folder / METRICS
        self.records: list[Record] = []
        if path.is_file() and step > 0:
            whole = _whole_lines(path)
            if whole and whole[0] == {"key": key}:
                self.records = [record for record in whole[1:] if record["step"] <= step]
        self._path = path if processes.leads else None
        self._events = None
        processes.wait()  # all have read
        if processes.leads:
            lines = "".join(json.dumps(line) + "\n" for line in [{"key": key}, *self.records])
            with atomic_file(path) as temporary:
                temporary.write_text(lines, encoding="utf-8")
        if processes.leads and events is not None:
            from torch.utils.tensorboard import SummaryWriter

            # What an earlier process has written beyond `step` is no longer shown.
            self._events = SummaryWriter(str(events), purge_step=step + 1)

    def add(self, record: Record) -> None:
        """Write a record; it has ``step``."""
        self.records.append(record)
        if self._path is not None:
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
                file.flush()
                os.fsync(file.fileno())  # a machine that fails must not keep a checkpoint whose records it has lost
        if self._events is not None:
            for name, value in record.items():
                if name != "step":
                    self._events.add_scalar(name, value, record["step"])
            self._events.flush()

    def close(self) -> None:
        """End the event file."""
        if self._events is not None:
            self._events.close()


def _whole_lines(path: Path) -> list[Record]:
    """Return the objects of all lines that end: the last may be one that a killed process was writing."""
    whole = []
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        if not line.endswith(b"\n"):
            continue
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not {"step", "key"} & found.keys():
            raise InputError(
                f"{path}, line {number}: is damaged; remove {path.parent} and run again, which trains from the start"
            )
        whole.append(found)
    return whole


def write_metrics(records: list[Record], folder: str | Path) -> None:
    """Write ``metrics.jsonl`` into a model's folder, one record a line."""
    lines = "".join(json.dumps(record, sort_keys=True) + "\n" for record in records)
    (Path(folder) / METRICS).write_text(lines, encoding="utf-8")
