"""A plan's numbers: work counted by hand, rates, corrections by what was measured, and how jobs are packed."""

import itertools
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.job_costs import Experiment, Job, corrections, read_rates, seconds
from workflow_scripts.planning.job_schedule import critical_path, makespan
from workflow_scripts.planning.sizes import ASSUMED_PASSAGES, Size, collection_size
from workflow_scripts.planning.text_lengths import TextLength, TextLengths
from workflow_scripts.reporting.job_logs import processor_time

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = read_languages(ROOT / "resources/languages.csv")
FACTS = ROOT / "resources/collection_sizes.csv"


def config_with(**changes):
    raw = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for section, values in changes.items():
        raw[section] |= values
    return resolve_config(raw, LANGUAGES)


def job(key, rule="finetune", needs=(), threads=1, gpus=0, **wildcards):
    return Job(key, rule, wildcards, threads, gpus, 1000, 1000, True, tuple(needs))


def experiment(config, queries=10, passages=100):
    lengths = TextLengths({("*", "*", "*"): TextLength(20, 60), ("pairs", "atlas", "*"): TextLength(40, 50)})
    return Experiment(config, lambda name, lang: Size(queries, passages, True), lambda source: 1000, lengths)


def test_the_work_of_a_training_job_by_hand():
    config = config_with(training={"steps": 10, "batch_size": 4})
    done = experiment(config).work(job("a", model="atlas-s", strategy="mono", seed="1"))
    # 4 pairs of a query cut at 32 and a passage of 50, 10 steps, 6 operations on each of 2 x 12 x 32² parameters.
    tokens = 4 * (32 + 50) * 10
    tflop = 6 * 2 * 12 * 32**2 * tokens / 1e12
    assert done == {"job": 1.0, "cpu_megatoken": pytest.approx(tokens / 1e6), "cpu_tflop": pytest.approx(tflop)}
    on_gpus = experiment(config).work(job("a", gpus=2, model="atlas-s", strategy="mono", seed="1"))
    assert on_gpus == {"job": 1.0, "gpu_tflop": pytest.approx(tflop / 2)}


def test_a_batch_in_chunks_is_encoded_twice():
    plain = experiment(config_with(training={"steps": 1})).work(job("a", model="atlas-s", strategy="mono"))
    chunked = experiment(config_with(training={"steps": 1, "chunk_tokens": 64})).work(
        job("a", model="atlas-s", strategy="mono")
    )
    assert chunked["cpu_tflop"] == pytest.approx(plain["cpu_tflop"] * 8 / 6)


def test_the_work_of_encoding_and_searching_ten_languages():
    config = config_with()
    named = {"model": "atlas-s", "strategy": "mono", "seed": "1", "collection": "atlas", "part": "all"}
    encoded = experiment(config).work(job("a", "encode", **named))
    assert encoded["cpu_megatoken"] == pytest.approx(10 * (10 * 20 + 100 * 60) / 1e6)
    searched = experiment(config).work(job("a", "search", **named))
    assert searched["gigaproduct"] == pytest.approx(100 * 1000 * 32 / 1e9)
    assert searched["row"] == 100 * 10 * 100  # queries x languages x depth
    assert experiment(config).disk_bytes(job("a", "encode", **named)) == 10 * 110 * (32 * 2 + 40)


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
    with pytest.raises(InputError, match="line 2: unit 'texts' is not one of job, step"):
        read_rates(file)


def test_our_rates_cover_every_rule():
    rates = read_rates(ROOT / "resources/rates.csv")
    assert "*" in rates and {"pretrain", "finetune", "encode", "search", "score"} <= set(rates)


def test_the_most_specific_length_counts(tmp_path):
    file = tmp_path / "lengths.csv"
    head = "kind,format,lang,query,passage,source\n"
    file.write_text(head + "*,*,*,20,120,a\ncollection,xquad-r/sentence,th,9,30,b\ntexts,ntrex,*,,33,c\n")
    lengths = TextLengths.read(file)
    sentences = {"format": "xquad-r", "candidate": "sentence"}
    assert lengths.of("collection", sentences, "th") == (9, 30)
    assert lengths.of("collection", sentences, "sw") == lengths.of("pairs", sentences, "th") == (20, 120)
    assert lengths.of("texts", {"format": "ntrex"}, "sw").passage == 33
    file.write_text(head + "collection,a,th,9,30,b\n")
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
