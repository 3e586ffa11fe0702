"""Terms that mean something else beside a keyword: 监控 beside 扬尘, 平台 beside 报警.

A keyword and another term that stand in one sentence have weights of their own, which are
added to those of the two (an interaction of features).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 4096  # keywords whose sentences are looked through together


class Met(NamedTuple):
    """Interactions found in pairs of unit and term, each of shape (met,).

    `keyword` and `other`: rows of the pairs; `number`: which interaction it is.
    """

    keyword: NDArray[np.int64]
    other: NDArray[np.int64]
    number: NDArray[np.int64]


class Interactions:
    """Pairs of terms, each with its weights where both stand in one sentence.

    `pairs`: numbers of a keyword and of another term, shape (interactions, 2); `weights`:
    share in the log-odds of each theme, shape (interactions, themes).
    """

    def __init__(self, pairs: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
        self.pairs = pairs
        self.weights = weights
        self._by_theme = weights.T.copy()
        terms = int(pairs.max(initial=-1)) + 2  # one more, for all that have no part
        self._row, self._column = np.full((2, terms), -1, dtype=np.int64)
        keywords, rows = np.unique(pairs[:, 0], return_inverse=True)
        others, columns = np.unique(pairs[:, 1], return_inverse=True)
        self._row[keywords] = np.arange(len(keywords))
        self._column[others] = np.arange(len(others))
        self._number = np.full((len(keywords), len(others)), -1, dtype=np.int64)
        self._number[rows, columns] = np.arange(len(pairs))

    def find(self, unit: NDArray[np.int64], term: NDArray[np.int64]) -> Met:
        """The interactions in pairs of unit and term, which are in the order of the units."""
        row = self._row.take(term, mode="clip")
        keywords = np.flatnonzero(row >= 0)
        column = self._column.take(term, mode="clip")
        others = np.flatnonzero(column >= 0)
        begin = np.searchsorted(unit[others], unit[keywords], side="left")
        count = np.searchsorted(unit[others], unit[keywords], side="right") - begin
        found = []
        for start in range(0, len(keywords), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            sizes = count[some]
            left = np.repeat(keywords[some], sizes)
            steps = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            right = others[np.repeat(begin[some], sizes) + steps]
            number = self._number[row[left], column[right]]
            met = np.flatnonzero(number >= 0)
            found.append((left[met], right[met], number[met]))
        if not found:
            return Met(keywords, keywords, keywords)
        return Met(*map(np.concatenate, zip(*found, strict=True)))

    def sums(self, unit: NDArray[np.int64], term: NDArray[np.int64],
             count: int) -> NDArray[np.float64]:
        """What they add to each of `count` units, shape (units, themes)."""
        met = self.find(unit, term)
        sums = np.zeros((count, len(self._by_theme)))
        if len(met.number):
            for theme, weights in enumerate(self._by_theme):
                sums[:, theme] = np.bincount(unit[met.keyword], weights.take(met.number), count)
        return sums

    def halves(self, unit: NDArray[np.int64], term: NDArray[np.int64]) -> NDArray[np.float64]:
        """What they add to each pair of unit and term, shape (pairs, themes).

        Each of the two terms has half (the Shapley value of a sum of pairs: Shapley 1953).
        """
        met = self.find(unit, term)
        shares = np.zeros((len(unit), len(self._by_theme)))
        for rows in (met.keyword, met.other):
            np.add.at(shares, rows, self.weights[met.number] / 2)
        return shares
