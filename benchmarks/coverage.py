"""How often intervals hold the truth in simulated scores: of models that are pre-trained several times, of few queries,
of resampled languages, of queries that are about one article.

    PYTHONPATH=. python benchmarks/coverage.py

A query's hardness is shared by all systems; the query's effect on a system, the noise of a score and what a
pre-training is worth are drawn anew. A ratio is that of the standard errors of the difference of two strategies that
come from pre-trainings and from queries; for languages, of the standard deviation of their differences and the
standard error that each has from its queries; a share is what an article's queries have in common of the variance of a
query's difference. Prints the tables of docs/statistics.md.
"""

import argparse

import numpy as np

from workflow_scripts.evaluation.analysis_settings import Statistics
from workflow_scripts.evaluation.bootstrap import Bootstrap, interval
from workflow_scripts.evaluation.language_scores import LanguageScores, Run, Stratum, System
from workflow_scripts.evaluation.scaling import slope_weights

ASKED = 10  # queries about one article
SHARES = (0, 0.05, 0.1, 0.2, 0.5)
UNEQUAL, LARGEST = 40, (10, 50, 100, 250)  # articles, all but one of ASKED queries, and queries of that one
QUERIES, SIZES = 100, np.array([1e6, 1e7, 1e8])
TASTE = 0.15  # standard deviation of a query's effect on one system
RATIOS = (0, 0.5, 1, 2, 4)


def coverage(pretrainings: int, ratio: float, replications: int) -> tuple[float, float]:
    """Return the shares of 95 % intervals that hold the true difference at one size, and its true slope over three."""
    rng = np.random.default_rng(20)
    sizes = len(SIZES)
    own = ratio * TASTE * np.sqrt(2 / QUERIES) / np.sqrt(2 / pretrainings)  # of a pre-training, to one strategy
    values = 0.5 + rng.normal(0, 0.25, (replications, 1, 1, 1, QUERIES))
    values = values + rng.normal(0, TASTE, (replications, sizes, 2, 1, QUERIES))
    values = values + rng.normal(0, 0.1, (replications, sizes, 2, pretrainings, QUERIES))
    values += rng.normal(0, 0.02, (replications, sizes, 1, pretrainings, 1))  # to both strategies alike
    values += rng.normal(0, own, (replications, sizes, 2, pretrainings, 1))
    runs = tuple(
        Run(f"{i}/{size}", strategy, 1, f"p{p}")
        for i in range(replications)
        for size in range(sizes)
        for strategy in "ab"
        for p in range(pretrainings)
    )
    flat = values.reshape(-1, 1, QUERIES)
    scores = LanguageScores(runs, ("l",), np.array([QUERIES]), (Stratum("*", np.array([0]), flat, flat),))
    draws = Bootstrap(Statistics(draws=1000, confidence=0.95, seed=3)).system_draws("simulated", scores)
    held = []
    for weights in ([1.0, 0.0, 0.0], slope_weights(SIZES, ["f"] * sizes, np.ones(sizes))):
        drawn = [
            sum(w * (draws[System(f"{i}/{s}", "a")] - draws[System(f"{i}/{s}", "b")]) for s, w in enumerate(weights))
            for i in range(replications)
        ]
        low, high = interval(np.concatenate(drawn, axis=1), 0.95)
        held.append(float(((low <= 0) & (high >= 0)).mean()))
    return held[0], held[1]


def scores_by_article(sizes: list[int], share: float, by_article: bool, replications: int) -> LanguageScores:
    """Return simulated differences of two systems in one language, whose articles have ``sizes`` queries each."""
    rng = np.random.default_rng(20)
    units = np.repeat(np.arange(len(sizes)), sizes)
    differences = rng.normal(0, 0.2 * np.sqrt(share), (replications, len(sizes)))[:, units]
    differences = differences + rng.normal(0, 0.2 * np.sqrt(1 - share), (replications, len(units)))
    flat = differences[:, None, :]
    runs = tuple(Run(str(i), "a", 1) for i in range(replications))
    stratum = Stratum("*", np.array([0]), flat, flat, units if by_article else None)
    return LanguageScores(runs, ("l",), np.array([len(units)]), (stratum,))


def article_coverage(scores: LanguageScores) -> float:
    """Return the coverage of one language's mean, each article's queries resampled together or each by itself."""
    draws = Bootstrap(Statistics(draws=1000, confidence=0.95, seed=3)).system_draws("simulated", scores)
    low, high = interval(np.concatenate([draws[System(run.model, "a")] for run in scores.runs], axis=1), 0.95)
    return float(((low <= 0) & (high >= 0)).mean())


def language_coverage(differences: np.ndarray, truth: float, resampled: bool) -> float:
    """Return the share of 95 % intervals of the mean over languages that hold ``truth``.

    ``differences`` [replications, languages, queries] are those of two systems; languages have their own queries.
    """
    replications, languages, queries = differences.shape
    names = tuple(map(str, range(languages)))
    runs = tuple(Run(str(i), "a", 1) for i in range(replications))
    blocks = [differences[:, i : i + 1] for i in range(languages)]
    strata = tuple(Stratum(names[i], np.array([i]), block, block) for i, block in enumerate(blocks))
    bootstrap = Bootstrap(Statistics(draws=1000, confidence=0.95, seed=3, resample_languages=resampled))
    counts = np.full(languages, queries)
    draws = bootstrap.system_draws("simulated", LanguageScores(runs, names, counts, strata))
    members = list(range(languages))
    drawn = [bootstrap.group_draws("simulated", "all", members, draws[System(run.model, "a")]) for run in runs]
    low, high = interval(np.stack(drawn, axis=1), 0.95)
    return float(((low <= truth) & (high >= truth)).mean())


def query_coverage(queries: int, languages: int, replications: int) -> float:
    """Return the coverage of few queries, half of which do not differ and half lie evenly between -.6 and 1."""
    rng = np.random.default_rng(20)
    shape = (replications, languages, queries)
    return language_coverage(np.where(rng.random(shape) < 0.5, 0, rng.uniform(-0.6, 1, shape)), 0.1, False)


def resampled_coverage(languages: int, ratio: float, replications: int) -> float:
    """Return the coverage of the mean of all languages that those at hand are drawn from."""
    rng = np.random.default_rng(20)
    differences = rng.normal(0, 0.2, (replications, languages, QUERIES))
    differences += rng.normal(0, ratio * 0.2 / np.sqrt(QUERIES), (replications, languages, 1))
    return language_coverage(differences, 0.0, True)


def main() -> None:
    """Parse the command line, simulate and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=700)
    replications = parser.parse_args().replications
    print(f"| pre-trainings | of | {' | '.join(f'ratio {ratio:g}' for ratio in RATIOS)} |")
    print("| ---: | --- |" + " ---: |" * len(RATIOS))
    for pretrainings in (2, 3, 5):
        found = [coverage(pretrainings, ratio, replications) for ratio in RATIOS]
        for i, name in enumerate(("difference", "slope")):
            print(f"| {pretrainings} | {name} | {' | '.join(f'{pair[i]:.3f}' for pair in found)} |", flush=True)
    print("\n| queries of a language | one language | four languages |\n| ---: | ---: | ---: |")
    for queries in (2, 3, 5, 10, 20, 30, 50):
        found = [query_coverage(queries, languages, replications) for languages in (1, 4)]
        print(f"| {queries} | {' | '.join(f'{share:.3f}' for share in found)} |", flush=True)
    print(f"\n| resampled languages | {' | '.join(f'ratio {ratio:g}' for ratio in RATIOS)} |")
    print("| ---: |" + " ---: |" * len(RATIOS))
    for languages in (2, 4, 8, 15):
        found = [resampled_coverage(languages, ratio, replications) for ratio in RATIOS]
        print(f"| {languages} | {' | '.join(f'{share:.3f}' for share in found)} |", flush=True)
    print(f"\n| articles | resampled | {' | '.join(f'share {share:g}' for share in SHARES)} |")
    print("| ---: | --- |" + " ---: |" * len(SHARES))
    for articles in (10, 20, 48, 200):
        for by_article, name in ((False, "queries"), (True, "articles")):
            simulated = [scores_by_article([ASKED] * articles, share, by_article, replications) for share in SHARES]
            found = [article_coverage(scores) for scores in simulated]
            print(f"| {articles} | {name} | {' | '.join(f'{held:.3f}' for held in found)} |", flush=True)
    print(f"\n| queries of the largest of {UNEQUAL} articles | worth | {' | '.join(f'share {s:g}' for s in SHARES)} |")
    print("| ---: | ---: |" + " ---: |" * len(SHARES))
    for largest in LARGEST:
        sizes = [largest] + [ASKED] * (UNEQUAL - 1)
        simulated = [scores_by_article(sizes, share, True, replications) for share in SHARES]
        found = [article_coverage(scores) for scores in simulated]
        worth = simulated[0].effective_units(0)
        print(f"| {largest} | {worth:.0f} | {' | '.join(f'{held:.3f}' for held in found)} |", flush=True)


if __name__ == "__main__":
    main()
