"""The audit that a labeller runs: all findings on a set of labels, and how they are printed."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tagger.audit import counts
from tagger.audit.copies import NearCopy, Run, copied_runs, near_copies, read_phrases
from tagger.audit.counts import Count, KeywordUse
from tagger.audit.gate import Check, gate
from tagger.audit.places import places
from tagger.audit.suspects import Suspects, find_suspects
from tagger.labels import LabelledParagraph, Labels, load_labels

FIRST_WORDS = 40  # letters of a text that are shown


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found; `counts` by trait, `keywords` by genre, `places` by paragraph."""

    labels: Labels
    places: list[str]
    total: Count
    counts: dict[str, list[Count]]
    keywords: dict[str, tuple[KeywordUse, ...]]
    near: list[NearCopy]
    runs: list[Run]
    suspects: Suspects | None
    gate: list[Check]

    @property
    def passed(self) -> bool:
        """Whether the labels meet every demand of the gate."""
        return all(check.ok for check in self.gate)


def audit(paths: Sequence[Path], *, suspects: bool = False, jobs: int = 1) -> Audit:
    """Audit label files and folders; with `suspects`, also train to find likely errors.

    Raises LabelsError with every problem of the files.
    """
    labels = load_labels(paths)
    total = counts.count(labels, counts.everything)[0]
    near = near_copies(labels)
    runs = copied_runs(labels, read_phrases(paths))
    traps = sum(paragraph.trap is not None for paragraph in labels.paragraphs)
    keywords = counts.keyword_use(labels, counts.genre)
    keywords |= counts.keyword_use(labels, counts.everything)
    return Audit(labels, places(paths, labels), total,
                 {name: counts.count(labels, trait) for name, trait in counts.TRAITS.items()},
                 keywords, near, runs, find_suspects(labels, jobs) if suspects else None,
                 gate(labels.codebook.ids, total, traps, near, runs))


def print_audit(found: Audit) -> None:
    """Print what an audit found, the gate last."""
    out = Console(width=None if sys.stdout.isatty() else 120, highlight=False, markup=False)
    total, ids = found.total, found.labels.codebook.ids
    out.print(f"{total.documents} documents, {total.paragraphs} paragraphs: "
              f"{total.none} without a theme ({total.none / total.paragraphs:.0%}), "
              f"{total.several} with two or more ({total.several / total.paragraphs:.0%})")
    for name, rows in found.counts.items():
        out.print(_counts(name, rows, total, ids))
    out.print(_keywords(found.keywords, ids))
    _lines(out, "Near-duplicates", _near(found))
    _lines(out, "Copied runs", _runs(found))
    if found.suspects is not None:
        _lines(out, f"Likely label errors, by {found.suspects.method}", _suspects(found))
    _lines(out, "Gate", [f"{'ok    ' if check.ok else 'failed'}  {check.name}: {check.found}"
                         for check in found.gate])


def _lines(out: Console, title: str, lines: Iterable[str]) -> None:
    """Lines under a title; long ones are not broken, so that they can be searched."""
    lines = list(lines)
    if lines:
        out.print(f"\n{title}", style="italic")
    for line in lines:
        out.print(line, soft_wrap=True)


def _counts(name: str, rows: Sequence[Count], total: Count, ids: Sequence[str]) -> Table:
    table = Table(title=f"By {name}", title_justify="left", box=SIMPLE_HEAD)
    table.add_column(name, overflow="fold")
    for column in ("docs", "texts", *ids, "none", "2+"):
        table.add_column(column, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*_cells(row))
    table.add_section()
    table.add_row(*_cells(total))
    return table


def _cells(row: Count) -> list[str]:
    figures = (row.documents, row.paragraphs, *row.themes, row.none, row.several)
    return [row.name, *map(str, figures)]


def _keywords(uses: dict[str, tuple[KeywordUse, ...]], ids: Sequence[str]) -> Table:
    table = Table(title="Keywords: right / found", title_justify="left", box=SIMPLE_HEAD,
                  caption_justify="left",
                  caption="right: share of the paragraphs with a keyword that have the theme; "
                          "found: share of the theme's paragraphs that hold a keyword")
    table.add_column("genre", overflow="fold")
    for theme in ids:
        table.add_column(theme, justify="right", overflow="fold")
    for name, row in uses.items():
        if name == "all":
            table.add_section()
        table.add_row(name, *(f"{_part(use.right)} / {_part(use.found)}" for use in row))
    return table


def _part(share: float | None) -> str:
    return "  · " if share is None else f"{share:.2f}"


def _near(found: Audit) -> list[str]:
    texts = found.labels.paragraphs
    return [f"{found.places[pair.one]} = {found.places[pair.other]}  {pair.likeness:.2f}  "
            f"{_begin(texts[pair.one])}" for pair in found.near]


def _runs(found: Audit) -> list[str]:
    return [f"{found.places[run.text]} = {found.places[run.other]}  {len(run.words)} letters  "
            f"{run.words}" for run in found.runs]


def _suspects(found: Audit) -> list[str]:
    texts = found.labels.paragraphs
    rows = found.suspects.found if found.suspects else []
    return [f"{found.places[row.paragraph]}  {'take out' if row.given else 'add'} {row.theme}  "
            f"probability {row.chance:.2f}  given: "
            f"{', '.join(texts[row.paragraph].themes) or 'none'}  "
            f"{_begin(texts[row.paragraph])}" for row in rows]


def _begin(paragraph: LabelledParagraph) -> str:
    return paragraph.text[:FIRST_WORDS]
