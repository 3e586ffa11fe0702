"""The door to evaluation: measure, print, and write the page if one is wanted."""

from collections.abc import Sequence
from pathlib import Path

from tagger.evaluation.evaluate import Trial
from tagger.evaluation.figures import Report, on_gold, on_labels
from tagger.evaluation.page import page
from tagger.evaluation.printing import print_report
from tagger.evaluation.whole import refuse, write_whole


def report_gold(model: Path | None, gold: Path, against: Path | None = None, *,
                json: bool = False, to: Path | None = None, force: bool = False) -> None:
    """Print how a model does on outside gold, and write a page `to` a file.

    Raises LabelsError, ModelError or OutputError.
    """
    _check(to, force=force)
    _show(*on_gold(model, gold, against), json=json, to=to, force=force)


def report_labels(paths: Sequence[Path], jobs: int, *, json: bool = False,
                  to: Path | None = None, force: bool = False) -> None:
    """Print a cross-validation on labels, and write a page `to` a file, with a learning curve.

    Raises LabelsError or OutputError.
    """
    _check(to, force=force)
    _show(*on_labels(paths, jobs, curve=to is not None), json=json, to=to, force=force)


def _check(to: Path | None, *, force: bool) -> None:
    if to is not None:
        refuse(to, force=force)


def _show(trial: Trial, report: Report, *, json: bool, to: Path | None, force: bool) -> None:
    print_report(report, json=json)
    if to is not None:
        write_whole(to, page(trial, report).encode("utf-8", "replace"), force=force)
