"""What every format is given: the lines of a run, a place to write, and the options."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tagger.writing.lines import Line, Lines


class Theme(Protocol):
    """What a format needs to know of a theme; the themes of a model have it."""

    @property
    def id(self) -> str:
        """The name in all data."""

    @property
    def zh(self) -> str:
        """The Chinese name."""

    @property
    def en(self) -> str:
        """The English name."""

    @property
    def threshold(self) -> float:
        """The least score with which a paragraph has the theme."""

    @property
    def unsure(self) -> tuple[float, float]:
        """The bounds (low, high) between which a score is in doubt."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for: the output's path, the themes in order, and how rows are laid out."""

    output: Path
    themes: tuple[Theme, ...]
    long: bool = False
    csv_safe: bool = True

    @property
    def ids(self) -> tuple[str, ...]:
        """Theme ids, in order."""
        return tuple(theme.id for theme in self.themes)

    def doubtful(self, line: Line) -> tuple[str, ...]:
        """Ids of the themes whose score lies within its bounds of doubt."""
        return tuple(theme.id for theme in self.themes if theme.id in line.scores
                     and theme.unsure[0] <= line.scores[theme.id] < theme.unsure[1])


def brought_along(output: Path, end: str) -> Path | None:
    """The path of what goes with an output: its name without its last ending, and `end`."""
    return output.with_name(output.name.rpartition(".")[0] + end) if end and output.suffix else None


class Form(Protocol):
    """A module of this room: one format."""

    @staticmethod
    def write(lines: Lines, place: Path, options: Options) -> None:
        """Write a file at `place`, or fill the folder there."""


def documents(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines document by document; neighbours of one document and one text stand together."""
    held: list[Line] = []
    for line in lines:
        if held and (line.document, _digest(line)) != (held[0].document, _digest(held[0])):
            yield held
            held = []
        held.append(line)
    if held:
        yield held


def _digest(line: Line) -> str:
    return line.id.partition("-")[0]
