"""Strings -> where they stand in a text, at all its places at once.

An automaton (Aho & Corasick 1975) reads a text letter by letter and makes an object of each
place it finds; whole arrays, a step of the trie at a time, take a tenth of that (docs/speed.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
_BMP = 0x10000  # letters beyond it (rare Han, emoji) are never folded
_GROUPS = 8  # of first letters, a bit each: with 8, one letter in twelve begins a walk


class Trie:
    """Different strings, found in a text in two steps, each over whole arrays.

    A mask leaves the letters at which a string may begin, then all of these walk down the
    trie together, letter by letter, until none is left.

    The trie is a double array (Aoe 1989): a node is the number of a slot. The child of a node
    by a letter is `_base` of the node + the letter's number, if `_parent` there is the node.
    `_string` is the string that ends in a node, or -1.

    `table`: which letter stands for which, as from `fold_table`; the strings are folded.
    """

    def __init__(self, strings: Sequence[str], table: NDArray[np.uint32]) -> None:
        self.longest = max(map(len, strings), default=1)
        letters = sorted({*"".join(strings)})
        numbers = {letter: number for number, letter in enumerate(letters, 1)}
        self._numbers = by_letter(numbers, table, np.int64)
        self._masks = by_letter(_masks(strings), table, np.uint16)
        parent, letter, ends = _nodes(strings, self._numbers)
        base = _room_for(parent, letter, len(letters))
        slots = np.append(0, base[parent] + letter)
        self._base, self._parent, self._string = np.full(
            (3, int(base.max()) + len(letters) + 1), -1, dtype=np.int64)
        self._base[slots] = base
        self._parent[slots[1:]] = slots[parent]
        self._string[slots[ends]] = np.arange(len(strings))

    def find(self, codes: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Number and beginning of each string in the text; shorter ones come first.

        The text ends with as many letters that stand in no string as the longest has, and one.
        """
        masks = self._masks.take(codes, mode="clip")  # twice as fast as masks[codes]
        pairs = masks[1:] >> _GROUPS
        pairs &= masks[:-1]
        at = np.flatnonzero(pairs.astype(bool))
        node = np.zeros_like(at)
        found = []
        for depth in range(self.longest):
            slot = self._base[node] + self._numbers.take(codes[at + depth], mode="clip")
            alive = np.flatnonzero(self._parent[slot] == node)
            at, node = at[alive], slot[alive]
            string = self._string[node]
            ends = np.flatnonzero(string >= 0)
            found.append((string[ends], at[ends]))
            if not len(at):
                break
        strings, places = zip(*found, strict=True)
        return np.concatenate(strings), np.concatenate(places)


def _masks(strings: Iterable[str]) -> dict[str, int]:
    """A bit for each group in which a letter is first, and `_GROUPS` further on, second.

    A string may begin only where a letter and the one after it are of one group. Letters with
    the same followers are grouped, so that a group has few; after a string of one letter
    stands any letter ("").
    """
    begins = sorted({(string[0], string[1:2]) for string in strings})
    bits = {letter: 1 << bit for bit, letter in enumerate(sorted({after for _, after in begins}))}
    follow: dict[str, int] = {}  # a bit for each letter: far faster than sets of them
    for letter, after in begins:
        follow[letter] = follow.get(letter, 0) | bits[after]
    groups = [0] * _GROUPS
    masks: dict[str, int] = {}
    for letter, held in sorted(follow.items(), key=lambda item: -item[1].bit_count()):
        sizes = [(group | held).bit_count() for group in groups]
        number = sizes.index(min(sizes))
        groups[number] |= held
        masks[letter] = 1 << number
    for letter, bit in bits.items():
        second = sum(1 << number for number, group in enumerate(groups) if group & bit)
        masks[letter] = masks.get(letter, 0) | second << _GROUPS
    return {letter: mask | masks.get("", 0) for letter, mask in masks.items()}


def _nodes(strings: Sequence[str], numbers: NDArray[np.int64]) -> tuple[
        NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The nodes of the trie but its root: parents and letters, and in which each string ends.

    Of the strings in order, those that go on from one node are neighbours.
    """
    order = np.array(sorted(range(len(strings)), key=strings.__getitem__), dtype=np.int64)
    lengths = np.array([len(string) for string in strings], dtype=np.int64)
    begins = np.cumsum(lengths) - lengths
    letters = numbers[np.array(["".join(strings)]).view(np.uint32)]
    ends = np.zeros(len(strings), dtype=np.int64)  # the node reached so far
    found, count = [], 0
    for depth in range(lengths.max(initial=0)):
        order = order[lengths[order] > depth]
        above, letter = ends[order], letters[begins[order] + depth]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (above[1:] != above[:-1]) | (letter[1:] != letter[:-1])
        ends[order] = count + np.cumsum(new)
        count += int(np.count_nonzero(new))
        found.append((above[new], letter[new]))
    if not found:
        return ends, ends, ends
    parents, of_nodes = zip(*found, strict=True)
    return np.concatenate(parents), np.concatenate(of_nodes), ends


def _room_for(parent: NDArray[np.int64], letter: NDArray[np.int64],
              letters: int) -> NDArray[np.int64]:
    """A slot for each node, so that its children, each a letter's number on, find theirs free.

    The nodes with most children choose first, and the search only goes on, so it ends. An
    only child takes any slot that is left.
    """
    count = np.bincount(parent, minlength=len(parent) + 1)
    order = np.argsort(parent, kind="stable")
    first = np.cumsum(count) - count
    numbers = letter[order].tolist()
    base = np.zeros(len(count), dtype=np.int64)
    taken: set[int] = set()
    at = 0
    for node in sorted(np.flatnonzero(count > 1).tolist(), key=lambda node: -count[node]):
        follow = numbers[first[node]:first[node] + count[node]]
        while not taken.isdisjoint(wanted := [at + number for number in follow]):
            at += 1
        base[node] = at
        taken.update(wanted)
    single = np.flatnonzero(count == 1)
    slots = np.arange(letters + 1, letters + len(taken) + len(single) + 1)  # no base below 0
    free = slots[~np.isin(slots, list(taken))]
    base[single] = free[:len(single)] - letter[order[first[single]]]
    return base


def by_letter(values: Mapping[str, int], table: NDArray[np.uint32], kind: type[T]) -> NDArray[T]:
    """The value of each letter as it is folded, that of "" for all others, by code point.

    The last one stands for all beyond.
    """
    size = max([_BMP, *(ord(letter) + 1 for letter in values if letter)]) + 1
    result = np.full(size, values.get("", 0), dtype=kind)
    for letter, value in values.items():
        if letter:
            result[ord(letter)] = value
    result[:_BMP] = result.take(table, mode="clip")
    return result
