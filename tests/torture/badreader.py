"""A reader for tests that does what its file says: hang, exit, run out of memory, crash."""

import ctypes
import functools
import os
import sys
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import tagger.reading
import tagger.runs.work
from tagger.reading.source import Source
from tagger.records import Document

SUFFIX = ".bad"
CAUSES = ("fine", "hang", "sleep", "exit", "memory", "stack", "segv", "raise")
EXPECTED = {
    "fine": ("done", ""), "hang": ("timed out", "time"), "sleep": ("timed out", "time"),
    "exit": ("crashed", "reader died"), "memory": ("crashed", "memory"),
    "stack": ("crashed", "reader died"), "segv": ("crashed", "reader died"),
    "raise": ("crashed", "error"),
}


def documents(source: Source) -> Iterator[Document]:
    """Yield the document of a file, unless it says something else."""
    cause, _, text = source.data().decode().partition("\n")
    _ACTS.get(cause, _fine)()
    yield Document(source.name, text)


def _fine() -> None:
    pass


def _hang() -> None:
    while True:
        pass


def _memory() -> None:
    held = []
    while True:
        held.append(bytes(1 << 28))  # counted, but not touched


def _stack() -> None:
    sys.setrecursionlimit(1 << 30)

    def deeper(*_: Any) -> Any:
        return functools.reduce(deeper, (1, 2))  # through C, whose stack ends

    deeper()


def _raise() -> None:
    raise ValueError("a fault of the reader")


_ACTS = {
    "hang": _hang, "sleep": lambda: time.sleep(3600), "exit": lambda: os._exit(3),
    "memory": _memory, "stack": _stack, "segv": lambda: ctypes.string_at(1), "raise": _raise,
}


def register() -> None:
    """Make files that end in .bad be read by this module."""
    module = ModuleType("tagger.reading.bad")
    module.documents = documents  # type: ignore[attr-defined]
    sys.modules["tagger.reading.bad"] = module
    known = {**tagger.reading.SUFFIXES, SUFFIX: "bad"}
    for room in (tagger.reading, tagger.runs.work):
        vars(room)["SUFFIXES"] = known
