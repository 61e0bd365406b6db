"""What holds of code-switched pairs, whatever the text, the lexicons and the settings (docs/lexicons.md)."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.translation.code_switching import SIDES, CodeSwitcher, SwitchSettings
from workflow_scripts.translation.phrase_table import PhraseTable

EXAMPLES = settings(max_examples=60, deadline=None)
WORDS = ["river", "Nile", "long", "WHO", "of", "Africa", "café", "I"]
LANGS = ["bn", "sw", "yo"]
# Each language's translation of a word shows both: «sw:river».
LEXICONS = {
    lang: PhraseTable({(word.casefold(),): f"«{lang}:{word.casefold()}»" for word in WORDS[:-2]}) for lang in LANGS
}
REPLACED = re.compile(r"«(\w+):([^»]+)»", re.IGNORECASE)

texts = st.lists(
    st.sampled_from([*WORDS, "unknown", "1,234", "?", "'s", "\n", "  ", "—"]), min_size=1, max_size=25
).map(" ".join)
shares = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


@st.composite
def pairs(draw, count=4):
    made = []
    for number in range(draw(st.integers(1, count))):
        negatives = draw(st.none() | st.lists(st.fixed_dictionaries({"title": texts, "passage": texts}), max_size=2))
        texts_of_pair = {part: draw(st.none() | texts) for part in ("query", "title", "passage")}
        ids = {"pair_id": f"p{number}", "group_id": f"s:{number // 2}", "source": "s", "lang": "en"}
        made.append({**ids, "origin": "native", **texts_of_pair, "negatives": negatives})
    return made


switches = st.builds(
    SwitchSettings,
    mode=st.sampled_from(["bilingual", "multilingual"]),
    share=shares,
    sides=st.sampled_from(list(SIDES)),
    seed=st.integers(0, 3),
)


def switched(pairs, switch, lexicons=LEXICONS):
    return list(CodeSwitcher(lexicons, switch).switch(pairs))


def side_texts(pair, side):
    if side == "query":
        return [pair["query"]]
    negatives = pair["negatives"] or []
    return [
        pair["title"],
        pair["passage"],
        *(negative[part] for negative in negatives for part in ("title", "passage")),
    ]


def languages(texts):
    return {lang.lower() for text in texts if text for lang, _ in REPLACED.findall(text)}


@EXAMPLES
@given(pairs(), switches)
def test_rows_ids_groups_and_missing_sides_stay_and_unswitched_sides_are_bitwise_the_same(pairs, switch):
    made = switched(pairs, switch)
    for before, after in zip(pairs, made, strict=True):
        assert {key: after[key] for key in ("pair_id", "group_id", "source", "lang")} == {
            key: before[key] for key in ("pair_id", "group_id", "source", "lang")
        }
        assert after["origin"] == "codeswitched"
        assert [after[key] is None for key in before] == [before[key] is None for key in before]
        for side in {"query", "passage"} - set(SIDES[switch.sides]):
            assert side_texts(after, side) == side_texts(before, side)


@EXAMPLES
@given(pairs(), switches)
def test_all_but_the_replaced_words_is_kept(pairs, switch):
    for before, after in zip(pairs, switched(pairs, switch), strict=True):
        for side in ("query", "passage"):
            for old, new in zip(side_texts(before, side), side_texts(after, side), strict=True):
                back = new and REPLACED.sub(lambda found: found[2], new)
                assert (back and back.casefold()) == (old and unicodedata.normalize("NFC", old).casefold())


@EXAMPLES
@given(pairs(), switches)
def test_share_0_changes_no_text_and_share_1_leaves_no_word_that_the_lexicon_has(pairs, switch):
    of = {share: SwitchSettings(switch.mode, share, switch.sides, switch.seed) for share in (0.0, 1.0)}
    assert switched(pairs, of[0.0]) == [{**pair, "origin": "codeswitched"} for pair in pairs]
    for pair in switched(pairs, of[1.0]):
        for side in SIDES[switch.sides]:
            for text in side_texts(pair, side):
                rest = REPLACED.sub(" ", text or "").casefold().split()
                assert not {word.casefold() for word in WORDS[:-2]} & set(rest)


@EXAMPLES
@given(pairs(), switches, st.randoms(use_true_random=False))
def test_a_pair_is_the_same_in_whatever_order_and_company(pairs, switch, random):
    made = {pair["pair_id"]: pair for pair in switched(pairs, switch)}
    order = random.sample(pairs, random.randint(1, len(pairs)))
    assert all(pair == made[pair["pair_id"]] for pair in switched(order, switch))


@EXAMPLES
@given(pairs(), switches, shares)
def test_a_greater_share_replaces_all_that_a_smaller_one_does(pairs, switch, other):
    low, high = (
        switched(pairs, SwitchSettings(switch.mode, share, switch.sides, switch.seed))
        for share in sorted((switch.share, other))
    )
    for few, many in zip(low, high, strict=True):
        for side in ("query", "passage"):
            for text_of_few, text_of_many in zip(side_texts(few, side), side_texts(many, side), strict=True):
                found = [REPLACED.findall(text or "") for text in (text_of_few, text_of_many)]
                rest = iter(found[1])
                assert all(word in rest for word in found[0])


@EXAMPLES
@given(pairs(), shares, st.sampled_from(list(SIDES)), st.integers(0, 3))
def test_bilingual_pairs_have_one_language_a_side_and_two_a_pair(pairs, share, sides, seed):
    for pair in switched(pairs, SwitchSettings("bilingual", share, sides, seed)):
        of_query, of_passage = languages([pair["query"]]), languages([pair["title"], pair["passage"]])
        assert len(of_query) <= 1 and len(of_passage) <= 1
        assert pair["passage"] is None or not of_query & of_passage
        for negative in pair["negatives"] or []:
            assert len(languages(negative.values())) <= 1


@EXAMPLES
@given(pairs(), switches, st.integers(0, 9))
def test_equal_passages_stay_equal_also_as_a_hard_negative(pairs, switch, other):
    for pair in pairs[1:]:
        pair.update(title=pairs[0]["title"], passage=pairs[0]["passage"])
    if pairs[0]["passage"] is not None:
        negative = {"title": pairs[0]["title"], "passage": pairs[0]["passage"]}
        pairs[-1]["negatives"] = [negative, {"title": "", "passage": f"river {other}"}]
    made = switched(pairs, switch)
    assert len({(pair["title"], pair["passage"]) for pair in made}) == 1
    if pairs[0]["passage"] is not None:
        assert made[-1]["negatives"][0] == {"title": made[0]["title"], "passage": made[0]["passage"]}


@EXAMPLES
@given(pairs(), switches)
def test_realised_counts_are_those_of_the_texts(pairs, switch):
    switcher = CodeSwitcher(LEXICONS, switch)
    made = list(switcher.switch(pairs))
    counts = switcher.realised()
    assert [(row.side, row.lang) for row in counts] == [(side, lang) for side in SIDES[switch.sides] for lang in LANGS]
    for row in counts:
        found = [
            lang.lower()
            for pair in made
            for text in side_texts(pair, row.side)
            for lang, _ in REPLACED.findall(text or "")
        ]
        assert row.replaced == found.count(row.lang)
        assert row.replaced <= row.drawn <= row.words
    if switch.share == 1:
        assert all(row.drawn == row.words for row in counts)


@pytest.mark.parametrize("mode", ["bilingual", "multilingual"])
def test_words_are_drawn_at_the_asked_share_and_languages_equally(mode):
    pairs = [
        {"pair_id": str(number), "source": "s", "query": "river " * 10, "title": "", "negatives": None}
        | {"passage": "river " * 10 + str(number)}
        for number in range(600)
    ]
    switcher = CodeSwitcher(LEXICONS, SwitchSettings(mode, 0.25, "both", 1))
    made = list(switcher.switch(pairs))
    for side in ("query", "passage"):
        rows = [row for row in switcher.realised() if row.side == side]
        words = sum(row.words for row in rows)
        assert words == 6000
        # Six standard deviations of 6,000 draws, and of 600 (one a pair) or 6,000 languages: never met by chance.
        assert abs(sum(row.replaced for row in rows) / words - 0.25) < 6 * (0.25 * 0.75 / 6000) ** 0.5
        draws = 600 if mode == "bilingual" else 6000
        assert all(abs(row.words / words - 1 / 3) < 6 * (2 / 9 / draws) ** 0.5 for row in rows)
    mixed = sum(len(languages([pair["passage"]])) > 1 for pair in made)
    assert (mixed > 0) == (mode == "multilingual")
