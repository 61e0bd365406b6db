"""What Atlas asks about: kinds of entities, relations and the slots that their templates hold."""

from dataclasses import dataclass

VARIANTS = 2  # wordings of each question and passage, in training and again in evaluation

KINDS = ("territory", "language", "currency")


@dataclass(frozen=True)
class Relation:
    """One kind of fact: ``subject`` is what a question names, ``answers`` the slots that only a passage fills."""

    name: str
    subject: str
    answers: tuple[str, ...]


# The order within a subject numbers the passages of an entity (``territory-KE#0`` …): append, never reorder.
RELATIONS = {
    relation.name: relation
    for relation in (
        Relation("tender", "territory", ("currency",)),
        Relation("official", "territory", ("languages",)),
        Relation("also", "territory", ("language", "percent")),
        Relation("week", "territory", ("day",)),
        Relation("clock", "territory", ("city",)),
        Relation("script", "language", ("script",)),
        Relation("home", "language", ("territory",)),
        Relation("issuer", "currency", ("territories",)),
        Relation("code", "currency", ("code",)),
        Relation("adopted", "currency", ("year",)),
    )
}

# The second sentence of every passage of an entity, whatever the first one answers. It does not name the entity:
# named more often in its own passages, an entity would be found by counting.
CONTEXTS = {
    "territory": ("region", "script"),
    "language": ("region",),
    "currency": ("region",),
}

# Sentences that only pre-training reads.
TEXTS = {
    "region": ("territory", "region"),
    "writing": ("territory", "script"),
    "spoken": ("language", "territory", "percent"),
    "zone": ("city", "territory"),
    "money": ("currency", "territory", "year"),
}


def passage_number(relation: Relation) -> int:
    """Return ``k`` of the passage id ``<entity>#<k>``: the relation's place among those of its subject."""
    return [name for name, other in RELATIONS.items() if other.subject == relation.subject].index(relation.name)
