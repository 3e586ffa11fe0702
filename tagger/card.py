"""The model card: what a model is, where it comes from and what it looks at."""

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tagger.store import Manifest, load, read_manifest, shipped
from tagger.tagger import Tagger

STRONGEST = 12  # terms shown for and against each theme


def print_card(folder: Path | None) -> None:
    """Print the card of a model folder (the shipped one if none is named)."""
    folder = folder or shipped()
    manifest, tagger = read_manifest(folder), load(folder)
    out = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    out.print(f"[bold]{tagger.name}[/]  format {manifest.format}, trained by tagger "
              f"{manifest.tagger}")
    _facts(out, manifest, len(tagger.terms.terms))
    out.print(_decisions(manifest))
    out.print(_terms(tagger))


def _facts(out: Console, manifest: Manifest, terms: int) -> None:
    training = manifest.training
    out.print(f"terms: {terms}; segmenter: {manifest.segmenter.get('name')} "
              f"{manifest.segmenter.get('version')}")
    out.print(f"trained on: {training.get('paragraphs')} paragraphs in "
              f"{training.get('documents')} documents, labels sha256 "
              f"{str(training.get('labels_sha256'))[:12]}")
    out.print(f"settings: {_inline(training.get('settings'))}")
    if manifest.figures:
        out.print(f"F1 out of fold: {_inline(manifest.figures.get('out_of_fold_f1'))}")


def _inline(values: Any) -> str:  # JSON of any form
    if not isinstance(values, dict):
        return str(values)
    return ", ".join(f"{key} {value}" for key, value in values.items())


def _decisions(manifest: Manifest) -> Table:
    table = Table(title="Themes", title_justify="left")
    table.add_column("id")
    table.add_column("中文")
    table.add_column("English")
    for column in ("positives", "threshold", "unsure between", "bias"):
        table.add_column(column, justify="right")
    positives = manifest.training.get("positives", {})
    for theme in manifest.themes:
        low, high = theme.unsure
        table.add_row(theme.id, theme.zh, theme.en, str(positives.get(theme.id, "?")),
                      f"{theme.threshold:.2f}", f"{low:.2f} – {high:.2f}", f"{theme.bias:.2f}")
    return table


def _terms(tagger: Tagger) -> Table:
    table = Table(title="Strongest terms (share in the log-odds)", title_justify="left",
                  show_lines=True)
    table.add_column("theme")
    table.add_column("for", ratio=1)
    table.add_column("against", ratio=1)
    for column, theme in enumerate(tagger.themes):
        ranked = sorted((weight, name) for name, weight in tagger.weights_of(column).items())
        against = [pair for pair in ranked[:STRONGEST] if pair[0] < 0]
        favour = [pair for pair in ranked[::-1][:STRONGEST] if pair[0] > 0]
        table.add_row(theme.id, _list(favour), _list(against))
    return table


def _list(pairs: list[tuple[float, str]]) -> str:
    return "  ".join(f"{term} {weight:+.1f}" for weight, term in pairs)
