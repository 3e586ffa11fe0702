"""The pieces of a run -> its output in the order of the inputs, repeats marked, and its status.

The pieces lie in the order in which they were done. Here they are put in order, so that the
same inputs give the same bytes whatever happened on the way.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

import msgspec

from tagger.errors import OutputError
from tagger.runs import disk
from tagger.runs.journal import Journal
from tagger.runs.records import TROUBLED, Failure, Row, Status
from tagger.runs.repeats import BANDS, NEAR, PRINT, Repeats, likeness, width
from tagger.runs.summary import Summary, Tally

_encode = msgspec.json.Encoder().encode


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
        self._failures = disk.NewFile(failures_of(output), _beside(output, "failures"))
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

    def __init__(self, journal: Journal, write: Callable[[bytes], object], *,
                 report: Report | None = None, skip_repeats: bool = False,
                 near: bool = False) -> None:
        self.summary = Summary(skipped=skip_repeats)
        self._journal = journal
        self._write = write
        self._report = report
        self._skip = skip_repeats
        self._near = near
        self._width = width(near=near)
        self._repeats, self._bands = Repeats(), Repeats()
        self._stands_for: dict[int, int] = {}  # the first of those near to a near one

    def add(self, name: str) -> None:
        """Write the lines of an input and its status row, and count both."""
        tally = Tally(name)
        repeats = failures = 0
        row: Row | None = None
        for row in self._journal.rows(name):
            repeats += self._lines(row)
            tally.add(row)
            failures += len(row.failures)
            self._add_failures(row.failures)
        if row is None or not row.status:
            raise OutputError(f"{self._journal.output}: {name} is not done")
        self.summary.add(tally, repeats, unread=row.status in TROUBLED and not tally.documents)
        if self._report is not None:
            self._report.add(_state(row, tally, failures, repeats))

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
        lines = self._journal.lines(row).split(b"\n")
        if lines.pop() or (row.length and len(lines[0]) < self._width):
            raise OutputError(f"{self._journal.output}: the part beside it was changed; give the "
                              "same command again")
        firsts = self._firsts(lines, list(accumulate((len(line) + 1 for line in lines),
                                                     initial=row.offset))[:-1])
        result = []
        for line, first in zip(lines, firsts, strict=True):
            if first is None:
                result.append(line[self._width:-1] + b',"repeat_of":null}\n')
            elif not self._skip:
                result.append(line[self._width:-1] + b',"repeat_of":'
                              + self._journal.id_at(first) + b"}\n")
        self._write(b"".join(result))
        return len(lines) - firsts.count(None)

    def _firsts(self, lines: Sequence[bytes], places: Sequence[int]) -> list[int | None]:
        """The place of the first line like each, None for those that are the first."""
        exact = self._repeats.first([int(line[:PRINT], 16) for line in lines], places)
        if not self._near:
            return exact
        keys = [int(line[at:at + PRINT], 16) for line in lines
                for at in range(PRINT, self._width, PRINT)]
        likely = self._bands.first(keys, [place for place in places for _ in range(BANDS)])
        for number, (place, first) in enumerate(zip(places, exact, strict=True)):
            if first is not None:
                exact[number] = self._stands_for.get(first, first)
                continue
            met = {self._stands_for.get(other, other)
                   for other in likely[number * BANDS:(number + 1) * BANDS] if other is not None}
            exact[number] = near = self._nearest(place, sorted(met - {place}))
            if near is not None:
                self._stands_for[place] = near
        return exact

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


def _state(row: Row, tally: Tally, failures: int, repeats: int) -> State:
    cause = Failure(row.input, "", "")
    if failures:
        rows = f"{failures:,} rows could not be read"
        cause = Failure(row.input, "rows", rows, "the list of failures says which and why")
    if row.failures and row.failures[-1].input == row.input:
        cause = row.failures[-1]  # what is wrong with the input as a whole
    return State(row.input, row.status, cause.reason, cause.detail, cause.advice, row.encoding,
                 row.size, row.sha256, tally.documents, tally.kinds["body"], repeats, failures)
