"""A sample that was filled in by hand -> labels with their drawing probabilities."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagger.errors import LabelsError, Problem
from tagger.share.annotated import Annotated, key
from tagger.share.design import Design, read_design
from tagger.writing.cells import unsafe

NONE = ("none", "无")  # the cell of a paragraph that was read and has no theme
NEEDED = ("id", "document", "themes", "sample_prob", "design")
SAME = 0.01  # how far the paragraphs that a sample stands for may be off by rounding
_BETWEEN = re.compile(r"[;；,，、\s]+")


@dataclass(frozen=True, slots=True)
class HandLabels:
    """Labelled rows of the annotated paragraphs, and how likely each was to be drawn.

    `rows`: shape (labels,); `judged`: bool, shape (labels, themes); `chance`: shape (labels,).
    `empty`: rows of the sample that nobody has filled in.
    """

    rows: NDArray[np.int64]
    judged: NDArray[np.bool_]
    chance: NDArray[np.float64]
    empty: int
    design: Design


def read_labels(path: Path, annotated: Annotated) -> HandLabels:
    """Read a filled-in sample (.csv or .jsonl). Raises LabelsError with every problem in it."""
    place = {int(value): row for row, value in enumerate(annotated.keys)}
    rows: list[int] = []
    judged: list[list[bool]] = []
    chance: list[float] = []
    designs: set[str] = set()
    problems: list[Problem] = []
    stands_for, empty = 0.0, 0
    for number, fields in _fields(path):
        try:
            row, themes, probability = _row(fields, annotated.ids, place)
        except ValueError as error:
            problems.append(Problem(str(path), number, str(error)))
            continue
        designs.add(str(fields["design"]))
        stands_for += 1 / probability
        if themes is None:
            empty += 1
            continue
        rows.append(row)
        judged.append([theme in themes for theme in annotated.ids])
        chance.append(probability)
    problems += _whole(path, rows, stands_for, len(place), designs) if not problems else []
    design = read_design(next(iter(designs), ""))
    if problems or design is None:
        raise LabelsError(problems or [Problem(str(path), None, "the column `design` is not as "
                                               "`tagger sample` wrote it")])
    return HandLabels(np.array(rows), np.array(judged, dtype=bool).reshape(-1, len(annotated.ids)),
                      np.array(chance), empty, design)


def _whole(path: Path, rows: Sequence[int], stands_for: float, paragraphs: int,
           designs: set[str]) -> list[Problem]:
    """Problems of the sample as a whole."""
    problems = []
    if not rows:
        problems.append("no row is filled in; write theme ids joined by ; or `none` in `themes`")
    if len(set(rows)) < len(rows):
        problems.append("a paragraph stands twice; keep one row of it")
    if len(designs) > 1:
        problems.append("the rows come from more than one sample; keep one sample a file")
    elif abs(stands_for / paragraphs - 1) > SAME:
        problems.append(f"the sample stands for {stands_for:,.0f} paragraphs, but the annotated "
                        f"files hold {paragraphs:,}; name all of its rows and just the files it "
                        "was drawn from")
    return [Problem(str(path), None, problem) for problem in problems]


def _row(fields: Mapping[str, Any], ids: Sequence[str],
         place: Mapping[int, int]) -> tuple[int, frozenset[str] | None, float]:
    """Row, themes (None if nothing is filled in) and probability; ValueError says what is amiss."""
    missing = [name for name in NEEDED if name not in fields]
    if missing:
        raise ValueError(f"no column `{missing[0]}`; a sample has {', '.join(NEEDED)}")
    row = place.get(key(unsafe(str(fields["document"])), str(fields["id"])))
    if row is None:
        raise ValueError(f"paragraph {fields['id']} of {fields['document']} is not in the "
                         "annotated files; name the files that the sample was drawn from")
    try:
        probability = float(fields["sample_prob"])
    except (TypeError, ValueError):
        probability = 0.0
    if not 0 < probability <= 1:
        raise ValueError(f"sample_prob is {fields['sample_prob']!r}, but must be above 0 and at "
                         "most 1, as `tagger sample` wrote it")
    return row, _themes(fields["themes"], ids), probability


def _themes(cell: object, ids: Sequence[str]) -> frozenset[str] | None:
    if cell is None or not isinstance(cell, (str, list)) or (isinstance(cell, str)
                                                             and not cell.strip()):
        return None
    names = [str(name) for name in (cell if isinstance(cell, list) else _BETWEEN.split(cell))]
    named = {name for name in names if name and name not in NONE}
    unknown = sorted(named - {*ids})
    if unknown:
        raise ValueError(f"unknown theme `{unknown[0]}`; known: {', '.join(ids)}, or `none`")
    return frozenset(named)


def _fields(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Line number and fields of each row."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabelsError([Problem(str(path), None, f"cannot be read: {error.strerror}")]) from None
    if path.suffix == ".jsonl":
        for number, line in enumerate(data.splitlines(), start=1):
            try:
                yield number, msgspec.json.decode(line, type=dict[str, Any])
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                raise LabelsError([Problem(str(path), number, str(error))]) from None
        return
    text = _decode(path, data)
    head = text.split("\n", 1)[0]
    table = csv.DictReader(io.StringIO(text, newline=""),
                           delimiter=max(",;\t", key=head.count))  # as Excel's region has it
    for fields in table:
        yield table.line_num, fields


def _decode(path: Path, data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):  # the second is what Chinese Excel saves
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise LabelsError([Problem(str(path), None, "neither UTF-8 nor GB 18030; save it as "
                               "“CSV UTF-8”")])
