"""The door to shares: estimate, print, draw the trend and export."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tagger.evaluation.whole import refuse, write_whole
from tagger.share.annotated import By, read_annotated
from tagger.share.estimate import (
    FEW,
    FEW_OF_STRATUM,
    Change,
    Share,
    corrected_shares,
    plain_shares,
)
from tagger.share.export import export
from tagger.share.handlabels import read_labels
from tagger.share.trend import trend

WIDTH = 110  # of the table where stdout is no terminal
PLAIN = ("These are shares of what the tagger says, with its errors in them, and without an "
         "interval. `tagger sample` draws paragraphs to label by hand; with --labels they correct.")
CORRECTED = ("share: corrected by hand labels, [ ] 95 % interval; effective: labels drawn simply "
             "at random that would tell as much")
TOO_FEW = "too few labels"


@dataclass(frozen=True, slots=True)
class Shares:
    """All that a run found out; `corrected` if by hand labels, `empty` rows of them not filled."""

    by: By
    corrected: bool
    shares: list[Share]
    changes: list[Change]
    empty: int = 0


def report_shares(paths: Sequence[Path], by: By, labels: Path | None = None, *,
                  plot: Path | None = None, table: Path | None = None, json: bool = False,
                  force: bool = False) -> None:
    """Print shares of themes, corrected if there are labels; draw and export if asked for.

    Raises ReadingError, LabelsError or OutputError.
    """
    for output in (plot, table):
        if output is not None:
            refuse(output, force=force)
    annotated = read_annotated(paths, by)
    if labels is None:
        found = Shares(by, corrected=False, shares=plain_shares(annotated), changes=[])
    else:
        known = read_labels(labels, annotated)
        shares, changes = corrected_shares(annotated, known)
        found = Shares(by, True, shares, changes, known.empty)
        if table is not None:
            export(paths, annotated, known, table, force=force)
    if plot is not None:
        write_whole(plot, trend(found.shares).encode(), force=force)
    print_shares(found, json=json)


def print_shares(found: Shares, *, json: bool) -> None:
    """Print shares on standard output."""
    if json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        return
    out = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False)
    out.print(_table(found))
    for change in found.changes:
        gap = change.difference
        out.print(f"{change.theme}: {change.first} to {change.last} {100 * gap.value:+.1f} points "
                  f"[{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]")
    if found.empty:
        out.print(f"{found.empty} rows of the sample are not filled in and are left out")
    if any(share.share is None for share in found.shares) and found.corrected:
        out.print(f"{TOO_FEW}: under {FEW} in the group, or under {FEW_OF_STRATUM} where the "
                  "tagger says yes or where it says no")
    out.print(CORRECTED if found.corrected else f"Not corrected. {PLAIN}")


def _table(found: Shares) -> Table:
    columns = [found.by if found.by != "none" else "theme", "paragraphs", "tagged"]
    columns += ["share", "95 % interval", "labels", "effective"] if found.corrected else []
    table = Table(title=f"Share of paragraphs, by {found.by}" if found.by != "none"
                  else "Share of paragraphs", title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left",
                         overflow="ellipsis" if i else "fold")
    before = ""
    for share in found.shares:
        if found.by != "none" and share.theme != before:
            table.add_section()
            table.add_row(Text(share.theme, style="bold"))
        before = share.theme
        name = share.theme if found.by == "none" else f"  {share.group}"
        table.add_row(name, *_cells(share, corrected=found.corrected))
    return table


def _cells(share: Share, *, corrected: bool) -> list[str]:
    cells = [f"{share.paragraphs:,}", f"{share.tagged / share.paragraphs:.1%}"]
    if corrected and share.share is None:
        cells += [TOO_FEW, "", str(share.labels), ""]
    elif corrected and share.share is not None:
        one = share.share
        cells += [f"{one.value:.1%}", f"[{one.low:.1%}, {one.high:.1%}]", str(share.labels),
                  f"{share.effective or 0:,.0f}"]
    return cells
