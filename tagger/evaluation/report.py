"""Figures of an evaluation, as a table for people and as JSON for machines."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from tagger.evaluation.evaluate import (
    Gold,
    Predictions,
    cross_validate,
    evaluate_model,
    gold_of,
    load_gold,
    model_codebook,
)
from tagger.evaluation.metrics import (
    Interval,
    Scores,
    calibration_error,
    difference,
    exact_match,
    score,
)
from tagger.labels import load_labels
from tagger.store import load, shipped
from tagger.training import Settings


@dataclass(frozen=True, slots=True)
class Column:
    """All figures of one tagger."""

    name: str
    rows: list[Scores]
    exact_match: float
    calibration_error: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation: what was measured on what, taggers side by side, the first one ours."""

    title: str
    paragraphs: int
    documents: int
    columns: list[Column]
    difference: dict[str, Interval]


def on_gold(model: Path | None, gold: Path) -> Report:
    """A model on outside gold."""
    folder = model or shipped()
    tagger = load(folder)
    codebook = model_codebook(folder)
    known = load_gold(gold, codebook.ids)
    return compare(f"{tagger.name} on {gold}", known, evaluate_model(tagger, codebook, known))


def on_labels(paths: Sequence[Path], jobs: int) -> Report:
    """Cross-validation on labels."""
    labels = load_labels(paths)
    settings = Settings()
    title = f"{settings.folds}-fold cross-validation, grouped by document and near-duplicates"
    return compare(title, gold_of(labels), cross_validate(labels, settings, jobs))


def compare(title: str, gold: Gold, taggers: Sequence[Predictions]) -> Report:
    """Figures of taggers on the same paragraphs, and how far the first is above the others."""
    documents = gold.document_of
    columns = [
        Column(one.name, score(gold.ids, gold.judged, one.given, documents, one.chances),
               exact_match(gold.judged, one.given),
               None if one.chances is None else calibration_error(gold.judged, one.chances))
        for one in taggers]
    above = {other.name: difference(gold.judged, taggers[0].given, other.given, documents)
             for other in taggers[1:]}
    return Report(title, len(gold.texts), int(documents.max()) + 1, columns, above)


def print_report(report: Report, *, json: bool) -> None:
    """Print a report on standard output."""
    if json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(plain(report))) + b"\n")
        return
    out = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    out.print(f"{report.title}: {report.paragraphs} paragraphs, {report.documents} documents")
    out.print(_table(report))
    for column in report.columns:
        line = f"{column.name}: exact match {column.exact_match:.3f}"
        if column.calibration_error is not None:
            line += f", expected calibration error {column.calibration_error:.3f}"
        out.print(line)
    for name, gap in report.difference.items():
        out.print(f"micro-F1 above {name}: {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]")


def plain(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    built: dict[str, Any] = msgspec.to_builtins(report)
    return built


def _table(report: Report) -> Table:
    table = Table(caption="[ ] 95 % interval, bootstrap over documents; "
                          "· too few positives to say", caption_justify="left")
    table.add_column("theme")
    table.add_column("positives", justify="right")
    for kind in ("precision", "recall"):
        table.add_column(kind, justify="right")
    for column in report.columns:
        table.add_column(f"F1 {column.name}", justify="right")
    ours = report.columns[0].rows
    for i, row in enumerate(ours):
        if row.name == "micro":
            table.add_section()
        cells = [_f1(column.rows[i]) for column in report.columns]
        table.add_row(row.name, str(row.support), _number(row, row.precision),
                      _number(row, row.recall), *cells)
    return table


def _number(row: Scores, value: float) -> str:
    return "·" if row.too_few else f"{value:.3f}"


def _f1(row: Scores) -> str:
    if row.too_few:
        return "·"
    return f"{row.f1.value:.3f} [{row.f1.low:.3f}, {row.f1.high:.3f}]"
