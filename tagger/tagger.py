"""Tagger: terms, weights and decisions behind one door."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from tagger.records import Evidence
from tagger.terms import Matches, Terms

BLOCK = 1 << 20  # letters scored at once: large enough for numpy, small enough for memory


@dataclass(frozen=True, slots=True)
class Theme:
    """What a model knows of a theme: its names, and where its decisions lie.

    `bias` in log-odds. A paragraph has the theme where its probability is at least
    `threshold`, and is unsure where it lies within `unsure` (low, high).
    """

    id: str
    zh: str
    en: str
    bias: float
    threshold: float
    unsure: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tagged:
    """Themes of a text, the probability of every theme, and what spoke for them.

    The weights of a theme's evidence and its bias add up to the log-odds of its score;
    evidence is given for the themes found and for those in doubt.
    """

    themes: tuple[str, ...]
    scores: dict[str, float]
    sure: bool
    evidence: tuple[Evidence, ...]


class Tagger:
    """A complete model: made by training or read from a folder, never half-ready.

    A theme applies when one clause tells of it, so every sentence is scored and the
    strongest decides (max pooling of a multiple-instance model: Andrews et al. 2003,
    "Support Vector Machines for Multiple-Instance Learning").

    `weights`: share of each term in the log-odds of each theme, shape (terms, themes).
    """

    def __init__(self, name: str, themes: Sequence[Theme], terms: Terms,
                 weights: NDArray[np.float64]) -> None:
        self.name = name
        self.themes = tuple(themes)
        self.terms = terms
        self.weights = weights
        self._ids = tuple(theme.id for theme in themes)
        self._bias = np.array([theme.bias for theme in themes])
        self._thresholds = np.array([theme.threshold for theme in themes])
        self._unsure = np.array([theme.unsure for theme in themes])

    def tag(self, text: str) -> Tagged:
        """Themes, scores and evidence of one text, which is taken as one paragraph."""
        return self._tag_block([text], evidence=True)[0]

    def tag_many(self, texts: Iterable[str], *, evidence: bool = False) -> Iterator[Tagged]:
        """The same for many texts, as they come and in their order.

        Evidence costs time and is left empty unless asked for.
        """
        for block in blocks(texts, BLOCK):
            yield from self._tag_block(block, evidence=evidence)

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log-odds of every theme, shape (texts, themes)."""
        found = self.terms.find(texts)
        return strongest(self._score(found), found.text_of)

    def _score(self, found: Matches) -> NDArray[np.float64]:
        """Log-odds of the sentences, shape (sentences, themes); a term counts once in each."""
        width = max(1, len(self.terms.terms))
        # sorted, so that sums do not depend on the block
        sentence, term = np.divmod(np.unique(found.sentence * width + found.term), width)
        scores = np.empty((len(found.text_of), len(self.themes)))
        for column, bias in enumerate(self._bias):
            shares = self.weights[term, column]
            scores[:, column] = np.bincount(sentence, weights=shares,
                                            minlength=len(scores)) + bias
        return scores

    def _tag_block(self, texts: Sequence[str], *, evidence: bool) -> list[Tagged]:
        found = self.terms.find(texts)
        sentences = self._score(found)
        log_odds = strongest(sentences, found.text_of)
        scores = 1 / (1 + np.exp(-log_odds))
        chosen = scores >= self._thresholds
        doubtful = (scores >= self._unsure[:, 0]) & (scores < self._unsure[:, 1])
        sure = np.logical_not(doubtful.any(axis=1))
        shown: dict[int, tuple[Evidence, ...]] = {}
        if evidence:
            decisive = _first_strongest(sentences, log_odds, found.text_of)
            shown = self._evidence(texts, found, np.where(chosen | doubtful, decisive, -1))
        ids = self._ids
        return [
            Tagged(tuple([theme for theme, yes in zip(ids, row, strict=True) if yes]),
                   dict(zip(ids, values, strict=True)), certain, shown.get(i, ()))
            for i, (row, values, certain) in enumerate(
                zip(chosen.tolist(), scores.tolist(), sure.tolist(), strict=True))
        ]

    def _evidence(self, texts: Sequence[str], found: Matches,
                  decisive: NDArray[np.int64]) -> dict[int, tuple[Evidence, ...]]:
        """Evidence by text, from the sentence that decided, shape (texts, themes), -1 for none.

        A term's weight is shared evenly by the places where it stands in the sentence.
        """
        width = max(1, len(self.terms.terms))
        _, inverse, counts = np.unique(found.sentence * width + found.term, return_inverse=True,
                                       return_counts=True)
        shares = self.weights[found.term] / counts[inverse][:, None]
        texts_of = found.text_of[found.sentence]
        place, theme = np.nonzero((shares != 0)
                                  & (decisive[texts_of] == found.sentence[:, None]))
        order = np.lexsort((found.end[place], found.start[place], theme, texts_of[place]))
        place, theme = place[order], theme[order]
        rows = zip(texts_of[place].tolist(), theme.tolist(), found.start[place].tolist(),
                   found.end[place].tolist(), shares[place, theme].tolist(), strict=True)
        return {text: tuple(self._spans(texts[text], places))
                for text, places in groupby(rows, key=lambda row: row[0])}

    def _spans(self, text: str,
               places: Iterable[tuple[int, int, int, int, float]]) -> Iterator[Evidence]:
        """Overlapping places of a theme as one span, its weight their sum."""
        theme, start, end, weight = -1, 0, 0, 0.0
        for _, column, left, right, share in places:
            if column == theme and left < end:
                end, weight = max(end, right), weight + share
                continue
            if theme >= 0:
                yield Evidence(self._ids[theme], start, end, text[start:end], weight)
            theme, start, end, weight = column, left, right, share
        if theme >= 0:
            yield Evidence(self._ids[theme], start, end, text[start:end], weight)


def strongest(sentences: NDArray[np.float64], text_of: NDArray[np.int64]) -> NDArray[np.float64]:
    """The strongest sentence's log-odds for each text and theme, shape (texts, themes)."""
    if not len(text_of):
        return sentences
    begins = np.flatnonzero(np.diff(text_of, prepend=-1))
    return np.asarray(np.maximum.reduceat(sentences, begins, axis=0))


def _first_strongest(sentences: NDArray[np.float64], best: NDArray[np.float64],
                     text_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the first sentence that reaches its text's best, shape (texts, themes)."""
    result = np.empty(best.shape, dtype=np.int64)
    for column in range(best.shape[1]):
        reached = np.flatnonzero(sentences[:, column] == best[text_of, column])
        _, first = np.unique(text_of[reached], return_index=True)
        result[:, column] = reached[first]
    return result


def blocks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """Texts in lists of about `size` letters; a longer text is a list of its own."""
    block: list[str] = []
    letters = 0
    for text in texts:
        if block and letters + len(text) > size:
            yield block
            block, letters = [], 0
        block.append(text)
        letters += len(text) + 1
    if block:
        yield block
