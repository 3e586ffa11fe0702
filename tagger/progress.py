"""What a person sees: a progress bar on stderr, and the table at the end."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from tagger.errors import printable
from tagger.runs.run import Done
from tagger.runs.summary import Summary, Tally

REDRAW = 0.1  # seconds
MIN_WIDTH = 100  # of the table when stderr is no terminal


def console() -> Console:
    """Stderr; wide enough for the table where it is no terminal."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else MIN_WIDTH, highlight=False,
                   soft_wrap=False)


class Progress:
    """A bar that moves with each input; silent when stderr is no terminal.

    It is drawn by whoever reports progress, not by a thread: workers are forked meanwhile.
    """

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._bar = Bar(TextColumn("reading"), BarColumn(), TextColumn("{task.description}"),
                        TimeRemainingColumn(), console=console(), transient=True,
                        auto_refresh=False, disable=not self._shown)
        self._task = self._bar.add_task("", total=None)
        self._began = self._drawn = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._bar.stop()

    def step(self, done: Done) -> None:
        """So much is done."""
        now = time.monotonic()
        if not self._shown or (now - self._drawn < REDRAW and done.inputs < done.all_inputs):
            return
        self._drawn = now
        rate = done.bytes / 1e6 / max(now - self._began, 0.001)
        text = f"{done.inputs:,} of {done.all_inputs:,} files, {rate:.1f} MB/s"
        if done.failed:
            text += f", {done.failed:,} failed"
        self._bar.update(self._task, description=text, total=max(done.all_bytes, 1),
                         completed=done.bytes)
        self._bar.refresh()

    def say(self, text: str) -> None:
        """Print a line about the run; also where there is no bar."""
        self._bar.console.print(Text(f"tagger: {printable(text)}"))


def print_summary(summary: Summary, themes: Sequence[tuple[str, str]], output: Path) -> None:
    """Print the table documents × themes, what could not be read, and where the output is."""
    out = console()
    if summary.tallies:
        out.print(_table(summary, themes))
    if summary.failures:
        out.print(_failures(summary))
    read = summary.inputs - summary.unread
    line = f"{read} of {summary.inputs} inputs read, {summary.total.kinds['body']} paragraphs"
    if summary.filtered:
        line += f", {summary.filtered} inputs filtered out"
    if summary.repeats:
        line += f", {summary.repeats} repeats {'left out' if summary.skipped else 'marked'}"
    if summary.wrote:
        line += f" → {output}"
    out.print(Text(line))
    for note in summary.notes:
        out.print(Text(note))


def _table(summary: Summary, themes: Sequence[tuple[str, str]]) -> Table:
    table = Table(title="Paragraphs by theme", title_justify="left")
    table.add_column("document", overflow="fold", min_width=24)
    for column in ["body", *(zh for _, zh in themes), "none"]:
        table.add_column(column, justify="right", overflow="fold", max_width=8)
    for tally in summary.tallies:
        table.add_row(Text(_label(tally)), *_cells(tally.kinds, tally.themes, themes))
    left = summary.with_content - len(summary.tallies)
    if left:
        table.add_row(f"… {left} more inputs", *_cells(*_rest(summary), themes))
    table.add_section()
    total = summary.total
    table.add_row(f"all {total.documents} documents", *_cells(total.kinds, total.themes, themes),
                  style="bold")
    return table


def _label(tally: Tally) -> str:
    name = printable(tally.name)  # a file's name can hold what a terminal obeys
    return name if tally.documents == 1 else f"{name} ({tally.documents} rows)"


def _rest(summary: Summary) -> tuple[Counter[str], Counter[str]]:
    """Counts of the inputs that are not shown one by one."""
    kinds, counts = summary.total.kinds.copy(), summary.total.themes.copy()
    for tally in summary.tallies:
        kinds.subtract(tally.kinds)
        counts.subtract(tally.themes)
    return kinds, counts


def _cells(kinds: Counter[str], counts: Counter[str],
           themes: Sequence[tuple[str, str]]) -> list[str]:
    return [str(kinds["body"]), *(str(counts[theme] or "·") for theme, _ in themes),
            str(counts["none"])]


def _failures(summary: Summary) -> Table:
    table = Table(title="Not read", title_justify="left")
    for column in ("input", "reason", "what happened", "what to do"):
        table.add_column(column, overflow="fold")
    for failure in summary.failures:
        table.add_row(Text(printable(failure.input)), failure.reason, Text(failure.detail),
                      Text(failure.advice))
    left = summary.failed - len(summary.failures)
    if left > 0:
        table.add_row(f"… {left} more", "", "", "")
    return table
