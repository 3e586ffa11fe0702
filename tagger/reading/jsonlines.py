"""JSON lines (.jsonl): a document a line."""

from collections.abc import Iterator

import msgspec

from tagger.errors import ReadingError
from tagger.reading import encodings, rows
from tagger.reading.source import Source
from tagger.records import Document


def documents(source: Source) -> Iterator[Document | ReadingError]:
    """Yield a document for each line, or what is wrong with the line.

    Raises ReadingError when the file as a whole cannot be read.
    """
    codec = encodings.detect(source.name, source.chunks, source.encoding, None)
    decoder = msgspec.json.Decoder(dict[str, object])
    names = rows.Names(source)
    number = 0
    for number, line in enumerate(rows.text_lines(source, codec), start=1):
        if line.strip():
            yield _row(source, decoder, names, number, line, codec)
    if not number:
        raise source.error("empty", "the file holds nothing")


def _row(
    source: Source,
    decoder: msgspec.json.Decoder[dict[str, object]],
    names: rows.Names,
    number: int,
    line: str,
    codec: str,
) -> Document | ReadingError:
    try:
        fields = decoder.decode(line)
        columns = rows.find_columns(source, fields)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        name = names.take(None, number)
        return rows.problem(name, "damaged", f"line {number:,} is not a JSON object: {error}")
    except ReadingError as error:
        name = names.take(None, number)
        return rows.problem(name, error.reason, error.detail, error.advice)
    name = names.take(fields.get(columns.id or ""), number)
    return rows.document(name, fields, columns, codec)
