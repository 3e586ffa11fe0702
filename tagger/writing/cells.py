"""Rows for spreadsheets: the columns, and cells that no spreadsheet takes for a formula."""

from collections.abc import Iterator

from tagger.records import DIGITS
from tagger.writing.form import Options
from tagger.writing.lines import Line

Cell = str | int | float | None

# A spreadsheet takes such a cell for a formula (OWASP, CSV Injection); full-width too in
# some Chinese versions
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = ("id", "document", "title", "index", "kind", "start", "end", "text", "themes", "sure",
           "evidence", "model", "repeat_of")
LONG_COLUMNS = ("id", "document", "title", "index", "kind", "start", "end", "text", "theme",
                "score", "found", "sure", "evidence", "model", "repeat_of")


def safe(cell: str) -> str:
    """The cell, with an apostrophe before it if a spreadsheet would run it.

    One that has apostrophes and such a sign gets one more, so that `unsafe` gives back
    every cell as it was.
    """
    return f"'{cell}" if cell.lstrip("'").startswith(RISKY) else cell


def unsafe(cell: str) -> str:
    """The cell as it was before `safe`."""
    risky = cell.startswith("'") and cell.lstrip("'").startswith(RISKY)
    return cell[1:] if risky else cell


def header(options: Options) -> tuple[str, ...]:
    """The names of the columns; a row a paragraph has one for the score of each theme."""
    return LONG_COLUMNS if options.long else (*COLUMNS, *options.ids)


def rows(line: Line, options: Options) -> Iterator[list[Cell]]:
    """The row of a paragraph, or one for each theme."""
    if not options.long:
        scores = [_score(line, theme) for theme in options.ids]
        yield [*_place(line), ";".join(line.themes), _yes(line.sure), _evidence(line), line.model,
               line.repeat_of, *scores]
        return
    doubtful = options.doubtful(line)
    themes: list[str | None] = [theme for theme in options.ids if theme in line.scores]
    for theme in themes or [None]:  # furniture has no scores; it keeps one row
        yield [*_place(line), theme, _score(line, theme), _yes(theme in line.themes),
               _yes(theme not in doubtful), _evidence(line, theme), line.model, line.repeat_of]


def _place(line: Line) -> list[Cell]:
    return [line.id, line.document, line.title, line.index, line.kind, line.start, line.end,
            line.text]


def _score(line: Line, theme: str | None) -> float | None:
    return round(line.scores[theme], DIGITS) if theme in line.scores else None


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _evidence(line: Line, theme: str | None = None) -> str:
    return "；".join(f"{found.theme} {found.text} {found.weight:+.2f}"
                    for found in line.evidence if theme in {None, found.theme})
