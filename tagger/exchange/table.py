"""CSV: a row a paragraph, themes joined by `;`."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from tagger.errors import Problem
from tagger.exchange.row import THEME_COLUMNS, Found, Row, made, meta
from tagger.reading import encodings, rows
from tagger.reading.source import Source
from tagger.writing.cells import safe, unsafe

COLUMNS = ("document", "title", "genre", "region", "date", "text", "themes", "unsure", "trap",
           "note")

_BETWEEN = re.compile("[;；,，、#|]")


def read(path: Path) -> Iterator[Found]:
    """Yield the rows. Raises ReadingError if the file cannot be read or has no text."""
    source = Source(str(path), path)
    codec = encodings.detect(source.name, source.chunks, None, None)
    text = rows.text_lines(source, codec)
    first = next(text, "")
    delimiter = max(",;\t", key=first.count)
    header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]
    text_column = rows.find_columns(source, header).text
    themes_column = next((name for name in header if name.lower() in THEME_COLUMNS), None)
    if themes_column is None:
        yield Problem(str(path), 1, f"no column for the themes (looked for "
                      f"{', '.join(THEME_COLUMNS)}); the columns are {', '.join(header)}")
        return
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    line = 2
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(str(path), line, f"not CSV: {error}; put cells that hold quotes or "
                          "line breaks in quotes")
            return  # where the next row begins is not known
        if any(cells):
            yield _from_cells(path, line, header, cells, text_column, themes_column)
        line = reader.line_num + 2


def _from_cells(path: Path, line: int, header: list[str], cells: list[str], text_column: str,
                themes_column: str) -> Found:
    if len(cells) > len(header):
        return Problem(str(path), line, f"{len(cells)} cells under {len(header)} column names; "
                       "put cells that hold commas in quotes")
    fields = {name: unsafe(cell) for name, cell in zip(header, cells, strict=False)}
    unsure = _split(fields.get("unsure", ""))
    return made(path, line, fields.get(text_column), _split(fields.get(themes_column, "")),
                {**fields, "unsure": unsure})


def _split(cell: str) -> list[str]:
    return [part.strip() for part in _BETWEEN.split(cell) if part.strip()]


def write(found: Iterable[Row], file: TextIO) -> None:
    """Write the rows, with cells that no spreadsheet runs; `read` gives them back."""
    out = csv.writer(file)
    out.writerow(COLUMNS)
    for row in found:
        fields = {**meta(row), "text": row.text, "themes": ";".join(row.themes),
                  "unsure": ";".join(row.unsure)}
        out.writerow([safe(str(fields.get(column, ""))) for column in COLUMNS])
