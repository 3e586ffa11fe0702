"""Texts -> where terms stand in them.

A term is a short string. Which strings are terms is decided in training (words and
word pairs of a segmenter, character n-grams, keywords); in tagging they are found as
substrings, all of them in one pass (Aho & Corasick 1975).
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation
from numpy.typing import NDArray

_BMP = 0x10000  # letters beyond it (rare Han, emoji) are never folded
DFA_TERMS = 5000  # a larger automaton is kept small rather than fast
SENTENCE_ENDS = "。!?;"  # as folded; the full-width forms fold to these
MAX_CLOSING = 3  # marks after the end of a sentence that still belong to it
_SEPARATOR = "\x00"  # stands in no term, so no place straddles two texts


def fold_table(variants: Mapping[str, str]) -> NDArray[np.uint32]:
    """Which letter stands for which, shape (65536,): full width, case, digits, `variants`.

    Every letter maps to exactly one letter, so that offsets in the folded text are
    offsets in the text.
    """
    table = np.arange(_BMP, dtype=np.uint32)
    for code in chain(range(0x41, 0x5B), range(0xC0, 0x250), range(0xFF01, 0xFF5F), [0x3000]):
        simple = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(simple) == 1:
            table[code] = ord(simple)
    digits = [code for code in range(_BMP) if table[code] < 0x3A and chr(table[code]).isdigit()]
    table[digits] = ord("0")
    table[0xD800:0xE000] = 0xFFFD  # a lone surrogate cannot reach the automaton
    for letter, simple in variants.items():
        table[ord(letter)] = ord(simple)
    return table


def fold(text: str, table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Code points of the text, each replaced by the one that stands for it."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass") or b"", dtype=np.uint32)
    low = codes < _BMP
    if low.all():
        return table[codes]
    folded = codes.copy()
    folded[low] = table[codes[low]]
    return folded


def decode(codes: NDArray[np.uint32]) -> str:
    """The text of folded code points."""
    return codes.tobytes().decode("utf-32-le")


@dataclass(frozen=True, slots=True)
class Matches:
    """Places of terms in texts that are cut into sentences.

    `sentence`, `term`, `start`, `end`: each of shape (places,); sentences are numbered
    through all texts, offsets are in code points of the text that holds the place.
    `text_of`: the text of each sentence, shape (sentences,); every text has at least one.
    """

    sentence: NDArray[np.int64]
    term: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    text_of: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A string in which a term's letters stand, but belong to other words: 协|调解|决."""

    before: str
    term: str
    after: str

    @property
    def text(self) -> str:
        """The whole string."""
        return self.before + self.term + self.after


class Terms:
    """A fixed list of folded terms, found in texts in one pass.

    A term does not count where it stands in one of its `crossings`.
    """

    def __init__(self, terms: Sequence[str], variants: Mapping[str, str],
                 crossings: Sequence[Crossing] = ()) -> None:
        self.terms = tuple(terms)
        self._table = fold_table(variants)
        numbers = {term: number for number, term in enumerate(terms)}
        self._crossed: dict[str, list[tuple[int, int]]] = {}
        for crossing in crossings:
            self._crossed.setdefault(crossing.text, []).append(
                (numbers[crossing.term], len(crossing.before)))
        patterns = [*terms, *self._crossed]
        self._automaton = AhoCorasick(
            patterns, implementation=Implementation.DFA if len(patterns) < DFA_TERMS else None)

    def find(self, texts: Sequence[str]) -> Matches:
        """All places of all terms, overlapping ones too."""
        codes = fold(_SEPARATOR.join(texts), self._table)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        begins = np.zeros(len(texts), dtype=np.int64)
        np.cumsum(lengths[:-1] + 1, out=begins[1:])
        cuts = _sentence_begins(codes, begins, lengths)
        text_of = np.searchsorted(begins, cuts, side="right") - 1
        term, start, end = self._places(decode(codes))
        sentence = np.searchsorted(cuts, start, side="right") - 1
        offset = begins[text_of[sentence]]
        return Matches(sentence, term, start - offset, end - offset, text_of)

    def _places(self, folded: str) -> NDArray[np.int64]:
        """Term, start and end of each place that counts, shape (3, places)."""
        found = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        flat = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=3 * len(found))
        places = flat.reshape(-1, 3).T
        count = len(self.terms)
        crossing = places[0] >= count
        if not crossing.any():
            return places
        crossed = list(self._crossed.values())
        blocked = [(start + offset) * count + term
                   for pattern, start in places[:2, crossing].T.tolist()
                   for term, offset in crossed[pattern - count]]
        places = places[:, ~crossing]
        return places[:, ~np.isin(places[1] * count + places[0], blocked)]


def _sentence_begins(codes: NDArray[np.uint32], begins: NDArray[np.int64],
                     lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Offsets at which a text or a sentence begins, in order.

    What closes a sentence (a second mark, a closing quote) belongs to it; nothing follows
    the last one of a text.
    """
    small = np.minimum(codes, _BMP - 1)
    cuts = np.flatnonzero(_ENDS[small]) + 1
    for _ in range(MAX_CLOSING):
        cuts = cuts + _CLOSING[small[np.minimum(cuts, len(small) - 1)]] * (cuts < len(small))
    text = np.searchsorted(begins, cuts, side="right") - 1
    return np.union1d(begins, cuts[cuts - begins[text] < lengths[text]])


def _letters(letters: str) -> NDArray[np.bool_]:
    table = np.zeros(_BMP, dtype=bool)
    table[[ord(letter) for letter in letters]] = True
    return table


_ENDS = _letters(SENTENCE_ENDS)
_CLOSING = _letters(SENTENCE_ENDS + "\"'”’)」』》】…")
