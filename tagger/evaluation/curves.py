"""Curves over all thresholds, and over the size of the training data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from tagger.evaluation.interval import Interval

MOST_POINTS = 300  # of a drawn curve


def precision_recall(judged: NDArray[np.int64],
                     chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Recall and precision at every threshold, recall falling, shape (2, points).

    `judged`, `chances` of one theme, shape (paragraphs,); thinned to what can be seen.
    """
    known = judged != -1
    if not (judged[known] == 1).any():
        return np.zeros((2, 0))
    precision, recall, _ = precision_recall_curve(judged[known] == 1, chances[known])
    points = np.stack([recall, precision])
    keep = np.unique(np.linspace(0, points.shape[1] - 1, MOST_POINTS).astype(int))
    return np.asarray(points[:, keep])


@dataclass(frozen=True, slots=True)
class AtThresholds:
    """Figures of one theme where the cut lies at 0.01, 0.02 … 0.99; each of shape (99,)."""

    threshold: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]


def at_thresholds(judged: NDArray[np.int64], chances: NDArray[np.float64]) -> AtThresholds:
    """Precision, recall and F1 of one theme at each threshold; arguments of shape (paragraphs,)."""
    known = judged != -1
    yes, chance = judged[known] == 1, chances[known]
    cuts = np.arange(1, 100) / 100
    above = chance >= cuts[:, None]
    found = (above & yes).sum(axis=1)
    given, positives = above.sum(axis=1), yes.sum()
    return AtThresholds(cuts, found / np.maximum(given, 1), found / max(1, positives),
                        2 * found / np.maximum(given + positives, 1))


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the learning curve: the training data of a fold, and what came of it."""

    share: float
    documents: int
    paragraphs: int
    micro: Interval
    macro: Interval
