"""Parquet: typed columns, row groups, zstd."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tagger.errors import OutputError
from tagger.writing.columns import tag_arrays, tag_fields
from tagger.writing.form import Options
from tagger.writing.lines import Line, Lines

# A group is what a reader holds at once: so many rows, or so many letters of text
GROUP_ROWS = 20_000
GROUP_LETTERS = 16_000_000

FIELDS = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("document", pa.string(), nullable=False),
    pa.field("title", pa.string(), nullable=False),
    pa.field("index", pa.int64(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("start", pa.int64(), nullable=False),
    pa.field("end", pa.int64(), nullable=False),
    pa.field("text", pa.string(), nullable=False),
]
LAST_FIELDS = [pa.field("model", pa.string(), nullable=False), pa.field("repeat_of", pa.string())]


def write(lines: Lines, place: Path, options: Options) -> None:
    """Write row groups, and read the file's end back. Raises OutputError if rows are missing."""
    schema = pa.schema([*FIELDS, *tag_fields(options.ids), *LAST_FIELDS])
    with pq.ParquetWriter(place, schema, compression="zstd", write_page_checksum=True) as out:
        for group in _groups(lines):
            out.write_table(_table(group, options, schema), row_group_size=len(group))
    written = pq.read_metadata(place).num_rows
    if written != lines.count:
        raise OutputError(f"{options.output}: {written} rows written of {lines.count}; the disk "
                          "may be damaged")


def _groups(lines: Iterable[Line]) -> Iterator[list[Line]]:
    group: list[Line] = []
    letters = 0
    for line in lines:
        group.append(line)
        letters += len(line.text)
        if len(group) >= GROUP_ROWS or letters >= GROUP_LETTERS:
            yield group
            group, letters = [], 0
    if group:
        yield group


def _table(group: list[Line], options: Options, schema: pa.Schema) -> pa.Table:
    own = [pa.array([getattr(line, field.name) for line in group], field.type)
           for field in FIELDS]
    last = [pa.array([getattr(line, field.name) for line in group], field.type)
            for field in LAST_FIELDS]
    return pa.Table.from_arrays([*own, *tag_arrays(group, options.ids), *last], schema=schema)
