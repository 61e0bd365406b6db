"""Everything that the entry modules make Atlas from: facts, their split, and a teller for a language."""

from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.atlas.entities import Cldr, load_cldr
from workflow_scripts.atlas.facts import Fact, contexts, question_facts
from workflow_scripts.atlas.names import load_names
from workflow_scripts.atlas.sentences import Teller
from workflow_scripts.atlas.settings import AtlasSettings
from workflow_scripts.atlas.split import Split, split_facts
from workflow_scripts.atlas.templates import load_templates


@dataclass(frozen=True)
class Sources:
    """CLDR's facts and their split, the same for every language."""

    cldr: Cldr
    facts: list[Fact]
    split: Split
    path_to_templates: Path

    def teller(self, lang: str) -> Teller:
        """Return what tells the facts in ``lang``; raise InputError where CLDR or the template file lacks something."""
        return Teller(load_templates(lang, self.path_to_templates), load_names(lang), contexts(self.cldr))


def load_sources(settings: AtlasSettings, path_to_templates: Path) -> Sources:
    """Read ``entities.yaml`` beside the templates and split the facts."""
    cldr = load_cldr(path_to_templates / "entities.yaml")
    facts = question_facts(cldr)
    return Sources(cldr, facts, split_facts(facts, settings), path_to_templates)
