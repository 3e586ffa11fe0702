"""Precision, recall, F1, average precision, calibration, and intervals by bootstrap.

Arrays: `judged` holds 1 (yes), 0 (no), -1 (not judged), `given` what a tagger said,
`chances` its probabilities; all of shape (paragraphs, themes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from tagger.evaluation.interval import Interval, wilson

RESAMPLES = 2000
TOO_FEW = 20  # positives under which a figure says nothing
FEW_DOCUMENTS = 10  # under which resampling documents gives no interval to rely on


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures of one theme, or of all (`micro`, `macro`)."""

    name: str
    support: int
    precision: float
    recall: float
    f1: Interval
    average_precision: float | None
    calibration_error: float | None

    @property
    def too_few(self) -> bool:
        """Whether the positives are too few to say anything."""
        return self.support < TOO_FEW


def hits(judged: NDArray[np.int64], given: NDArray[np.bool_]) -> NDArray[np.int64]:
    """True positives, false positives, false negatives; shape (paragraphs, themes, 3)."""
    return np.stack([(judged == 1) & given, (judged == 0) & given, (judged == 1) & ~given],
                    axis=2).astype(np.int64)


def f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of counts whose last axis is (tp, fp, fn); 0 where there is nothing to find."""
    twice = 2 * counts[..., 0]
    return np.asarray(twice / np.maximum(twice + counts[..., 1] + counts[..., 2], 1))


def by_document(counts: NDArray[np.int64], documents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts summed within each document, shape (documents, themes, 3)."""
    total = np.zeros((documents.max() + 1, *counts.shape[1:]), dtype=np.int64)
    np.add.at(total, documents, counts)
    return total


def resamples(documents: int, seed: int = 0) -> NDArray[np.int64]:
    """How often each document is drawn, shape (resamples, documents); with replacement."""
    random = np.random.default_rng(seed)
    return random.multinomial(documents, np.full(documents, 1 / documents), size=RESAMPLES)


def score(ids: Sequence[str], judged: NDArray[np.int64], given: NDArray[np.bool_],
          documents: NDArray[np.int64], chances: NDArray[np.float64] | None) -> list[Scores]:
    """Figures per theme, then micro and macro; intervals from a bootstrap over documents
    (percentile method, Efron & Tibshirani 1993). Macro is over themes that have positives.
    """
    counts = hits(judged, given)
    drawn = bootstrap(counts, documents)
    total = counts.sum(axis=0)
    rows = []
    for i, name in enumerate(ids):
        column = None if chances is None else chances[:, [i]]
        rows.append(_scores(name, total[i], f1(drawn[:, i]), judged[:, [i]], column))
    known = np.flatnonzero(total[:, 0] + total[:, 2])
    themes = [rows[i] for i in known]
    rows.append(_scores("micro", total.sum(axis=0), f1(drawn.sum(axis=1)), judged, chances))
    rows.append(Scores("macro", rows[-1].support, _mean([row.precision for row in themes]),
                       _mean([row.recall for row in themes]),
                       interval(_mean([row.f1.value for row in themes]),
                                f1(drawn)[:, known].mean(axis=1) if themes else np.zeros(1)),
                       None if chances is None or not themes else
                       _mean([row.average_precision or 0.0 for row in themes]), None))
    return rows


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def bootstrap(counts: NDArray[np.int64], documents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts of each resample, shape (resamples, themes, 3)."""
    per_document = by_document(counts, documents)
    flat = per_document.reshape(len(per_document), -1)
    return (resamples(len(flat)) @ flat).reshape(-1, *per_document.shape[1:])


def interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    """The value with the middle 95 % of what was drawn."""
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def micro_f1(judged: NDArray[np.int64], given: NDArray[np.bool_],
             documents: NDArray[np.int64]) -> Interval:
    """Micro-F1 with its interval; without one where there are too few documents."""
    counts = hits(judged, given)
    value = float(f1(counts.sum(axis=(0, 1))))
    if len(np.unique(documents)) < FEW_DOCUMENTS:
        return Interval(value, nan, nan)
    return interval(value, f1(bootstrap(counts, documents).sum(axis=1)))


def _scores(name: str, counts: NDArray[np.int64], drawn: NDArray[np.float64],
            judged: NDArray[np.int64], chances: NDArray[np.float64] | None) -> Scores:
    tp, fp, fn = (int(count) for count in counts)
    return Scores(name, tp + fn, tp / max(1, tp + fp), tp / max(1, tp + fn),
                  interval(float(f1(counts)), drawn),
                  None if chances is None else _average_precision(judged, chances),
                  None if chances is None else calibration_error(judged, chances))


def _average_precision(judged: NDArray[np.int64], chances: NDArray[np.float64]) -> float | None:
    known = judged != -1
    if not (judged[known] == 1).any():
        return None
    return float(average_precision_score(judged[known] == 1, chances[known]))


def difference(judged: NDArray[np.int64], one: NDArray[np.bool_], other: NDArray[np.bool_],
               documents: NDArray[np.int64]) -> Interval:
    """Micro-F1 of one tagger less that of the other, on the same resamples of documents
    (paired bootstrap, Efron & Tibshirani 1993).
    """
    counts = [hits(judged, given) for given in (one, other)]
    drawn = [f1(bootstrap(count, documents).sum(axis=1)) for count in counts]
    values = [f1(count.sum(axis=(0, 1))) for count in counts]
    return interval(float(values[0] - values[1]), drawn[0] - drawn[1])


def right(judged: NDArray[np.int64], given: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a paragraph has just the themes that it should have, shape (paragraphs,)."""
    return np.asarray((((judged == 1) == given) | (judged == -1)).all(axis=1))


def exact_match(judged: NDArray[np.int64], given: NDArray[np.bool_]) -> float:
    """Share of paragraphs with just the themes that they should have."""
    return float(right(judged, given).mean())


@dataclass(frozen=True, slots=True)
class Bin:
    """Probabilities of about the same size: their mean, and which share was a yes."""

    count: int
    chance: float
    share: Interval


def reliability(judged: NDArray[np.int64], chances: NDArray[np.float64],
                bins: int = 10) -> list[Bin]:
    """Bins of equal width that hold something (DeGroot & Fienberg 1983), Wilson intervals."""
    known = judged != -1
    yes, chance = judged[known] == 1, chances[known]
    bin_of = np.minimum((chance * bins).astype(int), bins - 1)
    return [Bin(int((bin_of == i).sum()), float(chance[bin_of == i].mean()),
                wilson(float(yes[bin_of == i].sum()), float((bin_of == i).sum())))
            for i in range(bins) if (bin_of == i).any()]


def calibration_error(judged: NDArray[np.int64], chances: NDArray[np.float64],
                      bins: int = 10) -> float:
    """Expected calibration error over bins of equal width (Naeini et al. 2015)."""
    found = reliability(judged, chances, bins)
    total = sum(one.count for one in found)
    return sum(abs(one.share.value - one.chance) * one.count for one in found) / max(1, total)


@dataclass(frozen=True, slots=True)
class Doubt:
    """How many paragraphs are unsure, and how many of the wrong decisions they hold."""

    paragraphs: int
    share: float
    errors: int
    errors_held: int


def doubt(judged: NDArray[np.int64], given: NDArray[np.bool_],
          unsure: NDArray[np.bool_]) -> Doubt:
    """Count wrong decisions inside and outside paragraphs that are unsure of any theme."""
    held = unsure.any(axis=1)
    wrong = ((judged == 1) != given) & (judged != -1)
    return Doubt(int(held.sum()), float(held.mean()), int(wrong.sum()), int(wrong[held].sum()))


def confusions(judged: NDArray[np.int64], given: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Paragraphs in which one theme is missed and another given wrongly.

    Shape (themes + 1, themes + 1): rows are themes missed, columns themes given wrongly; the
    last row is for nothing missed, the last column for nothing given wrongly.
    """
    missed, wrong = (judged == 1) & ~given, (judged == 0) & given
    missed = np.column_stack([missed, ~missed.any(axis=1)])
    wrong = np.column_stack([wrong, ~wrong.any(axis=1)])
    counts = missed.T.astype(np.int64) @ wrong.astype(np.int64)
    counts[-1, -1] = 0  # right paragraphs are no confusion
    return counts


def companions(errors: NDArray[np.bool_], judged: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which other themes the paragraphs of an error have, shape (themes, themes + 1).

    `errors`: shape (paragraphs, themes); the last column counts those with no other theme.
    """
    count = judged.shape[1]
    result = np.zeros((count, count + 1), dtype=np.int64)
    for theme in range(count):
        others = judged[errors[:, theme]] == 1
        others[:, theme] = False
        result[theme] = [*others.sum(axis=0), (~others.any(axis=1)).sum()]
    return result
