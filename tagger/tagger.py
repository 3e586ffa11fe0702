"""Tagger: terms, weights and decisions behind one door."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, groupby, repeat
from operator import itemgetter
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagger.interactions import Interactions
from tagger.records import Evidence
from tagger.terms import Matches, Terms

BLOCK = 1 << 17  # letters scored at once: enough for numpy, few enough for the cache


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


class Tagged(msgspec.Struct, frozen=True, gc=False):  # a tenth of the cost of a frozen dataclass
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
    strongest counts (max pooling of a multiple-instance model: Andrews et al. 2003,
    "Support Vector Machines for Multiple-Instance Learning"); the whole text says in what
    sense it is meant. The log-odds are the sum of both and the bias. In a sentence,
    `interactions` of its terms count as well.

    `weights`: share of each term in the log-odds of each theme, where it stands in the
    strongest sentence and where it stands in the text at all, shape (2, terms, themes).
    """

    def __init__(self, name: str, themes: Sequence[Theme], terms: Terms,
                 weights: NDArray[np.float64], interactions: Interactions) -> None:
        self.name = name
        self.themes = tuple(themes)
        self.terms = terms
        self.weights = weights
        self.interactions = interactions
        in_sentence, in_text = weights
        # a theme's weights side by side
        self._in_sentence, self._in_text = in_sentence.T.copy(), in_text.T.copy()
        self._ids = tuple(theme.id for theme in themes)
        self._bias = np.array([theme.bias for theme in themes])
        self._thresholds = np.array([theme.threshold for theme in themes])
        self._unsure = np.array([theme.unsure for theme in themes])

    def tag(self, text: str) -> Tagged:
        """Themes, scores and evidence of one text, which is taken as one paragraph."""
        return self._tag_block([text], evidence=True, digits=None)[0]

    def tag_many(self, texts: Iterable[str], *, evidence: bool = False,
                 digits: int | None = None) -> Iterator[Tagged]:
        """The same for many texts, as they come and in their order.

        Evidence costs time and is left empty unless asked for. With `digits`, scores and
        weights come rounded, as files hold them: a block at once, which one by one costs more
        than tagging.
        """
        for block in blocks(texts, BLOCK):
            yield from self._tag_block(block, evidence=evidence, digits=digits)

    def weights_of(self, theme: int) -> dict[str, float]:
        """The weights of all that speaks for a theme or against it: 纠纷, 纠纷 … 法院."""
        names = [" … ".join(self.terms.terms[term] for term in pair)
                 for pair in self.interactions.pairs.tolist()]
        shares = np.append(self.weights[:, :, theme].sum(axis=0),
                           self.interactions.weights[:, theme])
        return {name: share for name, share in zip([*self.terms.terms, *names], shares.tolist(),
                                                   strict=True) if share}

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log-odds of every theme, shape (texts, themes)."""
        found = self.terms.find(texts)
        return strongest(self._of_sentences(found), found.text_of) + self._of_texts(found)

    def _of_sentences(self, found: Matches) -> NDArray[np.float64]:
        """What the sentences add to the log-odds, shape (sentences, themes)."""
        pairs, count = found.pairs(found.sentence), len(found.text_of)
        return _sums(pairs, self._in_sentence, count) + self.interactions.sums(*pairs, count)

    def _of_texts(self, found: Matches) -> NDArray[np.float64]:
        """What the texts as a whole add, bias and all, shape (texts, themes)."""
        sums = _sums(found.pairs(found.text), self._in_text, len(found.text_begins))
        return np.asarray(sums + self._bias)

    def _tag_block(self, texts: Sequence[str], *, evidence: bool,
                   digits: int | None) -> list[Tagged]:
        found = self.terms.find(texts)
        sentences = self._of_sentences(found)
        best = strongest(sentences, found.text_of)
        log_odds = best + self._of_texts(found)
        scores = 1 / (1 + np.exp(-log_odds))
        chosen = scores >= self._thresholds
        doubtful = (scores >= self._unsure[:, 0]) & (scores < self._unsure[:, 1])
        themes: list[tuple[str, ...]] = [()] * len(texts)
        for row in np.flatnonzero(chosen.any(axis=1)).tolist():
            themes[row] = tuple(compress(self._ids, chosen[row]))
        shown: list[tuple[Evidence, ...]] = [()] * len(texts)
        told = chosen | doubtful
        if evidence and told.any():
            decisive = _decisive(sentences, best, found.text_of, told)
            spans = self._evidence(texts, found, decisive, digits)
            for row, group in groupby(spans, itemgetter(0)):
                shown[row] = tuple([span for _, span in group])
        # zip by map, as strict=True alone would be a twentieth of all the time
        by_theme = list(map(dict, map(zip, repeat(self._ids), _rounded(scores, digits).tolist())))
        sure = np.logical_not(doubtful.any(axis=1)).tolist()
        return list(map(Tagged, themes, by_theme, sure, shown))

    def _evidence(self, texts: Sequence[str], found: Matches, decisive: NDArray[np.int64],
                  digits: int | None) -> Iterator[tuple[int, Evidence]]:
        """Evidence, with the number of its text, in order: for each theme what stands in the text,
        and more of what stands in the sentence that decided.

        A term's weight is shared evenly by the places where it stands, that of an interaction
        by its two terms.
        """
        told = decisive >= 0
        found = found.of_texts(np.asarray(told.any(axis=1)))
        text, (in_sentence, in_text) = found.text, self.weights
        _, times = found.times(text)
        shares = in_text[found.term] / times[:, None]
        unit, term = found.pairs(found.sentence)
        pair, times = found.times(found.sentence)
        weights = in_sentence[term] + self.interactions.halves(unit, term)
        there = decisive[text] == found.sentence[:, None]
        shares += there * weights[pair] / times[:, None]
        place, theme = np.nonzero((shares != 0) & told[text])
        spans = _merge(text[place] * len(self.themes) + theme, found.start[place],
                       found.end[place], shares[place, theme])
        rounded = _rounded(spans.weight, digits).tolist()
        for key, start, end, weight in zip(spans.key.tolist(), spans.start.tolist(),
                                           spans.end.tolist(), rounded, strict=True):
            row, column = divmod(key, len(self.themes))
            yield row, Evidence(self._ids[column], start, end, texts[row][start:end], weight)


class _Spans(NamedTuple):
    """Spans with their keys and weights, each of shape (spans,)."""

    key: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    weight: NDArray[np.float64]


def _merge(key: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64],
           weight: NDArray[np.float64]) -> _Spans:
    """Overlapping places of a key as one span, its weight their sum; in order."""
    order = np.lexsort((end, start, key))
    key, start, end, weight = key[order], start[order], end[order], weight[order]
    if not len(key):
        return _Spans(key, start, end, weight)
    apart = key * (end.max() + 1)  # so far apart that no place reaches the next key
    reach = np.maximum.accumulate(end + apart)
    first = np.flatnonzero(start + apart >= np.append(0, reach[:-1]))
    last = np.append(first[1:], len(key)) - 1
    return _Spans(key[first], start[first], (reach - apart)[last],
                  np.add.reduceat(weight, first))


def _sums(pairs: tuple[NDArray[np.int64], NDArray[np.int64]], columns: NDArray[np.float64],
          count: int) -> NDArray[np.float64]:
    """The weights of each unit's terms added up, each term once, shape (units, themes).

    In the order of the pairs, so that a sum does not depend on the block it is made in.
    `columns`: the weights by theme, shape (themes, terms).
    """
    unit, term = pairs
    sums = np.empty((count, len(columns)))
    for column, weights in enumerate(columns):
        sums[:, column] = np.bincount(unit, weights.take(term), count)
    return sums


def _rounded(values: NDArray[np.float64], digits: int | None) -> NDArray[np.float64]:
    return values if digits is None else np.round(values, digits)


def strongest(sentences: NDArray[np.float64], text_of: NDArray[np.int64]) -> NDArray[np.float64]:
    """The strongest sentence's log-odds for each text and theme, shape (texts, themes)."""
    if not len(text_of):
        return sentences
    begins = np.flatnonzero(np.diff(text_of, prepend=-1))
    return np.asarray(np.maximum.reduceat(sentences, begins, axis=0))


def _decisive(sentences: NDArray[np.float64], best: NDArray[np.float64],
              text_of: NDArray[np.int64], told: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of the first sentence that reaches its text's best, or -1 where it is not `told`.

    `best`, `told` and the result are of shape (texts, themes).
    """
    result = np.full(best.shape, -1, dtype=np.int64)
    for column in range(best.shape[1]):
        sentence = np.flatnonzero(told[text_of, column])
        text = text_of[sentence]
        reached = sentences[sentence, column] == best[text, column]
        # the first stays, as it is written last
        result[text[reached][::-1], column] = sentence[reached][::-1]
    return result


def blocks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """Texts in lists of about `size` letters; a longer text is a list of its own."""
    block: list[str] = []
    letters = 0
    for text in texts:
        length = len(text)
        if letters + length > size and block:
            yield block
            block, letters = [], 0
        block.append(text)
        letters += length + 1
    if block:
        yield block
