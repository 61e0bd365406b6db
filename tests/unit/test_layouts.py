from pathlib import Path

import pytest

from workflow_scripts.data import layouts
from workflow_scripts.data.errors import InputError

ROOT = Path("root")


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_atlas_names_files_that_do_not_exist_yet():
    assert layouts.pair_files("atlas", ROOT, "en") == [ROOT / "pairs.jsonl"]
    assert layouts.text_files("atlas", ROOT, "sw") == [ROOT / "texts-sw.jsonl"]
    assert layouts.collection_files("atlas", ROOT, "sw") == [
        [ROOT / "miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-dev.tsv"],
        [ROOT / "miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv"],
        [ROOT / "miracl-corpus-v1.0-sw/docs-0.jsonl.gz"],
    ]


def test_miracl_lists_passages_in_their_numeric_order_and_from_another_folder(tmp_path):
    touch(tmp_path, *(f"miracl-corpus-v1.0-fi/docs-{number}.jsonl.gz" for number in (10, 9, 0)))
    topics, _, passages = layouts.collection_files("miracl", ROOT, "fi", {"corpus": tmp_path})
    assert [path.name for path in passages] == ["docs-0.jsonl.gz", "docs-9.jsonl.gz", "docs-10.jsonl.gz"]
    assert topics[0].is_relative_to(ROOT)


def test_miracl_without_passages_names_what_is_missing():
    assert layouts.collection_files("miracl", ROOT, "yo")[2] == [ROOT / "miracl-corpus-v1.0-yo/docs-*.jsonl.gz"]


def test_mlqa_reads_every_file_whatever_the_language(tmp_path):
    touch(tmp_path, "test-context-de-question-ar.json", "test-context-es-question-de.json", "LICENSE")
    assert len(layouts.pair_files("mlqa", tmp_path, "ar")) == 2
    assert layouts.source_languages("mlqa", tmp_path) == ["ar", "de", "es"]
    with pytest.raises(InputError, match="'vi'; found: ar, de, es"):
        layouts.text_files("mlqa", tmp_path, "vi")


def test_mmarco_and_xtreme_name_files_that_may_be_fetched_later():
    assert [path.relative_to(ROOT).as_posix() for path in layouts.pair_files("mmarco", ROOT, "zh")] == [
        "data/triples.train.ids.small.tsv",
        "data/google/queries/train/chinese_queries.train.tsv",
        "data/google/collections/chinese_collection.tsv",
    ]
    assert [path.relative_to(ROOT).as_posix() for path in layouts.pair_files("xtreme-squad", ROOT, "th")] == [
        "train-v1.1.json",
        "translate-train/squad.translate.train.en-th.json",
    ]
    assert layouts.pair_files("csclir", ROOT, "en") == [ROOT / "cs_0.5/xxxx/train.jsonl"]


def test_the_config_may_name_the_files(tmp_path):
    touch(tmp_path, "sw/b.parquet", "sw/a.parquet", "en/a.parquet", "sw/a.txt")
    found = layouts.pair_files("table", tmp_path, "sw", "{lang}/*.parquet")
    assert found == [tmp_path / "sw/a.parquet", tmp_path / "sw/b.parquet"]
    assert layouts.pair_files("table", tmp_path, "yo", "{lang}/*.parquet") == [tmp_path / "yo/*.parquet"]
    with pytest.raises(InputError, match="files is missing"):
        layouts.pair_files("table", tmp_path, "yo")


def test_tico19_takes_english_from_the_first_file(tmp_path):
    touch(tmp_path, "en-sw.tsv", "en-bn.tsv")
    assert layouts.text_files("tico19", tmp_path, "en") == [tmp_path / "en-bn.tsv"]
    assert layouts.text_files("tico19", tmp_path, "sw") == [tmp_path / "en-sw.tsv"]
    assert layouts.source_languages("tico19", tmp_path) == ["bn", "en", "sw"]


def test_gzip_is_taken_where_only_it_lies(tmp_path):
    touch(tmp_path, "pairs-sw.jsonl.gz", "texts-yo.jsonl")
    assert layouts.pair_files("jsonl", tmp_path, "sw") == [tmp_path / "pairs-sw.jsonl.gz"]
    assert layouts.pair_files("jsonl", tmp_path, "yo") == [tmp_path / "pairs-yo.jsonl"]
    assert layouts.source_languages("jsonl", tmp_path) == ["sw", "yo"]


def test_languages_are_found_in_names_and_nothing_else_is(tmp_path):
    touch(tmp_path, "xquad/ar.json", "xquad/LICENSE", "xquad/dataset.json", "miracl/miracl-v1.0-sw/x", "miracl/other/x")
    touch(tmp_path, "tydi/tydiqa.goldp.te.dev.json", "squad/train-v1.1.json.gz", "ntrex/yo.txt", "ntrex/LICENSE.md")
    assert layouts.collection_languages("xquad-r", tmp_path / "xquad") == ["ar"]
    assert layouts.collection_languages("miracl", tmp_path / "miracl") == ["sw"]
    assert layouts.collection_languages("tydiqa", tmp_path / "tydi") == ["te"]
    assert layouts.source_languages("squad", tmp_path / "squad") == ["en"]
    assert layouts.source_languages("ntrex", tmp_path / "ntrex") == ["yo"]
    assert layouts.source_languages("ntrex", tmp_path / "absent") == []


@pytest.mark.parametrize("files", [layouts.pair_files, layouts.text_files, layouts.collection_files])
def test_an_unknown_format_names_the_known_ones(files):
    with pytest.raises(InputError, match=r"'beer' is unknown; known formats of .*atlas.*tydiqa"):
        files("beer", ROOT, "en")


@pytest.mark.parametrize("format", ["atlas", "squad"])
def test_english_sources_have_no_pairs_in_another_language(format):
    with pytest.raises(InputError, match="'hi'"):
        layouts.pair_files(format, ROOT, "hi")


def test_only_miracl_has_a_corpus_apart():
    with pytest.raises(InputError, match="corpus"):
        layouts.collection_files("tydiqa", ROOT, "te", {"corpus": ROOT})


def test_every_format_answers_for_english():
    for format in layouts.pair_formats():
        assert layouts.pair_files(format, ROOT, "en", "train.jsonl" if format == "table" else None)
    for format in layouts.text_formats():
        assert layouts.text_files(format, ROOT, "en")
    for format in layouts.collection_formats():
        assert layouts.collection_files(format, ROOT, "en")


def test_what_is_fetched_has_the_names_that_are_read():
    own, apart = layouts.collection_patterns("miracl", "sw")
    assert own == [
        "miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-dev.tsv",
        "miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv",
    ]
    assert apart == ["miracl-corpus-v1.0-sw/docs-*.jsonl.gz"]
    assert layouts.collection_patterns("tydiqa", "sw") == (["tydiqa.goldp.sw.dev.json"], [])
    assert layouts.pair_patterns("jsonl", "sw") == ["pairs-sw.jsonl.gz|pairs-sw.jsonl"]
    assert layouts.text_patterns("tico19", "sw") == ["en-sw.tsv"]
