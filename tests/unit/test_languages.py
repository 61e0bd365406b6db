from dataclasses import replace
from pathlib import Path

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import Language, low_resource, read_languages

TABLE = Path(__file__).parents[2] / "resources/languages.csv"
HEADER = (
    "lang,name,script,family,miracl_dev_queries,miracl_dev_judgements,miracl_passages,miracl_train_queries,"
    "cc100_compressed_mb,xlmr_pretraining_gib,in_xlmr_pretraining,in_paper_mmarco_training,"
    "in_paper_miracl_evaluation,nllb_code\n"
)
SWAHILI = "sw,Swahili,Latin,Niger-Congo,482,5092,131924,1901,332.0,1.6,yes,no,yes,swh_Latn\n"


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "languages.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_table_that_ships():
    languages = read_languages(TABLE)
    assert languages["sw"] == Language(
        "sw", "Swahili", "Latin", "Niger-Congo", 482, 5092, 131924, 1901, 332.0, 1.6, True, False, True, "swh_Latn"
    )
    assert languages["yo"].xlmr_pretraining_gib is None
    assert languages["el"].miracl_passages is None
    assert set(low_resource(languages)) == {"sw", "te", "bn", "yo"}


def test_low_resource_is_below_1000_megabytes(table):
    sw = read_languages(table(HEADER + SWAHILI))["sw"]
    sizes = {"a": 999.9, "b": 1000.0, "c": 1000.1}
    assert low_resource({code: replace(sw, cc100_compressed_mb=size) for code, size in sizes.items()}) == ["a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER.replace("script,", "") + SWAHILI, "line 1: has no column script"),
        (HEADER + SWAHILI + SWAHILI, "line 3: language sw stands twice"),
        (HEADER + SWAHILI.replace("332.0", ""), "line 2: column cc100_compressed_mb"),
        (HEADER + SWAHILI.replace("332.0", "nan"), "line 2: column cc100_compressed_mb"),
        (HEADER + SWAHILI.replace(",482,", ",4.5,"), "line 2: column miracl_dev_queries"),
        (HEADER + SWAHILI.replace("1.6,yes,", "1.6,Yes,"), "line 2: column in_xlmr_pretraining"),
        (HEADER + SWAHILI.replace("Swahili", ""), "line 2: column name is empty"),
        (HEADER + "sw,Swahili\n", "line 2: has not the 14 cells"),
        (HEADER + SWAHILI.strip() + ",more\n", "line 2: has not the 14 cells"),
    ],
)
def test_a_broken_table_is_named_with_its_line(table, text, said):
    with pytest.raises(InputError, match=r"languages\.csv: ") as error:
        read_languages(table(text))
    assert said in str(error.value)


def test_a_missing_table(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_languages(tmp_path / "languages.csv")


def test_a_table_that_is_not_utf8(tmp_path):
    path = tmp_path / "languages.csv"
    path.write_bytes(HEADER.encode() + SWAHILI.encode("utf-16"))
    with pytest.raises(InputError, match="not a CSV table in UTF-8"):
        read_languages(path)
