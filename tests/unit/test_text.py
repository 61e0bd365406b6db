"""Text for encoders, and passage ids without language."""

from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.text_format import passage_text, query_text


def test_title_and_prefix_leave_no_trace_where_there_is_none():
    assert passage_text("", "text") == passage_text(None, "text") == "text"
    assert passage_text("Title", "text") == "Title text"
    assert passage_text("Title", "text", "passage: ") == "passage: Title text"
    assert query_text("text") == "text"
    assert query_text("text", "query: ") == "query: text"


def test_a_neutral_id_tells_passages_apart_but_not_languages():
    ids = {
        neutral_id(*key)
        for key in [("a", "en", "1#0"), ("a", "sw", "1#0"), ("b", "en", "1#0"), ("a", "en", "1#1"), ("ae", "n", "1#0")]
    }
    assert len(ids) == 5
    assert all(len(made) == 16 and int(made, 16) >= 0 for made in ids)
