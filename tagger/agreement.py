"""Two sets of labels of the same paragraphs: how far they agree, and where they do not."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import krippendorff
import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from tagger.errors import LabelsError, Problem
from tagger.evaluation.gold import Gold, load_gold
from tagger.evaluation.metrics import f1, hits
from tagger.store import read_codebook, shipped
from tagger.themes import Codebook, load_codebook

NAMED = 5  # texts named in an error
FIRST_WORDS = 60  # letters of a text that are shown


@dataclass(frozen=True, slots=True)
class Difference:
    """A theme that only one of the two gave a paragraph, and who."""

    theme: str
    given_by: str
    document: str
    text: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one theme, or on all decisions together (`all`).

    `n`: paragraphs judged by both. `f1`: of one against the other, the same both ways; None
    where neither gave the theme. `alpha`: Krippendorff's, nominal; None where all agree on
    one value, of which nothing can be said.
    """

    theme: str
    n: int
    first: int
    second: int
    f1: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of labels side by side; `left_out` counts paragraphs that only one has."""

    first: str
    second: str
    paragraphs: int
    left_out: int
    themes: list[Agreement]
    differences: list[Difference]


def compare(first: Path, second: Path) -> Comparison:
    """Compare two sets of labels, each a folder, .yaml or .jsonl, matched by their texts.

    Either may hold more paragraphs than the other. Raises LabelsError where a text stands
    twice in a set, or where the smaller set holds a text that the larger one has not.
    """
    ids = _themes(first, second)
    sets = [load_gold(path, ids) for path in (first, second)]
    rows = [_rows(gold, path) for gold, path in zip(sets, (first, second), strict=True)]
    shared = [text for text in rows[0] if text in rows[1]]
    _refuse_strangers(rows, (first, second), shared)
    judged = [gold.judged[[row[text] for text in shared]]
              for gold, row in zip(sets, rows, strict=True)]
    documents = [sets[0].documents[rows[0][text]] for text in shared]
    themes = [agree(theme, judged[0][:, i], judged[1][:, i]) for i, theme in enumerate(ids)]
    themes.append(agree("all", judged[0].ravel(), judged[1].ravel()))
    left_out = len(rows[0]) + len(rows[1]) - 2 * len(shared)
    return Comparison(str(first), str(second), len(shared), left_out, themes,
                      _differences(ids, judged, (str(first), str(second)), documents, shared))


def _themes(first: Path, second: Path) -> tuple[str, ...]:
    """Themes of the codebook beside either set, else of the shipped model."""
    for path in (first, second):
        codebook = (path if path.is_dir() else path.parent) / "themes.yaml"
        if codebook.is_file():
            return load_codebook(codebook).ids
    return Codebook.model_validate_json(read_codebook(shipped())).ids


def _rows(gold: Gold, path: Path) -> dict[str, int]:
    """The row of each text. Raises LabelsError where a text stands twice."""
    rows: dict[str, int] = {}
    problems = []
    for row, text in enumerate(gold.texts):
        if rows.setdefault(text.strip(), row) != row:
            problems.append(Problem(str(path), None, f"the text “{text[:20]}…” stands twice; "
                                    "keep one"))
    if problems:
        raise LabelsError(problems)
    return rows


def _refuse_strangers(rows: Sequence[dict[str, int]], paths: Sequence[Path],
                      shared: Sequence[str]) -> None:
    small, large = sorted((0, 1), key=lambda i: len(rows[i]))
    known = set(shared)
    strangers = [text for text in rows[small] if text not in known]
    if strangers:
        named = ", ".join(f"“{text[:20]}…”" for text in strangers[:NAMED])
        more = f" and {len(strangers) - NAMED} more" if len(strangers) > NAMED else ""
        raise LabelsError([Problem(str(paths[small]), None,
                                   f"{len(strangers)} of {len(rows[small])} texts are not in "
                                   f"{paths[large]}: {named}{more}; texts must be the same "
                                   "letter by letter: was one changed after it was handed out?")])


def agree(theme: str, first: NDArray[np.int64], second: NDArray[np.int64]) -> Agreement:
    """Agreement of two columns of 1 (yes), 0 (no) and -1 (not judged).

    F1 after Hripcsak & Rothschild (2005), alpha after Krippendorff (2011).
    """
    both = (first != -1) & (second != -1)
    one, other = first[both], second[both]
    counts = hits(one[:, None], other[:, None] == 1).sum(axis=(0, 1))
    alpha = None
    if len(np.unique([one, other])) == 2:
        alpha = float(krippendorff.alpha(np.stack([one, other]), level_of_measurement="nominal"))
    return Agreement(theme, int(both.sum()), int(one.sum()), int(other.sum()),
                     float(f1(counts)) if one.any() or other.any() else None, alpha)


def _differences(ids: Sequence[str], judged: Sequence[NDArray[np.int64]], names: Sequence[str],
                 documents: Sequence[str], texts: Sequence[str]) -> list[Difference]:
    first, second = judged
    apart = (first != second) & (first != -1) & (second != -1)
    return [Difference(ids[theme], names[0 if first[row, theme] == 1 else 1], documents[row],
                       texts[row])
            for theme, row in np.argwhere(apart.T).tolist()]


def print_comparison(found: Comparison, *, json: bool) -> None:
    """Print a comparison on standard output, as tables or as JSON."""
    if json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        return
    out = Console(width=None if sys.stdout.isatty() else 120, highlight=False, markup=False)
    out.print(f"{found.first} and {found.second}: {found.paragraphs} paragraphs in both, "
              f"{found.left_out} in one only", soft_wrap=True)
    out.print(_table(found))
    theme = None
    for difference in found.differences:
        if difference.theme != theme:
            theme = difference.theme
            out.print(f"\n{theme}, given by one only", style="italic")
        out.print(f"{difference.given_by}  {difference.document}  "
                  f"{difference.text[:FIRST_WORDS]}", soft_wrap=True)


def _table(found: Comparison) -> Table:
    table = Table(caption="F1 of one against the other; alpha: Krippendorff's, nominal; "
                          "· cannot be told", caption_justify="left")
    table.add_column("theme")
    for column in ("n", "first", "second", "F1", "alpha"):
        table.add_column(column, justify="right")
    for row in found.themes:
        if row.theme == "all":
            table.add_section()
        table.add_row(row.theme, str(row.n), str(row.first), str(row.second),
                      *("·" if value is None else f"{value:.3f}" for value in (row.f1, row.alpha)))
    return table
