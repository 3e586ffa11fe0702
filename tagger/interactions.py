"""Keywords that mean something else beside another term: 纠纷 beside 法院, 反诈 beside 平台.

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
        self._terms = int(pairs.max(initial=-1)) + 2  # one more, for all that have no part
        self._is_keyword, self._is_other = np.zeros((2, self._terms), dtype=bool)
        self._is_keyword[pairs[:, 0]] = True
        self._is_other[pairs[:, 1]] = True
        keys = pairs[:, 0] * self._terms + pairs[:, 1]
        self._order = np.argsort(keys)
        self._keys = np.append(keys[self._order], np.iinfo(np.int64).max)

    def find(self, unit: NDArray[np.int64], term: NDArray[np.int64]) -> Met:
        """The interactions in pairs of unit and term, which are in the order of the units."""
        keywords = np.flatnonzero(self._is_keyword.take(term, mode="clip"))
        others = np.flatnonzero(self._is_other.take(term, mode="clip"))
        begin = np.searchsorted(unit[others], unit[keywords], side="left")
        count = np.searchsorted(unit[others], unit[keywords], side="right") - begin
        found = []
        for start in range(0, len(keywords), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            sizes = count[some]
            left = np.repeat(keywords[some], sizes)
            steps = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            right = others[np.repeat(begin[some], sizes) + steps]
            keys = term[left] * self._terms + term[right]
            at = np.searchsorted(self._keys, keys)
            met = np.flatnonzero(self._keys[at] == keys)
            found.append((left[met], right[met], self._order[at[met]]))
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
