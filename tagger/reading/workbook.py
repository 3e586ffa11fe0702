"""Excel workbooks (.xlsx): a document a row, of every sheet that has a column for the text."""

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from lxml import etree

from tagger.errors import ReadingError
from tagger.reading import limits, rows
from tagger.reading.source import Source
from tagger.reading.zipped import BROKEN
from tagger.records import Document

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_LINK = re.compile(r"\{http://(?:schemas\.openxmlformats|purl\.oclc)\.org/[\w/]*\}id")
_OLE = b"\xd0\xcf\x11\xe0"
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_BROKEN = (*BROKEN, KeyError, etree.XMLSyntaxError)
_ADVICE = "save it again as .xlsx"
# Above the names of the columns stand a title and remarks, seldom more
_HEADER_WITHIN = 20

Row = dict[int, str]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet: its name, and the part of the package that holds its cells."""

    name: str
    part: str


def documents(source: Source) -> Iterator[Document | ReadingError]:
    """Yield a document for each row below the column names, or what is wrong with the row.

    Raises ReadingError when the workbook as a whole cannot be read, or has no such column.
    """
    data = source.data()
    if data.startswith(_OLE):
        raise source.error("unknown type", "an old .xls or a workbook with a password",
                           "save it as .xlsx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            yield from _documents(_Package(source, package, len(data)))
    except _BROKEN as error:
        raise source.error("damaged", f"not a whole Excel workbook: {error}", _ADVICE) from None


def _documents(package: "_Package") -> Iterator[Document | ReadingError]:
    names = rows.Names(package.source)
    strings: list[str] | None = None
    problem: ReadingError | None = None
    found = 0
    for sheet in package.sheets():
        strings = package.strings() if strings is None else strings
        table = package.rows(sheet, strings)
        try:
            header, columns = _columns(package.source, table)
        except ReadingError as error:
            problem = problem or error
            continue
        for number, row in table:
            fields = {title: row[place] for title, place in header.items() if place in row}
            if fields:
                found += 1
                name = names.take(fields.get(columns.id or "") or f"{sheet.name}!{number}", number)
                yield rows.document(name, {columns.text: "", **fields}, columns)
    if not found:
        raise problem or package.source.error("no text", "there are column names and no rows")


def _columns(source: Source,
             table: Iterator[tuple[int, Row]]) -> tuple[dict[str, int], rows.Columns]:
    """Find the row of the column names, and where the wanted ones stand."""
    problem: ReadingError | None = None
    for _, row in itertools.islice(table, _HEADER_WITHIN):
        places: dict[str, int] = {}
        for place, title in row.items():
            places.setdefault(title, place)
        try:
            columns = rows.find_columns(source, places)
        except ReadingError as error:
            problem = problem or error
            continue
        wanted = {columns.text, columns.id, columns.title}
        return {title: place for title, place in places.items() if title in wanted}, columns
    raise problem or source.error("empty", "the sheet holds nothing")


class _Package:
    """The parts of a workbook, each read as a stream of XML within its budget."""

    def __init__(self, source: Source, package: zipfile.ZipFile, size: int) -> None:
        self.source = source
        self._package = package
        self._left = limits.unpacked_budget(size, limits.MAX_STREAM_BYTES)
        if len(package.infolist()) > limits.MAX_MEMBERS:
            raise source.error("too large", f"{len(package.infolist()):,} parts, over the limit "
                               f"of {limits.MAX_MEMBERS:,}")

    def sheets(self) -> Iterator[_Sheet]:
        """Yield the sheets in order; hidden ones too, since what they hold is text all the same."""
        book = self._package.getinfo("xl/workbook.xml")
        targets = {element.get("Id", ""): element.get("Target", "") for element
                   in self._elements("xl/_rels/workbook.xml.rels", "Relationship")}
        for element in self._elements(book.filename, "sheet"):
            link = next((value for name, value in element.attrib.items()
                         if _LINK.fullmatch(str(name))), "")
            target = targets.get(str(link), "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if "worksheets/" in part:  # a chart has a sheet too
                yield _Sheet(element.get("name", ""), part)

    def strings(self) -> list[str]:
        """Read the strings that cells refer to by number."""
        name = "xl/sharedStrings.xml"
        if name not in self._package.namelist():
            return []
        if self._package.getinfo(name).file_size > limits.MAX_FILE_BYTES:
            raise self.source.error("too large", f"strings of over {limits.MAX_FILE_BYTES:,} bytes",
                                    "split the workbook")
        return [_text(element) for element in self._elements(name, "si")]

    def rows(self, sheet: _Sheet, strings: list[str]) -> Iterator[tuple[int, Row]]:
        """Yield the rows that hold something, with their numbers."""
        number = 0
        for count, element in enumerate(self._elements(sheet.part, "row"), start=1):
            if count > limits.MAX_SHEET_ROWS:
                raise self.source.error("too large", f"sheet {sheet.name} has over "
                                        f"{limits.MAX_SHEET_ROWS:,} rows", "split the workbook")
            given = element.get("r", "")
            number = int(given) if given.isdecimal() and len(given) < 9 else number + 1
            row = dict(_cells(element, strings))
            if row:
                yield number, row

    def _elements(self, name: str, tag: str) -> Iterator[etree._Element]:
        """Yield the elements of a name in a part, as they end, and forget them after."""
        info = self._package.getinfo(name)
        self._left -= info.file_size
        if self._left < 0:
            raise self.source.error("too large", f"it unpacks to over {limits.MAX_RATIO} times "
                                    "its size", "split the workbook")
        with self._package.open(info) as part:
            yield from _parsed(self.source, part, tag)


def _parsed(source: Source, part: IO[bytes], tag: str) -> Iterator[etree._Element]:
    # without huge_tree, libxml2 refuses texts of over 10 MB and what lies deeper than 256
    events = etree.iterparse(part, events=("end",), tag=[f"{{*}}{tag}"], resolve_entities=False,
                             no_network=True, load_dtd=False, huge_tree=False)
    for _, element in events:
        if element.getroottree().docinfo.doctype:
            # no program that writes .xlsx puts a document type in it
            raise source.error("damaged", "it declares entities", _ADVICE)
        yield element
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _cells(row: etree._Element, strings: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the cells that hold something, with the numbers of their columns."""
    column = -1
    for cell in row:
        if cell.tag not in {f"{_MAIN}c", f"{_STRICT}c"}:
            continue
        reference = _REFERENCE.fullmatch(cell.get("r", ""))
        column = _column(reference.group(1)) if reference else column + 1
        text = _value(cell, strings)
        if text.strip():
            yield column, text


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: etree._Element, strings: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(_text(part) for part in cell if _local(part) == "is")
    value = next((part.text or "" for part in cell if _local(part) == "v"), "")
    if kind == "s":
        place = int(value)
        return strings[place] if 0 <= place < len(strings) else ""
    return "" if kind == "e" else _unescaped(value)


def _text(element: etree._Element) -> str:
    """Join the runs of a string, without the phonetic guide above them."""
    parts = []
    for part in element:
        if _local(part) == "t":
            parts.append(part.text or "")
        elif _local(part) == "r":
            parts += [inner.text or "" for inner in part if _local(inner) == "t"]
    return _unescaped("".join(parts))


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _unescaped(text: str) -> str:
    """Turn `_x000D_` into the character that XML cannot hold."""
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text
