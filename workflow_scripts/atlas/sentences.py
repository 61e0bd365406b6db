"""Facts told in one language: slots filled with CLDR's names."""

from dataclasses import dataclass

from workflow_scripts.atlas.facts import Fact
from workflow_scripts.atlas.names import Names
from workflow_scripts.atlas.relations import VARIANTS
from workflow_scripts.atlas.settings import draw
from workflow_scripts.atlas.templates import Templates


@dataclass(frozen=True)
class Teller:
    """Writes questions, passages and plain sentences in the language of ``templates`` and ``names``.

    ``contexts`` holds, by entity, the arguments of the sentence that its passages share.
    """

    templates: Templates
    names: Names
    contexts: dict[str, dict[str, str]]

    def title(self, entity: str) -> str:
        """Return the name of an entity such as ``territory-KE``."""
        kind, code = entity.split("-", 1)
        return self._name(kind, code)

    def can_tell(self, fact: Fact) -> bool:
        """Say whether the language has every name that the fact and its entity's shared sentence need."""
        arguments = [*fact.arguments, *self.contexts.get(fact.subject, {}).items()]
        try:
            for slot, value in arguments:
                self._value(slot, value)
        except KeyError:
            return False
        return True

    def question(self, fact: Fact, split: str, variant: int) -> str:
        """Return one wording of the question that ``fact`` answers; ``split`` is ``train`` or ``evaluate``."""
        return self._fill(self.templates.questions[fact.relation, split][variant], fact)

    def statement(self, fact: Fact, split: str, variant: int) -> str:
        """Return one wording of a fact, without the shared sentence."""
        return self._fill(self.templates.passages[fact.relation, split][variant], fact)

    def passage(self, fact: Fact, split: str) -> str:
        """Return the fact, in the wording that its id draws, and its entity's shared sentence."""
        statement = self.statement(fact, split, draw("wording", split, fact.id) % VARIANTS)
        return f"{statement} {self.context(fact.subject, split)}"

    def context(self, entity: str, split: str) -> str:
        """Return the sentence that all passages of ``entity`` share."""
        arguments = {slot: self._name(slot, code) for slot, code in self.contexts[entity].items()}
        return self.templates.contexts[entity.split("-", 1)[0], split].format(**arguments)

    def text(self, fact: Fact) -> str:
        """Return the sentence of a fact that only pre-training reads."""
        return self._fill(self.templates.texts[fact.relation], fact)

    def _fill(self, template: str, fact: Fact) -> str:
        arguments = {slot: self._value(slot, value) for slot, value in fact.arguments}
        return template.format(**arguments)

    def _value(self, slot: str, value: str | int | tuple[str, ...]) -> str:
        if isinstance(value, tuple):
            kind = {"languages": "language", "territories": "territory"}[slot]
            return self.templates.list_separator.join(self._name(kind, code) for code in value)
        return self._name(slot, value)

    def _name(self, slot: str, value: str | int) -> str:
        match slot:
            case "territory" | "region":
                return self.names.territories[value]
            case "language":
                return self.names.languages[value]
            case "currency":
                return self.names.currencies[value]
            case "script":
                return self.names.scripts[value]
            case "day":
                return self.names.days[value]
            case "city":
                return self.names.city(value)
            case "code" | "year" | "percent":
                return str(value)
        raise ValueError(f"no slot {slot!r}")
