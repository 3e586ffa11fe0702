"""The pieces of a run -> its output in the order of the inputs, repeats marked, and its status.

The pieces lie in the order in which they were done. Here they are put in order, so that the
same inputs give the same bytes whatever happened on the way.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagger.errors import OutputError
from tagger.runs import disk
from tagger.runs.journal import Journal
from tagger.runs.records import TROUBLED, Failure, Row, Status
from tagger.runs.repeats import BANDS, NEAR, Repeats, likeness, read_marks
from tagger.runs.summary import Summary, Tally

_encode = msgspec.json.Encoder().encode
_NO_REPEAT = b"null}\n"  # how the line of a paragraph ends


class State(msgspec.Struct, frozen=True):
    """The status row of an input: how it ended, and what came of it."""

    input: str
    status: Status
    reason: str = ""
    detail: str = ""
    advice: str = ""
    encoding: str | None = None
    bytes: int = 0
    sha256: str = ""
    documents: int = 0
    paragraphs: int = 0
    repeats: int = 0
    failures: int = 0


class Report:
    """OUT.status.jsonl, a row for every input; OUT.failures.jsonl, the failures only."""

    def __init__(self, output: Path) -> None:
        self._status = disk.NewFile(status_of(output), _beside(output, "status"))
        try:
            self._failures = disk.NewFile(failures_of(output), _beside(output, "failures"))
        except OSError:
            self._status.discard()
            raise
        self._any = False

    def add(self, state: State) -> None:
        """Write the row of an input."""
        self._status.write(_encode(state) + b"\n")

    def add_failure(self, failure: Failure) -> None:
        """Write a failure."""
        self._failures.write(_encode(failure) + b"\n")
        self._any = True

    def close(self) -> None:
        """Put both on the disk."""
        self._status.close()
        self._failures.close()

    def publish(self) -> None:
        """Give both their names; a list of failures of before goes, if there are none now."""
        self._status.publish()
        if self._any:
            self._failures.publish()
        else:
            self._failures.discard()
            disk.remove(self._failures.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._status.discard()
        self._failures.discard()


def status_of(output: Path) -> Path:
    """Where the status rows of a run stand."""
    return output.with_name(f"{output.name}.status.jsonl")


def failures_of(output: Path) -> Path:
    """Where the failures of a run stand."""
    return output.with_name(f"{output.name}.failures.jsonl")


def _beside(output: Path, what: str) -> Path:
    return output.with_name(f".{output.name}.{what}")


class Assembly:
    """Puts inputs together one by one, in the order in which they are given."""

    def __init__(self, journal: Journal, write: Callable[[bytes | memoryview], object], *,
                 report: Report | None = None, skip_repeats: bool = False,
                 near: bool = False) -> None:
        self.summary = Summary(skipped=skip_repeats)
        self._journal = journal
        self._write = write
        self._report = report
        self._skip = skip_repeats
        self._near = near
        folder = journal.output.parent
        self._repeats, self._bands = Repeats(folder), Repeats(folder)
        self._stands_for: dict[int, int] = {}  # the first of those near to a near one

    def add(self, name: str) -> None:
        """Write the lines of an input and its status row, and count both."""
        tally = Tally(name)
        repeats = failures = 0
        row: Row | None = None
        last: Failure | None = None
        encoding: str | None = None
        for row in self._journal.rows(name):
            repeats += self._lines(row)
            tally.add(row)
            failures += len(row.failures)
            self._add_failures(row.failures)
            # A run that went on may have ended with a piece that holds nothing.
            last = row.failures[-1] if row.failures else last
            encoding = encoding or row.encoding
        if row is None or not row.status:
            raise OutputError(f"{self._journal.output}: {name} is not done")
        self.summary.add(tally, repeats, unread=row.status in TROUBLED and not tally.documents)
        if self._report is not None:
            self._report.add(_state(row, tally, last, failures, repeats, encoding))

    def _add_failures(self, failures: Sequence[Failure]) -> None:
        for failure in failures:
            self.summary.add_failure(failure)
            if self._report is not None:
                self._report.add_failure(failure)

    def add_filtered(self, name: str) -> None:
        """Note an input that was not asked for."""
        self.summary.filtered += 1
        if self._report is not None:
            self._report.add(State(name, "filtered"))

    def _lines(self, row: Row) -> int:
        """Write the lines of a piece; returns how many of them are repeats."""
        data = self._journal.lines(row)
        try:
            marks, at = read_marks(data, sum(row.kinds.values()), near=self._near)
        except ValueError:
            raise OutputError(f"{self._journal.output}: the part beside it was changed; give the "
                              "same command again") from None
        lines = memoryview(data)
        ends = at + np.cumsum(marks.length, dtype=np.int64)
        starts = ends - marks.length
        firsts = self._firsts(marks.prints, row.offset + starts)
        repeats = np.flatnonzero(firsts != row.offset + starts)
        for start, end, first in zip(starts[repeats].tolist(), ends[repeats].tolist(),
                                     firsts[repeats].tolist(), strict=True):
            self._write(lines[at:start])
            if not self._skip:
                self._write(data[start:end - len(_NO_REPEAT)] + self._journal.id_at(first)
                            + b"}\n")
            at = end
        self._write(lines[at:])
        return len(repeats)

    def _firsts(self, prints: NDArray[np.uint64],
                places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of the first line like each, its own for those that are the first."""
        firsts = self._repeats.first(prints[:, 0], places)
        if not self._near:
            return firsts
        likely = self._bands.first(prints[:, 1:].ravel(), places.repeat(BANDS))
        for number, (place, first, met) in enumerate(zip(
                places.tolist(), firsts.tolist(), likely.reshape(-1, BANDS).tolist(),
                strict=True)):
            if first != place:
                firsts[number] = self._stands_for.get(first, first)
                continue
            near = self._nearest(place, sorted(
                {self._stands_for.get(other, other) for other in met} - {place}))
            if near is not None:
                firsts[number] = self._stands_for[place] = near
        return firsts

    def _nearest(self, place: int, met: Sequence[int]) -> int | None:
        """The first of the places whose text is near that at `place`."""
        text = self._journal.text_at(place) if met else ""
        return next((other for other in met
                     if likeness(text, self._journal.text_at(other)) >= NEAR), None)

    def end(self) -> Summary:
        """What was done in all."""
        if self._repeats.full or self._bands.full:
            self.summary.notes.append("more paragraphs than can be remembered: some repeats "
                                      "towards the end are not marked")
        return self.summary


def _state(row: Row, tally: Tally, last: Failure | None, failures: int, repeats: int,
           encoding: str | None) -> State:
    cause = Failure(row.input, "", "")
    if failures:
        rows = f"{failures:,} rows could not be read"
        cause = Failure(row.input, "rows", rows, "the list of failures says which and why")
    if last is not None and last.input == row.input:
        cause = last  # what is wrong with the input as a whole
    return State(row.input, row.status, cause.reason, cause.detail, cause.advice, encoding,
                 row.size, row.sha256, tally.documents, tally.kinds["body"], repeats, failures)
