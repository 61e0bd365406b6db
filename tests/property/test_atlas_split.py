"""The split for any seed, number of queries and share held out."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.atlas.entities import load_cldr
from workflow_scripts.atlas.facts import question_facts
from workflow_scripts.atlas.glossary import align
from workflow_scripts.atlas.settings import AtlasSettings
from workflow_scripts.atlas.split import split_facts
from workflow_scripts.atlas.templates import TEMPLATES


@cache
def all_facts():
    return question_facts(load_cldr(TEMPLATES / "entities.yaml"))


CHOICES = st.builds(
    AtlasSettings,
    seed=st.integers(0, 2**32),
    queries=st.integers(1, 400),
    held_out_entities=st.floats(0, 0.6),
)


@settings(max_examples=30, deadline=None)
@given(CHOICES)
def test_evaluation_and_training_are_disjoint_and_held_out_entities_untouched(choice):
    facts = all_facts()
    split = split_facts(facts, choice)
    assert len(split.evaluated) == len({fact.id for fact in split.evaluated}) == choice.queries
    asked = {join for fact in split.evaluated for join in fact.joins()}
    for fact in split.trained:
        assert not fact.joins() & asked
        assert not fact.entities() & split.held_out
    entities = {fact.subject for fact in facts}
    assert abs(len(split.held_out) - choice.held_out_entities * len(entities)) <= 1.5


@settings(max_examples=10, deadline=None)
@given(CHOICES, st.randoms(use_true_random=False))
def test_split_is_a_function_of_settings_not_of_order(choice, random):
    facts = list(all_facts())
    expected = split_facts(facts, choice)
    random.shuffle(facts)
    found = split_facts(facts, choice)
    assert found.evaluated == expected.evaluated and found.held_out == expected.held_out
    assert {fact.id for fact in found.trained} == {fact.id for fact in expected.trained}


@settings(max_examples=10, deadline=None)
@given(CHOICES)
def test_relations_are_asked_in_proportion(choice):
    facts = all_facts()
    split = split_facts(facts, choice)
    for relation in {fact.relation for fact in facts}:
        share = sum(fact.relation == relation for fact in facts) / len(facts)
        assert abs(sum(fact.relation == relation for fact in split.evaluated) - share * choice.queries) < 1


WORDS = st.text(alphabet="abcdefg ", max_size=8)


@given(
    st.permutations(["{x}", "{y}", "{z}"]),
    st.lists(WORDS, min_size=4, max_size=4),
    st.lists(WORDS, min_size=4, max_size=4),
)
def test_alignment_loses_no_target_word(order, source_words, target_words):
    def sentence(words, names):
        return words[0] + "".join(name + word for name, word in zip(names, words[1:], strict=True))

    source, target = sentence(source_words, ["{x}", "{y}", "{z}"]), sentence(target_words, order)
    if not any(word.strip() for word in source_words) or len({word.strip() for word in source_words}) < 4:
        return
    aligned = sorted(" ".join(align(source, target).values()).split())
    assert aligned == sorted(" ".join(target_words).split())
