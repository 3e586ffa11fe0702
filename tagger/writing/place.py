"""Files and folders that appear under their name only when they are whole."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX_LETTERS = 40  # of the name, in the name of the part beside it


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
        _sync(part)
        part.chmod(0o644)
        part.replace(path)
        _sync(path.parent)
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
                _sync(Path(parent, name))
            _sync(Path(parent))
        part.chmod(0o755)
        _swap(part, path)
        _sync(path.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _prefix(path: Path) -> str:
    return f".{path.name[:PREFIX_LETTERS]}."


def _swap(part: Path, path: Path) -> None:
    """Move the new folder to its name; the old one comes back if that fails."""
    if not path.exists():
        part.rename(path)
        return
    old = part.with_suffix(".old")
    path.rename(old)
    try:
        part.rename(path)
    except OSError:
        old.rename(path)
        raise
    shutil.rmtree(old)


def _sync(path: Path) -> None:
    if os.name != "posix":  # Windows syncs neither folders nor files opened to read
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
