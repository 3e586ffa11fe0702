"""What can go wrong, as one tree.

TaggerError
├── ReadingError    an input that could not be read; the run goes on
├── LabelsError     label files or a codebook with problems: all of them at once
├── ModelError      a model folder that is missing, changed or made by another version
└── OutputError     an output that exists already or cannot be written
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "missing",
    "unknown type",
    "empty",
    "unreadable",
    "encoding",
    "no text",
    "damaged",
    "too large",
]


# Control characters, invisible ones, those that turn the direction of writing, half characters
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                          "\ud800-\udfff]")


def printable(text: str) -> str:
    r"""The text as it can stand in a line of a message: `\x0a` for a line break."""
    return _UNPRINTABLE.sub(lambda match: f"\\x{ord(match.group()):02x}", text)


class TaggerError(Exception):
    """Base of all errors that a user can cause and cure."""


class ReadingError(TaggerError):
    """An input that could not be read: which one, why, and what to do about it."""

    def __init__(self, name: str, reason: Reason, detail: str, advice: str = "") -> None:
        self.name = name
        self.reason: Reason = reason
        self.detail = printable(detail)
        self.advice = printable(advice)
        told = f" ({self.advice})" if advice else ""
        super().__init__(f"{printable(name)}: {reason}: {self.detail}{told}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:
        return type(self), (self.name, self.reason, self.detail, self.advice)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file: where it is, what it is, and the cure."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return printable(f"{where}: {self.message}")


class LabelsError(TaggerError):
    """Label files or a codebook that cannot be used, with every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the labels:"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class ModelError(TaggerError):
    """A model folder that cannot be used, and what is wrong with it."""


class OutputError(TaggerError):
    """An output that cannot be written, and why."""
