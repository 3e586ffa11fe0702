"""All figures of an evaluation, as one record: for the terminal, for JSON and for a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tagger.evaluation.curves import Point
from tagger.evaluation.evaluate import Trial, cross_validate, evaluate_model, model_codebook
from tagger.evaluation.gold import gold_of, load_gold
from tagger.evaluation.interval import Interval
from tagger.evaluation.leaks import Leak, find_leak
from tagger.evaluation.learning import learning_curve
from tagger.evaluation.metrics import (
    Bin,
    Doubt,
    Scores,
    difference,
    doubt,
    exact_match,
    reliability,
    score,
)
from tagger.evaluation.slices import Slice, slices
from tagger.labels import load_labels
from tagger.store import load, read_fingerprints, read_manifest, shipped
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
    """An evaluation: what was measured on what, taggers side by side, the first one ours.

    `difference`: micro-F1 of ours less that of each other. `reliability`: of ours, by theme.
    `learning` is empty unless it was asked for.
    """

    title: str
    paragraphs: int
    documents: int
    columns: list[Column]
    difference: dict[str, Interval]
    slices: list[Slice]
    reliability: dict[str, list[Bin]]
    doubt: Doubt
    leak: Leak
    learning: list[Point] = field(default_factory=list)


def on_gold(model: Path | None, gold: Path, against: Path | None = None) -> tuple[Trial, Report]:
    """A model on outside gold."""
    folder = model or shipped()
    tagger = load(folder)
    codebook = model_codebook(folder)
    known = load_gold(gold, codebook.ids)
    taggers, inside = evaluate_model(tagger, codebook, known, against)
    trial = Trial(f"{tagger.name} on {gold}", tuple(theme.zh for theme in tagger.themes), known,
                  taggers, inside)
    leak = find_leak(known, read_manifest(folder).training, read_fingerprints(folder))
    return trial, compare(trial, leak, [])


def on_labels(paths: Sequence[Path], jobs: int, *, curve: bool = False) -> tuple[Trial, Report]:
    """Cross-validation on labels; with a learning curve, which takes as long again."""
    labels = load_labels(paths)
    settings = Settings()
    taggers, inside = cross_validate(labels, settings, jobs)
    title = f"{settings.folds}-fold cross-validation, grouped by document and near-duplicates"
    names = tuple(theme.zh for theme in labels.codebook.themes)
    trial = Trial(title, names, gold_of(labels), taggers, inside)
    points = learning_curve(labels, settings, jobs) if curve else []
    return trial, compare(trial, Leak(True, 0, 0), points)


def compare(trial: Trial, leak: Leak, learning: list[Point]) -> Report:
    """Figures of taggers on the same paragraphs, and how far the first is above the others."""
    gold, taggers = trial.gold, trial.taggers
    documents, judged = gold.document_of, gold.judged
    columns = [_column(gold.ids, score(gold.ids, judged, one.given, documents, one.chances),
                       one.name, exact_match(judged, one.given)) for one in taggers]
    above = {other.name: difference(judged, taggers[0].given, other.given, documents)
             for other in taggers[1:]}
    chances = taggers[0].chances
    bins = {} if chances is None else {
        theme: reliability(judged[:, i], chances[:, i]) for i, theme in enumerate(gold.ids)}
    return Report(trial.title, len(gold.texts), int(documents.max()) + 1, columns, above,
                  slices(gold, [one.given for one in taggers], taggers[1].given), bins,
                  doubt(judged, taggers[0].given, trial.inside.unsure), leak, learning)


def _column(ids: Sequence[str], rows: list[Scores], name: str, exact: float) -> Column:
    return Column(name, rows, exact, rows[len(ids)].calibration_error)


def plain(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    built: dict[str, Any] = msgspec.to_builtins(report)
    return built
