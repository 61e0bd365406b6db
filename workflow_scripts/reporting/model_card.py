"""The model card of a fine-tuned model: what it is, what it was trained on and how, what it scores."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import checked_digest, read_facts
from workflow_scripts.reporting.labels import metric_label
from workflow_scripts.reporting.training_records import run_of


@dataclass(frozen=True)
class TrainedModel:
    """What ``finetune`` wrote beside a model: its manifest, counts of batches, last record of metrics."""

    run: dict[str, str]  # model, strategy, seed
    manifest: dict[str, Any]
    batches: dict[str, Any]
    last: dict[str, float]

    @classmethod
    def read(cls, folder: str | Path) -> "TrainedModel":
        """Read a folder ``…/<model>/<strategy>/<seed>``; raise InputError where something is missing or torn."""
        folder = Path(folder)
        manifest = read_facts(folder)
        for name in ("batches.json", "metrics.jsonl"):
            checked_digest(folder / name)
        try:
            batches = json.loads((folder / "batches.json").read_text(encoding="utf-8"))
            *_, last = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
            return cls(run_of(folder / "README.md"), manifest, batches, json.loads(last))
        except (OSError, ValueError) as error:
            raise InputError(f"{folder}: not what finetune writes ({error}); rerun finetune") from error


def model_card(trained: TrainedModel, means: pd.DataFrame, settings: dict[str, Any], licences: dict[str, str]) -> str:
    """Return the card in Markdown behind YAML that model hubs read.

    ``means`` are the rows of MEANS of this run; ``settings`` are those of ``write_model_cards``; ``licences`` of data
    by the names of sources.
    """
    run, training = trained.run, trained.manifest["settings"]["training"]
    entry, strategy = trained.manifest["settings"]["model"], trained.manifest["settings"]["strategy"]
    base = settings["bases"][run["model"]]
    examples = pd.DataFrame(trained.batches["examples"])
    languages = sorted({*examples["query_lang"], *examples["passage_lang"]})
    head: dict[str, Any] = {
        "library_name": "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        "tags": ["sentence-transformers", "feature-extraction"]
        + (["hybrid-batch-training"] if 0 < strategy["alpha"] < 1 else []),
        "language": languages,
    }
    if "hub" in base:
        head |= {"base_model": base["hub"]}
    origin = f"`{base['hub']}` at commit `{base['revision']}`" if "hub" in base else base["made"]
    facts = {
        "base model": origin,
        "strategy": f"{settings['strategies'][run['strategy']]} (`{run['strategy']}`)",
        "alpha, share of monolingual batches": strategy["alpha"],
        "updates": trained.last["step"],
        "pairs a batch": training["batch_size"],
        "hard negatives of each pair": training["hard_negatives"],
        "temperature": training["temperature"],
        "peak learning rate": entry["learning_rate"],
        "seed": run["seed"],
        "arithmetic": f"{trained.manifest['dtype']}, {trained.manifest['device']}",
        "loss at the end": f"{trained.last['loss']:.4f}",
    }
    if "held_out_loss" in trained.last:
        source = training["held_out"].get("source")
        pairs = f"pairs of `{source}`, all held out" if source else "held-out training pairs"
        facts |= {f"loss on {pairs}": f"{trained.last['held_out_loss']:.4f}"}
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---",
        f"# {settings['models'][run['model']]}, {settings['strategies'][run['strategy']]}, seed {run['seed']}",
        f"A bi-encoder for multilingual retrieval, made by the experiment `{settings['experiment']}`, which studies "
        "hybrid-batch training (arXiv 2408.10536).",
        _use(entry),
        "## Training",
        _table(["what", "value"], [[name, value] for name, value in facts.items()]),
        "`manifest.json` holds all settings, versions and digests of inputs, `batches.json` the realised batches.",
        "## Data",
        _table(*_data(examples, licences)),
        f"Left out as overlapping evaluation text: {trained.manifest['pairs_left_out']} rows and "
        f"{trained.manifest['negatives_left_out']} hard negatives.",
        "## Scores",
        _table(*_scores(means)),
        "× 100, means over languages (ordered pairs of them in cross-lingual retrieval) of this run alone; the "
        "experiment's report has intervals and comparisons. Fine-tuning left out what overlaps these collections, as "
        "counted above; what a base model from elsewhere has read is not known here.",
    ]
    return "\n\n".join(parts) + "\n"


def _use(entry: dict[str, Any]) -> str:
    return f"""## Use

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
scores = model.encode_query(["question"]) @ model.encode_document(["title text"]).T
```

Pooling `{entry["pooling"]}`, unit vectors, at most {entry["max_query_length"]} tokens of a query and \
{entry["max_passage_length"]} of a passage; a passage is its title, a space and its text."""


def _data(examples: pd.DataFrame, licences: dict[str, str]) -> tuple[list[str], list[list[Any]]]:
    languages: dict[str, set[str]] = defaultdict(set)
    for source, *sides in examples[["source", "query_lang", "passage_lang"]].itertuples(index=False):
        languages[source] |= set(sides)
    counts = examples.pivot_table(index="source", columns="regime", values="examples", aggfunc="sum", fill_value=0)
    rows = [
        [source, licences[source], " ".join(sorted(languages[source])), *map(int, row)]
        for source, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    return ["source", "licence", "languages", *(f"{regime} examples" for regime in counts.columns)], rows


def _scores(means: pd.DataFrame) -> tuple[list[str], list[list[Any]]]:
    shown = means[~means["metric"].str.startswith("rank_distance")]
    order = list(dict.fromkeys(shown["metric"]))
    table = shown.pivot_table(index=["collection", "setting"], columns="metric", values="mean", observed=True)[order]
    rows = [
        [*place, *("–" if pd.isna(value) else f"{100 * value:.1f}" for value in row)]
        for place, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return ["collection", "setting", *map(metric_label, order)], rows


def _table(columns: list[str], rows: list[list[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in lines)
