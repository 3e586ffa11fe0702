"""A report for people on the terminal, and as JSON for machines."""

import sys
from math import isnan

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tagger.evaluation.figures import Report, plain
from tagger.evaluation.interval import Interval
from tagger.evaluation.leaks import Leak
from tagger.evaluation.metrics import Doubt, Scores
from tagger.evaluation.slices import COUNTED, Slice

DIMENSIONS = {"genre": "genre", "years": "years", "length": "letters", "trap": "trap (right)",
              "keyword list": "keyword list … (right)"}
WIDTH = 165  # of tables where stdout is no terminal


def print_report(report: Report, *, json: bool) -> None:
    """Print a report on standard output."""
    if json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(plain(report))) + b"\n")
        return
    out = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False)
    out.print(f"{report.title}: {report.paragraphs} paragraphs, {report.documents} documents")
    out.print(_figures(report))
    for column in report.columns:
        line = f"{column.name}: exact match {column.exact_match:.3f}"
        if column.calibration_error is not None:
            line += f", expected calibration error {column.calibration_error:.3f}"
        out.print(line)
    for name, gap in report.difference.items():
        out.print(f"micro-F1 above {name}: {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]")
    out.print(_slices(report))
    out.print(doubt_line(report.doubt))
    if report.leak.found or not report.leak.checked:
        out.print(f"Caution: {leak_line(report.leak)}", style="bold")


def doubt_line(doubt: Doubt) -> str:
    """How many paragraphs are unsure, and what looking at them would mend, in a sentence."""
    share = doubt.errors_held / max(1, doubt.errors)
    return (f"unsure: {doubt.paragraphs} paragraphs ({doubt.share:.1%}); they hold "
            f"{doubt.errors_held} of the {doubt.errors} wrong decisions ({share:.0%})")


def leak_line(leak: Leak) -> str:
    """What the model has seen of the gold, in a sentence."""
    if not leak.checked:
        return ("the model does not say on which texts it was trained, so it is not known "
                "whether the gold was among them")
    if not leak.found:
        return "no text of the gold was in the training data"
    return (f"{leak.copies} texts of the gold were in the training data, and {leak.near_copies} "
            "more in part; the figures are too good by as much")


def _figures(report: Report) -> Table:
    table = Table(caption="[ ] 95 % interval, bootstrap over documents; · too few positives to "
                          "say; AP average precision, ECE expected calibration error",
                  caption_justify="left")
    table.add_column("theme")
    for kind in ("positives", "precision", "recall", "AP", "ECE"):
        table.add_column(kind, justify="right")
    for column in report.columns:
        table.add_column(f"F1 {column.name}", justify="right")
    for i, row in enumerate(report.columns[0].rows):
        if row.name == "micro":
            table.add_section()
        cells = [f1_cell(column.rows[i]) for column in report.columns]
        numbers = (row.precision, row.recall, row.average_precision, row.calibration_error)
        table.add_row(row.name, str(row.support), *(number_cell(row, one) for one in numbers),
                      *cells)
    return table


def _slices(report: Report) -> Table:
    table = Table(title="Where it is good and where not", title_justify="left",
                  caption="micro-F1; (right): the share of paragraphs with just the right themes "
                          "(interval by Wilson's score)",
                  caption_justify="left")
    table.add_column("part")
    for kind in ("paragraphs", "documents", "positives"):
        table.add_column(kind, justify="right")
    for column in report.columns:
        table.add_column(column.name, justify="right")
    before = ""
    for part in report.slices:
        if part.dimension != before:
            table.add_section()
            table.add_row(Text(DIMENSIONS[part.dimension], style="bold"))
        before = part.dimension
        table.add_row(f"  {part.name}", str(part.paragraphs), str(part.documents),
                      str(part.positives), *slice_cells(part))
    return table


def slice_cells(part: Slice) -> list[str]:
    """A cell a tagger: micro-F1, or the share of right paragraphs."""
    if part.dimension in COUNTED:
        return [interval_cell(one) for one in part.right]
    return ["·" if part.too_few else interval_cell(one) for one in part.micro]


def number_cell(row: Scores, value: float | None) -> str:
    """A figure, or a dot where there is none or nothing that says anything."""
    return "·" if row.too_few or value is None else f"{value:.3f}"


def f1_cell(row: Scores) -> str:
    """F1 with its interval, or a dot where it says nothing."""
    return "·" if row.too_few else interval_cell(row.f1)


def interval_cell(one: Interval) -> str:
    """A value with its interval, if it has one."""
    if isnan(one.low):
        return f"{one.value:.3f} [·]"
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
