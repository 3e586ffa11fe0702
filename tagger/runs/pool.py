"""Workers: child processes that read and tag, with bounds, and whose death costs one input.

Inputs go out in blocks, so that small files do not pay a round trip each; pieces come back
as they are done, through shared memory, since a pipe would make their worker wait until they
are read. A worker also writes in shared memory which input it is at and by when it must
be done with it. One that is late is killed; one that dies is replaced. The input it was at
is the one to blame; it is tried once more, alone, unless it was late, and what else the
worker had not sent is done by another.
"""

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn, Self

import msgspec

from tagger.errors import TaggerError
from tagger.runs.records import Failure, Piece, Status, Task
from tagger.runs.work import Clock, failed, out_of_memory, risky

MEMORY = 2 << 30  # bytes of data of a worker; a page of 20 MB takes 0.5 GB as a tree
RECYCLE = 10_000  # inputs after which a worker is replaced (Tika's number)
BLOCK_INPUTS = 64
BLOCK_BYTES = 1 << 20
BLOCK_NAMES = 16_384  # letters of names; two blocks must fit in a pipe's buffer
AHEAD = 2  # blocks given to a worker, so that it need not wait for the next
SEND_BYTES = 1 << 18  # a worker sends what it has when it is so much,
SEND_SECONDS = 0.2  # or when it waited so long: a kill costs no more
SHARED_BYTES = 1 << 22  # memory of a worker for what it has sent and the parent has not read
LOOK = 0.1  # seconds from one look at the clocks to the next
PAUSE = 1.0  # seconds without a look that no worker has to answer for
MOST_STILLBORN = 3  # workers in a row that die before they begin
OUT_OF_MEMORY = 77  # exit status
LINUX = sys.platform == "linux"

Work = Callable[[Iterable[Task], Clock], Iterator[Piece]]


class Message(msgspec.Struct, array_like=True):
    """What a worker sends: pieces, and whether it is through with a block."""

    pieces: list[Piece]
    through: bool


class Parcel(msgspec.Struct, array_like=True):
    """What goes through the pipe: where a message lies in shared memory, or else the message.

    `sent`: bytes of shared memory used up to its end, counted through all messages.
    """

    start: int
    end: int
    sent: int
    message: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode
_unwrap = msgspec.msgpack.Decoder(Parcel).decode


class Pool:
    """Workers, kept at their number until all tasks are done or the pool is closed."""

    def __init__(self, count: int, work: Work, timeout: float, *, method: str = "",
                 inherited: Sequence[int] = ()) -> None:
        self._count = count
        self._work = work
        self._timeout = timeout
        self._context = multiprocessing.get_context(method or ("fork" if LINUX else "spawn"))
        self._forks = self._context.get_start_method() == "fork"
        self._inherited = tuple(inherited)
        self._workers: list[_Worker] = []
        self._again: deque[list[Task]] = deque()
        self._tried: set[int] = set()
        self._stillborn = 0

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[list[Piece], list[Task]]]:
        """Pieces of all tasks and the task of each, as they are done.

        Raises TaggerError if workers die before they begin.
        """
        todo = blocks(tasks)
        looked = time.monotonic()
        while True:
            self._feed(todo)
            if not self._again and not any(worker.open for worker in self._workers):
                return
            pipes = {worker.pipe: worker for worker in self._workers}
            for ready in wait(list(pipes), LOOK):
                yield from self._receive(pipes[ready])  # type: ignore[index]
            looked, before = time.monotonic(), looked
            paused = looked - before if looked - before > PAUSE else 0.0
            for worker in [worker for worker in self._workers if worker.is_late(paused)]:
                worker.overdue = True
                worker.process.kill()
                yield from self._lost(worker)

    def _feed(self, todo: Iterator[list[Task]]) -> None:
        """Give every worker its blocks, and hire one where there is work for it."""
        for worker in [worker for worker in self._workers if worker.spent and not worker.open]:
            self._dismiss(worker)
        for ahead in range(AHEAD):
            for worker in self._workers:
                if len(worker.blocks) <= ahead and not worker.spent:
                    self._give(worker, self._next(todo))
            while ahead == 0 and len(self._workers) < self._count:
                block = self._next(todo)
                if block is None:
                    break
                self._workers.append(self._hire())
                self._give(self._workers[-1], block)

    def _give(self, worker: "_Worker", block: list[Task] | None) -> None:
        if block is not None and not worker.give(block):
            self._again.append(block)  # it died; its end is seen when its pipe is read

    def _next(self, todo: Iterator[list[Task]]) -> list[Task] | None:
        return self._again.popleft() if self._again else next(todo, None)

    def _hire(self) -> "_Worker":
        ours, theirs = self._context.Pipe()
        clock = self._context.RawArray(ctypes.c_double, [NOWHERE, 0.0, 0.0, 0.0])
        shared = self._context.RawArray(ctypes.c_char, SHARED_BYTES)
        shut = [ours.fileno(), *self._inherited, *(w.pipe.fileno() for w in self._workers)]
        arguments = (theirs, clock, shared, self._work, self._timeout, os.getpid(),
                     shut if self._forks else [])
        process = self._context.Process(  # type: ignore[attr-defined]  # every context has it
            target=_serve, args=arguments, daemon=True)
        with _no_interrupts():
            process.start()
        theirs.close()
        return _Worker(process, ours, clock, memoryview(shared).cast("B"))

    def _receive(self, worker: "_Worker") -> Iterator[tuple[list[Piece], list[Task]]]:
        try:
            message = worker.receive()
        except (EOFError, OSError):
            yield from self._lost(worker)
            return
        if message.pieces:
            yield message.pieces, worker.take(message.pieces)
        if message.through:
            worker.blocks.popleft()

    def _lost(self, worker: "_Worker") -> Iterator[tuple[list[Piece], list[Task]]]:
        """Blame the input that a dead worker was at, and have the others done again."""
        worker.process.join()
        with contextlib.suppress(EOFError, OSError, msgspec.MsgspecError):
            while True:  # what it sent before it died
                message = worker.receive()
                yield message.pieces, worker.take(message.pieces)
        late = worker.overdue and worker.is_late()  # its clock stands still now
        self._workers.remove(worker)
        worker.pipe.close()
        suspects = worker.suspects()
        for left in reversed(worker.left()):
            self._again.appendleft(left)
        if not worker.began:
            self._stillborn += 1
            if self._stillborn >= MOST_STILLBORN:
                raise TaggerError(f"{self._stillborn} worker processes died before they could "
                                  f"begin (exit status {worker.process.exitcode})")
        if len(suspects) == 1:
            yield from self._blame(suspects[0], worker.process.exitcode or 0, late=late)
        else:
            self._again.extendleft([task] for task in reversed(suspects))  # who it was comes out

    def _blame(self, culprit: Task, exitcode: int, *,
               late: bool) -> Iterator[tuple[list[Piece], list[Task]]]:
        if late:
            yield [_timed_out(culprit, self._timeout)], [culprit]
        elif culprit.index in self._tried:
            yield [_crashed(culprit, exitcode)], [culprit]
        else:
            # It may have been someone else's doing: what runs short of memory kills whom it finds.
            self._tried.add(culprit.index)
            self._again.appendleft([culprit])

    def _dismiss(self, worker: "_Worker") -> None:
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """Put Ctrl-C off until the block ends: a child that is not yet ready would print it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


NOWHERE = -1.0


class _Worker:
    """A child process as its parent sees it; `open` are the tasks it has not ended."""

    def __init__(self, process: Any, pipe: "Connection[Any, Any]", clock: Any,
                 shared: memoryview) -> None:
        self.process = process
        self.pipe = pipe
        self.clock = clock
        self._shared = shared
        self.blocks: deque[list[Task]] = deque()
        self.open: dict[int, Task] = {}
        self.overdue = False
        self._given = 0
        self._due = self._excused = 0.0

    @property
    def spent(self) -> bool:
        """Whether it has done so much that it is to be replaced."""
        return self._given >= RECYCLE

    def is_late(self, paused: float = 0.0) -> bool:
        """Whether it should have been done with a document by now.

        It is excused for as long as nobody looked: both may have been stopped (Ctrl-Z).
        """
        if self._due != self.clock[1]:
            self._due, self._excused = self.clock[1], 0.0
        self._excused += paused
        return bool(self._due > 0 and self._due + self._excused < time.monotonic())

    @property
    def began(self) -> bool:
        """Whether it came so far as to look for work."""
        return bool(self.clock[2])

    def suspects(self) -> list[Task]:
        """The task that it was at, or if it did not say so all of its block; no longer open."""
        at = int(self.clock[0])
        if at in self.open:
            return [self.open.pop(at)]
        block = self.blocks[0] if self.began and self.blocks else []
        return [self.open.pop(task.index) for task in block if task.index in self.open]

    def left(self) -> list[list[Task]]:
        """The tasks that are open, in the blocks in which they came."""
        blocks = [[self.open[task.index] for task in block if task.index in self.open]
                  for block in self.blocks]
        return [block for block in blocks if block]

    def give(self, block: list[Task]) -> bool:
        """Send it a block; returns whether it was there to take it."""
        try:
            self.pipe.send(block)  # pickled, since names may hold bytes that are no text
        except OSError:
            return False
        self.blocks.append(block)
        self.open.update((task.index, task) for task in block)
        self._given += len(block)
        return True

    def receive(self) -> Message:
        """The next message, waited for. Raises EOFError or OSError where there is none."""
        parcel = _unwrap(self.pipe.recv_bytes())
        message = _decode(parcel.message or self._shared[parcel.start:parcel.end])
        self.clock[3] = parcel.sent
        return message

    def take(self, pieces: Sequence[Piece]) -> list[Task]:
        """The task of each piece; those that ended are no longer open."""
        tasks = []
        for piece in pieces:
            task = self.open.pop(piece.index)
            tasks.append(task)
            if not piece.status and not piece.same:
                # Should it die amid this input, another has to begin it anew.
                self.open[task.index] = task.anew()
        return tasks


def blocks(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Tasks in blocks of so many inputs, bytes and letters of names at most."""
    block: list[Task] = []
    size = names = 0
    for task in tasks:
        size += task.size
        names += len(task.name) + len(task.path) + 64
        if block and (len(block) >= BLOCK_INPUTS or size > BLOCK_BYTES or names > BLOCK_NAMES):
            yield block
            block, size, names = [], task.size, len(task.name) + len(task.path) + 64
        block.append(task)
    if block:
        yield block


def _timed_out(task: Task, timeout: float) -> Piece:
    return _ended(task, "timed out", "time", f"not read in {timeout:g} s",
                  "if it is sound, give it more with --timeout")


def _crashed(task: Task, exitcode: int) -> Piece:
    if exitcode == OUT_OF_MEMORY:
        return out_of_memory(task)
    if exitcode < 0:
        with contextlib.suppress(ValueError):
            return _ended(task, "crashed", "reader died",
                          f"its reader was killed by {signal.Signals(-exitcode).name}",
                          "save it anew, or in another format")
    return _ended(task, "crashed", "reader died", f"its reader ended with status {exitcode}",
                  "save it anew, or in another format")


def _ended(task: Task, status: Status, reason: str, detail: str, advice: str) -> Piece:
    return failed(task, status, Failure(task.name, reason, detail, advice))


# ------------------------------------------------------------ in the child process


def _serve(pipe: "Connection[Any, Any]", clock: Any, shared: Any, work: Work, timeout: float,
           parent: int, shut: Sequence[int]) -> None:
    """Do blocks until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    for handle in shut:
        with contextlib.suppress(OSError):
            os.close(handle)
    _die_with(parent)
    _bound_memory()
    gc.freeze()  # else the first collection copies all that the parent shares
    clock[2] = 1.0
    outlet = _Outlet(pipe, clock, memoryview(shared).cast("B"))
    try:
        while True:
            _do(pipe.recv(), outlet, clock, work, timeout)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except (EOFError, OSError):
        os._exit(0)  # the parent is gone


class _Outlet:
    """Sends messages, in shared memory if the parent has read enough to leave room in it."""

    def __init__(self, pipe: "Connection[Any, Any]", clock: Any, shared: memoryview) -> None:
        self._pipe = pipe
        self._clock = clock
        self._shared = shared
        self._sent = 0

    def send(self, message: Message) -> None:
        """Send a message. Raises OSError when the parent is gone."""
        data = _encode(message)
        room = len(self._shared)
        start = self._sent % room
        skipped = room - start if start + len(data) > room else 0
        sent = self._sent + skipped + len(data)
        if sent - self._clock[3] > room:
            self._pipe.send_bytes(_encode(Parcel(0, 0, self._sent, data)))
            return
        start = 0 if skipped else start
        self._shared[start:start + len(data)] = data
        self._sent = sent
        self._pipe.send_bytes(_encode(Parcel(start, start + len(data), sent, b"")))


def _do(block: list[Task], outlet: _Outlet, clock: Any, work: Work, timeout: float) -> None:
    outbox: list[Piece] = []
    waiting, sent = 0, time.monotonic()
    for piece in work(block, partial(_set_clock, clock, timeout)):
        clock[1] = 0.0  # the parent may take its time; the next document sets it again
        outbox.append(piece)
        waiting += len(piece.lines) + 200
        if waiting >= SEND_BYTES or time.monotonic() - sent >= SEND_SECONDS:
            outlet.send(Message(outbox, through=False))
            outbox, waiting, sent = [], 0, time.monotonic()
    outlet.send(Message(outbox, through=True))


def _set_clock(clock: Any, timeout: float, task: Task | None) -> None:
    clock[0] = NOWHERE if task is None else task.index
    clock[1] = time.monotonic() + timeout if task is not None and risky(task.path) else 0.0


def _die_with(parent: int) -> None:
    """End at once when the parent dies, even amid a document."""
    if not LINUX:
        return  # the pipe's end tells, after the block
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        _leave()
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # the kernel, short of memory, kills a worker first


def _leave() -> NoReturn:
    os._exit(0)


def _bound_memory() -> None:
    try:
        import resource  # noqa: PLC0415  # not on every system
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        bound = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
        resource.setrlimit(resource.RLIMIT_DATA, (bound, most))
