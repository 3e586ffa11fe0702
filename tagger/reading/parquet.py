"""Parquet files (.parquet): a document a row, read by row groups."""

from collections.abc import Iterator, Mapping
from typing import Any

from tagger.errors import ReadingError
from tagger.reading import limits, rows
from tagger.reading.source import Source
from tagger.records import Document

_BATCH_ROWS = 256
_BUFFER = 1 << 20


def documents(source: Source) -> Iterator[Document | ReadingError]:
    """Yield a document for each row, or what is wrong with the row.

    Raises ReadingError when the file as a whole cannot be read, or pyarrow is missing.
    """
    size = source.check()
    if not size:
        raise source.error("empty", "the file holds nothing")
    if size > limits.MAX_STREAM_BYTES:
        raise source.error("too large", f"{size:,} bytes, over the limit of "
                           f"{limits.MAX_STREAM_BYTES:,} bytes", "split the file")
    try:
        import pyarrow as pa  # noqa: PLC0415  # an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise source.error("unreadable", "reading .parquet needs pyarrow, which is not installed",
                           "pip install 'tagger[parquet]'") from None
    try:
        place = source.path if source.held is None else pa.BufferReader(source.held)
        with parquet.ParquetFile(place, buffer_size=_BUFFER, pre_buffer=False) as file:
            columns = rows.find_columns(source, file.schema_arrow.names)
        with parquet.ParquetFile(place, buffer_size=_BUFFER, pre_buffer=False,
                                 read_dictionary=[columns.text],
                                 page_checksum_verification=True) as file:
            yield from _documents(source, columns, _fields(file, columns), size)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise source.error("damaged", f"not a whole Parquet file: {error}") from None


def _documents(source: Source, columns: rows.Columns, table: Iterator[Mapping[str, object]],
               size: int) -> Iterator[Document | ReadingError]:
    names = rows.Names(source)
    left = limits.unpacked_budget(size, limits.MAX_STREAM_BYTES)
    number = 0
    for number, fields in enumerate(table, start=1):
        text = fields.get(columns.text)
        left -= len(text) if isinstance(text, str) else 0
        if left < 0:
            # a page of a few bytes can repeat one long text without end
            raise source.error("too large", f"its texts are over {limits.MAX_RATIO} times its "
                               "size", "split the file")
        name = names.take(fields.get(columns.id or ""), number)
        yield rows.document(name, fields, columns)
    if not number:
        raise source.error("no text", "there are column names and no rows")


def _fields(file: Any, columns: rows.Columns) -> Iterator[Mapping[str, object]]:
    wanted = [name for name in (columns.text, columns.id, columns.title) if name is not None]
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(dict.fromkeys(wanted))):
        found = [(name, batch.column(name)) for name in batch.schema.names]
        for row in range(batch.num_rows):
            yield {name: column[row].as_py() for name, column in found}
