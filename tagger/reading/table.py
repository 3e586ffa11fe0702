"""Tables (.csv): a document a row."""

import csv
from collections.abc import Iterator

from tagger.errors import ReadingError
from tagger.reading import encodings, limits, rows
from tagger.reading.source import Source
from tagger.records import Document

# Excel writes semicolons where the comma is the decimal sign, and tabs on request.
_DELIMITERS = ",;\t"


def documents(source: Source) -> Iterator[Document | ReadingError]:
    """Yield a document for each row, or what is wrong with the row.

    Raises ReadingError when the table as a whole cannot be read.
    """
    codec = encodings.detect(source.name, source.chunks, source.encoding, None)
    header, columns, cells = _open(source, codec)
    names = rows.Names(source)
    number = 0
    for number, row in enumerate(cells, start=1):
        if isinstance(row, csv.Error):
            yield rows.problem(f"{source.name}#{number}", "damaged", f"not CSV: {row}")
        elif len(row) > len(header):
            detail = f"{len(row)} cells under {len(header)} column names"
            advice = "put cells that hold commas in quotes"
            yield rows.problem(names.take(None, number), "damaged", detail, advice)
        elif any(row):
            fields = dict(zip(header, row, strict=False))
            name = names.take(fields.get(columns.id or ""), number)
            yield rows.document(name, fields, columns, codec)
    if not number:
        raise source.error("no text", "there are column names and no rows")


def _open(
    source: Source, codec: str
) -> tuple[list[str], rows.Columns, Iterator[list[str] | csv.Error]]:
    """Find the columns in the first line, and the rows below it."""
    # The limit is the module's own, and its default of 131,072 is a short book.
    csv.field_size_limit(limits.MAX_LINE_CHARACTERS)
    text = rows.text_lines(source, codec)
    first = next(text, "")
    if not first:
        raise source.error("empty", "the file holds nothing")
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    columns = rows.find_columns(source, header)
    return header, columns, _cells(text, delimiter)


def _cells(text: Iterator[str], delimiter: str) -> Iterator[list[str] | csv.Error]:
    # Strict, or a quote left open would swallow the rows after it without a word.
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield error
