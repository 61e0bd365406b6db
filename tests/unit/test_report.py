import base64
import copy
import html
import json
import re
import shutil
import subprocess
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import yaml
from synthetic_analysis import LANGUAGES, settings, value, write_tables

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.sealed_json import write_sealed
from workflow_scripts.report import report
from workflow_scripts.reporting.page import CONTENTS, FurtherCollection, contents
from workflow_scripts.reporting.page_facts import PageInputs

RESOURCES = Path(__file__).parents[2] / "resources" / "report"
SVG = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>'
ATTACK = '</pre></td><script>fetch("http://evil.example/")</script><img src=x onerror=alert(1)>'
CONFIG = {
    "experiment": {"name": "mini", "sources": ["atlas"], "collections": ["atlas", "quiz.v2"], "seeds": [1, 2]},
    "sources": {"atlas": {"format": "atlas"}},
    "collections": {"atlas": {"format": "atlas"}, "quiz.v2": {"format": "xquad-r"}},
    "decontamination": {"ngram": 8, "max_overlap": 0.5},
}
VERDICT = {
    "headline": {"baselines": ["mono", "cross"]},
    "sentences": [
        {"baseline": "mono", "sentence": "Sentence 1."},
        {"baseline": "mono", "sentence": "Sentence 2."},
        {"baseline": "cross", "sentence": "Sentence 3.", "numbers": [{"p_holm": None}]},
    ],
}
PUBLISHED = """\
collection,setting,metric,lang,model,strategy,ours,low,high,system,published,difference,within_interval,source
quiz.v2,cross-lingual,map,sw,atlas-m,mono,0.62,0.6,0.64,XLM-R,0.6064,0.0136,yes,arXiv 2408.10536
quiz.v2,multilingual,rank_distance,mean,bm25,bm25,412,400,420,BM25,395.5,16.5,no,Others <b>2026</b>
"""
RECALL = """\
kind,model,strategy,collection,setting,k,seeds,queries,recall,sd,lowest,index_bytes,vector_bytes
hnsw,atlas-m,mono,atlas,monolingual,10,2,1000,0.987,0.002,0.95,12000,9000
hnsw,atlas-m,mono,atlas,monolingual,100,2,1000,0.96,0.01,0.9,12000,9000
hnsw,atlas-s,untuned,atlas,monolingual,10,1,1000,0.5,,0.25,6000,4500
hnsw,atlas-s,untuned,atlas,monolingual,100,1,1000,0.4,,0.2,6000,4500
"""
VOID = {"meta", "img", "input", "br", "link", "hr"}
BENCHMARK = "s\th:m:s\tmax_rss\tcpu_time\n{}\t0:00:12\t{}\t{}\n"


class Page(HTMLParser):
    """What the tests ask of a page: elements with attributes, text by section, tables, nesting."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.headings, self.text, self.tables = [], [], [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] = (self.open[-1], self.headings[-1][1] + data)
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data
        if not {"script", "style"} & set(self.open):
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """Files of an experiment in which nothing is missing."""
    folder = tmp_path_factory.mktemp("experiment")
    tables = write_tables(folder / "tables")

    def write(path, content):
        path = folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    manifest = {
        "seed": 1,
        "device": "cpu",
        "git_commit": "abc123",
        "versions": {"torch": "2.13.0"},
        "machine": {"system": "Linux x86_64", "processor": "A <b>7</b>", "processors": 2, "memory_gb": 24},
        "wall_seconds": 33.1,
    }
    write_sealed(folder / "models/atlas-s/mono/1/manifest.json", manifest)
    figures = (
        *("scaling", "comparisons", "languages", "training", "batches", "cost"),
        *("atlas/heatmap", "atlas/language_bias", "atlas/alpha"),
        *("quiz.v2/heatmap", "quiz.v2/language_bias", "quiz.v2/alpha"),
    )
    for name in ("per_group", "per_language", "comparisons", "bias"):
        _copy_collection(tables[name])
    return {
        "figures": {name: write(f"plots/{name}.svg", SVG) for name in figures},
        "tables": {
            **{
                name: tables[name]
                for name in ("models", "per_group", "per_language", "comparisons", "scaling", "bias", "costs")
            },
            "published": write("tables/published.csv", PUBLISHED),
            "index_recall": write("tables/index_recall.csv", RECALL),
        },
        "verdict": write("tables/verdict.json", json.dumps(VERDICT)),
        "licences": RESOURCES / "licences.csv",
        "benchmarks": [
            write("benchmarks/finetune/s/mono/1.tsv", BENCHMARK.format(10, 500, 9)),
            write("benchmarks/finetune/s/mono/2.tsv", BENCHMARK.format(20, 700, 18)),
            write("benchmarks/aggregate.tsv", BENCHMARK.format(1.5, "NA", "NA")),
        ],
        "manifests": [folder / "models/atlas-s/mono/1/manifest.json"],
        "yields": [
            write(
                "sw.yield.csv",
                "source,lang,side,reason,count\na,sw,pair,kept,80\na,sw,pair,copied,20\na,sw,pair,not drawn,9\n",
            )
        ],
        "overlap_reports": [
            write("overlaps/sw.csv", "kind,source,lang,reason,checked,dropped\npairs,a,sw,exact,100,3\n")
        ],
        "lexicon_coverage": [
            write(
                "tables/lexicon_coverage.csv",
                "lexicon,lang,words,source,side,pairs,tokens,covered_tokens,types,covered_types\n"
                "muse,sw,4000,a,query,90,1000,600,200,50\nmuse,sw,4000,b,query,10,1000,200,200,50\n"
                "muse,sw,4000,a,passage,90,4000,1000,400,100\n",
            )
        ],
        "switching_rates": [
            write(
                "pairs/codeswitched/cs/a.rates.csv",
                "strategy,source,side,lang,words,drawn,replaced,share\ncs,a,query,sw,1000,500,310,0.31\n",
            )
        ],
        "dropped": [
            write("collections/atlas/en/dropped.csv", "kind,reason,count\npassages,empty,3\n"),
            write("collections/atlas/sw/dropped.csv", "kind,reason,count\npassages,empty,4\n"),
        ],
    }


def _copy_collection(path):
    """Add the rows of Atlas once more, as those of a further collection with other values."""
    rows = pd.read_csv(path)
    further = rows.assign(collection="quiz.v2")
    if "mean" in rows:
        further["mean"] = rows["mean"] / 2
    pd.concat([rows, further]).to_csv(path, index=False)


def _settings(**changes):
    """The display settings and config of an experiment with two collections, Atlas being the headline's."""
    made = settings(**{"config": CONFIG, **changes})
    made["collections"].setdefault("quiz.v2", made["collections"]["atlas"])
    return made


def _render(folder, inputs, **changes):
    output = folder / "report.html"
    report(
        inputs=PageInputs(**inputs),
        path_to_template=RESOURCES / "page.html.j2",
        path_to_style=RESOURCES / "style.css",
        path_to_script=RESOURCES / "tables.js",
        settings=_settings(**changes),
        path_to_output=output,
    )
    return output.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def source(full, tmp_path_factory):
    return _render(tmp_path_factory.mktemp("page"), full)


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


def test_the_page_asks_no_host_for_anything(source, page):
    for tag, attributes in page.elements:
        for name in ("src", "srcset", "data", "poster", "action", "xlink:href"):
            assert attributes.get(name, "data:").startswith("data:"), (tag, attributes)
        assert attributes.get("href", "#").startswith("#"), (tag, attributes)
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes)
    assert not page.all("link") and not page.all("iframe")
    assert not re.search(r"@import|url\(|https?://", source)


def test_only_the_pages_own_script_and_style_may_run(source, page):
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", source, flags=re.S)
        digest = base64.b64encode(sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_every_heading_is_there_and_the_contents_lead_to_them(page):
    headings = [heading for _, heading in CONTENTS]
    after = headings.index("Language bias") + 1
    assert [text for tag, text in page.headings if tag == "h2"] == [
        *headings[:after],
        "Collection quiz.v2",
        *headings[after:],
    ]
    assert [text for tag, text in page.headings if tag == "h1"] == ["A made-up experiment"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {link["href"][1:] for link in page.all("a")}
    assert targets <= set(ids) and {anchor for anchor, _ in CONTENTS} | {"collection-quiz.v2"} <= targets
    labelled = {attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes}
    assert labelled <= set(ids)


def test_every_element_is_closed_and_every_image_described(page):
    assert page.open == []
    assert len(page.all("img")) == 12
    assert all(image["alt"] for image in page.all("img"))
    assert page.all("html") == [{"lang": "en"}]


def test_every_table_is_square_with_a_caption_and_column_heads(page):
    assert len(page.tables) == len(page.all("caption")) >= 20
    for table in page.tables:
        assert len(table) > 1 and len({len(row) for row in table}) == 1
    assert all(cell.get("scope") in ("col", "row") for cell in page.all("th"))


def test_the_answer_comes_before_any_figure_or_table(source):
    places = [source.index(part) for part in ("Sentence 1.", "Sentence 2.", "<figure", "Sentence 3.", "<table>")]
    assert places == sorted(places)


def test_means_differences_and_slopes_carry_their_intervals(page):
    cells = {cell for table in page.tables for row in table for cell in row}
    assert "0.405 [0.375, 0.430]" in cells  # BM25, low-resource, monolingual
    assert "−0.024 [−0.054, +0.006]" in cells  # hybrid − mono, low-resource
    slopes = next(table for table in page.tables if "slope per decade" in table[0] and "model left out" not in table[0])
    assert slopes[1] == ["hybrid batches − monolingual batches", "3", "+0.0580 [+0.0300, +0.0800]"]
    assert {"no clear difference", "better"} <= cells


@pytest.mark.parametrize(("collection", "factor"), [("atlas", 1), ("quiz.v2", 0.5)])
@pytest.mark.parametrize("setting", ["monolingual", "cross-lingual", "multilingual"])
def test_every_collection_shows_every_setting_system_and_metric(source, collection, factor, setting):
    (table,) = Page(
        re.search(rf'<div class="table" id="table-metrics-{collection}-{setting}".*?</table>', source, re.S)[0]
    ).tables
    distances = ["rank distance", "rank distance / pool size"] if setting == "multilingual" else []
    assert table[0] == ["model", "strategy", "nDCG@10", "Recall@100", "MAP", *distances]
    assert len(table) == 1 + 16
    mean = sum(value("atlas-l", "hybrid", setting, lang) for lang in LANGUAGES) / len(LANGUAGES)
    row = next(row for row in table if row[:2] == ["L", "hybrid batches"])
    assert row[2].split()[:3] == [f"{factor * mean:.3f}", "±", "0.010"]
    assert row[2].split()[3:] == [f"[{mean - 0.03:.3f},", f"{mean + 0.025:.3f}]"]
    if distances:
        assert row[5].split()[:3] == [f"{factor * 9000 * mean:.0f}", "±", "90"]


def test_one_seed_has_no_spread(source):
    (table,) = Page(re.search(r'id="table-metrics-atlas-monolingual".*?</table>', source, re.S)[0]).tables
    assert "±" not in next(row for row in table if row[0] == "BM25")[2]


def test_a_further_collection_has_its_figures_bias_and_differences(source):
    section = re.search(r'<section id="collection-quiz.v2">.*?</section>', source, re.S)[0]
    assert section.count("<img") == 3
    assert 'id="table-bias-quiz.v2"' in section
    assert section.count("Paired differences in nDCG@10") == 3
    assert "One query id is the same question in every language" in section


def test_contents_name_further_collections_after_the_headlines_sections():
    further = [FurtherCollection(name, "", False, {}, {}, {}, None, "", "", 0) for name in ("b", "a")]
    anchors = [anchor for anchor, _ in contents(further, approximate=True)]
    place = anchors.index("bias")
    assert anchors[place + 1 : place + 3] == ["collection-b", "collection-a"]
    assert contents([], approximate=True) == list(CONTENTS)


def test_what_an_approximate_index_loses_has_its_section(page):
    (table,) = [table for table in page.tables if table[0][-1] == "vectors, bytes"]
    assert table[0][2:7] == ["collection", "setting", "queries", "best 10", "best 100"]
    assert table[1] == [
        *("S", "not fine-tuned", "atlas", "monolingual", "1\u202f000"),
        *("0.500 lowest 0.250", "0.400 lowest 0.200", "6\u202f000", "4\u202f500"),
    ]
    assert table[2][5:7] == ["0.987 ± 0.002 lowest 0.950", "0.960 ± 0.010 lowest 0.900"]


def test_the_command_that_reproduces_names_the_target_before_the_config(source):
    # --configfile takes every word after it for a file.
    assert "snakemake --cores 8 all --configfile experiment.yaml</pre>" in source


def test_an_interval_of_one_seed_is_said_to_be_over_queries_alone(full, source, tmp_path):
    assert "interval over queries and 2 seeds." in " ".join(source.split())
    per_group = pd.read_csv(full["tables"]["per_group"]).assign(seeds=1)
    per_group.to_csv(tmp_path / "per_group.csv", index=False)
    tables = {**full["tables"], "per_group": tmp_path / "per_group.csv"}
    assert "interval over queries alone: one seed says nothing" in _render(tmp_path, {**full, "tables": tables})


def test_resampled_languages_are_said_to_be_in_intervals(full, source, tmp_path):
    said = "its interval is about further languages of their kind"
    assert said not in source
    assert said in _render(tmp_path, full, statistics=settings()["statistics"] | {"languages": "resampled"})


def test_draws_that_are_too_few_for_so_many_tests_are_said_to_be(full, source, tmp_path):
    # Three models, each in five groups and ten languages, against the level of .05.
    assert "random flips are too few" not in source
    for draws, few in ((899, True), (900, False)):
        page = _render(tmp_path, full, statistics=settings()["statistics"] | {"draws": draws})
        assert ("<code>statistics.draws</code> to 900 or more" in page) == few


def test_draws_that_are_too_few_for_a_further_collection_are_said_so_in_its_section(full, tmp_path):
    # The headline has a group of two languages alone, the further collection five groups and ten languages.
    comparisons = pd.read_csv(full["tables"]["comparisons"])
    headline = (comparisons["collection"] == "atlas") & ~comparisons["languages"].isin(["te yo", "te", "yo"])
    comparisons[~headline].to_csv(tmp_path / "comparisons.csv", index=False)
    tables = {**full["tables"], "comparisons": tmp_path / "comparisons.csv"}
    page = _render(tmp_path, {**full, "tables": tables}, statistics=settings()["statistics"] | {"draws": 899})
    noise, collection = page.split('<section id="groups">')[0], page.split('<section id="collection-quiz.v2">')[1]
    assert "random flips are too few" not in noise
    assert "<code>statistics.draws</code> to 900 or more" in collection


def test_languages_of_too_few_queries_are_named(full, source, tmp_path):
    assert "Intervals are too narrow" not in source
    per_language = pd.read_csv(full["tables"]["per_language"])
    yo, sw = (per_language["lang"] == lang for lang in ("yo", "sw"))
    few = yo & (per_language["collection"] == "atlas") | sw & (per_language["collection"] == "quiz.v2")
    per_language.loc[few, "effective_units"] = 4.9
    per_language.to_csv(tmp_path / "per_language.csv", index=False)
    tables = {**full["tables"], "per_language": tmp_path / "per_language.csv"}
    source = " ".join(_render(tmp_path, {**full, "tables": tables}).split())
    noise, collection = source.split('<section id="groups">')[0], source.split('<section id="collection-quiz.v2">')[1]
    assert "narrow over fewer than 30 independent observations" in noise and "with caution: Yoruba (4).</p>" in noise
    assert "with caution: Swahili (4).</p>" in collection


@pytest.mark.parametrize(("ends", "unit"), [("#", "article"), ("", "passage")])
def test_what_counts_as_one_observation_is_said_of_the_metric_s_own_queries(full, source, tmp_path, ends, unit):
    assert "for one observation" not in source
    per_language = pd.read_csv(full["tables"]["per_language"])
    per_language["units"] = per_language["lang"].map(lambda lang: 30 if lang == "yo" else 60)
    per_language.loc[per_language["metric"] == "rank_distance", ["queries", "units"]] = 40, 1
    per_language.to_csv(tmp_path / "per_language.csv", index=False)
    design = settings()["collections"]["atlas"]
    source = _render(
        tmp_path,
        {**full, "tables": {**full["tables"], "per_language": tmp_path / "per_language.csv"}},
        collections={"atlas": design, "quiz.v2": design | {"article_ends": ends}},
    )
    noise, collection = source.split('<section id="groups">')[0], source.split('<section id="collection-quiz.v2">')[1]
    assert "for one observation" not in noise
    assert f"answered by one {unit}, or hang together" in collection
    assert "for one observation (queries of a language: 150; observations: 30 to 60)." in collection


def test_processor_time_of_a_rule_is_that_of_its_jobs_logs(full, tmp_path):
    log = tmp_path / "logs/finetune/s/mono/1.log"
    log.parent.mkdir(parents=True)
    log.write_text("command_line: processor time 21.00 s\n", encoding="utf-8")
    page = Page(_render(tmp_path, {**full, "logs": tmp_path / "logs"}))
    (table,) = (table for table in page.tables if table[0][:2] == ["rule", "jobs"])
    assert table[1][0] == "finetune" and table[1][4] == "39.0"


def test_costs_are_summed_by_rule(page):
    table = next(table for table in page.tables if table[0][0] == "rule")
    assert table[1] == ["finetune", "2", "30.0", "20.0", "27.0", "700"]
    assert table[2] == ["aggregate", "1", "1.5", "1.5", "0.0", "0"]


def test_stages_of_a_run_stand_in_their_order_though_the_first_system_lacks_one(page):
    (table,) = (table for table in page.tables if "all CPU-hours" in table[0])
    assert table[0][2:6] == ["runs", "pretrain", "finetune", "encode"]
    assert table[1][1:5] == ["not fine-tuned", "2", "0.0375", "–"]


@pytest.mark.parametrize(
    ("group", "named", "tinted"),
    [
        ("low-resource", "retrieval on low-resource languages of atlas", True),
        ("all", "retrieval on all languages of atlas", False),
        ("unseen in fine-tuning", "retrieval on languages of the group “unseen in fine-tuning” of atlas", True),
    ],
)
def test_a_group_is_named_as_a_sentence_would(full, tmp_path, group, named, tinted):
    source = " ".join(_render(tmp_path, full, report=settings()["report"] | {"group": group}).split())
    assert named in source
    assert ("Tinted panels" in source) == tinted


def test_hard_negatives_are_in_the_method_where_there_are_any(full, source, tmp_path):
    assert "in-batch negatives. Rows" in " ".join(source.split())
    method = _render(tmp_path, full, config=CONFIG | {"training": {"hard_negatives": 2}})
    assert "in-batch negatives and 2 hard negatives of each pair. Rows" in " ".join(method.split())


def test_the_machines_of_the_checkpoints_are_named(full, page, tmp_path):
    assert "A <b>7</b>, 2 processors, 24 GB, Linux x86_64" in "".join(page.text)
    manifests = [full["manifests"][0], *(tmp_path / f"m/mono/{seed}/manifest.json" for seed in (1, 2))]
    for path in manifests[1:]:
        write_sealed(path, {"seed": 1, "machine": {"processor": "B", "gpus": ["G", "G"]}})
    text = "".join(Page(_render(tmp_path, full | {"manifests": manifests})).text)
    assert "2 × G, B (2 of them); A <b>7</b>, 2 processors, 24 GB, Linux x86_64 (1 of them)" in text


def test_yield_counts_drawn_pairs_and_drops_are_summed_over_languages(page):
    table = next(table for table in page.tables if "yield" in table[0])
    assert table[1] == ["Swahili", "a", "100", "80", "0.800", "20"]
    table = next(table for table in page.tables if table[0][0] == "from")
    assert table[1:] == [["collections/atlas", "passages", "empty", "7"]]


def test_coverage_and_rates_are_shares_of_all_sources_words(page):
    rows = {row[0]: row for table in page.tables for row in table}
    assert rows["muse"][1:] == ["Swahili", "4\u202f000", "0.400", "0.250", "0.250", "0.250"]
    assert rows["cs"][1:] == ["Swahili", "1\u202f000", "0.310", "–"]


def test_every_language_has_its_part(page):
    folded = {attributes.get("id") for attributes in page.all("details")}
    assert {f"language-{code}" for code in LANGUAGES} <= folded


def test_every_setting_is_printed(page):
    text = "".join(page.text)
    assert "max_overlap: 0.5" in text and "abc123" in text and "Unicode License v3" in text


def test_what_an_experiment_lacks_leaves_its_section_with_a_sentence(full, tmp_path):
    lacking = {
        **full,
        "figures": {"scaling": full["figures"]["scaling"]},
        "tables": {name: full["tables"][name] for name in ("models", "per_group", "per_language")},
        **{name: [] for name in ("benchmarks", "manifests", "yields", "overlap_reports", "dropped")},
        **{name: [] for name in ("lexicon_coverage", "switching_rates")},
    }
    page = Page(_render(tmp_path, lacking))
    text = " ".join("".join(page.text).split())
    headings = {text for tag, text in page.headings if tag == "h2"}
    assert {heading for _, heading in CONTENTS} - headings == {"What approximate search loses"}
    assert {link["href"][1:] for link in page.all("a")} <= {attributes.get("id") for _, attributes in page.elements}
    for sentence in (
        "This experiment compares no strategies.",
        "atlas is not searched across languages.",
        "atlas is not searched in the pool of all languages.",
        "Further collections: quiz.v2.",
        "there are no training curves",
        "Nothing in this experiment was machine-translated.",
        "No strategy of this experiment trains on code-switched text.",
        "costs are not known",
    ):
        assert sentence in text
    assert len(page.all("img")) == 1


def test_an_experiment_that_compares_nothing_has_a_page_all_the_same(full, tmp_path):
    verdict = tmp_path / "verdict.json"
    verdict.write_text(json.dumps({"headline": {"baselines": []}, "summary": "", "sentences": []}), encoding="utf-8")
    tables = dict(full["tables"])
    for name in ("comparisons", "scaling"):
        tables[name] = tmp_path / f"{name}.csv"
        pd.read_csv(full["tables"][name]).iloc[:0].to_csv(tables[name], index=False)
    figures = {name: path for name, path in full["figures"].items() if name != "comparisons"}
    report_settings = settings()["report"] | {"compare": {"strategy": "hybrid", "baselines": []}}
    source = _render(
        tmp_path, {**full, "verdict": verdict, "tables": tables, "figures": figures}, report=report_settings
    )
    answer, rest = source.split('<section id="noise">')
    assert "This experiment compares no strategies." in answer and "This experiment compares no strategies." in rest


def test_a_further_collection_without_a_pool_has_no_section_on_bias(full, source, tmp_path):
    bias = pd.read_csv(full["tables"]["bias"])
    further = bias["collection"] == "quiz.v2"
    tied = bias[further].iloc[:2].assign(measure="tied_share")  # of every search, also where there is no pool
    pd.concat([bias[~further], tied]).to_csv(tmp_path / "bias.csv", index=False)
    tables = {**full["tables"], "bias": tmp_path / "bias.csv"}
    assert 'id="table-bias-quiz.v2"' in source
    assert 'id="table-bias-quiz.v2"' not in _render(tmp_path, {**full, "tables": tables})


def test_everything_from_data_is_escaped(full, tmp_path):
    verdict = tmp_path / "verdict.json"
    verdict.write_text(
        json.dumps({**VERDICT, "sentences": [{"baseline": b, "sentence": ATTACK} for b in ("mono", "cross")]}),
        encoding="utf-8",
    )
    overlaps = tmp_path / "sw.csv"
    overlaps.write_text(f"kind,source,lang,reason,checked,dropped\npairs,'{ATTACK.replace(',', '')}',sw,exact,1,1\n")
    manifest = tmp_path / "models" / "s" / "mono" / "1" / "manifest.json"
    write_sealed(manifest, {"seed": ATTACK, "device": ATTACK, "git_commit": ATTACK, "versions": {ATTACK: ATTACK}})
    hostile = settings(config={**CONFIG, "note": ATTACK})
    hostile["languages"] = dict.fromkeys(LANGUAGES, ATTACK)
    hostile["labels"] = {
        "models": dict.fromkeys(hostile["models"], ATTACK),
        "strategies": dict.fromkeys(hostile["strategies"], ATTACK),
    }
    hostile["report"]["title"] = ATTACK
    hostile["collections"]["atlas"]["groups"] = {**hostile["collections"]["atlas"]["groups"], ATTACK: ["en"]}
    inputs = {**full, "verdict": verdict, "overlap_reports": [overlaps], "manifests": [manifest]}
    source = _render(tmp_path, inputs, **hostile)
    page = Page(source)
    assert len(page.all("script")) == 1
    assert not any(attributes.get("src") == "x" for attributes in page.all("img"))
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert ATTACK in "".join(page.text)
    assert page.open == []


def test_the_same_inputs_give_the_same_page(full, source, tmp_path):
    assert _render(tmp_path, full) == source


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda f, t: {"figures": {**f["figures"], "pie": t}}, "no place for 'pie'"),
        (lambda f, t: {"figures": {**f["figures"], "other/heatmap": t}}, "no place for 'other/heatmap'"),
        (lambda f, t: {"figures": {}}, "scaling is missing"),
        (lambda f, t: {"tables": {"models": f["tables"]["models"]}}, "per_group is missing"),
        (lambda f, t: {"figures": {"scaling": f["tables"]["models"]}}, "not an SVG image"),
        (lambda f, t: {"verdict": t / "none.json"}, "no such file"),
        (lambda f, t: {"verdict": f["licences"]}, "not the verdict"),
        (lambda f, t: {"benchmarks": [f["licences"]]}, "folder named benchmarks"),
        (lambda f, t: {"manifests": [t / "a" / "b" / "c" / "manifest.json"]}, "has no manifest.json"),
    ],
)
def test_wrong_inputs_stop_in_one_line_and_leave_no_page(full, tmp_path, change, complaint):
    with pytest.raises(InputError, match=complaint) as error:
        _render(tmp_path, {**full, **change(full, tmp_path)})
    assert "\n" not in str(error.value)
    assert not (tmp_path / "report.html").exists()


def test_the_page_says_how_to_cite_it(full, tmp_path):
    content = html.unescape(_render(tmp_path, full))
    assert (
        "  author  = {{The hybrid-batch scaling study}}," in content and "@article{elmahdy2024synergistic," in content
    )
    assert re.search(r"  version = \{(unknown|[0-9a-f]{40}(\+changes)?)\},", content)


def test_a_format_without_a_licence_stops_the_page(full, tmp_path):
    config = {**CONFIG, "sources": {"atlas": {"format": "scrolls"}}}
    with pytest.raises(InputError, match="no row for the format scrolls"):
        _render(tmp_path, full, config=config)


def _licences(folder, inputs, config):
    """Return the rows of the table of licences: name, used as, licence."""
    page = Page(_render(folder, inputs, config=config))
    (table,) = (table for table in page.tables if table[0][0] == "data")
    return [row[:3] for row in table[1:]]


def test_every_format_that_the_config_may_name_has_a_row_of_licences():
    schema = yaml.safe_load((RESOURCES.parents[1] / "config.schema.yaml").read_text(encoding="utf-8"))
    known = set(pd.read_csv(RESOURCES / "licences.csv")["format"])
    for section in ("sources", "collections", "lexicons"):
        entry = schema["properties"][section]["additionalProperties"]
        # An induced lexicon has the licences of its sources.
        assert set(entry["properties"]["format"]["enum"]) - {"induced"} <= known, section


def test_the_licence_that_the_config_says_stands_in_the_report(full, tmp_path):
    config = copy.deepcopy(CONFIG)
    config["experiment"] |= {"sources": ["atlas", "qa"], "collections": ["atlas", "quiz.v2"]}
    config["sources"] |= {
        "qa": {"format": "table", "licence": "CC BY 4.0"},
        "shifts": {"format": "table", "licence": "Yahoo, for research"},
    }
    config["sources"]["atlas"]["licence"] = config["collections"]["atlas"]["licence"] = "see the source"
    config["training"] = {"held_out": {"every": 10, "source": "shifts"}}
    assert _licences(tmp_path, full, config) == [
        [
            "Atlas (generated for this study)",
            "source atlas, collection atlas",
            "Apache-2.0; its facts and names from Unicode CLDR under the Unicode License v3",
        ],
        ["a source of the experimenter's own", "source qa", "CC BY 4.0"],
        ["XQuAD-R (LAReQA)", "collection quiz.v2", "CC BY-SA 4.0"],
        ["a source of the experimenter's own", "held-out source shifts", "Yahoo, for research"],
    ]


def test_the_licences_of_lexicons_in_use_are_listed(full, tmp_path):
    lexicons = {
        "muse": {"format": "muse"},
        "own": {"format": "induced", "sources": ["news"]},
        "spare": {"format": "panlex"},
    }
    config = {
        **CONFIG,
        "experiment": {**CONFIG["experiment"], "strategies": ["cs"]},
        "strategies": {"cs": {"codeswitch": {"lexicons": ["own", "muse"]}}},
        "sources": {**CONFIG["sources"], "news": {"format": "ntrex"}},
        "lexicons": lexicons,
    }
    page = Page(_render(tmp_path, full, config=config))
    used = {row[0]: row[1] for table in page.tables if table[0][:2] == ["data", "used as"] for row in table[1:]}
    assert used["NTREX-128"] == "lexicon own" and used["MUSE bilingual dictionaries"] == "lexicon muse"
    assert "PanLex" not in used


def test_published_values_stand_beside_ours(full, tmp_path):
    page = Page(_render(tmp_path, full))
    (table,) = [table for table in page.tables if "within our interval" in table[0]]
    assert table[1][5:10] == ["Swahili", "0.620 [0.600, 0.640]", "0.606", "+0.014", "yes"]
    assert table[2][5:] == ["mean", "412 [400, 420]", "396", "+16", "no", "BM25: Others <b>2026</b>"]
    inputs = full | {"tables": {name: path for name, path in full["tables"].items() if name != "published"}}
    assert "None of the published values that ship with the workflow" in _render(tmp_path, inputs)


# Sorts the first table by its first column of numbers from the keyboard, filters one that can be, prints, and tells by
# the title what came of it.
PROBE = """
const table = document.querySelector("table");
const column = [...table.tHead.rows[0].cells].findIndex((head) => head.classList.contains("number"));
const sorter = table.tHead.rows[0].cells[column].querySelector("button");
sorter.focus();
const focused = document.activeElement === sorter;
sorter.click();
const values = [...table.tBodies[0].rows].map((row) => row.cells[column].dataset.sort).filter(Boolean).map(Number);
const box = document.querySelector("[data-filter]");
const input = box.querySelector("input");
input.value = "bm25";
input.dispatchEvent(new Event("input"));
const shown = [...box.querySelectorAll("tbody tr")].filter((row) => !row.hidden);
window.dispatchEvent(new Event("beforeprint"));
const printed = { buttons: document.querySelectorAll("th button").length, head: table.tHead.textContent };
const unprinted = document.querySelectorAll("details:not([open])").length;
window.dispatchEvent(new Event("afterprint"));
document.title = JSON.stringify({
  focused,
  printed,
  unprinted,
  buttons: document.querySelectorAll("th button").length,
  head: table.tHead.textContent,
  fetched: performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !/^data:/.test(name)),
  order: table.tHead.rows[0].cells[column].getAttribute("aria-sort"),
  sorted: values.every((value, i) => i === 0 || values[i - 1] >= value),
  rows: values.length,
  shown: shown.length,
  others: shown.filter((row) => !row.textContent.toLowerCase().includes("bm25")).length,
});
"""


NARROW = """
const page = document.documentElement;
document.querySelectorAll("details").forEach((part) => { part.open = true; });
const beside = [...document.querySelectorAll("body *")].filter(
  (part) => part.getBoundingClientRect().right > page.clientWidth + 1 && !part.closest(".scroll, .skip"));
document.title = JSON.stringify({
  width: page.clientWidth,
  needed: page.scrollWidth,
  beside: beside.map((part) => `${part.tagName} ${part.id} ${part.className}`).slice(0, 9),
});
"""


def browse(source, folder, probe, width):
    """Open the page in headless Chromium and run ``probe``; return the title that it sets and the console's lines."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    # The page lets only its own script run, so the probe's digest joins the policy's.
    digest = "sha256-" + base64.b64encode(sha256(probe.encode()).digest()).decode()
    probed = source.replace("; script-src '", f"; script-src '{digest}' '").replace(
        "</body>", f"<script>{probe}</script></body>"
    )
    (folder / "page.html").write_text(probed, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900"]
    done = subprocess.run(
        [*command, (folder / "page.html").as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    found = json.loads(html.unescape(re.search("<title>(.*?)</title>", done.stdout)[1]))
    return found, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_in_a_browser_tables_sort_and_filter_and_nothing_is_fetched_or_complained_of(source, tmp_path):
    found, console = browse(source, tmp_path, PROBE, 1280)
    assert found["order"] == "descending" and found["sorted"] and found["rows"] > 3
    assert found["focused"] and found["fetched"] == []
    # A printed table's head is repeated on each page, which no button is; nothing stays folded; and then all is back.
    assert found["printed"] == {"buttons": 0, "head": found["head"]} and found["unprinted"] == 0
    assert found["buttons"] > 3
    assert found["shown"] > 0 and found["others"] == 0
    assert not console, console


def test_on_a_phone_only_tables_and_figures_are_scrolled_sideways(source, tmp_path):
    found, _ = browse(source, tmp_path, NARROW, 390)
    assert found["width"] < 600, found
    assert found["needed"] <= found["width"] and found["beside"] == [], found
