import re

import pytest
from matplotlib.image import imread
from synthetic_analysis import figure_files

from workflow_scripts.data.errors import InputError
from workflow_scripts.plot_translation_yield import plot_translation_yield
from workflow_scripts.translation.reasons import KEPT, REASONS
from workflow_scripts.translation.yield_table import read_yield, write_yield, yield_rows


@pytest.fixture
def tables(tmp_path):
    paths = []
    for lang, not_drawn in (("sw", 90), ("es", 0)):
        reasons = [KEPT] * 4 + list(REASONS)
        path = tmp_path / f"{lang}.csv"
        write_yield(yield_rows("atlas", lang, dict.fromkeys(("query", "passage", "pair"), reasons), not_drawn), path)
        paths.append(path)
    return paths


def test_rows_come_back(tables):
    rows = read_yield(tables[0])
    assert sum(row.count for row in rows if row.side == "pair") == 90 + 4 + len(REASONS)
    assert sum(row.count for row in rows if row.side == "query") == 4 + len(REASONS)


def test_it_draws_the_same_bytes_twice(tables, tmp_path):
    for name in ("first", "second"):
        plot_translation_yield(
            path_to_yields=tables,
            files=figure_files(tmp_path, name),
        )
    for kind in ("svg", "png", "pdf"):
        assert (tmp_path / f"first.{kind}").read_bytes() == (tmp_path / f"second.{kind}").read_bytes()
    assert imread(tmp_path / "first.png").std() > 0.1
    assert re.search(r"<svg", (tmp_path / "first.svg").read_text(encoding="utf-8"))


def test_order_of_the_tables_does_not_matter(tables, tmp_path):
    for name, paths in (("a", tables), ("b", tables[::-1])):
        plot_translation_yield(
            path_to_yields=paths,
            files=figure_files(tmp_path, name),
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_language_twice(tables, tmp_path):
    with pytest.raises(InputError, match="atlas sw stands in another"):
        plot_translation_yield(
            path_to_yields=[*tables, tables[0]],
            files=figure_files(tmp_path),
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1"),
        ("lang,count\n", "line 1"),
        ("source,lang,side,reason,count\natlas,sw,pair,kept,x\n", "line 2"),
        ("source,lang,side,reason,count\natlas,sw,title,kept,1\n", "line 2"),
        ("source,lang,side,reason,count\natlas,sw,pair,kept\n", "line 2"),
        ("source,lang,side,reason,count\natlas,sw,pair,bored,1\n", "'bored'"),
        ("source,lang,side,reason,count\n", "no row of side pair"),
    ],
)
def test_a_broken_table(tmp_path, text, said):
    path = tmp_path / "sw.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        plot_translation_yield(
            path_to_yields=[path],
            files=figure_files(tmp_path),
        )
    assert str(path) in str(error.value)
    assert said in str(error.value)
