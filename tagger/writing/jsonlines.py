"""JSON lines: one object a paragraph, Chinese as it is."""

import shutil
from pathlib import Path
from typing import Any

import msgspec

from tagger.records import TaggedParagraph
from tagger.writing.form import Options
from tagger.writing.lines import Lines
from tagger.writing.packed import open_packed

DIGITS = 4  # of scores and weights


def plain(paragraph: TaggedParagraph) -> dict[str, Any]:
    """The paragraph as plain data, in the order of the published record."""
    return {
        "id": paragraph.id, "document": paragraph.document, "title": paragraph.title,
        "index": paragraph.index, "kind": paragraph.kind, "start": paragraph.start,
        "end": paragraph.end, "text": paragraph.text, "themes": paragraph.themes,
        "scores": {theme: round(score, DIGITS) for theme, score in paragraph.scores.items()},
        "sure": paragraph.sure,
        "evidence": [{"theme": found.theme, "start": found.start, "end": found.end,
                      "text": found.text, "weight": round(found.weight, DIGITS)}
                     for found in paragraph.evidence],
        "model": paragraph.model,
    }


_encode = msgspec.json.Encoder().encode


def encode(paragraph: TaggedParagraph) -> bytes:
    """The paragraph as one line, with its end."""
    return _encode(plain(paragraph)) + b"\n"


def write(lines: Lines, place: Path, options: Options) -> None:
    """Copy the lines as they are, packed as the output's name says."""
    with lines.part.open("rb") as part, open_packed(place, options.output.name) as file:
        shutil.copyfileobj(part, file)
