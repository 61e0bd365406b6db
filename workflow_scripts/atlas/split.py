"""Which facts are asked in evaluation, which may be trained on, and which entities training never meets."""

from dataclasses import dataclass
from functools import cached_property

from workflow_scripts.atlas.facts import Fact
from workflow_scripts.atlas.relations import KINDS, RELATIONS
from workflow_scripts.atlas.settings import AtlasSettings, draw
from workflow_scripts.data.errors import InputError


@dataclass(frozen=True)
class Split:
    """``evaluated`` and ``trained`` facts, and the ``held_out`` entities that no trained fact names.

    No trained fact joins two things that an evaluated one joins (``home`` says of a language what
    ``official`` says of its territory).
    """

    evaluated: list[Fact]
    trained: list[Fact]
    held_out: frozenset[str]

    def tells(self, fact: Fact) -> bool:
        """Say whether ``fact`` is evaluated or joins what an evaluated fact joins, and so tells an answer."""
        return bool(fact.joins() & self._asked)

    @cached_property
    def _asked(self) -> frozenset[frozenset[str]]:
        return frozenset(join for fact in self.evaluated for join in fact.joins())


def split_facts(facts: list[Fact], settings: AtlasSettings) -> Split:
    """Draw the split, a function of ``settings`` and the facts' ids.

    Every relation gets questions in proportion to its facts; within a relation they go by turns to
    held-out entities and to others, as far as there are any.

    Raises
    ------
    InputError
        Where there are fewer facts than ``settings.queries``.

    """
    if settings.queries > len(facts):
        raise InputError(f"atlas settings: queries is {settings.queries}; CLDR gives {len(facts)} facts, ask for fewer")
    held_out = _held_out(facts, settings)
    evaluated = []
    for relation, quota in _quotas(facts, settings.queries).items():
        candidates = sorted(
            (fact for fact in facts if fact.relation == relation), key=lambda fact: draw(settings.seed, "ask", fact.id)
        )
        evaluated += _by_turns(candidates, held_out)[:quota]
    evaluated.sort(key=lambda fact: fact.id)
    split = Split(evaluated, [], held_out)
    trained = [fact for fact in facts if not split.tells(fact) and not fact.entities() & held_out]
    return Split(evaluated, trained, held_out)


def _held_out(facts: list[Fact], settings: AtlasSettings) -> frozenset[str]:
    held_out: set[str] = set()
    for kind in KINDS:
        subjects = {fact.subject for fact in facts if fact.subject.startswith(f"{kind}-")}
        drawn = sorted(subjects, key=lambda subject: (draw(settings.seed, "hold out", subject), subject))
        held_out |= set(drawn[: round(settings.held_out_entities * len(drawn))])
    return frozenset(held_out)


def _quotas(facts: list[Fact], queries: int) -> dict[str, int]:
    """Share ``queries`` among relations by largest remainder."""
    sizes = {relation: sum(fact.relation == relation for fact in facts) for relation in RELATIONS}
    exact = {relation: queries * size / len(facts) for relation, size in sizes.items()}
    quotas = {relation: int(share) for relation, share in exact.items()}
    by_remainder = sorted(exact, key=lambda relation: (quotas[relation] - exact[relation], relation))
    for relation in by_remainder[: queries - sum(quotas.values())]:
        quotas[relation] += 1
    return quotas


def _by_turns(candidates: list[Fact], held_out: frozenset[str]) -> list[Fact]:
    unseen = [fact for fact in candidates if fact.subject in held_out]
    seen = [fact for fact in candidates if fact.subject not in held_out]
    alternating = [fact for pair in zip(unseen, seen, strict=False) for fact in pair]
    return alternating + unseen[len(seen) :] + seen[len(unseen) :]
