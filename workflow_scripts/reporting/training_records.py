"""What a fine-tuned run left beside its checkpoint: ``metrics.jsonl`` (losses), ``batches.json`` (realised counts)."""

import json
from pathlib import Path

import pandas as pd

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import checked_digest


def run_of(path: str | Path) -> dict[str, str]:
    """Return model, strategy and seed of a file ``…/<model>/<strategy>/<seed>/<name>``."""
    parts = Path(path).parts
    if len(parts) < 4:
        raise InputError(
            f"{path}: does not lie in a folder <model>/<strategy>/<seed>; name the file in its run's folder"
        )
    return dict(zip(("model", "strategy", "seed"), parts[-4:-1], strict=True))


def read_losses(paths_to_metrics: list[Path]) -> pd.DataFrame:
    """Return model, strategy, seed, step, loss of every logged step of the runs.

    A line is a JSON object with ``step`` and ``loss``; raises InputError with file and line for any other.
    """
    rows = []
    for path in paths_to_metrics:
        run = run_of(path)
        for number, line in enumerate(_read(path).splitlines(), start=1):
            try:
                entry = json.loads(line)
                rows.append({**run, "step": int(entry["step"]), "loss": float(entry["loss"])})
            except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f"{path}, line {number}: not a step and its loss ({error!r}); rerun finetune"
                ) from error
    return pd.DataFrame(rows, columns=["model", "strategy", "seed", "step", "loss"])


def _read(path: str | Path) -> str:
    checked_digest(path)
    return Path(path).read_text(encoding="utf-8")


def read_batch_shares(paths_to_batches: list[Path]) -> pd.DataFrame:
    """Return strategy, regime, lang, share: of all queries and passages that a run's batches held, mean over runs.

    A file holds ``examples``: objects with ``regime`` (monolingual or cross-lingual), ``query_lang``, ``passage_lang``
    and ``examples``. An example counts half for the language of its query and half for that of its passage.
    """
    runs = []
    for path in paths_to_batches:
        try:
            counts = pd.DataFrame(json.loads(_read(path))["examples"])
            sides = [
                counts[["regime", side, "examples"]].rename(columns={side: "lang"})
                for side in ("query_lang", "passage_lang")
            ]
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}: not the counts that finetune writes ({error!r}); rerun finetune") from error
        texts = pd.concat(sides).groupby(["regime", "lang"], as_index=False)["examples"].sum()
        share = texts["examples"] / texts["examples"].sum()
        runs.append(texts[["regime", "lang"]].assign(strategy=run_of(path)["strategy"], path=str(path), share=share))
    table = pd.concat(runs)
    counted = table.groupby("strategy")["path"].nunique()
    sums = table.groupby(["strategy", "regime", "lang"], as_index=False)["share"].sum()
    return sums.assign(share=sums["share"] / sums["strategy"].map(counted))
