"""Texts -> where terms stand in them.

A term is a short string. Which strings are terms is decided in training (words and
word pairs of a segmenter, keywords); in tagging they are found as substrings, all of
them in one pass. docs/speed.md has the figures behind each step.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tagger.trie import Trie, by_letter

_BMP = 0x10000  # letters beyond it (rare Han, emoji) are never folded
SENTENCE_ENDS = "。!?;"  # as folded; the full-width forms fold to these
MAX_CLOSING = 3  # marks after the end of a sentence that still belong to it
_CLOSING = SENTENCE_ENDS + "\"'”’)」』》】…"
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
    table[(table >= ord("0")) & (table <= ord("9"))] = ord("0")
    table[0xD800:0xE000] = 0xFFFD  # a lone surrogate is read as a lost letter
    for letter, simple in variants.items():
        table[ord(letter)] = ord(simple)
    return table


def fold(text: str, table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Code points of the text, each replaced by the one that stands for it."""
    codes = _codes(text)
    return np.where(codes < _BMP, table.take(codes, mode="clip"), codes)


def decode(codes: NDArray[np.uint32]) -> str:
    """The text of folded code points."""
    return codes.tobytes().decode("utf-32-le")


def _codes(text: str) -> NDArray[np.uint32]:
    """Code points of the text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Matches:
    """Places of terms in texts that are cut into sentences.

    `sentence`, `term`, `at`: each of shape (places,), in no particular order; sentences are
    numbered through all texts, `at` counts letters through all texts, one more for each text.
    `text_of`: the text of each sentence, shape (sentences,); every text has at least one.
    `text_begins`: where each text begins, counted like `at`. `lengths`: letters of each term.
    """

    sentence: NDArray[np.int64]
    term: NDArray[np.int64]
    at: NDArray[np.int64]
    text_of: NDArray[np.int64]
    text_begins: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def text(self) -> NDArray[np.int64]:
        """The text of each place, shape (places,)."""
        return self.text_of[self.sentence]

    @property
    def start(self) -> NDArray[np.int64]:
        """Offset of each place in its text, in code points, shape (places,)."""
        return self.at - self.text_begins[self.text]

    @property
    def end(self) -> NDArray[np.int64]:
        """Offset behind each place, shape (places,)."""
        return self.start + self.lengths[self.term]

    def of_texts(self, wanted: NDArray[np.bool_]) -> "Matches":
        """The places in some texts; `wanted` of shape (texts,)."""
        kept = np.flatnonzero(wanted[self.text])
        return replace(self, sentence=self.sentence[kept], term=self.term[kept], at=self.at[kept])

    def times(self, unit: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each place the row of its unit and term in `pairs`, and how many places share it."""
        keys = unit * (len(self.lengths) + 1) + self.term
        _, pair, counts = np.unique(keys, return_inverse=True, return_counts=True)
        return np.asarray(pair), np.asarray(counts[pair])

    def pairs(self, unit: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Units and the terms in them, each pair once and in order, shape (pairs,).

        `unit`: the sentence or the text of each place.
        """
        bits = len(self.lengths).bit_length()
        keys = unit << bits | self.term
        keys.sort()  # a tenth of the time of np.unique
        keys = keys[np.diff(keys, prepend=-1) != 0]
        return keys >> bits, keys & ((1 << bits) - 1)


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
    """A fixed list of different folded terms, found in texts in one pass.

    A term does not count where it stands in one of its `crossings`.
    """

    def __init__(self, terms: Sequence[str], variants: Mapping[str, str],
                 crossings: Sequence[Crossing] = ()) -> None:
        self.terms = tuple(terms)
        strings = dict.fromkeys([*terms, *(crossing.text for crossing in crossings)])
        numbers = {string: number for number, string in enumerate(strings)}
        table = fold_table(variants)
        self._trie = Trie(list(strings), table)
        self._lengths = np.array([len(term) for term in terms], dtype=np.int64)
        self._ends = by_letter(dict.fromkeys(SENTENCE_ENDS, 1), table, np.bool_)
        self._closing = by_letter(dict.fromkeys(_CLOSING, 1), table, np.bool_)
        # strings that are crossings -> the terms that do not count in them, and where
        self._crossed: dict[int, list[tuple[int, int]]] = {}
        for crossing in crossings:
            self._crossed.setdefault(numbers[crossing.text], []).append(
                (numbers[crossing.term], len(crossing.before)))
        self._is_crossing = np.zeros(len(strings), dtype=bool)
        self._is_crossing[list(self._crossed)] = True
        self._may_cross = np.zeros(len(strings), dtype=bool)
        self._may_cross[[numbers[crossing.term] for crossing in crossings]] = True

    def find(self, texts: Sequence[str]) -> Matches:
        """All places of all terms, overlapping ones too."""
        codes = self._codes(texts)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        ends = np.cumsum(lengths + 1) - 1
        begins = ends - lengths
        opens = self._sentence_begins(codes, begins, ends)
        cuts = np.flatnonzero(opens)
        text_of = np.searchsorted(begins, cuts, side="right") - 1
        term, at = self._places(codes)
        sentence = np.cumsum(opens)[at] - 1
        return Matches(sentence, term, at, text_of, begins, self._lengths)

    def _codes(self, texts: Sequence[str]) -> NDArray[np.uint32]:
        """Letters of all texts, a separator after each, and as many more as a walk looks at."""
        return _codes(_SEPARATOR.join(texts) + _SEPARATOR * (self._trie.longest + 1))

    def _places(self, codes: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Term and beginning of each place that counts."""
        string, at = self._trie.find(codes)
        crossing = np.flatnonzero(self._is_crossing[string])
        if not len(crossing):
            return string, at
        count = len(self.terms)
        blocked = [(begin + offset) * count + term
                   for number, begin in zip(string[crossing].tolist(), at[crossing].tolist(),
                                            strict=True)
                   for term, offset in self._crossed[number]]
        keep = string < count
        asked = np.flatnonzero(self._may_cross[string])
        keep[asked] &= ~np.isin(at[asked] * count + string[asked], blocked)
        return string[keep], at[keep]

    def _sentence_begins(self, codes: NDArray[np.uint32], begins: NDArray[np.int64],
                         ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a text or a sentence begins at a letter, shape (letters,).

        What closes a sentence (a second mark, a closing quote) belongs to it; nothing follows
        the last one of a text.
        """
        cuts = np.flatnonzero(self._ends.take(codes, mode="clip")) + 1
        for _ in range(MAX_CLOSING):
            cuts += self._closing.take(codes[cuts], mode="clip")
        opens = np.zeros(len(codes), dtype=bool)
        opens[cuts] = True
        opens[ends] = False
        opens[begins] = True
        return opens
