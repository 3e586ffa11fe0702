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
def writing(output: Path) -> Iterator[None]:
    """Turn a disk that fails or is full into OutputError; what is done is kept."""
    try:
        yield
    except OSError as error:
        cure = "free some space and give" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "give"
        raise OutputError(f"{output}: cannot be written: {error.strerror or error}; what is done "
                          f"is kept: {cure} the same command again to go on") from None


def open_locked(path: Path) -> int:
    """Open a file to read and write, made if need be, that no other run has open.

    Raises OutputError where one has.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
    deadline = time.monotonic() + PATIENCE
    while fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                raise OutputError(f"{path}: another run is at work there") from None
            time.sleep(0.05)
        except OSError:
            break  # a file system without locks
    return handle


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


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


class NewFile:
    """A file written under a name beside its own, which it takes when it is whole."""

    def __init__(self, path: Path, beside: Path) -> None:
        self.path = path
        self.beside = beside
        self._handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                               | getattr(os, "O_CLOEXEC", 0), 0o644)
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
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
