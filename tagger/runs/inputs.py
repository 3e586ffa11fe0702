"""The inputs of a run: under which names, where, how large, and which are not asked for."""

import fnmatch
import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from tagger.annotation import STDIN, shown, spooled_stdin


class Input(NamedTuple):
    """An input: its name in all records, where it lies, its size, and whether it is asked for."""

    name: str
    path: str
    size: int
    wanted: bool

    @property
    def exists(self) -> bool:
        """Whether anything lies there."""
        return os.path.lexists(self.path)


def find(names: Sequence[str], stack: ExitStack, *, include: Sequence[str],
         exclude: Sequence[str]) -> list[Input]:
    """Inputs of the given names, in their order.

    Standard input is spooled to a file that lies there as long as `stack` is open.
    """
    inputs, seen = [], set()
    for name in names:
        path = str(stack.enter_context(spooled_stdin())) if name == STDIN else name
        label = shown(name)
        label = name if label == name else label  # one string, not two
        while label in seen:
            label += "'"  # bytes that are no text, and a name that looks like them
        seen.add(label)
        inputs.append(Input(label, path, _size(path), _wanted(label, include, exclude)))
    return inputs


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def _wanted(name: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether a name fits a pattern of `include`, if there are any, and none of `exclude`.

    A pattern is that of a file's name, or of the last folders and the name.
    """
    def fits(pattern: str) -> bool:
        return fnmatch.fnmatchcase(f"/{name}", f"*/{pattern}")

    return (not include or any(map(fits, include))) and not any(map(fits, exclude))
