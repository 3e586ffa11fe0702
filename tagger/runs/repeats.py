"""Repeats: which paragraphs of a run say what one before them said.

Exact ones have the same letters, white space aside. Near ones share four fifths of their
runs of four letters (Jaccard): likely ones are found by MinHash in bands (Broder 1997,
"On the resemblance and containment of documents"; Leskovec, Rajaraman & Ullman, "Mining of
Massive Datasets", 3.4), and compared letter by letter.

Every body paragraph of some length gets prints of 64 bits: one, or five where near ones are
asked for. The prints of a run are kept up to MOST, the newest in memory, the others in
unnamed files.
"""

import hashlib
import mmap
import random
import tempfile
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagger.records import TaggedParagraph

SHORTEST = 20  # letters; shorter paragraphs repeat by chance
BANDS = 4  # with two hashes each, 98 of 100 pairs as near as NEAR meet in one at least
NEAR = 0.8
GRAM = 4

# Prints remembered, 16 bytes of disk each. Two of so many different ones are the same with a
# probability of 1 to 90,000.
MOST = 20_000_000
_RECENT = 50_000  # kept in a dict, some 150 bytes each, before they are sorted
_SORTED = 1_000_000  # kept in memory, 16 bytes each, before they go to the disk

_random = random.Random(4)  # noqa: S311  # fixed odd numbers, no secrets
_LETTERS, _MULTIPLY, _MIX = (
    np.array([_random.getrandbits(64) | 1 for _ in range(count)], dtype=np.uint64)
    for count in (GRAM, 2 * BANDS, 2 * BANDS))


class Marks(NamedTuple):
    """Length of the line of each paragraph in bytes, and its one print or five (a row each).

    A print of 0 stands for a paragraph that is too short or no body.
    """

    length: NDArray[np.uint32]
    prints: NDArray[np.uint64]


def _layout(*, near: bool) -> np.dtype[np.void]:
    return np.dtype([("length", "<u4"), ("prints", "<u8", (1 + BANDS if near else 1,))])


def marks_of(lengths: Sequence[int], prints: bytes, *, near: bool) -> bytes:
    """The marks of paragraphs, as a piece keeps them, from all that `prints_of` gave."""
    marks = np.empty(len(lengths), dtype=_layout(near=near))
    marks["length"] = lengths
    marks["prints"] = np.frombuffer(prints, dtype="<u8").reshape(marks["prints"].shape)
    return marks.tobytes()


def read_marks(data: bytes, count: int, *, near: bool) -> tuple[Marks, int]:
    """The marks at the begin of a piece, and where its lines begin.

    Raises ValueError where marks and lines do not fill the piece.
    """
    marks = np.frombuffer(data, dtype=_layout(near=near), count=count)
    if marks.nbytes + int(marks["length"].sum()) != len(data):
        raise ValueError("a piece is not as long as its marks say")
    return Marks(marks["length"], marks["prints"]), marks.nbytes


def prints_of(paragraphs: Sequence[TaggedParagraph], *, near: bool) -> bytes:
    """The prints of each paragraph, one or 1 + BANDS of eight bytes."""
    texts = [letters(paragraph.text) if paragraph.kind == "body" else ""
             for paragraph in paragraphs]
    exact = b"".join(map(_print, texts))
    if not near:
        return exact
    prints = np.zeros((len(texts), 1 + BANDS), dtype="<u8")
    prints[:, 0] = np.frombuffer(exact, dtype="<u8")
    long = [number for number, text in enumerate(texts) if len(text) >= SHORTEST]
    if long:
        prints[long, 1:] = _bands([texts[number] for number in long])
    return prints.tobytes()


def letters(text: str) -> str:
    """What counts of a text: all but white space."""
    return "".join(text.split())


def _print(text: str) -> bytes:
    if len(text) < SHORTEST:
        return _NO_PRINT
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


_NO_PRINT = bytes(8)


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

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self._folder = folder  # for the prints that are too many for the memory
        self._most = most
        self._recent: dict[int, int] = {}
        self._sorted = _NOTHING
        self._stored: list[_Sorted] = []
        self._kept = 0

    @property
    def full(self) -> bool:
        """Whether there is no room to remember more."""
        return self._kept + len(self._recent) >= self._most

    def first(self, prints: NDArray[np.uint64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each paragraph the place of the first one like it, which may be its own.

        A print of 0 stands for a paragraph that is not looked at.
        """
        left, known = self._look_up(prints, places)
        # what is full remembers no more, and knows what it knew
        take = self._recent.get if self.full else self._recent.setdefault
        firsts = np.fromiter(map(take, left.tolist(), known.tolist()), np.int64, len(left))
        self._recent.pop(0, None)
        if len(self._recent) >= _RECENT:
            self._sort_in()
        return np.where(left == 0, known, firsts)

    def _look_up(self, prints: NDArray[np.uint64],
                 places: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Prints that are not among the sorted ones, 0 for the others, and the places known."""
        sorted_ones = [some for some in (self._sorted, *self._stored) if len(some.keys)]
        if not sorted_ones:
            return prints, places
        order = np.argsort(prints)  # in order they are found twice as fast
        left, known = prints[order], places[order]
        for some in sorted_ones:
            some.look_up(left, known)
        back = np.argsort(order)
        return left[back], known[back]

    def _sort_in(self) -> None:
        count = len(self._recent)
        keys = np.fromiter(self._recent.keys(), dtype=np.uint64, count=count)
        places = np.fromiter(self._recent.values(), dtype=np.int64, count=count)
        order = np.argsort(keys)
        self._sorted = self._sorted.with_more(keys[order], places[order])
        self._kept += count
        self._recent.clear()
        if len(self._sorted.keys) >= _SORTED:
            self._stored.append(self._sorted.stored(self._folder))
            self._sorted = _NOTHING


class _Sorted(NamedTuple):
    """Prints in order, and the place of each; in memory, or in a file that `mapped` maps."""

    keys: NDArray[np.uint64]
    places: NDArray[np.int64]
    mapped: mmap.mmap | None = None

    def look_up(self, prints: NDArray[np.uint64], places: NDArray[np.int64]) -> None:
        """Put in the places of those that are here, and 0 for their prints, both in place."""
        at = np.searchsorted(self.keys, prints)
        at[at == len(self.keys)] = 0
        hits = np.flatnonzero((self.keys[at] == prints) & (prints != 0))
        places[hits] = self.places[at[hits]]
        prints[hits] = 0
        if self.mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self.mapped.madvise(mmap.MADV_DONTNEED)  # what was read need not stay in memory

    def with_more(self, keys: NDArray[np.uint64], places: NDArray[np.int64]) -> "_Sorted":
        """These and others, in order too, none of which is among them."""
        keys, places = np.concatenate([self.keys, keys]), np.concatenate([self.places, places])
        order = np.argsort(keys, kind="stable")  # merges two runs that are in order
        return _Sorted(keys[order], places[order])

    def stored(self, folder: Path) -> "_Sorted":
        """The same in a file without a name, which goes when it is no longer used."""
        size, count = self.keys.nbytes, len(self.keys)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(self.keys.tobytes())
            file.write(self.places.tobytes())
            file.flush()
            mapped = mmap.mmap(file.fileno(), 2 * size, access=mmap.ACCESS_READ)
        return _Sorted(np.frombuffer(mapped, np.uint64, count),
                       np.frombuffer(mapped, np.int64, count, size), mapped)


_NOTHING = _Sorted(np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64))
