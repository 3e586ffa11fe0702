"""What each part of the model is worth: train without it, and score.

python benchmarks/ablation.py labels [--gold FILE.jsonl] [-o docs/ablation.md]

Every row is the shipped recipe with one change. Cross-validation is grouped by document and
near-duplicates; gold is outside text, if given. Average precision moves less by chance than
F1, since it does not depend on where a threshold falls.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from tagger import candidates, features, terms, training
from tagger.candidates import fold_all
from tagger.corpus import Corpus, corpus_of
from tagger.evaluation.gold import Gold, load_gold
from tagger.evaluation.metrics import f1, hits
from tagger.labels import load_labels
from tagger.terms import Crossing
from tagger.training import Settings, decide, fit, out_of_fold

Change = Callable[[], object]


def ridge(*_: object, **options: object) -> LogisticRegression:
    """Stand in for the sparse regression: the same with an L2 penalty."""
    return LogisticRegression(**{**options, "l1_ratio": 0})


def nowhere(corpus: Corpus) -> features.Features:
    """No sentence is known by a keyword, so all of a paragraph are its witnesses."""
    chosen = features.choose_features(corpus)
    return replace(chosen, held=np.zeros_like(chosen.held))


def no_list(*_: object) -> list[Crossing]:
    """No crossings."""
    return []


def no_pairs(*_: object) -> NDArray[np.int64]:
    """No interactions."""
    return np.empty((0, 2), dtype=np.int64)


def no_classes(terms: Sequence[str], alone: Sequence[int], _: object,
               members: Callable[..., sp.csr_matrix] = features._members) -> sp.csr_matrix:
    """Terms alone."""
    return members(terms, alone, [])


def keywords_only(chosen: features.Features, keywords: Sequence[str]) -> NDArray[np.bool_]:
    """The codebook's classes have no lighter penalty."""
    return np.isin(chosen.names, keywords)


def ngrams(words: Sequence[str]) -> Iterator[str]:
    """Character 2- to 4-grams that do not straddle punctuation, instead of words and pairs."""
    for run in candidates._PLAIN.findall("".join(words)):
        for size in (2, 3, 4):
            for start in range(len(run) - size + 1):
                yield run[start:start + size]


def single_words(words: Sequence[str]) -> Iterator[str]:
    """Words alone, without pairs."""
    return (word for word in words if len(word) > 1 and candidates._PLAIN.fullmatch(word))


def marks(letters: str) -> Change:
    """Cut texts at other marks."""
    return lambda: patch.object(terms, "SENTENCE_ENDS", letters)


CHANGES: dict[str, tuple[Settings, Change | None]] = {
    "as shipped": (Settings(), None),
    "no crossings": (Settings(), lambda: patch.object(features, "_crossings", no_list)),
    "no interactions": (Settings(), lambda: patch.object(features, "interactions_of", no_pairs)),
    "no word classes": (Settings(), lambda: patch.object(features, "_members", no_classes)),
    "sentences alone": (replace(Settings(), text_share=0.0), None),
    "whole paragraphs alone": (replace(Settings(), text_share=1.0), None),
    "sentences and paragraphs alike": (replace(Settings(), text_share=0.5), None),
    "clauses, not sentences": (Settings(), marks(terms.SENTENCE_ENDS + ",:")),
    "every sentence a witness": (Settings(), lambda: patch.object(
        training, "choose_features", nowhere)),
    "L2 penalty": (replace(Settings(), inverse_penalty=0.03),
                   lambda: patch.object(training, "LogisticRegression", ridge)),
    "no association": (replace(Settings(), inverse_penalty=3.0),
                       lambda: patch.object(training, "ASSOCIATION", (1.0, 1.0))),
    "keywords and classes as any other term": (replace(Settings(), codebook_scale=1.0), None),
    "classes as any other term": (Settings(), lambda: patch.object(
        features.Features, "in_codebook", keywords_only)),
    "keywords and classes twice as light": (replace(Settings(), codebook_scale=10.0), None),
    "penalty twice as strong": (replace(Settings(), inverse_penalty=0.75), None),
    "penalty half as strong": (replace(Settings(), inverse_penalty=3.0), None),
    "words without pairs": (Settings(), lambda: patch.object(candidates, "runs", single_words)),
    "character 2-4-grams": (Settings(), lambda: patch.object(candidates, "runs", ngrams)),
    "terms of 3 % of documents": (Settings(), lambda: patch.object(candidates, "MIN_SHARE", 0.03)),
    "terms of 6 % of documents": (Settings(), lambda: patch.object(candidates, "MIN_SHARE", 0.06)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Micro-F1, macro-F1 and average precision, and the number of terms."""

    name: str
    folds: tuple[float, float, float]
    gold: tuple[float, float, float] | None
    terms: int


def figures(judged: NDArray[np.int64], log_odds: NDArray[np.float64],
            threshold: NDArray[np.float64]) -> tuple[float, float, float]:
    """Micro-F1, macro-F1 and micro average precision."""
    total = hits(judged, log_odds >= np.log(threshold / (1 - threshold))).sum(axis=0)
    known = judged != -1
    return (float(f1(total.sum(axis=0))), float(f1(total).mean()),
            float(average_precision_score(judged[known] == 1, log_odds[known])))


@contextmanager
def changed(change: Change | None) -> Iterator[None]:
    """The library with one change."""
    if change is None:
        yield
    else:
        with change():  # type: ignore[attr-defined]
            yield


def measure(name: str, corpus: Corpus, gold: Gold | None) -> Row:
    """Cross-validate and score one change."""
    settings, change = CHANGES[name]
    with changed(change):
        held_out = out_of_fold(corpus, replace(settings, rounds=1))
        decisions = decide(held_out, corpus.judged)
        model = fit(corpus, settings)
        inside = figures(corpus.judged, held_out * decisions.slope + decisions.offset,
                         decisions.threshold)
        outside = None
        if gold is not None:
            scores = model.log_odds(fold_all(gold.texts)) * decisions.slope + decisions.offset
            outside = figures(gold.judged, scores, decisions.threshold)
    return Row(name, inside, outside, len(model.terms))


def table(rows: Sequence[Row]) -> str:
    """Rows as Markdown."""
    head = "| change | CV micro | CV macro | CV AP | gold micro | gold macro | gold AP | terms |"
    lines = [head, "| --- |" + " ---: |" * 7]
    for row in rows:
        numbers = [f"{value:.3f}" for value in (*row.folds, *(row.gold or ()))]
        lines.append("| " + " | ".join([row.name, *(numbers + ["–"] * (6 - len(numbers))),
                                        str(row.terms)]) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all changes and write the table."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    labels = load_labels([options.labels])
    corpus = corpus_of(labels)
    gold = load_gold(options.gold, labels.codebook.ids) if options.gold else None
    rows = Parallel(2)(delayed(measure)(name, corpus, gold) for name in CHANGES)
    text = (
        "# What each part is worth\n\nThe shipped recipe with one change a row; made by\n"
        "`python benchmarks/ablation.py labels --gold FILE -o docs/ablation.md`. CV: "
        "cross-validation on `labels/`,\ngrouped by document and near-duplicates; gold: real "
        "paragraphs held outside the project; AP: average precision.\nThresholds come from one "
        "round of the same folds: `tagger evaluate` is stricter, and a shipped model has three\n"
        f"rounds, which moves F1 by up to 0.01. {len(corpus.texts)} paragraphs in labels.\n\n"
        + table(rows))
    if options.output:
        options.output.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
