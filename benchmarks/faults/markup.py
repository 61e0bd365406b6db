"""HTML and script in all text that reaches the report: passages, labels, titles, licences, prefixes."""

import gzip
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from workflow_copy import copy_of_the_workflow

from benchmarks.faults.experiment import Outcome

ATTACK = (
    '</td></script><script>document.title="broken-in"</script><img src=x onerror=alert(1)> $(touch broken-in) \'"\n`'
)
_LANGS = ("en", "sw")


def markup_in_the_report(folder: Path) -> Iterator[Outcome]:
    """Run an experiment on a collection of markup, with markup for every label, to its report."""
    workflow = copy_of_the_workflow(folder / "markup", "markup")
    data = folder / "data"
    for lang in _LANGS:
        _write_collection(data / "hostile", lang)
    (workflow.folder / "experiments/markup.yaml").write_text(json.dumps(_config(data)), encoding="utf-8")
    done = workflow.snakemake("all", check=False)
    if done.returncode:
        yield Outcome("markup", "a whole run", False, (done.stdout + done.stderr)[-600:])
        return
    trace = [str(path) for path in folder.rglob("broken-in")]
    yield Outcome("markup", "shells: commands in labels, prefixes, titles", not trace, f"ran: {trace}" if trace else "")
    page = _Page()
    page.feed((workflow.results / "report.html").read_text(encoding="utf-8"))
    problems = []
    if page.scripts != 1:
        problems.append(f"{page.scripts} scripts")
    if page.handlers:
        problems.append(f"handlers: {page.handlers}")
    if "broken-in" not in page.text:
        problems.append("the markup is not shown at all")
    yield Outcome("markup", "report.html: text alone", not problems, "; ".join(problems))
    for path in sorted(workflow.results.rglob("*.svg")):
        image = _Page()
        image.feed(path.read_text(encoding="utf-8"))
        harmless = not image.scripts and not image.handlers
        yield Outcome("markup", f"{path.name}: text alone", harmless, "" if harmless else "markup came through")


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.scripts, self.handlers, self.text = 0, [], ""

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self.handlers += [f"{tag} of {value}" for name, value in attributes if name == "src" and value == "x"]

    def handle_data(self, data):
        self.text += data


def _write_collection(folder: Path, lang: str) -> None:
    """Write MIRACL's layout: three questions, each with its passage, whose every text is markup."""
    name = f"miracl-v1.0-{lang}"
    for kind, content in {
        f"{name}/topics/topics.{name}-dev.tsv": "".join(f"{n}\t{n} {_flat()}?\n" for n in range(3)),
        f"{name}/qrels/qrels.{name}-dev.tsv": "".join(f"{n}\tQ0\t{n}#0\t1\n" for n in range(3)),
        f"miracl-corpus-v1.0-{lang}/docs-0.jsonl.gz": "".join(
            json.dumps({"docid": f"{n}#0", "title": ATTACK, "text": f"{n} {ATTACK}"}) + "\n" for n in range(3)
        ),
    }.items():
        path = folder / kind
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def _flat() -> str:
    return ATTACK.replace("\n", " ").replace("\t", " ")


def _config(data: Path) -> dict:
    shape = {"layers": 1, "hidden": 16, "heads": 2, "intermediate": 32, "learning_rate": 5.0e-3}
    return {
        "experiment": {
            "name": "markup",
            "sources": ["tiny-atlas"],
            "collections": ["hostile"],
            "models": ["tiny-s"],
            "strategies": ["untuned", "mono", "cross", "hybrid"],
            "seeds": [1],
        },
        "data_root": str(data),
        "sources": {
            "tiny-atlas": {
                "format": "atlas",
                "pairs": ["en"],
                "translate": {"sw": 0.1},
                "texts": list(_LANGS),
                "licence": ATTACK,
            }
        },
        "models": {
            "tiny-s": {
                "pretrain": shape,
                "learning_rate": 5.0e-3,
                "label": ATTACK,
                "query_prefix": ATTACK,
                "passage_prefix": ATTACK,
                "max_query_length": 256,  # 85 of them are the prefix's
                "max_passage_length": 256,
            }
        },
        "strategies": {"hybrid": {"label": ATTACK}},
        "pretraining": {"tokenizer": {"vocabulary": 1000}, "steps": 10, "batch_size": 16},
        "training": {"steps": 10, "batch_size": 16, "checkpoint_every": 4},
        "collections": {
            "hostile": {
                "format": "miracl",
                "languages": list(_LANGS),
                "sizes": "any",
                "merged": True,
                "licence": ATTACK,
            }
        },
        "statistics": {"draws": 200},
        "report": {"collection": "hostile", "setting": "monolingual", "title": ATTACK},
        "atlas": {"queries": 20},
    }
