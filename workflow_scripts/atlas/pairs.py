"""English training pairs: every wording of a trained fact's question with the fact's passage."""

from collections.abc import Iterable

from workflow_scripts.atlas.relations import VARIANTS
from workflow_scripts.atlas.sentences import Teller
from workflow_scripts.atlas.split import Split


def training_pairs(split: Split, teller: Teller) -> Iterable[dict[str, str]]:
    """Yield ``id``, ``group``, ``query``, ``title``, ``passage``; the questions of one passage share its group."""
    for fact in split.trained:
        passage = teller.passage(fact, "train")
        for variant in range(VARIANTS):
            yield {
                "id": f"{fact.id}/{variant}",
                "group": fact.id,
                "query": teller.question(fact, "train", variant),
                "title": teller.title(fact.subject),
                "passage": passage,
            }
