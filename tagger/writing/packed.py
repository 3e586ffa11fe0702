"""Files of lines, packed as their name's end says: .gz, .zst or not at all."""

import contextlib
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

PACKINGS = (".gz", ".zst")


@contextlib.contextmanager
def open_packed(place: Path, name: str) -> Iterator[BinaryIO]:
    """The file at `place`, packed as the end of `name` says; the same bytes for the same input."""
    with place.open("wb") as file:
        if name.lower().endswith(".gz"):
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                yield cast("BinaryIO", packed)
        elif name.lower().endswith(".zst"):
            import zstandard  # noqa: PLC0415  # for this ending only

            compressor = zstandard.ZstdCompressor(level=9, write_checksum=True)
            with compressor.stream_writer(file, closefd=False) as stream:
                yield cast("BinaryIO", stream)
        else:
            yield file
