"""The bytes of an input as a file that is read once, from front to back."""

import io
from collections.abc import Iterator

from tagger.reading import limits
from tagger.reading.source import Source


class Stream:
    """What libraries ask of a file, though it cannot go back by more than a byte.

    Raises ReadingError when the input cannot be read, and when a library asks for more at
    once than a header may hold: then one claims to be that large.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._chunks: Iterator[bytes] = source.chunks()
        self._held = b""
        self._at = 0
        self._passed = 0

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes, fewer only at the end."""
        if not 0 <= size <= limits.MAX_HEADER_BYTES:
            raise self._source.error("damaged", f"a header of {size:,} bytes, over the limit of "
                                     f"{limits.MAX_HEADER_BYTES:,} bytes")
        while len(self._held) - self._at < size:
            more = next(self._chunks, None)
            if more is None:
                break
            # the last byte stays, for the one that may be gone back
            keep = max(0, self._at - 1)
            self._held, self._at = self._held[keep:] + more, self._at - keep
        data = self._held[self._at:self._at + size]
        self._at += len(data)
        self._passed += len(data)
        return data

    def tell(self) -> int:
        """Say how many bytes were read."""
        return self._passed

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Pass over the bytes up to `place`, or go back by one."""
        if whence != io.SEEK_SET or place < self._passed - 1 or (place < self._passed
                                                                 and not self._at):
            raise self._source.error("damaged", f"its headers lead back to byte {place:,}")
        if place < self._passed:
            self._at -= 1
            self._passed -= 1
        while place > self._passed and self.read(min(place - self._passed,
                                                     limits.MAX_HEADER_BYTES)):
            pass
        return self._passed
