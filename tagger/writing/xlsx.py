"""Excel workbooks: text as text, no formulas, no links; sheets go on where Excel's end."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tagger.writing.cells import Cell, header, rows
from tagger.writing.form import Options
from tagger.writing.lines import Lines

MAX_ROWS = 1_048_576  # of a sheet, the header among them
MAX_CELL = 32_767  # UTF-16 units
CUT = "……（续见 rest 表）"  # what a cell ends with whose text goes on in the sheet `rest`

_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False}
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
_WIDTHS = {"text": 80, "document": 30, "title": 30, "themes": 24, "theme": 18, "evidence": 40}


class _PlainSheet(Worksheet):  # type: ignore[misc]  # it ships no types
    """A sheet that takes no text for markup.

    XlsxWriter 3 writes a text from `<r>` to `</r>` as XML, for its own rich strings.
    """

    def _xml_rich_inline_string(self, string: str, attributes: Any) -> None:
        self._xml_inline_string(string, True, attributes)  # spaces are kept


def write(lines: Lines, place: Path, options: Options) -> None:
    """Write a row a paragraph, or a row a paragraph and theme; long texts go on in `rest`."""
    rest: list[list[Cell]] = []
    with xlsxwriter.Workbook(str(place), _OPTIONS) as book:
        # the same bytes for the same lines
        book.set_properties({"created": _EPOCH})
        _fill(book, "paragraphs", header(options), _short_rows(lines, options, rest))
        if rest:
            _fill(book, "rest", ("id", "column", "part", "text"), iter(rest))


def _fill(book: Any, name: str, columns: tuple[str, ...], table: Iterator[list[Cell]]) -> None:
    sheet = _sheet(book, name, columns)
    row, sheets = 0, 1
    for cells in table:
        row += 1
        if row == MAX_ROWS:
            row, sheets = 1, sheets + 1
            sheet = _sheet(book, f"{name} {sheets}", columns)
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell)
            elif cell is not None:
                sheet.write_number(row, column, cell)


def _sheet(book: Any, name: str, columns: tuple[str, ...]) -> Any:
    sheet = book.add_worksheet(name, _PlainSheet)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(columns):
        sheet.set_column(column, column, _WIDTHS.get(title, 12))
        sheet.write_string(0, column, title)
    return sheet


def _short_rows(lines: Lines, options: Options, rest: list[list[Cell]]) -> Iterator[list[Cell]]:
    """The rows, with what does not fit a cell set aside in `rest`."""
    columns = header(options)
    for line in lines:
        kept = len(rest)
        for row in rows(line, options):
            del rest[kept:]  # the rows of one paragraph have the same long texts
            yield [_short(line.id, column, cell, rest)
                   for column, cell in zip(columns, row, strict=True)]


def _short(identity: str, column: str, cell: Cell, rest: list[list[Cell]]) -> Cell:
    if not isinstance(cell, str) or _units(cell) <= MAX_CELL:
        return cell
    first, *parts = _cut(cell)
    rest += [[identity, column, number, part] for number, part in enumerate(parts, start=2)]
    return first + CUT


def _cut(text: str) -> Iterator[str]:
    """Parts that fit a cell, whatever letters of two units and escapes are in them."""
    # a control character is written as seven: _x0001_; CUT must fit as well
    step = (MAX_CELL - len(CUT)) // 8
    for start in range(0, len(text), step):
        yield text[start:start + step]


def _units(text: str) -> int:
    """Length as Excel counts it: letters beyond the first plane are two."""
    return len(text) + sum(letter > "\uffff" for letter in text)
