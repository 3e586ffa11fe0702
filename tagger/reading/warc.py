"""Web archives (.warc, .warc.gz): the pages and texts that a crawl brought home."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import BufferedReader, ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from tagger.errors import ReadingError
from tagger.reading import encodings, limits, results, web
from tagger.reading.archive import Inside
from tagger.reading.source import Source
from tagger.reading.stream import Stream
from tagger.records import Document

# Records that hold what was fetched; the others tell of the crawl.
_HOLDING = ("response", "resource", "conversion")
_SUFFIXES = {"text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt",
             "application/pdf": ".pdf"}
_CHUNK = 1 << 16
# How zlib is told of gzip, deflate and deflate without its header.
_PACKINGS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


def documents(source: Source) -> Iterator[Document | ReadingError]:
    """Yield a document for each page, text or PDF that was fetched whole, and no others.

    Raises ReadingError when the rest of the archive cannot be read, or holds none of them.
    """
    if not source.check():
        raise source.error("empty", "the file holds nothing")
    inside = Inside(source)
    try:
        for record in _Records(source):
            media, _, rest = _type(record).partition(";")
            suffix = _SUFFIXES.get(media.strip().lower())
            if suffix and record.rec_type in _HOLDING and _was_found(record):
                address = record.rec_headers.get_header("WARC-Target-URI") or "record"
                yield from _page(source, inside.name(address), record, suffix, rest)
    except (ArchiveLoadFailed, ValueError, EOFError, AttributeError) as error:
        raise source.error("damaged", f"not a whole WARC file: {error}") from None
    if not inside.seen:
        raise source.error("no text", "no record of it holds a page, a text or a PDF")


class _Records(ArchiveIterator):  # type: ignore[misc]  # it ships no types
    """The records, their headers within a limit, and nothing written to stderr."""

    INC_RECORD = ""

    def __init__(self, source: Source) -> None:
        super().__init__(Stream(source))
        self.reader = _Reader(source)


class _Reader(BufferedReader):  # type: ignore[misc]
    """What records are read from: unpacked already, and with headers of a bounded size."""

    def __init__(self, source: Source) -> None:
        super().__init__(Stream(source))
        self._source = source
        self._header = 0

    def readline(self, length: int | None = None) -> bytes:
        """Read a line. Raises ReadingError when the lines of a header are too many or too long."""
        most = limits.MAX_HEADER_BYTES - self._header + 1
        line: bytes = super().readline(min(length or most, most))
        self._header += len(line)
        if self._header > limits.MAX_HEADER_BYTES:
            raise self._source.error("damaged", "a header over the limit of "
                                     f"{limits.MAX_HEADER_BYTES:,} bytes")
        return line

    def read(self, length: int | None = None) -> bytes:
        """Read what follows a header."""
        self._header = 0
        data: bytes = super().read(length)
        return data


def _type(record: Any) -> str:
    headers = record.http_headers or record.rec_headers
    return headers.get_header("Content-Type") or ""


def _was_found(record: Any) -> bool:
    return record.http_headers is None or record.http_headers.get_statuscode() == "200"


def _page(source: Source, name: str, record: Any, suffix: str,
          rest: str) -> Iterator[Document | ReadingError]:
    try:
        data = _content(name, record)
        inner = Source(name, Path(f"record{suffix}"), False, _encoding(source, name, data, rest),
                       held=data)
        yield from results(inner, suffix)
    except ReadingError as error:
        if error.name == source.name:
            raise  # of the archive as a whole
        yield error


def _content(name: str, record: Any) -> bytes:
    """Give what was sent, without the packing of its transport."""
    if record.length is not None and record.length > limits.MAX_FILE_BYTES:
        raise ReadingError(name, "too large", f"{record.length:,} bytes, over the limit of "
                           f"{limits.MAX_FILE_BYTES:,} bytes")
    headers = record.http_headers
    chunked = headers is not None and headers.get_header("transfer-encoding") == "chunked"
    # not the library's own stream, which unpacks a chunk at once, however large it becomes
    stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
    data = b"".join(iter(lambda: stream.read(_CHUNK), b""))
    while record.raw_stream.read(_CHUNK):
        pass
    if getattr(record.raw_stream, "limit", 0):
        raise ReadingError(name, "damaged", "the archive ends amid it")
    packing = (headers.get_header("content-encoding") or "" if headers else "").strip().lower()
    return _unpacked(name, data, packing)


def _unpacked(name: str, data: bytes, packing: str) -> bytes:
    if packing == "br":
        raise ReadingError(name, "unreadable", "it was sent packed with Brotli")
    most = limits.unpacked_budget(len(data), limits.MAX_FILE_BYTES)
    for bits in _PACKINGS.get(packing, ()):
        try:
            unpacked = zlib.decompressobj(bits).decompress(data, most + 1)
        except zlib.error:
            continue
        if len(unpacked) > most:
            raise ReadingError(name, "too large", f"unpacked, over the limit of {most:,} bytes")
        return unpacked
    return data  # many crawlers store it unpacked under the same header


def _encoding(source: Source, name: str, data: bytes, rest: str) -> str | None:
    """Give the encoding asked for, or that of the server where the page itself names none."""
    charset = rest.lower().partition("charset=")[2].split(";")[0].strip(" \"'")
    if source.encoding or not charset or not data.strip() or web.declared(data):
        return source.encoding
    return encodings.detect(name, lambda: (data,), None, charset)
