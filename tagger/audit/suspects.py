"""Labels that are likely wrong: what models that never saw a paragraph say against its labels."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from tagger.corpus import corpus_of
from tagger.labels import Labels
from tagger.training import Settings, decide, out_of_fold

Finder = Callable[[NDArray[np.bool_], NDArray[np.float64]], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A theme of a paragraph (by number) that is likely given, or left out, by mistake."""

    paragraph: int
    theme: str
    given: bool
    chance: float


@dataclass(frozen=True, slots=True)
class Suspects:
    """The most doubtful labels first, and how they were found."""

    method: str
    found: list[Suspect]


def find_suspects(labels: Labels, jobs: int = 1) -> Suspects:
    """Labels against which out-of-fold probabilities speak, least credible first.

    By confident learning (Northcutt et al. 2021) theme by theme where cleanlab is installed,
    else wherever label and threshold disagree.
    """
    corpus = corpus_of(labels)
    log_odds = out_of_fold(corpus, Settings(), jobs)
    decisions = decide(log_odds, corpus.judged)
    chances = 1 / (1 + np.exp(-(log_odds * decisions.slope + decisions.offset)))
    ids = labels.codebook.ids
    learning = find_spec("cleanlab") is not None
    found = []
    for column, theme in enumerate(ids):
        finder = confident if learning else beyond(float(decisions.threshold[column]))
        found += suspected(theme, corpus.judged[:, column], chances[:, column], finder)
    method = ("confident learning (cleanlab)" if learning
              else "disagreement with the model; cleanlab is not installed")
    return Suspects(method, sorted(found, key=credibility))


def credibility(suspect: Suspect) -> float:
    """Probability of the label as it was given (self-confidence)."""
    return suspect.chance if suspect.given else 1 - suspect.chance


def suspected(theme: str, judged: NDArray[np.int64], chances: NDArray[np.float64],
              finder: Finder) -> list[Suspect]:
    """Suspects of one theme; `judged` and `chances` of shape (paragraphs,)."""
    known = np.flatnonzero(judged != -1)
    given = judged[known] == 1
    if given.all() or not given.any():
        return []
    rows = known[finder(given, chances[known])]
    return [Suspect(int(row), theme, bool(judged[row] == 1), float(chances[row])) for row in rows]


def beyond(threshold: float) -> Finder:
    """Finds labels on the other side of a threshold than their probability."""
    return lambda given, chances: given != (chances >= threshold)


def confident(given: NDArray[np.bool_], chances: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Finds labels that confident learning calls wrong (cleanlab's defaults)."""
    both = np.stack([1 - chances, chances], axis=1)
    cleanlab = import_module("cleanlab.filter")  # with pandas it is too heavy for a check without
    return np.asarray(cleanlab.find_label_issues(given.astype(np.int64), both, n_jobs=1),
                      dtype=bool)
