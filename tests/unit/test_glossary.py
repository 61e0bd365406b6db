import time

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.translation.english_tokens import tokenize
from workflow_scripts.translation.glossary import GlossaryEngine, read_glossary
from workflow_scripts.translation.registry import make_engine


@pytest.fixture
def engine(tmp_path):
    def make(entries, lang="sw"):
        path = tmp_path / "glossary.tsv"
        path.write_text("".join(f"{english}\t{other}\n" for english, other in entries.items()), encoding="utf-8")
        return make_engine("glossary", "en", lang, path)

    return make


def translated(engine, text, lang="sw"):
    (made,) = engine.translate([text], "en", lang)
    assert not made.cut_off
    return made.text


@pytest.mark.parametrize(
    ("entries", "text", "expected"),
    [
        ({"capital": "X", "capital of": "Y", "capital of Kenya": "Z"}, "capital of Kenya", "Z"),
        ({"capital": "X", "capital of": "Y", "capital of Kenya": "Z"}, "the capital of Togo", "the Y Togo"),
        # Left to right: what begins first wins, though what it cuts through is longer.
        ({"a b": "X", "b c d": "Y", "c": "Z"}, "a b c d", "X Z d"),
        # A phrase that only begins to match falls back to a shorter one.
        ({"what is": "X", "what is the capital": "Y"}, "What is the currency", "X the currency"),
        ({"what is": "Je, ni nini", "KENYA": "Kenya"}, "WHAT IS kenya", "Je, ni nini Kenya"),
        # Numbers and punctuation are carried over, with their spaces.
        ({"people": "watu"}, "1,234.5 people (in 2024): 50% – 10:30!", "1,234.5 watu (in 2024): 50% – 10:30!"),
        ({",": "،"}, "a, 1,000", "a، 1,000"),
        ({"what": "ما", "?": "؟"}, "What?", "ما؟"),
        ({"Congo - Kinshasa": "Kongo"}, "Congo-Kinshasa, Congo -  Kinshasa", "Kongo, Kongo"),
        ({"Côte d’Ivoire": "Kodivaa"}, "Côte d'Ivoire's", "Kodivaa's"),
        ({"Co\u0302te": "Pwani"}, "C\u00f4te", "Pwani"),
        ({"'s": " ya", "kenya": "Kenya"}, "Kenya's", "Kenya ya"),
        ({"the": "", "us": "Marekani"}, "The US (the US) in the? the", "Marekani (Marekani) in?"),
        ({"the": ""}, "the The", ""),
        ({"a": "b"}, "", ""),
        ({"a": "b"}, "  c \n\t a  ", "c b"),
        ({"x": "y"}, "U.S. dollar", "U.S. dollar"),
        ({".": "।"}, "the U.S. dollar.", "the U.S. dollar।"),
    ],
)
def test_translation(engine, entries, text, expected):
    assert translated(engine(entries), text) == expected


def test_scripts_without_spaces_lose_the_spaces_between_their_letters(engine):
    chinese = {"capital of": "首都", "France": "法国", "?": "？", "is": "是"}
    assert translated(engine(chinese, "zh"), "capital of France is Paris?", "zh") == "首都法国是 Paris？"
    assert translated(engine({"capital": "กรุง", "of": "ที่"}, "th"), "of capital of X", "th") == "ที่กรุงที่ X"


def test_every_text_is_translated_alone(engine):
    made = engine({"a": "b"})
    texts = ["a", "A b", "a"]
    assert made.translate(texts, "en", "sw") == [made.translate([text], "en", "sw")[0] for text in texts]


def test_another_direction_is_refused(engine):
    with pytest.raises(InputError, match="from en to sw, not from en to te"):
        engine({"a": "b"}).translate(["a"], "en", "te")


def test_unknown_engine():
    with pytest.raises(InputError, match=r"translation.engine: no engine is called 'magic'; there is glossary"):
        make_engine("magic", "en", "sw")


def test_glossary_engine_without_glossary():
    with pytest.raises(InputError, match="--glossary"):
        make_engine("glossary", "en", "sw")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a\tb\nc\n", "line 2: has 1 cells"),
        (b"a\tb\nc\td\te\n", "line 2: has 3 cells"),
        (b"a\tb\n\nc\td\n", "line 2: has 1 cells"),
        (b"a\tb\n \tc\n", "line 2: has no English phrase"),
        (b"a\tb\nc\t\xff\n", "line 2: is not UTF-8"),
        (b"May\tMei\nmay\tanaweza\n", "line 2: 'may' is 'anaweza' here and 'Mei' in line 1"),
        (b"", "holds no phrases"),
    ],
)
def test_a_broken_glossary_is_named_with_its_line(tmp_path, content, said):
    path = tmp_path / "sw.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"sw\.tsv: ") as error:
        read_glossary(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_what_a_glossary_may_be(tmp_path):
    path = tmp_path / "sw.tsv"
    path.write_bytes("\ufeffNew  York\tNyu Yoki\r\nnew york\tNyu Yoki\r\nthe\t\r\nend\tmwisho".encode())
    assert read_glossary(path) == {("new", "york"): "Nyu Yoki", ("the",): "", ("end",): "mwisho"}


def test_a_missing_glossary(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_glossary(tmp_path / "sw.tsv")


def test_tokens_of_numbers_clitics_and_abbreviations():
    text = "France's 3rd U.S. 1,200km COVID-19 isn’t “x”?"
    tokens = " ".join(token.text for token in tokenize(text))
    assert tokens == "France 's 3rd U.S. 1,200km COVID - 19 isn ’t “ x ” ?"


def test_time_grows_with_the_text_not_with_the_glossary():
    text = " ".join(f"w{i}" for i in range(1000))
    small = GlossaryEngine({(f"w{i}", f"w{i + 1}"): "x" for i in range(100)}, "en", "sw")
    large = GlossaryEngine({(f"v{i}", f"w{i}"): "x" for i in range(100_000)}, "en", "sw")

    def seconds(engine):
        runs = []
        for _ in range(5):
            start = time.process_time()
            engine.translate([text], "en", "sw")
            runs.append(time.process_time() - start)
        return min(runs)

    assert seconds(large) < 20 * seconds(small)  # a scan of the table would take 1000 times as long
