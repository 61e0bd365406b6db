import math
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.reporting.html_table import interval, number, spell
from workflow_scripts.reporting.page import PageFiles, render_page

FINITE = st.floats(-1e6, 1e6)


class _Parsed(HTMLParser):
    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes.append(dict(attributes))

    def handle_data(self, data):
        self.text += data


@given(st.text(st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"])))
def test_any_text_comes_out_as_itself_and_makes_no_element(text):
    files = PageFiles('<p title="{{ fact }}">{{ fact }}</p>', "", "")
    parsed = _Parsed(render_page(files, {"fact": text}))
    assert parsed.tags == ["p"]
    assert parsed.text == text
    assert parsed.attributes == [{"title": text}]


@given(FINITE, st.integers(0, 6), st.booleans())
def test_a_spelled_number_reads_back_to_its_precision(value, decimals, sign):
    shown = spell(value, decimals, sign)
    assert abs(float(shown.replace("−", "-")) - value) <= 0.5000001 * 10**-decimals
    assert "-" not in shown


@given(FINITE, FINITE, FINITE)
def test_an_interval_sorts_by_its_mean_and_shows_three_numbers(mean, low, high):
    cell = interval(mean, low, high)
    assert float(cell.sort) == mean
    assert cell.text == f"{spell(mean, 3)} [{spell(low, 3)}, {spell(high, 3)}]"


@given(st.sampled_from([math.nan, math.inf, -math.inf]))
def test_what_is_no_number_is_a_dash_that_sorts_last(value):
    assert number(value).text == interval(value, 0, 1).text == "–"
    assert number(value).sort == ""
