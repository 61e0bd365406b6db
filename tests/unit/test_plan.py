"""A plan's numbers: work counted by hand, rates, corrections by what was measured, and how jobs are packed."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts import command_line, decontaminate
from workflow_scripts.data import spent_time
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.data.spent_time import SpentTime
from workflow_scripts.data.table_stream import write_rows
from workflow_scripts.data.tables import PAIRS, TEXTS
from workflow_scripts.plan import measured_seconds, misfits, wall_times
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.job_costs import (
    SAMPLED_TEXTS,
    TOKEN_TEXT_BYTES,
    Experiment,
    Job,
    corrections,
    processor_factor,
    read_rates,
    seconds,
)
from workflow_scripts.planning.job_schedule import critical_path, makespan
from workflow_scripts.planning.sizes import (
    ASSUMED_PAIRS,
    ASSUMED_PASSAGES,
    ASSUMED_TEXTS,
    UNPACKED,
    Size,
    collection_size,
    hard_negatives,
    pair_count,
    source_bytes,
    text_count,
)
from workflow_scripts.planning.text_lengths import TextLength, TextLengths
from workflow_scripts.reporting.job_logs import earlier_attempts, processor_time

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = read_languages(ROOT / "resources/languages.csv")
FACTS = ROOT / "resources/collection_sizes.csv"


def config_with(**changes):
    raw = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for section, values in changes.items():
        raw[section] = raw.get(section, {}) | values
    return resolve_config(raw, LANGUAGES)


def job(key, rule="finetune", needs=(), threads=1, gpus=0, **wildcards):
    return Job(key, rule, wildcards, threads, gpus, 1000, 1000, True, tuple(needs))


LENGTHS = {("*", "*", "*"): TextLength(20, 60), ("pairs", "atlas", "*"): TextLength(40, 50)}


def experiment(config, queries=10, passages=100, pairs=1000, texts=500, read=None):
    """Sizes are the same in every language; ``read``: bytes of a source's files, nothing where they are not there."""
    return Experiment(
        config,
        lambda name, lang: Size(queries, passages, True),
        lambda source, lang: pairs,
        texts if callable(texts) else lambda source, lang: texts,
        lambda source, kind, lang: read,
        TextLengths(LENGTHS),
    )


def test_the_work_of_a_training_job_by_hand():
    config = config_with(training={"steps": 10, "batch_size": 4})
    done = experiment(config).work(job("a", model="atlas-s", strategy="mono", seed="1"))
    # 4 pairs of a query cut at 32 and a passage of 50, 10 steps, 6 operations on each of 2 x 12 x 32² parameters.
    tokens = 4 * (32 + 50) * 10
    tflop = 6 * 2 * 12 * 32**2 * tokens / 1e12
    assert done == {"job": 1.0, "cpu_megatoken": pytest.approx(tokens / 1e6), "cpu_tflop": pytest.approx(tflop)}
    on_gpus = experiment(config).work(job("a", gpus=2, model="atlas-s", strategy="mono", seed="1"))
    assert on_gpus == {"job": 1.0, "gpu_tflop": pytest.approx(tflop / 2)}


def test_a_gpu_is_not_charged_a_processors_time_for_the_vocabularys_scores():
    work = experiment(config_with()).work
    on_a_processor, on_a_gpu = (work(job("a", "pretrain", gpus=gpus, model="atlas-s")) for gpus in (0, 1))
    assert set(on_a_processor) == {"job", "cpu_megatoken", "cpu_tflop", "gigascore"}
    assert set(on_a_gpu) == {"job", "gpu_tflop"}


def test_threads_share_processor_time_estimated_and_measured_alike(tmp_path):
    """As much processor time as estimated is measured: nothing is corrected, whatever the job's threads."""
    named = {
        "model": "atlas-s",
        "strategy": "mono",
        "seed": "1",
        "collection": "atlas",
        "part": "all",
        "form": "q32-p128",
    }
    rates, log = {"*": {"job": 4.0, "cpu_megatoken": 1.0, "gigaproduct": 1.0, "row": 1.0}}, tmp_path / "a.log"
    for rule in ("tokenize_collection", "encode", "search"):
        taken = [
            seconds(rule, experiment(config_with()).work(job("a", rule, **named, threads=n)), rates) for n in (1, 4)
        ]
        assert taken[0] == taken[1] > 4
        log.write_text(f"command_line: processor time {taken[0]} s\n")
        for threads in (1, 4):
            one = replace(job("a", rule, **named, threads=threads), log=str(log))
            assert measured_seconds(one) == pytest.approx(one.lasts(taken[0])) == pytest.approx(taken[0] / threads)
    on_a_gpu = job("a", "encode", **named, threads=8, gpus=1)
    assert on_a_gpu.lasts(10) == job("a", "fetch_data", threads=2).lasts(10) == 10


def test_a_batch_in_chunks_is_encoded_twice():
    plain = experiment(config_with(training={"steps": 1})).work(job("a", model="atlas-s", strategy="mono"))
    chunked = experiment(config_with(training={"steps": 1, "chunk_tokens": 64})).work(
        job("a", model="atlas-s", strategy="mono")
    )
    assert chunked["cpu_tflop"] == pytest.approx(plain["cpu_tflop"] * 8 / 6)


def test_gradient_checkpointing_computes_each_layer_once_more():
    config, named = config_with(training={"steps": 1}), {"model": "atlas-s", "strategy": "mono"}
    plain = experiment(config).work(job("a", **named))
    config["models"]["atlas-s"]["gradient_checkpointing"] = True
    assert experiment(config).work(job("a", **named))["cpu_tflop"] == pytest.approx(plain["cpu_tflop"] * 8 / 6)


def test_hard_negatives_are_read_tokenised_and_trained_on_where_a_source_has_some():
    triples = {"format": "mmarco", "pairs": ["en"], "translate": {"sw": 1.0}, "negatives": 3, "examples": 1000}
    config = config_with(sources={"triples": triples}, training={"steps": 1, "batch_size": 10, "hard_negatives": 2})
    config["experiment"]["sources"] = ["triples"]
    work = experiment(config).work
    prepared = work(job("a", "prepare_pairs", source="triples", lang="en"))
    assert prepared == {
        "job": 1.0, "text": 5000, "megabyte": pytest.approx(1000 * (20 + 4 * 60) * TOKEN_TEXT_BYTES / 1e6),
    }  # fmt: skip
    tables = {"prepared/triples/en": 5000, "translated/triples/sw": 2000, "codeswitched/switched/triples": 5000}
    assert {table: work(job("a", "tokenize_pairs", table=table))["text"] for table in tables} == tables
    # Two of three in English, none in translations: a query of 20 and three passages or one of 60.
    trained = work(job("a", model="atlas-s", strategy="mono"))
    assert trained["cpu_megatoken"] == pytest.approx(10 * ((20 + 3 * 60) + (20 + 60)) / 2 / 1e6)


def test_the_work_of_encoding_and_searching_ten_languages():
    config = config_with()
    named = {"model": "atlas-s", "strategy": "mono", "seed": "1", "collection": "atlas", "part": "all"}
    encoded = experiment(config).work(job("a", "encode", **named))
    assert encoded["cpu_megatoken"] == pytest.approx(10 * (10 * 20 + 100 * 60) / 1e6)
    searched = experiment(config).work(job("a", "search", **named))
    assert searched["gigaproduct"] == pytest.approx(100 * 1000 * 32 / 1e9)
    assert searched["gigascore"] == pytest.approx(100 * 1000 / 1e9)
    assert searched["row"] == 100 * 10 * 100  # queries x languages x depth
    lexical = experiment(config).work(job("a", "search_bm25", collection="atlas", part="all"))
    assert lexical == {
        "job": 1.0, "row": 100 * 10 * 100, "gigascore": searched["gigascore"], "cpu_megatoken": 1000 * 60 / 1e6,
    }  # fmt: skip
    assert experiment(config).disk_bytes(job("a", "encode", **named)) == 10 * 110 * (32 * 2 + 40)


def test_the_work_of_the_analysis_grows_with_runs_and_draws():
    """Of 3 models with 5 strategies, of which 4 are trained with 2 seeds, and BM25; 10 languages in 3 settings."""
    work = experiment(config_with(statistics={"draws": 100})).work
    made = {rule: work(job("a", rule)) for rule in ("aggregate", "compare", "fit_scaling")}
    for amounts in made.values():
        assert amounts["row"] == 28 * 6 * 100 * (1 + 9 + 1)  # runs x metrics x queries x languages, and the pool
        assert amounts["slice"] == 28 * 6 * 3
        assert amounts["gigaproduct"] == pytest.approx(100 * 6 * 3 * 16 * 100 / 1e9)  # of systems and queries
    means, pairs = 6 * 3 * 16 * (10 + 8), 6 * 3 * (3 * 10 + 3 * 2) * (10 + 8)
    lines = 6 * 3 * (5 + 2) * (3 + 1) * 8  # strategies and differences; all models and without one
    assert [amounts["draw"] for amounts in made.values()] == [100 * means, 100 * pairs, 100 * lines]
    assert work(job("a", "write_model_cards")) == {"job": 1.0, "text": 24}
    assert work(job("a", "format_tables", collection="atlas")) == {"job": 1.0, "text": 16}
    assert work(job("a", "plot_heatmap", collection="atlas")) == {"job": 1.0, "row": 16 * 10 * 10}


def test_an_index_of_faiss_takes_disk_beside_the_vectors():
    config = config_with()
    named = {"model": "atlas-s", "strategy": "mono", "seed": "1", "collection": "atlas", "part": "all"}
    assert experiment(config).disk_bytes(job("a", "index", **named)) == 0
    config["search"]["kind"] = "hnsw"
    assert experiment(config).disk_bytes(job("a", "index", **named)) == 10 * 100 * (32 * 4 + 12 * 32)


@pytest.mark.parametrize("rows", [None, 900])
def test_the_work_of_translating_counts_the_tokens_of_its_texts_whatever_is_known_of_their_number(rows):
    config = config_with(
        translation={"engine": "transformers", "model": "nllb", "shards": 4},
        translators={"nllb": {"family": "nllb", "folder": "nllb", "size_m": 600}},
    )
    lengths = TextLengths({**LENGTHS, ("pairs", "atlas", "*"): TextLength(40, 50, rows)})
    planned = replace(experiment(config), lengths=lengths)
    done = planned.work(job("a", "translate_shard", source="atlas", lang="sw", shard="0"))
    # 1,000 pairs over four jobs, 2 operations on each of 600 million parameters for a token.
    tflop = 250 * (40 + 50) * 2 * 600e6 / 1e12
    assert done == {"job": 1.0, "text": 500, "cpu_tflop": pytest.approx(tflop)}


def test_scoring_reads_hits_and_judges_lists():
    config = config_with()
    named = {"model": "atlas-s", "strategy": "mono", "seed": "1", "collection": "atlas"}
    # 10 languages, 10 queries each, 100 hits: a query has a list in each language, and that of the pool.
    assert experiment(config).work(job("a", "score", **named)) == {"job": 1.0, "row": 100 * 1000, "list": 100 * 11}
    bm25 = experiment(config).work(job("a", "score", **named | {"model": "bm25", "strategy": "bm25", "seed": "0"}))
    assert bm25 == {"job": 1.0, "row": 100 * 100, "list": 100 * 11}
    config["collections"]["atlas"]["settings"] = ["monolingual"]
    assert experiment(config).work(job("a", "score", **named)) == {"job": 1.0, "row": 100 * 100, "list": 100}


def test_preparing_a_source_reads_its_whole_files_whatever_a_language_has_of_them():
    config = config_with()
    pairs, texts = (
        job("a", "prepare_pairs", source="atlas", lang="en"),
        job("a", "prepare_texts", source="atlas", lang="sw"),
    )
    there = experiment(config, read=3e6)
    assert there.work(pairs) == {"job": 1.0, "text": 2000, "megabyte": 3.0}
    assert there.work(texts) == {"job": 1.0, "text": 500, "megabyte": 3.0}
    absent = experiment(config)
    assert absent.work(pairs)["megabyte"] == pytest.approx(1000 * (40 + 50) * TOKEN_TEXT_BYTES / 1e6)
    assert absent.work(texts)["megabyte"] == pytest.approx(500 * 60 * TOKEN_TEXT_BYTES / 1e6)


def test_decontamination_runs_twice_through_training_text_and_once_through_evaluation_text():
    config, evaluated = config_with(), 10 * 20 + 100 * 60
    pairs, texts = (job("a", "decontaminate", kind=kind, lang="sw") for kind in ("pairs", "texts"))
    # Evaluation text that is all of the sample passes once more.
    assert experiment(config).work(pairs) == {
        "job": 1.0, "cpu_megatoken": pytest.approx((2 * 1000 * (40 + 50) + 2 * evaluated) / 1e6),
    }  # fmt: skip
    assert experiment(config).work(texts)["cpu_megatoken"] == pytest.approx((2 * 500 * 60 + 2 * evaluated) / 1e6)
    many = experiment(config, queries=0, passages=4 * SAMPLED_TEXTS).work(texts)
    assert many["cpu_megatoken"] == pytest.approx((2 * 500 * 60 + 1.25 * 4 * SAMPLED_TEXTS * 60) / 1e6)


def test_decontamination_reads_hard_negatives_of_pairs_that_may_have_some_and_are_not_translated():
    config, columns = config_with(), {"query": "q", "positive": "p", "negatives": []}
    plain = {"format": "table", "pairs": ["en"], "translate": {}, "negatives": 1, "columns": columns}
    config["sources"] |= {
        "triples": {"format": "mmarco", "pairs": ["en"], "translate": {"sw": 1.0}, "negatives": 3},
        "plain": plain,
        "with-some": plain | {"columns": columns | {"negatives": ["n"]}},
    }
    config["experiment"]["sources"] = ["triples"]
    counted = {name: hard_negatives(config, name, "en") for name in config["sources"]}
    assert counted == {"atlas": 0, "triples": 3, "plain": 0, "with-some": 1}
    assert hard_negatives(config, "triples", "sw") == 0
    evaluated = 10 * 20 + 100 * 60
    for lang, negatives in (("en", 3), ("sw", 0)):
        work = experiment(config).work(job("a", "decontaminate", kind="pairs", lang=lang))
        trained = 1000 * (20 + (1 + negatives) * 60)
        assert work["cpu_megatoken"] == pytest.approx((2 * trained + 2 * evaluated) / 1e6)


def test_the_plan_knows_how_many_texts_decontamination_samples():
    assert decontaminate._SAMPLE == SAMPLED_TEXTS


def test_decontamination_of_a_language_that_nothing_evaluates():
    config = config_with(experiment={"collections": ["atlas"]})
    config["collections"]["atlas"]["languages"].remove("yo")
    found = experiment(config).work(job("a", "decontaminate", kind="texts", lang="yo"))
    assert found["cpu_megatoken"] == pytest.approx(2 * 500 * 60 / 1e6)


def test_a_tokenizer_reads_as_many_texts_as_there_are_balanced_by_language():
    config = config_with()
    config["sources"]["atlas"]["texts"] = ["en", "sw"]
    config["pretraining"]["tokenizer"]["tau"] = 0.5
    lengths = {**LENGTHS, ("texts", "atlas", "sw"): TextLength(0, 30)}
    plan = replace(
        experiment(config, texts=lambda source, lang: {"en": 900, "sw": 100}[lang]), lengths=TextLengths(lengths)
    )
    # 1,000 texts, in proportion to 30 and 10: 750 of 60 tokens and 250 of 30.
    tokens = (750 * 60 + 250 * 30) / 1e6
    assert plan.work(job("a", "train_tokenizer"))["cpu_megatoken"] == pytest.approx(tokens)
    # Unigram reads them more often, the more languages there are.
    config["pretraining"]["tokenizer"]["kind"] = "unigram"
    assert plan.work(job("a", "train_tokenizer"))["cpu_megatoken"] == pytest.approx(5 * tokens)
    config["sources"]["atlas"]["texts"] = ["en"]
    assert plan.work(job("a", "train_tokenizer"))["cpu_megatoken"] == pytest.approx(3 * 900 * 60 / 1e6)


def test_pairs_and_texts_are_counted_else_known_else_assumed(tmp_path):
    config = config_with(sources={"mine": {"format": "jsonl", "pairs": ["en"], "texts": ["sw"], "path": "x"}})
    known = {
        **LENGTHS,
        ("pairs", "atlas", "en"): TextLength(40, 50, 900),
        ("texts", "atlas", "sw"): TextLength(0, 9, 70),
    }
    lengths = TextLengths(known)

    def pairs(source, lang):
        return pair_count(config, tmp_path, source, lang, lengths)

    def texts(source, lang):
        return text_count(config, tmp_path, source, lang, lengths)

    assert (pairs("atlas", "en"), pairs("atlas", "es"), pairs("atlas", "sw")) == (900, 900, 90)
    assert (texts("atlas", "sw"), texts("atlas", "en"), texts("mine", "sw")) == (70, ASSUMED_TEXTS, ASSUMED_TEXTS)
    assert pairs("mine", "en") == ASSUMED_PAIRS
    config["sources"]["mine"]["examples"] = config["sources"]["atlas"]["examples"] = 300
    assert pairs("mine", "en") == pairs("atlas", "en") == 300
    row = ("a", "a", "atlas", "en", "native", "q", "t", "p", [])
    write_rows([row] * 7, tmp_path / "pairs/prepared/atlas/en.parquet", PAIRS)
    write_rows([("a", "a", "atlas", "sw", "t")] * 5, tmp_path / "texts/atlas/sw.parquet", TEXTS)
    assert (pairs("atlas", "en"), pairs("atlas", "es"), texts("atlas", "sw")) == (7, 7, 5)


def test_bytes_are_those_of_all_files_that_a_language_is_read_from(tmp_path):
    mlqa = {"format": "mlqa", "pairs": ["de", "es"], "texts": [], "path": "mlqa"}
    lines = {"format": "jsonl", "pairs": [], "texts": ["sw"], "path": ""}
    config = config_with(sources={"mlqa": mlqa, "lines": lines})
    config["data_root"] = str(tmp_path)
    for source, kind, lang in (("mlqa", "pairs", "de"), ("lines", "texts", "sw"), ("atlas", "texts", "sw")):
        assert source_bytes(config, tmp_path, source, kind, lang) is None
    (tmp_path / "mlqa").mkdir()
    for name in ("test-context-de-question-es.json", "test-context-es-question-de.json"):
        (tmp_path / "mlqa" / name).write_bytes(b"x" * 50)
    assert source_bytes(config, tmp_path, "mlqa", "pairs", "de") == 100
    (tmp_path / "texts-sw.jsonl.gz").write_bytes(b"x" * 20)
    assert source_bytes(config, tmp_path, "lines", "texts", "sw") == 20 * UNPACKED
    (tmp_path / "sources/atlas").mkdir(parents=True)
    (tmp_path / "sources/atlas/texts-sw.jsonl").write_bytes(b"x" * 30)
    assert source_bytes(config, tmp_path, "atlas", "texts", "sw") == 30


def test_sizes_are_counted_else_published_else_assumed(tmp_path):
    config = config_with(
        collections={
            "full": {"format": "miracl", "languages": ["sw"], "path": "x"},
            "xquad": {"format": "xquad-r", "languages": ["th"], "path": "x", "candidate": "sentence"},
            "other": {"format": "jsonl", "languages": ["sw"], "path": "x"} | {"format": "tydiqa", "languages": ["zh"]},
        }
    )

    def size(name, lang):
        return collection_size(config, tmp_path, name, lang, LANGUAGES, FACTS)

    assert size("full", "sw") == Size(482, 131924, True)
    assert size("xquad", "th") == Size(1190, 852, True)
    assert size("atlas", "sw").queries == config["atlas"]["queries"]
    assert size("other", "zh").passages == ASSUMED_PASSAGES and not size("other", "zh").known


def test_rates_add_up_and_a_wrong_unit_is_named(tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("rule,unit,seconds\n*,job,2\nencode,job,5\nencode,text,0.5\n", encoding="utf-8")
    rates = read_rates(file)
    assert seconds("encode", {"job": 1, "text": 10, "cpu_tflop": 7}, rates) == 10
    assert seconds("report", {"job": 1}, rates) == 2
    file.write_text("rule,unit,seconds\nencode,texts,0.5\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: unit 'texts' is not one of job, text"):
        read_rates(file)


def test_rates_of_one_s_own_replace_ours_of_the_same_rule_and_unit(tmp_path):
    ours, own = tmp_path / "rates.csv", tmp_path / "own.csv"
    ours.write_text("rule,unit,seconds,source\n*,job,2,measured\nencode,job,5,measured\nencode,text,0.5,measured\n")
    own.write_text("rule,unit,seconds\nencode,text,0.1\n", encoding="utf-8")
    rates = read_rates(ours, own)
    assert seconds("encode", {"job": 1, "text": 10}, rates) == 6
    for text, said in (
        ("rule,unit,seconds\nencode,text,fast\n", "line 2: 'fast' is no number of seconds"),
        ("rule,unit,seconds\nencode,text,-1\n", "line 2: '-1' is no number of seconds"),
        ("rule,unit\nencode,text\n", "has no column seconds; rates have rule, unit, seconds"),
    ):
        own.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=said):
            read_rates(ours, own)
    with pytest.raises(InputError, match=r"missing\.csv: cannot be read as rates"):
        read_rates(ours, tmp_path / "missing.csv")


def test_our_rates_cover_every_rule():
    rates = read_rates(ROOT / "resources/rates.csv")
    assert "*" in rates and {"pretrain", "finetune", "encode", "search", "score"} <= set(rates)


def test_the_most_specific_length_counts(tmp_path):
    file = tmp_path / "lengths.csv"
    head = "kind,format,lang,query,passage,rows,source\n"
    file.write_text(head + "*,*,*,20,120,,a\ncollection,xquad-r/sentence,th,9,30,,b\ntexts,ntrex,*,,33,1997,c\n")
    lengths = TextLengths.read(file)
    sentences = {"format": "xquad-r", "candidate": "sentence"}
    assert lengths.of("collection", sentences, "th") == (9, 30, None)
    assert lengths.of("collection", sentences, "sw") == lengths.of("pairs", sentences, "th") == (20, 120, None)
    assert lengths.of("texts", {"format": "ntrex"}, "sw") == (0, 33, 1997)
    file.write_text(head + "collection,a,th,9,30,,b\n")
    with pytest.raises(InputError, match="has no row"):
        TextLengths.read(file)


def test_a_log_ends_with_its_processor_time(tmp_path):
    log = tmp_path / "a.log"
    assert processor_time(log) is None
    log.write_text("x" * 1000 + "\n2026-01-01 00:00:00,000 command_line: processor time 12.50 s\n")
    assert processor_time(log) == 12.5
    log.write_text("command_line: processor time 12.50 s\nerror: a job that ran again and failed\n")
    assert processor_time(log) is None
    log.write_text("")
    assert processor_time(log) is None
    assert earlier_attempts(log) == SpentTime()


def test_a_log_says_what_a_job_took_before_it_was_resumed(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(spent_time, "_earlier", SpentTime())
    caplog.set_level("INFO")
    log = tmp_path / "a.log"
    for earlier in (SpentTime(), SpentTime(wall=1e6, processor=2e6)):
        caplog.clear()
        command_line.run(lambda earlier=earlier: spent_time.go_on_from(earlier))
        log.write_text("".join(f"now {record.name}: {record.getMessage()}\n" for record in caplog.records))
        assert earlier_attempts(log) == earlier
        # Of two processes, whose lines mingle.
        log.write_text("".join(line for line in log.read_text().splitlines(keepends=True) for _ in range(2)))
        assert earlier_attempts(log) == earlier
        assert earlier.processor < processor_time(log) < earlier.processor + 1e6


def test_downloads_are_counted_where_they_are_known():
    config = config_with(models={"hub": {"hub": "a/b", "revision": "0" * 40, "size_m": 10, "learning_rate": 1e-4}})
    plan = experiment(config)
    fetched = plan.download_bytes(job("a", "fetch_model", model="hub"))
    assert fetched == 4 * (10e6 + 250_000 * 264)  # fp32; 12 layers of that size are 264 wide
    assert plan.work(job("a", "fetch_model", model="hub"))["megabyte"] == pytest.approx(fetched / 1e6)
    assert plan.download_bytes(job("a", "fetch_data", hub="a/c", revision="0" * 40, files="x")) is None
    assert plan.download_bytes(job("a", "encode")) == 0


def test_what_was_measured_corrects_its_stage_alone():
    stage = {"a1": ("encode", "a"), "a2": ("encode", "a"), "a3": ("encode", "a"), "b": ("encode", "b")}.__getitem__
    found = corrections({"a1": 10, "a2": 10, "a3": 10, "b": 10}, {"a1": 20, "a2": 30, "a3": 90}, stage)
    assert found == {("encode", "a"): 3.0}


def test_a_processor_is_known_by_the_median_of_stages_once_some_have_run():
    assert processor_factor([2.0, 0.5, 0.6, 9.0, 0.7]) == 0.7
    assert processor_factor([0.5, 0.5, 0.5, 0.5]) == 1.0


def test_the_critical_path_is_the_longest_chain():
    jobs = [job("a"), job("b", needs=["a"]), job("c", needs=["a"]), job("d", needs=["b", "c", "gone"])]
    length, chain = critical_path(jobs, {"a": 1, "b": 5, "c": 2, "d": 1})
    assert (length, [one.key for one in chain]) == (7, ["a", "b", "d"])
    assert critical_path([], {}) == (0.0, [])


def test_jobs_share_cores_and_gpus():
    jobs = [job(f"gpu{n}", gpus=1, threads=8) for n in range(4)] + [job(f"cpu{n}") for n in range(8)]
    times = {one.key: 10 for one in jobs}
    assert makespan(jobs, times, cores=40, gpus=4) == 10
    assert makespan(jobs, times, cores=40, gpus=1) == 40
    assert makespan(jobs, times, cores=4, gpus=1) == 60  # eight threads count as the four that there are
    assert makespan([], {}, 1, 0) == 0


def test_wall_times_are_those_of_machines_that_can_run_every_job():
    jobs = [job("a", gpus=4), job("b", gpus=1)]
    lines = wall_times(jobs, {"a": 3600, "b": 3600}, cores=16)
    assert [line.split("|")[1].strip() for line in lines[4:]] == ["4", "8", "16"]
    lines = wall_times([job("a", gpus=32)], {"a": 3600}, cores=16)
    assert [line.split("|")[1].strip() for line in lines[4:]] == ["32"]


def said_of_misfits(tmp_path, partitions, jobs, seconds):
    path = tmp_path / "partitions.yaml"
    path.write_text(yaml.safe_dump({"partitions": partitions}), encoding="utf-8")
    return misfits(jobs, {one.key: seconds for one in jobs}, path)


def test_a_plan_says_which_jobs_no_partition_takes_and_why(tmp_path):
    # Times as `sinfo` and the plugin write them, too.
    partitions = {"cpu": {"max_runtime": "1-00:00:00", "max_mem_mb": 5000}, "gpu": {"max_runtime": "12h", "max_gpu": 8}}
    small, large = job("a", gpus=8), job("b", gpus=16)
    assert said_of_misfits(tmp_path, partitions, [small, job("c")], 3600) == []
    (said,) = said_of_misfits(tmp_path, partitions, [small, large], 3600)
    assert "1 jobs ask for more than the 8 GPUs of every partition" in said
    (said,) = said_of_misfits(tmp_path, partitions, [small], 13 * 3600)
    assert "take longer than the 720 minutes" in said
    # As long as one partition allows and as large as another.
    (said,) = said_of_misfits(tmp_path, partitions, [replace(job("c"), memory_mb=6000)], 13 * 3600)
    assert "1 jobs find time, memory and GPUs in no one partition: finetune" in said


@st.composite
def graphs(draw):
    number = draw(st.integers(1, 12))
    jobs, times = [], {}
    for n in range(number):
        needs = draw(st.sets(st.integers(0, n - 1), max_size=3)) if n else set()
        threads, gpus = draw(st.integers(1, 4)), draw(st.integers(0, 2))
        jobs.append(job(str(n), needs=[str(before) for before in needs], threads=threads, gpus=gpus))
        times[str(n)] = draw(st.integers(0, 20))
    return draw(st.permutations(jobs)), times


@given(graphs(), st.integers(1, 8), st.integers(0, 4))
def test_no_plan_beats_its_critical_path_or_loses_to_one_job_at_a_time(graph, cores, gpus):
    jobs, times = graph
    length, chain = critical_path(jobs, times)
    span = makespan(jobs, times, cores, gpus)
    assert length <= span <= sum(times.values())
    assert sum(min(one.threads, cores) * times[one.key] for one in jobs) <= cores * span
    assert sum(times[one.key] for one in chain) == length
    assert all(before.key in after.needs for before, after in itertools.pairwise(chain))
