"""Values that others published (``resources/published_results.csv``), as reference lines of a figure."""

from dataclasses import dataclass

import pandas as pd

# Spelling of the settings in the published table.
SETTINGS = {"monolingual": "monolingual", "cross-lingual": "crosslingual", "multilingual": "multilingual"}
_TRAINED = "trained on MIRACL"


@dataclass(frozen=True)
class PublishedMean:
    """A published system's mean over some languages.

    One that was trained on MIRACL's training data is no zero-shot competitor and is marked wherever it stands.
    """

    system: str
    value: float
    source: str
    trained_on_miracl: bool


def published_means(
    published: pd.DataFrame, dataset: str, setting: str, metric: str, languages: tuple[str, ...]
) -> list[PublishedMean]:
    """Return each ready system's mean over ``languages``, best first; a system that lacks one language is left out.

    Systems with a strategy are the paper's own rungs, not reference lines, and are left out too.
    """
    rows = published[
        (published["dataset"] == dataset)
        & (published["setting"] == SETTINGS[setting])
        & (published["metric"] == metric)
        & (published["strategy"] == "")
        & published["lang"].isin(languages)
    ]
    means = [
        PublishedMean(system, float(ours["value"].mean()), source, _TRAINED in source)
        for (system, source), ours in rows.groupby(["system", "source"])
        if set(ours["lang"]) == set(languages)
    ]
    return sorted(means, key=lambda mean: (-mean.value, mean.system))
