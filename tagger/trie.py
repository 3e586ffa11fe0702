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
        children: list[dict[int, int]] = [{}]
        ends: dict[int, int] = {}
        for row, string in enumerate(strings):
            node = 0
            for letter in string:
                node = children[node].setdefault(numbers[letter], len(children))
                if node == len(children):
                    children.append({})
            ends[node] = row
        base = _room_for(children)
        slots = [0] * len(children)
        self._base, self._parent, self._string = np.full(
            (3, max(base) + len(letters) + 1), -1, dtype=np.int64)
        for node, follow in enumerate(children):
            self._base[slots[node]] = base[node]
            self._string[slots[node]] = ends.get(node, -1)
            for number, child in follow.items():
                slots[child] = base[node] + number
                self._parent[slots[child]] = slots[node]

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
    follow: dict[str, set[str]] = {}
    for string in strings:
        follow.setdefault(string[0], set()).add(string[1:2])
    groups: list[set[str]] = [set() for _ in range(_GROUPS)]
    masks: dict[str, int] = {}
    for letter, after in sorted(follow.items(), key=lambda item: -len(item[1])):
        sizes = [len(group) + len(after - group) for group in groups]
        group = sizes.index(min(sizes))
        groups[group] |= after
        masks[letter] = 1 << group
    for group, seconds in enumerate(groups):
        for letter in seconds:
            masks[letter] = masks.get(letter, 0) | 1 << group + _GROUPS
    return {letter: mask | masks.get("", 0) for letter, mask in masks.items()}


def _room_for(children: Sequence[Mapping[int, int]]) -> list[int]:
    """A slot for each node, so that its children, each a letter's number on, find theirs free.

    The nodes with most children choose first, and the search only goes on, so it ends.
    """
    taken: set[int] = set()
    base = [0] * len(children)
    at = 0
    for node in sorted(range(len(children)), key=lambda node: -len(children[node])):
        while not taken.isdisjoint(slots := [at + number for number in children[node]]):
            at += 1
        base[node] = at
        taken.update(slots)
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
