"""Tagged paragraphs -> one file, which appears under its name only when it is whole."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from tagger.errors import OutputError
from tagger.records import TaggedParagraph
from tagger.writing.csvfile import CsvWriter
from tagger.writing.jsonlines import GzipJsonWriter, JsonWriter


class Writer(Protocol):
    """Writes tagged paragraphs to an open file in one format."""

    def __init__(self, file: BinaryIO, themes: Sequence[str], /) -> None:
        """Begin a file; `themes` are the theme ids in their order."""

    def write(self, paragraph: TaggedParagraph) -> None:
        """Write one paragraph."""

    def close(self) -> None:
        """End the format; the file itself is closed by its owner."""


WRITERS: dict[str, type[Writer]] = {
    ".jsonl": JsonWriter,
    ".jsonl.gz": GzipJsonWriter,
    ".csv": CsvWriter,
}


class Output:
    """An output under way."""

    def __init__(self, writer: Writer) -> None:
        self.write = writer.write
        self.kept = True

    def discard(self) -> None:
        """Leave no file behind: there was nothing to write."""
        self.kept = False


def check_output(path: Path, *, force: bool) -> type[Writer]:
    """The writer for a path. Raises OutputError if it cannot or must not be written."""
    known = [suffix for suffix in WRITERS if path.name.lower().endswith(suffix)]
    if not known:
        raise OutputError(f"{path}: unknown output type; known: {', '.join(WRITERS)}")
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it")
    if path.exists() and not force:
        raise OutputError(f"{path} exists; --force replaces it")
    return WRITERS[known[-1]]


@contextlib.contextmanager
def open_output(path: Path, themes: Sequence[str], *, force: bool = False) -> Iterator[Output]:
    """An output that is written beside its place and moved there when whole.

    The path `-` is standard output, as JSON lines. Raises OutputError if the path exists
    (unless `force`), its type is unknown or it cannot be written.
    """
    if str(path) == "-":
        yield Output(JsonWriter(sys.stdout.buffer, themes))
        sys.stdout.buffer.flush()
        return
    kind = check_output(path, force=force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            writer = kind(file, themes)
            output = Output(writer)
            yield output
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        if output.kept:
            os.chmod(beside, 0o644)
            os.replace(beside, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
