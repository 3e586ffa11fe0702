"""The few things done to files, each so that a crash leaves the old state or the new one."""

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tagger.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: two runs at one output are not told apart
    fcntl = None  # type: ignore[assignment]

PATIENCE = 2.0  # seconds to wait for a run that was killed just now to let go
_CHUNK = 1 << 20


@contextlib.contextmanager
def writing(output: Path, *, kept: bool = True) -> Iterator[None]:
    """Turn a disk that fails or is full into OutputError; it says how to go on if work is kept."""
    try:
        yield
    except OSError as error:
        cure = "free some space and give" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "give"
        way_on = (f"; what is done is kept: {cure} the same command again to go on"
                  if kept else "")
        raise OutputError(f"{output}: cannot be written: {error.strerror or error}{way_on}"
                          ) from None


def open_locked(path: Path) -> int:
    """Open a file to read and write, made if need be, that no other run has open.

    Raises OutputError where one has.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        handle = open_own(path, os.O_RDWR)
        try:
            if fcntl is None or _locked(handle, deadline) or time.monotonic() > deadline:
                return handle
        except BlockingIOError:
            os.close(handle)
            raise OutputError(f"{path}: another run is at work there") from None
        except OSError:
            return handle  # a file system without locks
        os.close(handle)  # of a run that ended meanwhile, and removed it


def _locked(handle: int, deadline: float) -> bool:
    """Wait for a lock; returns whether the file still has a name then."""
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    return os.fstat(handle).st_nlink > 0


def open_own(path: Path, flags: int) -> int:
    """Open a file of a run, made if need be. Raises OSError if it is a link to another."""
    flags |= os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, flags, 0o644)


def append(handle: int, data: bytes) -> None:
    """Write all bytes at the end of an open file. Raises OSError if they do not all go in."""
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left):]


def read(handle: int, offset: int, length: int) -> bytes:
    """Read so many bytes at a place; fewer where the file ends. Moves the place of writing."""
    os.lseek(handle, offset, os.SEEK_SET)
    found = b""
    while len(found) < length:
        more = os.read(handle, length - len(found))
        if not more:
            break
        found += more
    return found


def lines(handle: int) -> Iterator[bytes]:
    """Lines of an open file from its begin, the last one only if it has an end."""
    os.lseek(handle, 0, os.SEEK_SET)
    held = b""
    while chunk := os.read(handle, _CHUNK):
        *whole, held = (held + chunk).split(b"\n")
        yield from whole


def cut(handle: int, length: int) -> None:
    """Drop what lies behind `length`, and go on writing there."""
    os.ftruncate(handle, length)
    os.lseek(handle, length, os.SEEK_SET)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


class NewFile:
    """A file written under a name beside its own, which it takes when it is whole."""

    def __init__(self, path: Path, beside: Path) -> None:
        self.path = path
        self.beside = beside
        self._handle = open_own(beside, os.O_WRONLY | os.O_TRUNC)
        self._held: list[bytes | memoryview] = []
        self._size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Write some bytes; they reach the file a megabyte at a time."""
        self._held.append(data)
        self._size += len(data)
        if self._size >= _CHUNK:
            self._flush()

    def _flush(self) -> None:
        append(self._handle, b"".join(self._held))
        self._held, self._size = [], 0

    def close(self) -> None:
        """Put all bytes on the disk."""
        if self._handle >= 0:
            self._flush()
            os.fsync(self._handle)
            os.close(self._handle)
            self._handle = -1

    def publish(self) -> None:
        """Take the name. The folder is left to be synced."""
        self.close()
        os.replace(self.beside, self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        remove(self.beside)
