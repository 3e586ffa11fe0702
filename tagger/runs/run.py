"""A run: inputs to one output, which can be stopped at any moment and gone on with.

Inputs are done in any order, by one process or by many; what each gives is kept in the
journal. The output is put together in order as far as all is done, and takes its name when
it is whole.
"""

import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tagger.errors import OutputError, TaggerError
from tagger.runs import disk
from tagger.runs.assembly import Assembly, Report
from tagger.runs.inputs import Input, find
from tagger.runs.journal import Journal, journal_of, open_journal
from tagger.runs.outputs import without_outputs
from tagger.runs.records import TROUBLED, Options, Piece, Settings, Task, unheard
from tagger.runs.summary import Summary
from tagger.runs.work import Work, in_process, risky
from tagger.store import shipped
from tagger.tagger import Tagger
from tagger.writing import STDOUT, check_output, convert, goes_with
from tagger.writing.place import sync

SHOWN = 3  # outputs of other runs that are named
WORKER_PAYS = 4_000_000  # bytes of input for which another worker is worth its start


Handed = tuple[Sequence[Piece], Sequence[Task]]  # pieces, and the task of each


class Done(NamedTuple):
    """How far a run has come, and how far it has to go."""

    inputs: int
    bytes: int
    failed: int
    all_inputs: int
    all_bytes: int


class Stopped(KeyboardInterrupt):
    """Ctrl-C: what is done, and how to go on."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told how a run goes: how far it is, and what a person should know."""

    progress: Callable[[Done], object] = unheard
    say: Callable[[str], object] = unheard


def settings_for(tagger: Tagger, model: Path | None, *, furniture: bool = False,
                 text_column: str | None = None, id_column: str | None = None,
                 encoding: str | None = None, near: bool = False) -> Settings:
    """All that decides what bytes an input gives."""
    manifest = ((model or shipped()) / "manifest.json").read_bytes()
    return Settings(version("tagger"), tagger.name, hashlib.sha256(manifest).hexdigest(),
                    furniture, text_column, id_column, encoding, near)


def annotate_to(output: Path, names: Sequence[str], tagger: Tagger, settings: Settings, *,
                model: Path | None = None, options: Options | None = None,
                listener: Listener | None = None) -> Summary:
    """Annotate inputs into one file, which appears when it is whole; returns what was done.

    Raises OutputError if the output exists (unless forced) or cannot be written,
    TaggerError at the first failure of a strict run, and Stopped for Ctrl-C.
    """
    options = options or Options()
    work = Work(tagger, settings, model)
    with disk.writing(output, kept=output != STDOUT), ExitStack() as stack:
        listener = listener or Listener()
        names, others = without_outputs(names, output, options.form)
        if others:
            listener.say("outputs of other runs are not read: " + ", ".join(others[:SHOWN])
                         + (f" and {len(others) - SHOWN:,} more" if others[SHOWN:] else ""))
        inputs = find(names, stack, include=options.include, exclude=options.exclude)
        run = _Run(output, inputs, work, options, listener, near=settings.near)
        if output == STDOUT:
            check_output(output, options.form, force=True)
            if sys.stdout is None:
                raise OutputError("-: standard output is closed")
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tagger.")))
            return run.to_stdout(open_journal(folder / "stdout", settings), sys.stdout.buffer.write)
        return run.to_file(settings, tagger)


class _Run:
    """A run under way."""

    def __init__(self, output: Path, inputs: Sequence[Input], work: Work, options: Options,
                 listener: Listener, *, near: bool) -> None:
        self._near = near
        self._output = output
        self._inputs = inputs
        self._work = work
        self._options = options
        self._listener = listener
        self._done = self._bytes = self._failed = self._changed = 0
        self._ended: set[int] = set()  # inputs that are done and not yet written
        self._written = 0
        self._count = sum(one.wanted for one in inputs)
        self._all_bytes = sum(one.size for one in inputs if one.wanted)

    def to_file(self, settings: Settings, tagger: Tagger) -> Summary:
        """Do what is left to do, and put the output together."""
        options, output = self._options, self._output
        form = check_output(output, options.form, force=True)
        refuse = partial(check_output, output, options.form, options.force
                         or options.retry_failures)
        if not journal_of(output).exists():
            refuse()
        output.parent.mkdir(parents=True, exist_ok=True)
        journal = open_journal(output, settings, refuse=refuse, retry=options.retry_failures,
                               say=self._listener.say)
        try:
            _sweep(output, goes_with(output, options.form))
            self._tell_what_is_kept(journal)
            return self._finish(journal, tagger, form)
        except KeyboardInterrupt:
            journal.sync()
            raise Stopped(self._how_far(journal)) from None
        finally:
            journal.close()

    def _how_far(self, journal: Journal) -> str:
        known = [journal.known[one.name] for one in self._inputs
                 if one.wanted and one.name in journal.known]
        ended = sum(bool(one.status) for one in known)
        done = self._written + ended
        begun = f" and a part of {len(known) - ended:,} more" if len(known) > ended else ""
        return (f"stopped; {done:,} of {self._count:,} inputs{begun} are done and kept; "
                "the same command goes on")

    def to_stdout(self, journal: Journal, write: Callable[[bytes | memoryview], object]) -> Summary:
        """Do all inputs, and write each as soon as those before it are done."""
        try:
            summary = self._assembled(journal, write)
            sys.stdout.buffer.flush()
        except OSError as error:
            # What is held back would be tried again when Python ends, and fail with a traceback.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                raise OutputError("-: standard output was closed before the end") from None
            raise
        except KeyboardInterrupt:
            raise Stopped("stopped; what was written is not whole, and the same command begins "
                          "anew (with -o FILE it would go on)") from None
        else:
            return summary
        finally:
            journal.close()

    def _tell_what_is_kept(self, journal: Journal) -> None:
        if journal.known:
            names = {one.name for one in self._inputs if one.wanted}
            kept = sum(journal.is_done(name) for name in names)
            gone = len(journal.known.keys() - names)
            self._listener.say(f"going on: {kept:,} of {len(names):,} inputs were done before"
                               + (f", {gone:,} others are gone" if gone else ""))

    def _assembled(self, journal: Journal, write: Callable[[bytes | memoryview], object],
                   report: Report | None = None) -> Summary:
        """Do what the journal does not hold; write each input once all before it are done."""
        assembly = Assembly(journal, write, report=report,
                            skip_repeats=self._options.skip_repeats, near=self._near)
        waiting = enumerate(self._inputs)
        first = next(waiting, None)
        for _ in self._results(journal):
            while first is not None and (not first[1].wanted or first[0] in self._ended):
                self._ended.discard(first[0])
                _assemble(assembly, first[1])
                self._written += journal.forget(first[1].name)
                first = next(waiting, None)
        while first is not None:
            _assemble(assembly, first[1])
            first = next(waiting, None)
        summary = assembly.end()
        summary.wrote = summary.inputs > summary.unread
        return summary

    def _results(self, journal: Journal) -> Iterator[None]:
        """Do the inputs and keep what they give; yields whenever something was kept."""
        tasks = (self._task(index, one, journal)
                 for index, one in enumerate(self._inputs) if one.wanted)
        with contextlib.closing(self._pieces(tasks, journal)) as results:
            for pieces, of_tasks in results:
                new = [(piece, task) for piece, task in zip(pieces, of_tasks, strict=True)
                       if not piece.same]
                if new:
                    journal.add([piece for piece, _ in new], [task for _, task in new])
                for piece, task in zip(pieces, of_tasks, strict=True):
                    self._note(piece, task)
                yield

    def _pieces(self, tasks: Iterator[Task],
                journal: Journal) -> Generator[Handed, None, None]:
        jobs = self._options.jobs or min(_cores(), 1 + self._all_bytes // WORKER_PAYS)
        jobs = min(jobs, self._count)
        if jobs <= 1 and not any(one.wanted and risky(one.path) for one in self._inputs):
            yield from in_process(self._work, tasks)
            return
        from tagger.runs.pool import Pool  # noqa: PLC0415  # 20 ms that small runs need not pay

        with Pool(max(1, jobs), self._work, self._options.timeout,
                  inherited=journal.handles) as pool:
            yield from pool.run(tasks)

    def _task(self, index: int, one: Input, journal: Journal) -> Task:
        known = journal.known.get(one.name)
        again = self._options.retry_failures or self._options.strict
        if known is None or (again and known.status in TROUBLED):
            return Task(index, one.name, one.path, one.size)
        return Task(index, one.name, one.path, one.size, known.sha256, known.items,
                    known.documents, len(known.rows), whole=bool(known.status))

    def _note(self, piece: Piece, task: Task) -> None:
        if task.sha256 and piece.number == 0 and not piece.same:
            self._changed += 1
        if not piece.status and not piece.same:
            return
        self._ended.add(task.index)
        self._done += 1
        self._bytes += task.size
        self._failed += piece.status in TROUBLED
        self._listener.progress(Done(self._done, self._bytes, self._failed, self._count,
                                     self._all_bytes))
        if piece.status in TROUBLED and self._options.strict:
            first = piece.failures[-1]
            raise TaggerError(f"{first.input}: {first.reason}: {first.detail} ({first.advice}); "
                              f"{self._done - 1:,} of {self._count:,} inputs are done and kept")

    def _finish(self, journal: Journal, tagger: Tagger, form: str) -> Summary:
        """Do the inputs and give the output its name, unless there is nothing in it."""
        output, options = self._output, self._options
        with ExitStack() as stack:
            report = Report(output)
            stack.callback(report.discard)
            lines = disk.NewFile(output, output.with_name(f".{output.name}.lines"))
            stack.callback(lines.discard)
            summary = self._assembled(journal, lines.write, report)
            if self._changed:
                self._listener.say(f"{self._changed:,} inputs have changed since, and were done "
                                   "anew")
            lines.close()
            report.close()
            if not summary.wrote:
                if any(one.exists for one in self._inputs):
                    report.publish()
                if os.path.lexists(output):
                    summary.notes.append(f"{output} of before is left as it was")
                journal.close(remove=True)
                return summary
            journal.mark_written()
            report.publish()
            if form == "jsonl" and output.suffix.lower() == ".jsonl":
                lines.publish()
            else:
                convert(lines.beside, output, tagger.themes, form=options.form,
                        long=options.long, csv_safe=options.csv_safe, force=True)
                lines.discard()  # while the journal can still tell that the output is ours
            sync(output.parent)
            if summary.failed:
                journal.mark_finished()
            else:
                journal.close(remove=True)
            return summary


def _assemble(assembly: Assembly, one: Input) -> None:
    if one.wanted:
        assembly.add(one.name)
    else:
        assembly.add_filtered(one.name)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _sweep(output: Path, beside: Path | None) -> None:
    """Remove what a writer that was killed left beside the output: .OUT.abc123_x.part."""
    names = "|".join(re.escape(path.name) for path in (output, beside) if path)
    left = re.compile(rf"\.({names})\.[a-z0-9_]{{8}}\.(part|old)")
    for path in output.parent.iterdir():
        if left.fullmatch(path.name):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                disk.remove(path)
