"""doccano: JSON lines of a text classification project."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import msgspec

from tagger.errors import Problem
from tagger.exchange.row import THEME_COLUMNS, Found, Row, made, meta
from tagger.reading import encodings, rows
from tagger.reading.source import Source


def read(path: Path) -> Iterator[Found]:
    """Yield the rows. Raises ReadingError if the file cannot be read."""
    source = Source(str(path), path)
    codec = encodings.detect(source.name, source.chunks, None, None)
    for number, line in enumerate(rows.text_lines(source, codec), start=1):
        if not line.strip():
            continue
        try:
            fields = msgspec.json.decode(line)
        except (msgspec.MsgspecError, RecursionError) as error:
            yield Problem(str(path), number, f"not JSON: {error}")
            continue
        if not isinstance(fields, dict):
            yield Problem(str(path), number, "not a JSON object")
            continue
        names = [name for name in THEME_COLUMNS if name in fields]
        if not names:
            yield Problem(str(path), number, "no `label`; export the project as JSONL")
            continue
        yield made(path, number, fields.get("text", fields.get("data")), fields[names[0]], fields)


def write(found: Iterable[Row], file: TextIO) -> None:
    """Write the rows."""
    for row in found:
        fields = {"text": row.text, "label": list(row.themes), "unsure": list(row.unsure),
                  **meta(row)}
        file.write(json.dumps(fields, ensure_ascii=False) + "\n")
