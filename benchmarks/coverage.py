"""How often intervals hold the truth where models are pre-trained several times, in simulated scores.

    PYTHONPATH=. python benchmarks/coverage.py

A query's hardness is shared by all systems; the query's effect on a system, the noise of a score and what a
pre-training is worth are drawn anew. A ratio is that of the standard errors of the difference of two strategies that
come from pre-trainings and from queries. Prints the table of docs/statistics.md.
"""

import argparse

import numpy as np

from workflow_scripts.evaluation.analysis_settings import Statistics
from workflow_scripts.evaluation.bootstrap import Bootstrap, interval
from workflow_scripts.evaluation.language_scores import LanguageScores, Run, Stratum, System
from workflow_scripts.evaluation.scaling import slope_weights

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


def main() -> None:
    """Parse the command line, simulate and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=700)
    replications = parser.parse_args().replications
    print(f"| pre-trainings | of | {' | '.join(f'ratio {ratio:g}' for ratio in RATIOS)} |")
    print("| ---: | --- |" + " ---: |" * len(RATIOS))
    for pretrainings in (2, 3, 5):
        found = [coverage(pretrainings, ratio, replications) for ratio in RATIOS]
        for i, name in enumerate(("difference", "slope")):
            print(f"| {pretrainings} | {name} | {' | '.join(f'{pair[i]:.3f}' for pair in found)} |", flush=True)


if __name__ == "__main__":
    main()
