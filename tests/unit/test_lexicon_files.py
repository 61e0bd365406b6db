"""Readers of lexicon files: what they yield, what they drop, what stops them."""

import gzip

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.lexicon_files import lexicon_file, read_lexicon_file
from workflow_scripts.data.records import LexiconEntry
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.tables import LEXICON, read_table
from workflow_scripts.make_lexicon import make_lexicon

TEI = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader/><text><body>
{}
</body></text></TEI>
"""
CITED = """<entry><form><orth>river</orth><pron>ˈrɪvə</pron></form>
  <sense n="1"><cit type="trans"><quote>mto</quote></cit>
    <cit type="example"><quote>a long river</quote><cit type="trans"><quote>mto mrefu</quote></cit></cit></sense>
  <sense n="2"><def>a stream of water</def><cit type="trans"><quote>kijito</quote><quote>jito</quote></cit></sense>
  <re type="compound"><form><orth>river bank</orth></form><cit type="trans"><quote>ukingo</quote></cit></re>
</entry>"""
DEFINED = "<entry><form><orth>all</orth></form><sense><def>ote, <hi>pia</hi>;  kila kitu </def></sense></entry>"


def entries(format, path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    counts = RowCounts()
    return list(read_lexicon_file(format, path, counts)), dict(counts)


def test_muse_has_a_pair_of_words_a_line_by_any_white_space(tmp_path):
    found, dropped = entries("muse", tmp_path / "en-sw.txt", "\ufeffthe\tile\r\nriver  mto\nriver jito\nsea \n\n")
    assert found == [LexiconEntry("the", "ile"), LexiconEntry("river", "mto"), LexiconEntry("river", "jito")]
    assert dropped == {("entries", "no translation"): 2}


def test_panlex_weighs_its_entries(tmp_path):
    found, _ = entries("panlex", tmp_path / "en-yo.tsv", "river mouth\tẹnu odò\t16\nriver\todò\t2.5\n")
    assert found == [LexiconEntry("river mouth", "ẹnu odò", 16.0), LexiconEntry("river", "odò", 2.5)]


def test_titles_lose_what_tells_articles_apart_and_namespaces(tmp_path):
    text = "Mercury_(planet)\tZebaki (sayari)\nCategory:Rivers\tJamii:Mito\nTalk: the film\tMazungumzo\n(Untitled)\tX\n"
    found, dropped = entries("titles", tmp_path / "en-sw.tsv", text)
    assert found == [
        LexiconEntry("Mercury", "Zebaki"),
        LexiconEntry("Talk: the film", "Mazungumzo"),
        LexiconEntry("(Untitled)", "X"),
    ]
    assert dropped == {("entries", "not an article"): 1}


def test_a_phrase_that_a_glossary_leaves_out_is_no_entry(tmp_path):
    found, dropped = entries("glossary", tmp_path / "sw.tsv", "in\tkatika\nthe\t\n")
    assert (found, dropped) == ([LexiconEntry("in", "katika")], {("entries", "no translation"): 1})


def test_freedict_gives_the_translations_of_senses_not_of_examples_or_compounds(tmp_path):
    found, dropped = entries("freedict", tmp_path / "eng-swh.tei", TEI.format(CITED))
    assert found == [LexiconEntry("river", word) for word in ("mto", "kijito", "jito")]
    assert dropped == {}


def test_freedict_reads_older_dictionaries_and_counts_what_has_no_translation(tmp_path):
    bare = "<entry><form><orth>x</orth></form></entry><entry><sense><def>y</def></sense></entry>"
    path = tmp_path / "eng-swh.tei.gz"
    found, dropped = entries("freedict", path, gzip.compress(TEI.format(DEFINED + bare).encode()))
    assert found == [LexiconEntry("all", word) for word in ("ote", "pia", "kila kitu")]
    assert dropped == {("entries", "no translation"): 1, ("entries", "no headword"): 1}


@pytest.mark.parametrize(
    ("format", "text", "complaint"),
    [
        ("muse", "the ile\nriver mto mkubwa\n", "line 2: has 3 words"),
        ("muse", b"the ile\n\xff\xfe x\n", "line 2: byte 1 is not UTF-8"),
        ("panlex", "river\tmto\n", "line 1: has 2 tab-separated columns, not 3"),
        ("panlex", "river\tmto\t4\nriver\tjito\thigh\n", "line 2: the quality 'high'"),
        ("panlex", "river\tmto\t0\n", "line 1: the quality '0'"),
        ("panlex", "river\tmto\tnan\n", "line 1: the quality 'nan'"),
        ("panlex", "river\t\t1\n", "line 1: an expression is empty"),
        ("titles", "Nile\t\n", "line 1: a title is empty"),
        ("glossary", "\tmto\n", "line 1: has no English phrase"),
        ("freedict", TEI.format("<entry>"), "line 4: is not XML"),
        ("freedict", "<TEI><entry/></TEI>", "line 1: holds no entry of TEI P5"),
        ("freedict", "", "line 1: is not XML"),
    ],
)
def test_a_broken_file_is_named_with_line_and_reason(tmp_path, format, text, complaint):
    path = tmp_path / "lexicon"
    with pytest.raises(InputError) as raised:
        entries(format, path, text)
    assert str(raised.value).startswith(f"{path}: {complaint}")
    assert "\n" not in str(raised.value)


def test_a_truncated_gzip_and_a_missing_file_are_errors(tmp_path):
    whole = gzip.compress(TEI.format(CITED * 200).encode())
    with pytest.raises(InputError, match="damaged or cut short"):
        entries("freedict", tmp_path / "a.tei.gz", whole[: len(whole) // 2])
    for format in ("freedict", "muse"):
        with pytest.raises(InputError, match="no such file"):
            list(read_lexicon_file(format, tmp_path / "absent", RowCounts()))


def test_files_lie_where_releases_have_them(tmp_path):
    assert lexicon_file("muse", tmp_path, "sw", "swh") == tmp_path / "en-sw.txt"
    assert lexicon_file("freedict", tmp_path, "sw", "swh") == tmp_path / "eng-swh.tei"
    (tmp_path / "eng-swh").mkdir()
    (tmp_path / "eng-swh/eng-swh.tei").touch()
    (tmp_path / "en-sw.txt.gz").touch()
    assert lexicon_file("freedict", tmp_path, "sw", "swh") == tmp_path / "eng-swh/eng-swh.tei"
    assert lexicon_file("muse", tmp_path, "sw", "swh") == tmp_path / "en-sw.txt.gz"
    with pytest.raises(InputError, match="'word2word' is unknown"):
        lexicon_file("word2word", tmp_path, "sw", "swh")


def test_the_table_holds_folded_words_with_the_best_translation_first(tmp_path):
    path = tmp_path / "en-sw.tsv"
    path.write_text("River\tmto\t1\nriver\tjito\t9\nriver\tmto\t3\n5\ttano\t1\nriver  Nile\tmto  Nile\t2\n")
    make_lexicon(
        format="panlex", path_to_file=path, path_to_lexicon=tmp_path / "l.parquet", path_to_dropped=tmp_path / "d.csv"
    )
    assert read_table(tmp_path / "l.parquet", LEXICON).to_pylist() == [
        {"word": "river", "translation": "jito", "weight": 9.0},
        {"word": "river", "translation": "mto", "weight": 3.0},
        {"word": "river nile", "translation": "mto Nile", "weight": 2.0},
    ]
    assert (tmp_path / "d.csv").read_text() == (
        "kind,reason,count\nentries,kept,3\nentries,no word,1\nentries,repeated,1\n"
    )


def test_a_lexicon_without_a_word_stops(tmp_path):
    (tmp_path / "en-sw.txt").write_text("1 moja\n")
    with pytest.raises(InputError, match="no entry with a word"):
        make_lexicon(
            format="muse",
            path_to_file=tmp_path / "en-sw.txt",
            path_to_lexicon=tmp_path / "l.parquet",
            path_to_dropped=tmp_path / "d.csv",
        )
