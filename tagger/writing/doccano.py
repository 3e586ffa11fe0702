"""doccano: JSON lines to import into a text classification project, labels set."""

from pathlib import Path

import msgspec

from tagger.writing.form import Options
from tagger.writing.lines import Lines
from tagger.writing.packed import open_packed

_encode = msgspec.json.Encoder().encode


def write(lines: Lines, place: Path, options: Options) -> None:
    """Write a line a paragraph; furniture is left out, since nobody labels it.

    What is neither `text` nor `label` doccano keeps as metadata and gives back on export.
    """
    with open_packed(place, options.output.name) as file:
        for line in lines:
            if line.kind == "furniture":
                continue
            file.write(_encode({
                "text": line.text, "label": line.themes, "paragraph": line.id,
                "document": line.document, "title": line.title, "index": line.index,
                "sure": line.sure, "model": line.model}) + b"\n")
