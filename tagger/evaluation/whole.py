"""A file that appears under its name only when it is whole, and replaces none unasked."""

from pathlib import Path

from tagger.errors import OutputError
from tagger.writing.place import new_file


def refuse(path: Path, *, force: bool) -> None:
    """Raise OutputError if a path must not be written: before the work, not after it."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it")
    if path.exists() and not force:
        raise OutputError(f"{path} exists; --force replaces it")


def write_whole(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write a file at once. Raises OutputError if it exists (unless `force`) or cannot be."""
    refuse(path, force=force)
    try:
        with new_file(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
