"""How good lexicons are that are induced from parallel lines, beside other measures of co-occurrence.

    PYTHONPATH=. python benchmarks/lexicon_induction.py --data ../shared/data --languages sw te yo bn hi th \
        --gold sw=eng-swh.tei hi=eng-hin.tsv

`--data` holds the folders `ntrex` and `tico19`. Four fifths of the lines are learned from, every fifth is held out.
Every method gives each English word its best translation; of each, as many words are kept as the workflow's own method
has of weight 0.3 or more, those of the greatest score. Columns: words; precision at 1 by a dictionary (words that it
has); share of held-out words that are covered; share of these whose translation stands in the line's translation, and
in that of a line which is no translation (chance). The last column learns from NTREX and from TICO-19 apart: the share
of the words that both lexicons have for which they agree. A gold dictionary is a FreeDict TEI file or a TSV table.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from workflow_scripts.data.lexicon_files import read_lexicon_file
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_sources import read_texts
from workflow_scripts.translation.english_tokens import is_word, key, phrase_key, tokenize
from workflow_scripts.translation.lexicon_induction import NumberedLines, number_words
from workflow_scripts.translation.word_alignment import align_words
from workflow_scripts.translation.word_forms import word_splitter

MIN_COUNT, MIN_WEIGHT = 2, 0.3
Lines = list[tuple[str, str]]


def read_lines(data: Path, source: str, lang: str) -> Lines:
    """Return a source's English lines with their translations; none where it lacks the language."""
    if not (data / source / (f"{lang}.txt" if source == "ntrex" else f"en-{lang}.tsv")).is_file():
        return []
    english, other = (
        {text.group: text.text for text in read_texts(source, data / source, known, RowCounts())}
        for known in ("en", lang)
    )
    return [(text, other[group]) for group, text in english.items() if group in other]


def model_1(text: NumberedLines, alignment) -> np.ndarray:
    """Return P(other | English) of IBM Model 1 in one direction, without an empty word."""
    targets = len(text.other_words)
    keys = alignment.sources.astype(np.int64) * targets + alignment.targets
    probabilities = np.full(len(keys), 1 / targets)
    lines = [(np.unique(a), Counter(b)) for a, b in text.lines]
    cells = [np.searchsorted(keys, (a[:, None] * targets + np.fromiter(b, np.int64))) for a, b in lines]
    for _ in range(5):
        links = np.zeros(len(keys))
        for (_, other), cell in zip(lines, cells, strict=True):
            explained = probabilities[cell]
            np.add.at(links, cell, explained / explained.sum(axis=0) * np.fromiter(other.values(), float))
        probabilities = links / np.bincount(alignment.sources, links)[alignment.sources]
    return probabilities


def scores(text: NumberedLines) -> dict[str, tuple]:
    """Return, for each method, the score of every pair of words that stand in a line together, and the pairs."""
    found = align_words(text.lines, len(text.english_words), len(text.other_words))
    together, n = found.lines.astype(float), len(text.lines)
    of_english = Counter(word for line, _ in text.lines for word in set(line))
    of_other = Counter(word for _, line in text.lines for word in set(line))
    a = np.array([of_english[word] for word in range(len(text.english_words))], float)[found.sources]
    b = np.array([of_other[word] for word in range(len(text.other_words))], float)[found.targets]

    def part(observed, expected):  # of Dunning's log-likelihood ratio (1993)
        return np.where(observed > 0, observed * np.log(np.maximum(observed, 1e-9) / expected), 0)

    ratio = part(together, a * b / n) + part(a - together, a * (n - b) / n) + part(b - together, (n - a) * b / n)
    ratio += part(n - a - b + together, (n - a) * (n - b) / n)
    return {
        "Dice": (found, 2 * together / (a + b)),
        "log-likelihood ratio": (found, np.where(together > a * b / n, ratio, 0)),
        "Model 1": (found, model_1(text, found)),
        "Model 1 by agreement": (found, found.weights),
    }


def best(text: NumberedLines, found, score: np.ndarray, words: int | None) -> dict[str, str]:
    """Return each English word's best translation: of the ``words`` best, or of weight MIN_WEIGHT at least."""
    chosen = np.flatnonzero((found.lines >= MIN_COUNT) & (score >= (0 if words else MIN_WEIGHT)))
    order = chosen[np.lexsort((-score[chosen], found.sources[chosen]))]
    first = order[np.unique(found.sources[order], return_index=True)[1]]
    first = first[np.argsort(-score[first], kind="stable")][:words]
    return {text.english_words[found.sources[row]]: text.other_words[found.targets[row]].casefold() for row in first}


def read_gold(path: Path) -> dict[str, set[str]]:
    """Return the translations of each single English word of a dictionary."""
    gold: dict[str, set[str]] = {}
    for entry in read_lexicon_file("freedict" if ".tei" in path.name else "glossary", path, RowCounts()):
        phrase = phrase_key(entry.word)
        if len(phrase) == 1:
            gold.setdefault(phrase[0], set()).add(entry.translation.casefold())
    return gold


def english_words(line: str) -> set[str]:
    """Return the words of an English line as lexicons have them."""
    return {key(token.text) for token in tokenize(line) if is_word(token.text)}


def held_out(lexicon: dict[str, str], lines: Lines, split) -> tuple[float, float, float]:
    """Return coverage, share of translations found in the line's translation, and in another line's."""
    found = chance = covered = words = 0
    others = [{word.casefold() for word in split(other)} for _, other in lines]
    for number, (english, _) in enumerate(lines):
        here = english_words(english)
        words += len(here)
        for word in here & lexicon.keys():
            covered += 1
            found += lexicon[word] in others[number]
            chance += lexicon[word] in others[(number + len(lines) // 2) % len(lines)]
    return covered / words, found / covered, chance / covered


def agreement(parts: list[Lines]) -> str:
    """Return the share of words for which lexicons of two sources agree, and how many words both have."""
    if not all(parts):
        return "–"
    lexicons = []
    for lines in parts:
        text = number_words(lines, RowCounts())
        found = align_words(text.lines, len(text.english_words), len(text.other_words))
        lexicons.append(best(text, found, found.weights, None))
    both = lexicons[0].keys() & lexicons[1].keys()
    return f"{sum(lexicons[0][word] == lexicons[1][word] for word in both) / len(both):.2f} ({len(both):,})"


def main() -> None:
    """Parse the command line, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", required=True)
    parser.add_argument("--gold", nargs="*", default=[], metavar="LANG=FILE")
    arguments = parser.parse_args()
    gold = {lang: read_gold(Path(path)) for lang, _, path in (value.partition("=") for value in arguments.gold)}
    print("| language | lines | method | words | precision@1 | coverage | found | chance | two sources agree |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for lang in arguments.languages:
        parts = [read_lines(arguments.data, source, lang) for source in ("ntrex", "tico19")]
        lines = [line for part in parts for line in part]
        train, rest = [line for n, line in enumerate(lines) if n % 5], lines[::5]
        began = time.perf_counter()
        text = number_words(train, RowCounts())
        found = align_words(text.lines, len(text.english_words), len(text.other_words))
        seconds = time.perf_counter() - began
        words = len(best(text, found, found.weights, None))
        split = word_splitter(other for _, other in train)
        for method, (pairs, score) in scores(text).items():
            lexicon = best(text, pairs, score, words)
            known = [word for word in lexicon if word in gold.get(lang, {})]
            right = sum(lexicon[word] in gold[lang][word] for word in known)
            precision = f"{right / len(known):.3f} ({len(known):,})" if known else "–"
            shares = [f"{share:.3f}" for share in held_out(lexicon, rest, split)]
            same = agreement(parts) if method == "Model 1 by agreement" else ""
            row = [lang, f"{len(lines):,}", method, f"{len(lexicon):,}", precision, *shares, same]
            print(f"| {' | '.join(row)} |", flush=True)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"{lang}: learned in {seconds:.1f} s; {memory:.0f} MB at the peak so far", file=sys.stderr)


if __name__ == "__main__":
    main()
