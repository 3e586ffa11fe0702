"""One input to pieces: what a worker does."""

import hashlib
import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from tagger.annotation import documents, tag_documents
from tagger.errors import ReadingError
from tagger.reading import SUFFIXES, suffix_of
from tagger.reading.limits import MAX_STREAM_BYTES
from tagger.records import Document, TaggedParagraph
from tagger.runs.records import Failure, Piece, Settings, Status, Task
from tagger.runs.repeats import marks_of, prints_of
from tagger.store import load
from tagger.tagger import Tagger
from tagger.writing.jsonlines import encode

PIECE_BYTES = 2_000_000  # of lines; a piece is what is sent, kept and gone on from
PIECE_FAILURES = 1_000
PARAGRAPHS = 500  # of one document, held at once
BATCH_LETTERS = 50_000  # tagged at once: small documents cost a third of what each would alone
BATCH_SECONDS = 0.2  # and for so long a document waits at most for others
_CHUNK = 1 << 20

# Formats whose parsers are simple and stood up to tests/torture/hostile.py. What is not among
# them is read in a child process with bounds; Markdown too: nested brackets take it hours.
_TAME = frozenset({"plain", "table", "jsonlines"})


def risky(path: str) -> bool:
    """Whether a file's parser may hang or die."""
    module = SUFFIXES.get(suffix_of(Path(path)))
    return module is not None and module not in _TAME


Clock = Callable[[Task | None], None]


def no_clock(_: Task | None) -> None:
    """A clock that nobody looks at."""


class State(NamedTuple):
    """What tells that a file changed: its device and number, size and time."""

    device: int
    number: int
    size: int
    changed: int


class Work:
    """Reads and tags inputs. Can be sent to another process, which loads the model anew."""

    def __init__(self, tagger: Tagger, settings: Settings, model: Path | None) -> None:
        self._tagger = tagger
        self._settings = settings
        self._model = model

    def __reduce__(self) -> tuple[Callable[..., "Work"], tuple[Settings, Path | None]]:
        return _load, (self._settings, self._model)

    def __call__(self, tasks: Iterable[Task], clock: Clock = no_clock) -> Iterator[Piece]:
        """The pieces of each input, the last one with its status.

        `clock` is told when a document of a task is begun, and when a task is through.
        Nothing is raised for a bad input, whatever is wrong with it, but MemoryError.
        """
        batch = _Batch(self._tagger, self._settings)
        for task in tasks:
            clock(task)
            yield from self._input(task, clock, batch)
            clock(None)
            if batch.full:
                yield from batch.tag()
        yield from batch.tag()

    def _input(self, task: Task, clock: Clock, batch: "_Batch") -> Iterator[Piece]:
        before, digest = _content(task.path)
        if digest and digest == task.sha256:
            if task.whole:
                yield Piece(task.index, sha256=digest, same=True)
                return
        else:
            task = task.anew()
        collector = _Collector(task, digest, near=self._settings.near)
        try:
            yield from self._read(task, clock, batch, collector)
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001  # a fault of a reader costs one input
            batch.drop(collector)
            yield faulty(task, error)
            return
        if before != _state(task.path):
            batch.drop(collector)
            advice = "try again when nothing writes to it"
            yield failed(task, "failed",
                         Failure(task.name, "changed", "it changed while it was read", advice))
            return
        batch.ended.append(collector)

    def _read(self, task: Task, clock: Clock, batch: "_Batch",
              collector: "_Collector") -> Iterator[Piece]:
        """Hand documents to the batch; whole pieces as they come."""
        settings = self._settings
        found = documents(task.name, settings.text_column, settings.id_column, settings.encoding,
                          path=Path(task.path))
        for number, item in enumerate(found):
            if number >= task.items:
                if isinstance(item, ReadingError):
                    collector.fail(item)
                else:
                    batch.add(collector, item)
                if batch.full or collector.full:
                    yield from batch.tag()
                if collector.full:
                    yield collector.piece()
            clock(task)


class _Batch:
    """Documents that wait to be tagged together, and inputs that end when they are."""

    def __init__(self, tagger: Tagger, settings: Settings) -> None:
        self.ended: list[_Collector] = []
        self._tagger = tagger
        self._settings = settings
        self._waiting: list[tuple[_Collector, Document]] = []
        self._letters = 0
        self._since = 0.0

    @property
    def full(self) -> bool:
        """Whether there is enough to tag, or something has waited long enough."""
        if not self._waiting and not self.ended:
            return False
        return self._letters >= BATCH_LETTERS or time.monotonic() - self._since >= BATCH_SECONDS

    def add(self, collector: "_Collector", document: Document) -> None:
        """Let a document wait."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append((collector, document))
        self._letters += len(document.text)

    def drop(self, collector: "_Collector") -> None:
        """Forget the documents of an input."""
        self._waiting = [(other, document) for other, document in self._waiting
                         if other is not collector]

    def tag(self) -> Iterator[Piece]:
        """Tag what waits; yields the last pieces of the inputs that end with it."""
        try:
            self._tag(self._waiting)
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception:  # noqa: BLE001  # one of them; which, comes out one by one
            for waiting in self._waiting:
                self._tag_alone(waiting)
        self._waiting, self._letters = [], 0
        for collector in self.ended:
            yield collector.last()
        self.ended = []

    def _tag(self, waiting: Sequence[tuple["_Collector", Document]]) -> None:
        tagged = tag_documents([document for _, document in waiting], self._tagger,
                               furniture=self._settings.furniture)
        # All or nothing, but for one document, which may be large and is not held twice.
        parts = [list(part) for part in tagged] if len(waiting) > 1 else tagged
        for (collector, document), paragraphs in zip(waiting, parts, strict=True):
            collector.take(document, paragraphs)

    def _tag_alone(self, waiting: tuple["_Collector", Document]) -> None:
        try:
            self._tag([waiting])
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001  # a fault of the tagger costs one input
            waiting[0].fault = error


def failed(task: Task, status: Status, failure: Failure) -> Piece:
    """The end of an input that gave nothing."""
    return Piece(task.index, status=status, failures=(failure,), lines_sha256=_NOTHING)


def writable(text: str) -> str:
    """The text, with codes for half characters, which UTF-8 cannot write."""
    return text.encode("utf-8", "backslashreplace").decode()


def faulty(task: Task, error: Exception) -> Piece:
    """The end of an input on which the program stumbled."""
    detail = writable(f"{type(error).__name__}: {error}"[:500])
    return failed(task, "crashed", Failure(task.name, "error", detail,
                                           "report this: it is a fault of the program"))


def out_of_memory(task: Task) -> Piece:
    """The end of an input that takes more memory than there is for it."""
    return failed(task, "crashed", Failure(
        task.name, "memory", "there was no memory left to read it", "split the file"))


def in_process(work: "Work",
               tasks: Iterable[Task]) -> Iterator[tuple[list[Piece], list[Task]]]:
    """Pieces of the tasks and the task of each, without any other process."""
    todo = iter(tasks)
    begun: dict[int, Task] = {}

    def taken() -> Iterator[Task]:
        for task in todo:
            begun[task.index] = task
            yield task

    while True:
        try:
            for piece in work(taken()):
                task = begun[piece.index]
                if piece.status or piece.same:
                    del begun[piece.index]
                yield [piece], [task]
        except MemoryError:
            *others, culprit = begun.values()
            begun.clear()
            yield [out_of_memory(culprit)], [culprit]
            todo = chain([task.anew() for task in others], todo)
        else:
            return


_NONE = ("none",)
_NOTHING = hashlib.sha256(b"").hexdigest()


def _load(settings: Settings, model: Path | None) -> Work:
    return Work(load(model), settings, model)


def _content(path: str) -> tuple[State | None, str]:
    """State and hash of a file; nothing for what is no file or cannot be read."""
    try:
        # Without O_NONBLOCK, a pipe would be waited for.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
                         | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return _state(path), ""
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_STREAM_BYTES:
        os.close(handle)  # what is too large is refused unread
        return _state(path), ""
    with open(handle, "rb", buffering=0) as file:
        before = _state(path)
        digest = hashlib.sha256()
        try:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        except OSError:
            return before, ""
    return before, digest.hexdigest()


def _state(path: str) -> State | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return State(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class _Collector:
    """What an input gives, until it is enough for a piece."""

    def __init__(self, task: Task, sha256: str, *, near: bool) -> None:
        self._near = near
        self.fault: Exception | None = None
        self._task = task
        self._sha256 = sha256
        self._number = task.number
        self._read = task.documents
        self._troubled = task.items > task.documents
        self._encoding: str | None = None
        self._empty()

    def _empty(self) -> None:
        self._lines: list[bytes] = []
        self._prints: list[bytes] = []
        self._size = 0
        self._documents = 0
        self._kinds: list[str] = []
        self._themes: list[tuple[str, ...]] = []
        self._failures: list[Failure] = []

    @property
    def full(self) -> bool:
        """Whether there is enough for a piece."""
        return self._size >= PIECE_BYTES or len(self._failures) >= PIECE_FAILURES

    def fail(self, error: ReadingError) -> None:
        """Note a document that could not be read."""
        self._failures.append(Failure(writable(error.name), error.reason, writable(error.detail),
                                      writable(error.advice)))
        self._troubled = True

    def take(self, document: Document, paragraphs: Iterable[TaggedParagraph]) -> None:
        """Keep the lines of a document."""
        self._documents += 1
        self._read += 1
        self._encoding = self._encoding or document.encoding
        rest = iter(paragraphs)
        while some := list(islice(rest, PARAGRAPHS)):
            lines = list(map(encode, some))
            self._lines += lines
            self._size += sum(map(len, lines))
            self._prints.append(prints_of(some, near=self._near))
            self._kinds += [paragraph.kind for paragraph in some]
            self._themes += [paragraph.themes or (_NONE if paragraph.kind == "body" else ())
                             for paragraph in some]

    def piece(self, status: Status = "") -> Piece:
        """What came together since the last piece."""
        marks = marks_of(list(map(len, self._lines)), b"".join(self._prints), near=self._near)
        lines = b"".join([marks, *self._lines])
        themes = Counter(chain.from_iterable(self._themes))
        piece = Piece(self._task.index, self._number, self._sha256, status, lines=lines,
                      lines_sha256=hashlib.sha256(lines).hexdigest(),
                      documents=self._documents, kinds=dict(Counter(self._kinds)),
                      themes=dict(themes), failures=tuple(self._failures),
                      encoding=self._encoding)
        self._number += 1
        self._empty()
        return piece

    def last(self) -> Piece:
        """The last piece, which says how the input ended."""
        if self.fault is not None:
            return faulty(self._task, self.fault)
        if not self._troubled:
            return self.piece("done")
        return self.piece("partial" if self._read else "failed")
