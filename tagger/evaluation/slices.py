"""Figures of a part of the gold: by genre, year, length, kind of trap, where a list errs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagger.evaluation.bands import length_band, year_band
from tagger.evaluation.gold import Gold
from tagger.evaluation.interval import Interval, wilson
from tagger.evaluation.metrics import TOO_FEW, micro_f1, right

COUNTED = frozenset({"trap", "keyword list"})  # dimensions whose parts an F1 says little of


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the gold: what it holds, and what each tagger makes of it.

    `micro` and `right` (share of paragraphs with just the right themes), one a tagger.
    """

    dimension: str
    name: str
    paragraphs: int
    documents: int
    positives: int
    micro: list[Interval]
    right: list[Interval]

    @property
    def too_few(self) -> bool:
        """Whether the positives are too few for an F1."""
        return self.positives < TOO_FEW


def slices(gold: Gold, taggers: Sequence[NDArray[np.bool_]],
           keywords: NDArray[np.bool_]) -> list[Slice]:
    """Every part of the gold, dimension by dimension; rows of which nothing is known are left.

    `taggers`: what each gave, shape (paragraphs, themes). The last dimension is whether
    `keywords`, what the keyword list gave, is right: what misleads it is a trap, marked or not.
    """
    dimensions = {"genre": gold.genres, "years": [year_band(year) for year in gold.years],
                  "length": [length_band(text) for text in gold.texts], "trap": gold.traps}
    parts = [part for dimension, values in dimensions.items()
             for part in _parts(gold, taggers, dimension, values)]
    parts += _parts(gold, taggers, "trap", ["all" if trap else "" for trap in gold.traps])
    listed = ["is right" if one else "errs" for one in right(gold.judged, keywords)]
    return parts + _parts(gold, taggers, "keyword list", listed)


def _parts(gold: Gold, taggers: Sequence[NDArray[np.bool_]], dimension: str,
           values: Sequence[str]) -> list[Slice]:
    return [_slice(gold, taggers, dimension, name, values)
            for name in sorted({*values} - {""}, key=_natural)]


def _natural(name: str) -> tuple[int, str]:
    digits = name.split("–", 1)[0].split(" ", 1)[0]
    return (int(digits) if digits.isdigit() else -1, name)


def _slice(gold: Gold, taggers: Sequence[NDArray[np.bool_]], dimension: str, name: str,
           values: Sequence[str]) -> Slice:
    rows = np.array([value == name for value in values])
    judged = gold.judged[rows]
    documents = np.unique(gold.document_of[rows], return_inverse=True)[1]
    here = [given[rows] for given in taggers]
    return Slice(dimension, name, len(judged), int(documents.max()) + 1,
                 int((judged == 1).sum()),
                 [micro_f1(judged, given, documents) for given in here],
                 [wilson(float(right(judged, given).sum()), len(judged)) for given in here])
