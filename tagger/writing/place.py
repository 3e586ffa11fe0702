"""Files and folders that appear under their name only when they are whole."""

import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

LONGEST_NAME = 230  # bytes of the name in that of the part beside it; systems take 255 in all
_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A part beside `path`, moved there when the block ends well; else nothing is left.

    Raises OSError if the disk fails or is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_prefix(path), suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        sync(part)
        part.chmod(0o644)
        part.replace(path)
        sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """The same for a folder; one that stands there already gives way when the new one is whole.

    Raises OSError if the disk fails or is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=_prefix(path), suffix=".part", dir=path.parent))
    try:
        yield part
        for parent, _, names in os.walk(part):
            for name in names:
                sync(Path(parent, name))
            sync(Path(parent))
        part.chmod(0o755)
        _swap(part, path)
        sync(path.parent)
    except KeyboardInterrupt:
        raise  # many files take long to remove; a run that goes on removes them
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    shutil.rmtree(part, ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a file, or a folder and all in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _prefix(path: Path) -> str:
    name = os.fsencode(path.name)[:LONGEST_NAME].decode("utf-8", "ignore")
    return f".{name}."


def _swap(part: Path, path: Path) -> None:
    """Move the new folder to its name; the old one comes back if that fails."""
    if not path.exists():
        part.rename(path)
        return
    if _exchange(part, path):
        return  # the old one has the name of the part now, and goes with it
    old = part.with_suffix(".old")
    path.rename(old)
    try:
        part.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old)


def _exchange(first: Path, second: Path) -> bool:
    """Let two folders change names, in one step; returns whether the system can."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError):
        return False
    names = (os.fsencode(path.absolute()) for path in (first, second))
    return bool(rename(_HERE, next(names), _HERE, next(names), _EXCHANGE) == 0)


def sync(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk."""
    if os.name != "posix":  # Windows syncs neither folders nor files opened to read
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
