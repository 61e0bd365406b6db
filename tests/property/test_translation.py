from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.translation import quality
from workflow_scripts.translation.english_tokens import tokenize
from workflow_scripts.translation.glossary import GlossaryEngine
from workflow_scripts.translation.quality import FILTERS, Side
from workflow_scripts.translation.reasons import KEPT, NOT_DRAWN, REASONS
from workflow_scripts.translation.share import draw_groups
from workflow_scripts.translation.yield_table import yield_rows

scripts = st.sampled_from(["Latin", "Arabic", "Bengali", "Japanese", "Hangul", "Han", "Thai", "Telugu"])
texts = st.text(max_size=60)
sides = st.builds(Side, texts, texts, scripts, st.booleans(), st.booleans())
groups = st.lists(st.text(max_size=8), min_size=1, max_size=60)
shares = st.floats(min_value=1e-6, max_value=1)
words = st.lists(st.sampled_from(["a", "B", "c"]), max_size=12)
phrases = st.lists(st.sampled_from(["a", "B", "c"]), min_size=1, max_size=3).map(tuple)


@given(groups, shares, shares)
def test_a_smaller_share_is_a_subset_of_a_larger_one(ids, one, other):
    assert draw_groups(ids, min(one, other)) <= draw_groups(ids, max(one, other))


@given(groups, shares)
def test_a_share_has_its_size_and_knows_no_order(ids, share):
    drawn = draw_groups(ids, share)
    distinct = len(set(ids))
    assert drawn == draw_groups(ids[::-1] + ids, share)
    assert len(drawn) == max(1, round(share * distinct))
    assert draw_groups(ids, 1.0) == set(ids)


@given(sides)
def test_shares_are_shares(side):
    for measure in (quality.copied, quality.script, quality.repeated, quality.empty, quality.cut_off):
        assert 0 <= measure(side) <= 1
    assert quality.length_ratio(side) >= 0


@given(sides)
def test_thresholds_that_exclude_nothing_leave_only_the_engine_s_own_failures(side):
    open_bounds = {kind.minimum: 0.0 for kind in FILTERS if kind.minimum}
    open_bounds |= {kind.maximum: float("inf") for kind in FILTERS if kind.maximum}
    assert quality.verdict(replace(side, lang="sw"), open_bounds) in (KEPT, "empty", "cut_off")


@given(texts, scripts)
def test_a_text_said_five_times_repeats_itself(text, script):
    once = " ".join(quality.words(text))
    side = Side(text, " ".join([once] * 5), script)
    n = len(quality.words(side.translation))
    if n >= 2 * quality.CHARACTER_NGRAM:
        assert quality.repeated(side) > 0.4


@given(st.dictionaries(st.sampled_from(["query", "passage", "pair"]), st.lists(st.sampled_from([KEPT, *REASONS]))))
def test_the_yield_table_counts_every_pair_once(reasons):
    reasons = {side: reasons.get(side, []) for side in ("query", "passage", "pair")}
    rows = yield_rows("atlas", "sw", reasons, 7)
    for side, those in reasons.items():
        assert sum(row.count for row in rows if row.side == side) == len(those) + (7 if side == "pair" else 0)
    assert [row.count for row in rows if row.reason == NOT_DRAWN] == [7]


@given(words)
def test_unknown_words_are_copied(text):
    engine = GlossaryEngine({("zebra",): "punda milia"}, "en", "sw")
    assert engine.translate([" ".join(text)], "en", "sw")[0].text == " ".join(text)


@given(words, st.dictionaries(phrases, st.text("äöü ", max_size=6), max_size=12))
def test_translation_is_the_greedy_longest_match(text, table):
    folded = {tuple(word.casefold() for word in phrase): made for phrase, made in table.items()}
    engine = GlossaryEngine(folded, "en", "sw")
    expected, rest = [], text
    while rest:
        length = next(
            (n for n in range(len(rest), 0, -1) if tuple(word.casefold() for word in rest[:n]) in folded), None
        )
        expected.append(folded[tuple(word.casefold() for word in rest[:length])] if length else rest[0])
        rest = rest[length or 1 :]
    assert engine.translate([" ".join(text)], "en", "sw")[0].text == " ".join(" ".join(expected).split())


@given(st.text(max_size=80))
def test_tokens_hold_every_visible_character(text):
    import unicodedata

    visible = "".join(unicodedata.normalize("NFC", text).split())
    assert "".join("".join(token.text for token in tokenize(text)).split()) == visible
