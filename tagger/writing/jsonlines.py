"""JSON lines: one object a paragraph, Chinese as it is."""

import shutil
from pathlib import Path

import msgspec

from tagger.records import TaggedParagraph
from tagger.writing.form import Options
from tagger.writing.lines import Lines
from tagger.writing.packed import open_packed

_encode = msgspec.json.Encoder().encode


def encode(paragraph: TaggedParagraph) -> bytes:
    """The paragraph as one line, with its end."""
    return _encode(paragraph) + b"\n"


def write(lines: Lines, place: Path, options: Options) -> None:
    """Copy the lines as they are, packed as the output's name says."""
    with lines.part.open("rb") as part, open_packed(place, options.output.name) as file:
        shutil.copyfileobj(part, file)
