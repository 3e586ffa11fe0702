"""Attributes: a row for each theme of a paragraph, to lie beside documents left as they are."""

from pathlib import Path

import msgspec

from tagger.records import DIGITS
from tagger.writing.form import Options
from tagger.writing.lines import Lines
from tagger.writing.packed import open_packed

_encode = msgspec.json.Encoder().encode


def write(lines: Lines, place: Path, options: Options) -> None:
    """Write a row a theme that was found or is in doubt; places in the document's text."""
    with open_packed(place, options.output.name) as file:
        for line in lines:
            doubtful = options.doubtful(line)
            for theme in options.ids:
                if theme in line.themes or theme in doubtful:
                    file.write(_encode({
                        "id": line.id, "document": line.document, "theme": theme,
                        "start": line.start, "end": line.end,
                        "score": round(line.scores[theme], DIGITS),
                        "found": theme in line.themes, "sure": theme not in doubtful,
                        "model": line.model}) + b"\n")
