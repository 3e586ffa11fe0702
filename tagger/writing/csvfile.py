"""CSV for spreadsheets: UTF-8 with BOM, safe cells."""

import csv
from pathlib import Path

from tagger.writing.cells import Cell, header, rows, safe
from tagger.writing.form import Options
from tagger.writing.lines import Lines


def write(lines: Lines, place: Path, options: Options) -> None:
    """Write a header, and a row a paragraph or a row a paragraph and theme."""
    guard = _guard if options.csv_safe else _as_is
    with place.open("w", encoding="utf-8-sig", newline="", errors="surrogatepass") as file:
        out = csv.writer(file)
        out.writerow(header(options))
        for line in lines:
            out.writerows([guard(cell) for cell in row] for row in rows(line, options))


def _guard(cell: Cell) -> Cell:
    return safe(cell) if isinstance(cell, str) else cell


def _as_is(cell: Cell) -> Cell:
    return cell
