"""Runs side by side: round by round, so that a busy machine slows all of them alike."""

import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_BETWEEN = 0.02  # seconds between two looks at a command's memory


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds on the clock and of the processor, and the most memory (MB) where it was watched."""

    wall: float
    cpu: float
    memory: float = 0.0


@dataclass(slots=True)
class Series:
    """Runs of one thing over `megabytes` of text."""

    megabytes: float
    runs: list[Run] = field(default_factory=list)

    def speeds(self, *, wall: bool = False) -> list[float]:
        """MB a second in each run, of processor time unless of the clock."""
        return [self.megabytes / (run.wall if wall else run.cpu) for run in self.runs]


@dataclass(frozen=True, slots=True)
class Figure:
    """Median and spread over the runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """The figure of some values."""
        return cls(statistics.median(values), min(values), max(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Round by round, ours by theirs."""
    return Figure.of([a / b for a, b in zip(ours, theirs, strict=True)])


def timed(work: Callable[[], object]) -> Run:
    """One run in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Run(time.perf_counter() - wall, time.process_time() - cpu)


def in_rounds(works: Mapping[str, tuple[float, Callable[[], object]]],
              rounds: int) -> dict[str, Series]:
    """Each work once a round, after a round that does not count; by name, with its megabytes."""
    series = {name: Series(megabytes) for name, (megabytes, _) in works.items()}
    for turn in range(rounds + 1):
        for name, (_, work) in works.items():
            run = timed(work)
            if turn:
                series[name].runs.append(run)
            print(f"{name}: {run.cpu:.2f} s", file=sys.stderr)
    return series


def command(arguments: Sequence[str | Path], *, watch: bool = False,
            statuses: Sequence[int] = (0,)) -> Run:
    """One run of a command and of all that it starts; `watch` its memory, which costs some time.

    Memory is what its processes have for themselves, and once what they share. `statuses` are
    those with which it may end.
    """
    before = _children_seconds()
    wall = time.perf_counter()
    process = subprocess.Popen(list(map(str, arguments)), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    watcher = _Watcher(process.pid)
    if watch:
        watcher.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - wall
    if process.returncode not in statuses:
        raise RuntimeError(f"{arguments} failed: {errors.decode()}")
    if watch:
        watcher.join()
    return Run(seconds, _children_seconds() - before, watcher.most / 1_000_000)


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Watcher(threading.Thread):
    """Looks at the memory of a process and its children until it ends."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.most = 0

    def run(self) -> None:
        """Look."""
        try:
            process = psutil.Process(self._pid)
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                self.most = max(self.most, self._memory(process))
                time.sleep(_BETWEEN)
        except psutil.NoSuchProcess:
            return

    @staticmethod
    def _memory(process: psutil.Process) -> int:
        shared, own = 0, 0
        for one in [process, *process.children(recursive=True)]:
            try:
                memory = one.memory_full_info()
            except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
                continue
            own += memory.uss
            shared = max(shared, memory.rss - memory.uss)
        return own + shared
