"""One input as the caller named it: its bytes, within the limits."""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tagger.errors import ReadingError, Reason
from tagger.reading import limits

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """An input and what the caller said about it.

    `held` are the bytes of one that lies in an archive and not in a file.
    """

    name: str
    path: Path
    packed: bool = False
    encoding: str | None = None
    text_column: str | None = None
    id_column: str | None = None
    held: bytes | None = None

    def error(self, reason: Reason, detail: str, advice: str = "") -> ReadingError:
        """Make an error that names this input, in one line."""
        return ReadingError(self.name, reason, " ".join(detail.split())[:500], advice)

    def data(self, most: int = limits.MAX_FILE_BYTES) -> bytes:
        """Read all bytes.

        Raises ReadingError when they cannot be had, are none or are more than `most`.
        """
        data = b"".join(self.chunks(most))
        if not data.strip():
            raise self.error("empty", "the file holds nothing")
        return data

    def chunks(self, most: int = limits.MAX_STREAM_BYTES) -> Iterator[bytes]:
        """Yield the bytes piece by piece, unpacked.

        Raises ReadingError when they cannot be had or are more than `most`.
        """
        size = self.check()
        budget = limits.unpacked_budget(size, most) if self.packed else most
        if size > most:
            raise self._too_large(size, most)
        try:
            with self._open() as file:
                yield from self._within(file, budget)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise self.error("damaged", f"not a whole gzip file: {error}") from None
        except OSError as error:
            raise self.error("unreadable", error.strerror or str(error)) from None

    def check(self) -> int:
        """Give the size of the file in bytes.

        Raises ReadingError when there is no such file.
        """
        if self.held is not None:
            return len(self.held)
        try:
            state = self.path.stat()
        except (FileNotFoundError, NotADirectoryError, ValueError):
            raise self.error("missing", "there is no such file") from None
        except OSError as error:
            raise self.error("unreadable", error.strerror or str(error)) from None
        if stat.S_ISDIR(state.st_mode):
            if not os.access(self.path, os.R_OK | os.X_OK):
                raise self.error("unreadable", "this folder may not be read")
            raise self.error("unreadable", "this is a folder", "name the files in it")
        if not stat.S_ISREG(state.st_mode):
            # A pipe or a device could block for ever.
            raise self.error("unreadable", "this is not a regular file")
        return state.st_size

    def _open(self) -> BinaryIO:
        return self.path.open("rb") if self.held is None else io.BytesIO(self.held)

    def _within(self, file: BinaryIO, budget: int) -> Iterator[bytes]:
        stream = gzip.GzipFile(fileobj=file) if self.packed else file
        total = 0
        while chunk := stream.read(_CHUNK):
            total += len(chunk)
            if total > budget:
                raise self._too_large(total, budget)
            yield chunk

    def _too_large(self, size: int, most: int) -> ReadingError:
        what = "unpacked, over" if self.packed else "bytes, over"
        return self.error(
            "too large", f"{size:,} {what} the limit of {most:,} bytes", "split the file"
        )
