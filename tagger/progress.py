"""What a person sees: a progress bar on stderr, and the table at the end."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from tagger.annotation import Summary, Tally

MAX_ROWS = 60  # documents shown one by one in the table
MIN_WIDTH = 100  # of the table when stderr is no terminal


def console() -> Console:
    """Stderr; wide enough for the table where it is no terminal."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else MIN_WIDTH, highlight=False,
                   soft_wrap=False)


class Progress:
    """A bar that moves with each input; silent when stderr is no terminal."""

    def __init__(self, total: int) -> None:
        self._bar = Bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                        TimeRemainingColumn(), console=console(), transient=True,
                        disable=not sys.stderr.isatty())
        self._task = self._bar.add_task("reading", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._bar.stop()

    def step(self, name: str) -> None:
        """One input is done."""
        self._bar.update(self._task, advance=1, description=Path(name).name[:30])


def print_summary(summary: Summary, themes: Sequence[tuple[str, str]], output: Path) -> None:
    """Print the table documents × themes, what could not be read, and where the output is."""
    out = console()
    if summary.tallies:
        out.print(_table(summary, themes))
    if summary.failures:
        out.print(_failures(summary))
    paragraphs = sum(tally.kinds["body"] for tally in summary.tallies)
    done = summary.inputs - len(summary.failures)
    line = f"{done} of {summary.inputs} inputs read, {paragraphs} paragraphs"
    if summary.tallies:
        line += f" → {output}"
    out.print(Text(line))


def _table(summary: Summary, themes: Sequence[tuple[str, str]]) -> Table:
    table = Table(title="Paragraphs by theme", title_justify="left")
    table.add_column("document", overflow="fold", min_width=24)
    for column in ["body", *(zh for _, zh in themes), "none"]:
        table.add_column(column, justify="right", overflow="fold", max_width=8)
    for tally in summary.tallies[:MAX_ROWS]:
        table.add_row(Text(_label(tally)), *_cells(tally.kinds, tally.themes, themes))
    left = summary.tallies[MAX_ROWS:]
    if left:
        table.add_row(f"… {len(left)} more inputs", *_cells(*_sum(left), themes))
    table.add_section()
    documents = sum(len(tally.documents) for tally in summary.tallies)
    table.add_row(f"all {documents} documents", *_cells(*_sum(summary.tallies), themes),
                  style="bold")
    return table


def _label(tally: Tally) -> str:
    count = len(tally.documents)
    return tally.name if count == 1 else f"{tally.name} ({count} rows)"


def _sum(tallies: Sequence[Tally]) -> tuple[Counter[str], Counter[str]]:
    kinds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for tally in tallies:
        kinds.update(tally.kinds)
        counts.update(tally.themes)
    return kinds, counts


def _cells(kinds: Counter[str], counts: Counter[str],
           themes: Sequence[tuple[str, str]]) -> list[str]:
    return [str(kinds["body"]), *(str(counts[theme] or "·") for theme, _ in themes),
            str(counts["none"])]


def _failures(summary: Summary) -> Table:
    table = Table(title="Not read", title_justify="left")
    for column in ("input", "reason", "what happened", "what to do"):
        table.add_column(column, overflow="fold")
    for failure in summary.failures[:MAX_ROWS]:
        table.add_row(Text(failure.name), failure.reason, Text(failure.detail),
                      Text(failure.advice))
    left = len(summary.failures) - MAX_ROWS
    if left > 0:
        table.add_row(f"… {left} more", "", "", "")
    return table
