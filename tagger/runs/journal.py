"""What a run has done so far: the lines of its inputs, and a journal of whose they are.

.OUT.part      lines of the inputs, in the order in which they were done
.OUT.journal   a row a piece: input, hash of its content, counts, place and hash of its lines

Both only grow, and a row follows its lines. So whatever stops a run, the journal up to its
last row whose lines hash right is true, and what lies behind is cut off.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import msgspec

from tagger.errors import OutputError
from tagger.runs import disk
from tagger.runs.records import (
    Finished,
    Header,
    Piece,
    Row,
    Settings,
    Status,
    Task,
    Written,
    unheard,
)

FORMAT = 2
SYNC_SECONDS = 2.0  # at most so much work is lost when the power goes
SYNC_BYTES = 64_000_000
FRESH_BYTES = 8_000_000
_ID_BYTES = 256  # more than an id takes, and what stands before it in a line

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Header | Row | Written | Finished).decode


class _Text(msgspec.Struct):
    text: str


_text = msgspec.json.Decoder(_Text).decode


@dataclass(slots=True)
class Known:
    """What the journal holds of an input: where its rows are, and how far it came."""

    rows: list[int] = field(default_factory=list)
    sha256: str = ""
    items: int = 0
    documents: int = 0
    status: Status = ""


def part_of(output: Path) -> Path:
    """Where the lines of a run are kept until it ends."""
    return output.with_name(f".{output.name}.part")


def journal_of(output: Path) -> Path:
    """Where the journal of a run is kept until it ends."""
    return output.with_name(f".{output.name}.journal")


class Journal:
    """The journal and the lines of one run, open for adding and reading."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.known: dict[str, Known] = {}
        self.header: Header | None = None
        self.written = False
        self.finished = False
        self._journal = disk.open_locked(journal_of(output))
        try:
            self._part = disk.open_own(part_of(output), os.O_RDWR)
        except OSError:
            os.close(self._journal)
            raise
        self._journal_end = self._part_end = 0
        self._fresh: dict[int, bytes] = {}  # lines just added, by their place
        self._fresh_bytes = 0
        self._synced_at, self._synced_to = time.monotonic(), 0
        self.id_at = lru_cache(maxsize=16_384)(self._id_at)
        self._replay()

    @property
    def handles(self) -> tuple[int, int]:
        """The open files, which workers have no business with."""
        return self._journal, self._part

    def _replay(self) -> None:
        """Take over all rows up to the first that is not true."""
        self._part_size = os.fstat(self._part).st_size
        for data in disk.lines(self._journal):
            try:
                row = _decode(data)
            except (msgspec.MsgspecError, RecursionError):
                break
            if (self.header is None) != isinstance(row, Header) or not self._holds(row):
                break
            self._take(row, len(data) + 1)
        if self.header is not None and self.header.format != FORMAT:
            self.header = None

    def _holds(self, row: Header | Row | Written | Finished) -> bool:
        if not isinstance(row, Row):
            return True
        if row.offset != self._part_end or not 0 <= row.length <= self._part_size - row.offset:
            return False
        return row.lines_sha256 == hashlib.sha256(self.lines(row)).hexdigest()

    def _take(self, row: Header | Row | Written | Finished, length: int) -> None:
        self.written = isinstance(row, Written)
        self.finished = isinstance(row, Finished)
        if isinstance(row, Header):
            self.header = row
        elif isinstance(row, Row):
            if row.number == 0:
                self.known[row.input] = Known()
            known = self.known.setdefault(row.input, Known())
            known.rows.append(self._journal_end)
            known.sha256, known.status = row.sha256, row.status
            known.documents += row.documents
            known.items += row.documents + len(row.failures)
            self._part_end += row.length
        self._journal_end += length

    def begin(self, settings: Settings, *, fresh: bool) -> None:
        """Start anew, and forget what was done."""
        self.known.clear()
        self.header = None
        self._journal_end = self._part_end = 0
        self._cut()
        self._add([Header(FORMAT, settings, fresh)])
        self.sync()

    def go_on(self) -> None:
        """Go on behind the last row that is true."""
        self._cut()

    def _cut(self) -> None:
        # The journal first: rows must never speak of lines that are gone.
        disk.cut(self._journal, self._journal_end)
        disk.cut(self._part, self._part_end)
        self._synced_to = self._part_end

    def add(self, pieces: Sequence[Piece], tasks: Sequence[Task]) -> None:
        """Keep pieces, in their order; `tasks` are the inputs that they came from."""
        rows, at = [], self._part_end
        for piece, task in zip(pieces, tasks, strict=True):
            rows.append(Row(
                task.name, piece.number, piece.sha256, piece.status, at, len(piece.lines),
                piece.lines_sha256, task.size, piece.documents, piece.kinds, piece.themes,
                piece.failures, piece.encoding))
            if piece.lines:  # without any, the next piece has the same place
                self._fresh[at] = piece.lines
                self._fresh_bytes += len(piece.lines)
            at += len(piece.lines)
        os.lseek(self._part, self._part_end, os.SEEK_SET)
        disk.append(self._part, b"".join([piece.lines for piece in pieces]))
        self._add(rows)
        while self._fresh_bytes > FRESH_BYTES:
            self._fresh_bytes -= len(self._fresh.pop(next(iter(self._fresh))))
        if (self._part_end - self._synced_to >= SYNC_BYTES
                or time.monotonic() - self._synced_at >= SYNC_SECONDS):
            self.sync()

    def _add(self, rows: Sequence[Header | Row | Written | Finished]) -> None:
        encoded = [_encode(row) + b"\n" for row in rows]
        os.lseek(self._journal, self._journal_end, os.SEEK_SET)
        disk.append(self._journal, b"".join(encoded))
        for row, data in zip(rows, encoded, strict=True):
            self._take(row, len(data))

    def sync(self) -> None:
        """Put all that is done on the disk: the lines first, then the rows that speak of them."""
        if self._part < 0:
            return
        os.fsync(self._part)
        os.fsync(self._journal)
        self._synced_at, self._synced_to = time.monotonic(), self._part_end

    def mark_written(self) -> None:
        """Note that the output is whole: what stands under its name from now on is ours."""
        self._add([Written()])
        self.sync()

    def mark_finished(self) -> None:
        """Note that the run is over, and keep it for its failures."""
        self._add([Finished()])
        self.sync()

    def is_done(self, name: str) -> bool:
        """Whether an input has ended, well or not."""
        known = self.known.get(name)
        return known is not None and bool(known.status)

    def forget(self, name: str) -> bool:
        """Let go of what is known of an input that is needed no more; whether it was done."""
        known = self.known.pop(name, None)
        return known is not None and bool(known.status)

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of an input, in order."""
        for offset in self.known[name].rows:
            row = _decode(self._journal_line(offset))
            if not isinstance(row, Row) or row.input != name:
                raise OutputError(f"{journal_of(self.output)}: changed while the run went on; "
                                  "give the same command again")
            yield row

    def _journal_line(self, offset: int) -> bytes:
        length = 1024
        while True:
            data = disk.read(self._journal, offset, length)
            end = data.find(b"\n")
            if end >= 0:
                return data[:end]
            if len(data) < length:
                return data
            length *= 8

    def lines(self, row: Row) -> bytes:
        """The lines of a piece, for once from memory where it was added just now."""
        fresh = self._fresh.pop(row.offset, None) if row.length else b""
        if fresh is not None:
            self._fresh_bytes -= len(fresh)
            return fresh
        return disk.read(self._part, row.offset, row.length)

    def _id_at(self, place: int) -> bytes:
        """The id in the line that begins at a place, in its quotes."""
        head = disk.read(self._part, place, _ID_BYTES)
        start = head.index(b'{"id":') + 6
        return head[start:head.index(b'"', start + 1) + 1]

    def text_at(self, place: int) -> str:
        """The text of the paragraph whose line begins at a place."""
        length = 1 << 13
        while True:
            line, end, _ = disk.read(self._part, place, length).partition(b"\n")
            if end or len(line) < length:
                return _text(line[line.index(b"{"):]).text
            length *= 8

    def close(self, *, remove: bool = False) -> None:
        """Close both files; with `remove`, leave neither."""
        if remove:
            # The journal last: whoever finds none makes a new one, and a part.
            disk.remove(part_of(self.output))
            disk.remove(journal_of(self.output))
        for handle in self.handles:
            if handle >= 0:
                os.close(handle)
        self._journal = self._part = -1


def differences(old: Settings, new: Settings) -> list[str]:
    """What is not as it was: one phrase a setting."""
    return [f"{name.replace('_', ' ')} {getattr(old, name)} → {getattr(new, name)}"
            for name in Settings.__struct_fields__ if getattr(old, name) != getattr(new, name)]


def open_journal(output: Path, settings: Settings, *,
                 refuse: Callable[[], object] | None = None, retry: bool = False,
                 say: Callable[[str], object] = unheard) -> Journal:
    """The journal of a run, to go on with or new; what was decided is said.

    `refuse` raises if an output stands there that must not be replaced; it is not asked
    where that output is of the run itself. Raises OutputError if another run is at work, or
    with `retry` if there is none to go on with.
    """
    journal = Journal(output)
    began = journal.header
    try:
        changed = differences(began.settings, settings) if began else []
        ours = began and began.fresh and journal.written and not changed
        if refuse and not ours:
            refuse()
        if retry:
            _check_retry(output, began, changed)
        if began is None or changed or (journal.finished and not retry):
            if changed and not journal.finished:
                say("a run begun before is not gone on with, since it was made with other "
                    f"settings: {'; '.join(changed)}")
            journal.begin(settings, fresh=not os.path.lexists(output))
        else:
            journal.go_on()
    except BaseException:
        journal.close(remove=began is None)
        raise
    return journal


def _check_retry(output: Path, began: Header | None, changed: Sequence[str]) -> None:
    if began is None:
        raise OutputError(f"{output}: there is nothing to try again: no run that ended with "
                          "failures is kept beside it")
    if changed:
        raise OutputError(f"{output}: its failures cannot be tried again with other settings: "
                          f"{'; '.join(changed)}")
