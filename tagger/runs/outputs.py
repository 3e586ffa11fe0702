"""Which of the files that were named were written by runs, and so are not read.

The output of this run is known by its name, those of others by the status rows beside them.
"""

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tagger.annotation import STDIN
from tagger.errors import OutputError
from tagger.runs.assembly import State, failures_of, status_of
from tagger.runs.journal import journal_of, part_of
from tagger.writing import STDOUT, goes_with, may_go_with

_STATUS = status_of(Path("x")).name[1:]
_ROW_BYTES = 1 << 16  # more than a status row takes
_decode = msgspec.json.Decoder(State).decode


def without_outputs(names: Sequence[str], output: Path,
                    form: str | None) -> tuple[list[str], list[str]]:
    """The names of what is to be read, and other runs' outputs that are not.

    Raises OutputError if an input would be replaced.
    """
    others = [name.removesuffix(_STATUS) for name in names if name.endswith(_STATUS)
              and name != str(status_of(output)) and _has_states(name)]
    places = _Places()
    for other in map(Path, others):
        places.add(other, *may_go_with(other), *_records(other))
    inputs = _Places()  # which would be replaced, and were not written by a run
    if output != STDOUT:
        written = [path for path in (output, goes_with(output, form)) if path is not None]
        places.add(*written, *_records(output))
        if not _has_states(status_of(output)):
            inputs.add(*written)
    elif sys.stdout is not None:
        places.add_stdout()
    kept = [name for name in names if name == STDIN or name not in places]
    if len(kept) < len(names):
        lost = next((name for name in names if name in inputs), None)
        if lost is not None:
            raise OutputError(f"{output}: would replace the input {lost}; name another output")
    return kept, others


def _records(output: Path) -> list[Path]:
    return [status_of(output), failures_of(output), part_of(output), journal_of(output)]


def _has_states(path: str | Path) -> bool:
    """Whether a file holds the status rows of a run."""
    try:
        with open(path, "rb") as file:
            _decode(file.readline(_ROW_BYTES))
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return False
    return True


class _Places:
    """Files and folders. A name is in them if it leads to one of them, or into one."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._files: set[tuple[int, int]] = set()
        self._folders: dict[str, tuple[str, bool]] = {}

    def add(self, *paths: Path) -> None:
        """Put some more in."""
        self._folders.clear()
        for path in paths:
            self._paths.add(os.path.join(os.path.realpath(path.parent), path.name))
            self._files.update(_identity(path))

    def add_stdout(self) -> None:
        """Put in the file that standard output goes to, if it does."""
        self._files.update(_identity(sys.stdout.fileno()))

    def __contains__(self, name: str) -> bool:
        folder, last = os.path.split(name)
        real, inside = self._folder(folder)
        return (inside or os.path.join(real, last) in self._paths
                or (bool(self._files) and not self._files.isdisjoint(_identity(name))))

    def _folder(self, folder: str) -> tuple[str, bool]:
        """The path of a folder, links followed, and whether it lies in one of these."""
        if folder not in self._folders:
            real = os.path.realpath(folder or os.curdir)
            inside = any(f"{real}{os.sep}".startswith(f"{path}{os.sep}") for path in self._paths)
            self._folders[folder] = real, inside
        return self._folders[folder]


def _identity(path: str | Path | int) -> list[tuple[int, int]]:
    """Device and number of a regular file; nothing where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return []
    return [(found.st_dev, found.st_ino)] if stat.S_ISREG(found.st_mode) else []
