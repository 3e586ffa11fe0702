"""brat standoff: a folder with a .txt and an .ann for each document."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from tagger.writing.form import Options, documents
from tagger.writing.lines import Line, Lines

PER_FOLDER = 1_000  # documents
NAME_LETTERS = 40  # a name of so many Chinese letters is 120 bytes; file systems take 255

_UNSAFE = re.compile(r"[^\w-]+")


def write(lines: Lines, place: Path, options: Options) -> None:
    """Fill the folder: paragraphs one a line, each theme a span over its paragraph.

    Evidence is a span of its own kind; scores and weights are notes.
    """
    (place / "annotation.conf").write_text(_configuration(options), encoding="utf-8")
    for number, document in enumerate(documents(lines)):
        folder = place / f"{number // PER_FOLDER:04d}"
        folder.mkdir(exist_ok=True)
        stem = f"{number:06d}-{file_stem(document[0].document)}"
        text = "".join(f"{_one_line(line.text)}\n" for line in document)
        (folder / f"{stem}.txt").write_text(text, encoding="utf-8", newline="")
        annotations = "".join(f"{row}\n" for row in _rows(document))
        (folder / f"{stem}.ann").write_text(annotations, encoding="utf-8", newline="")


def file_stem(name: str) -> str:
    """A document's name as a part of a file's: no path, no dots, no signs, not too long."""
    return _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip("_")[:NAME_LETTERS]


def _one_line(text: str) -> str:
    # paragraphs are one line already; brat takes any of these for an end of one, or of a column
    return re.sub(r"[\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", text)


def _configuration(options: Options) -> str:
    entities = "".join(f"{theme}\n{theme}_evidence\n" for theme in options.ids)
    return f"[entities]\n{entities}\n[relations]\n\n[events]\n\n[attributes]\n"


def _rows(document: list[Line]) -> Iterator[str]:
    numbers = itertools.count(1)
    start = 0
    for line in document:
        text = _one_line(line.text)
        for theme in line.themes:
            note = f"score {line.scores[theme]:.4f}, {line.id}"
            yield from _span(next(numbers), theme, start, start + len(text), text, note)
        for found in line.evidence:
            yield from _span(next(numbers), f"{found.theme}_evidence", start + found.start,
                             start + found.end, _one_line(found.text),
                             f"weight {found.weight:+.4f}")
        start += len(text) + 1


def _span(number: int, kind: str, start: int, end: int, text: str, note: str) -> Iterator[str]:
    yield f"T{number}\t{kind} {start} {end}\t{text}"
    yield f"#{number}\tAnnotatorNotes T{number}\t{note}"
