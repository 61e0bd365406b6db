import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.analysis_tables import read_analysis_table, read_means, select_rows

COLUMNS = {"lang": str, "count": int, "mean": float}


def _write(folder, text):
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_language_code_nan_is_text_and_an_empty_number_is_missing(tmp_path):
    table = read_analysis_table(_write(tmp_path, "lang,count,mean\nnan,3,0.5\nno,4,\n"), COLUMNS)
    assert list(table["lang"]) == ["nan", "no"]
    assert table["mean"].isna().tolist() == [False, True]
    assert table["count"].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("lang,count\nen,3\n", "columns mean are missing"),
        ("lang,count,mean\nen,3,0.5\nes,4,high\n", "line 3: mean is 'high', not a number"),
        ("", "not a readable CSV table"),
    ],
)
def test_a_broken_table_is_an_input_error(tmp_path, text, complaint):
    with pytest.raises(InputError, match=complaint):
        read_analysis_table(_write(tmp_path, text), COLUMNS)


def test_missing_files_are_input_errors(tmp_path):
    for read in (lambda: read_analysis_table(tmp_path / "a.csv", COLUMNS), lambda: read_means(tmp_path / "a.parquet")):
        with pytest.raises(InputError, match="no such file"):
            read()


def test_select_rows_names_what_is_missing(tmp_path):
    table = read_analysis_table(_write(tmp_path, "lang,count,mean\nen,3,0.5\n"), COLUMNS)
    assert len(select_rows(table, "t.csv", lang="en")) == 1
    with pytest.raises(InputError, match=r"t\.csv: no row with lang es"):
        select_rows(table, "t.csv", lang="es")
