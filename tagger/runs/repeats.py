"""Repeats: which paragraphs of a run say what one before them said.

Exact ones have the same letters, white space aside. Near ones share four fifths of their
runs of four letters (Jaccard): likely ones are found by MinHash in bands (Broder 1997,
"On the resemblance and containment of documents"; Leskovec, Rajaraman & Ullman, "Mining of
Massive Datasets", 3.4), and compared letter by letter.

Every body paragraph of some length gets prints of 64 bits: one, or five where near ones are
asked for. The prints of a run are kept: 16 bytes each, up to MOST.
"""

import hashlib
import random
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from tagger.records import TaggedParagraph

SHORTEST = 20  # letters; shorter paragraphs repeat by chance
PRINT = 16  # hexadecimal digits of one
BANDS = 4  # with two hashes each, 98 of 100 pairs as near as NEAR meet in one at least
NEAR = 0.8
GRAM = 4

# Prints remembered. 16 bytes each, and as much again while they are sorted: 640 MB.
# Two of so many different ones are the same with a probability of 1 to 90,000.
MOST = 20_000_000
_RECENT = 200_000  # kept in a dict, some 100 bytes each, before they are sorted in

_random = random.Random(4)  # noqa: S311  # fixed odd numbers, no secrets
_LETTERS, _MULTIPLY, _MIX = (
    np.array([_random.getrandbits(64) | 1 for _ in range(count)], dtype=np.uint64)
    for count in (GRAM, 2 * BANDS, 2 * BANDS))


def width(*, near: bool) -> int:
    """Hexadecimal digits of all prints of a paragraph."""
    return PRINT * (1 + BANDS) if near else PRINT


def letters(text: str) -> str:
    """What counts of a text: all but white space."""
    return "".join(text.split())


def prints_of(paragraphs: Sequence[TaggedParagraph], *, near: bool) -> list[bytes]:
    """The prints of each paragraph; zeros for what is too short or no body."""
    texts = [letters(paragraph.text) if paragraph.kind == "body" else ""
             for paragraph in paragraphs]
    prints = [_print(text) for text in texts]
    if near:
        long = [text for text in texts if len(text) >= SHORTEST]
        bands = iter(_bands(long).tolist() if long else ())
        none = [0] * BANDS
        prints = [exact + b"".join([b"%016x" % key for key in
                                    (next(bands) if len(text) >= SHORTEST else none)])
                  for exact, text in zip(prints, texts, strict=True)]
    return prints


def _print(text: str) -> bytes:
    if len(text) < SHORTEST:
        return b"0" * PRINT
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=PRINT // 2).hexdigest().encode()


def _bands(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Keys under which near texts are likely to meet, shape (texts, BANDS)."""
    data = "".join(texts).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(data, dtype=np.uint32).astype(np.uint64)
    count = len(codes) - GRAM + 1
    grams = np.zeros(count, dtype=np.uint64)
    for place in range(GRAM):
        grams += codes[place:place + count] * _LETTERS[place]
    grams ^= grams >> np.uint64(32)
    # Where the runs of each text begin and end; those between reach into the next text.
    ends = list(accumulate(map(len, texts)))
    cuts = [cut for end, text in zip(ends, texts, strict=True)
            for cut in (end - len(text), end - GRAM + 1)][:-1]
    keys = np.empty((len(texts), BANDS), dtype=np.uint64)
    for band in range(BANDS):
        key = np.full(len(texts), band + 1, dtype=np.uint64)
        for number in (2 * band, 2 * band + 1):
            hashed = grams * _MULTIPLY[number]
            hashed ^= hashed >> np.uint64(29)
            key = (key ^ np.minimum.reduceat(hashed, cuts)[::2]) * _MIX[number]
        keys[:, band] = key
    return keys


def likeness(left: str, right: str) -> float:
    """Runs of four letters that both texts have, as a share of those that either has."""
    first, second = _grams(letters(left)), _grams(letters(right))
    return len(first & second) / max(1, len(first | second))


def _grams(text: str) -> set[str]:
    return {text[at:at + GRAM] for at in range(len(text) - GRAM + 1)}


class Repeats:
    """The prints of a run so far, and the place of each one's first paragraph."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._recent: dict[int, int] = {}
        self._prints = np.empty(0, dtype=np.uint64)
        self._places = np.empty(0, dtype=np.uint64)

    @property
    def full(self) -> bool:
        """Whether paragraphs came that there was no room to remember."""
        return len(self._prints) + len(self._recent) >= self._most

    def first(self, prints: Sequence[int], places: Sequence[int]) -> list[int | None]:
        """For each paragraph the place of the first one like it, or None if it is the first.

        A print of 0 stands for a paragraph that is not looked at.
        """
        known = self._known(prints)
        recent = self._recent
        room = self._most - len(self._prints)
        result: list[int | None] = []
        for i, key in enumerate(prints):
            found = known.get(i) if known else None
            if found is None and key:
                if len(recent) < room:
                    found = recent.setdefault(key, places[i])
                else:
                    found = recent.get(key, places[i])
            result.append(None if found == places[i] else found)
        if len(recent) >= _RECENT:
            self._sort_in()
        return result

    def _known(self, prints: Sequence[int]) -> dict[int, int]:
        """Places of those that are among the sorted ones, by number."""
        if not len(self._prints):
            return {}
        keys = np.array(prints, dtype=np.uint64)
        at: NDArray[np.intp] = np.searchsorted(self._prints, keys)
        at[at == len(self._prints)] = 0
        hits = np.flatnonzero((self._prints[at] == keys) & (keys != 0))
        return dict(zip(hits.tolist(), self._places[at[hits]].tolist(), strict=True))

    def _sort_in(self) -> None:
        count = len(self._recent)
        keys = np.fromiter(self._recent.keys(), dtype=np.uint64, count=count)
        places = np.fromiter(self._recent.values(), dtype=np.uint64, count=count)
        order = np.argsort(keys)
        keys, places = keys[order], places[order]
        at = np.searchsorted(self._prints, keys)
        self._prints = np.insert(self._prints, at, keys)
        self._places = np.insert(self._places, at, places)
        self._recent.clear()
