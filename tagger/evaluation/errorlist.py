"""The wrong decisions of a trial, theme by theme, with what spoke for and against them."""

from collections.abc import Iterable
from html import escape

import numpy as np

from tagger.evaluation.evaluate import Trial
from tagger.records import Evidence

MOST_SHOWN = 100  # of each theme and kind, the surest first
NOTE = ("The surest errors first. Marks: blue speaks for the theme, orange against it; the weight "
        "shows when the pointer rests on a mark. Evidence is of the one sentence that decided.")
STEPS = (0.5, 1.5, 3.0)  # weights at which a mark grows darker


def errors(trial: Trial) -> str:
    """HTML of all errors: of each theme, those given wrongly and those missed."""
    gold, given = trial.gold, trial.taggers[0].given
    chances = trial.taggers[0].chances
    if chances is None:
        return ""
    parts = [f'<p class="note">{NOTE}</p>']
    for i, theme in enumerate(gold.ids):
        wrong = np.flatnonzero((gold.judged[:, i] == 0) & given[:, i])
        missed = np.flatnonzero((gold.judged[:, i] == 1) & ~given[:, i])
        parts.append(f"<h3>{escape(trial.names[i])} <small>{escape(theme)}</small></h3>")
        parts.append(_list(trial, i, "Given wrongly", wrong[np.argsort(-chances[wrong, i])]))
        parts.append(_list(trial, i, "Missed", missed[np.argsort(chances[missed, i])]))
    return "".join(parts)


def _list(trial: Trial, theme: int, title: str, rows: Iterable[int]) -> str:
    found = [int(row) for row in rows]
    if not found:
        return f'<p class="note">{escape(title)}: none.</p>'
    shown = "".join(_error(trial, theme, row) for row in found[:MOST_SHOWN])
    left = len(found) - MOST_SHOWN
    more = f'<p class="note">… and {left} more.</p>' if left > 0 else ""
    return (f"<details open><summary>{escape(title)} ({len(found)})</summary>{shown}{more}"
            "</details>")


def _error(trial: Trial, theme: int, row: int) -> str:
    gold, chances = trial.gold, trial.taggers[0].chances
    should = [name for name, judged in zip(gold.ids, gold.judged[row], strict=True) if judged == 1]
    year = gold.years[row]
    where = [gold.documents[row], gold.genres[row], str(year or ""),
             f"trap: {gold.traps[row]}" if gold.traps[row] else ""]
    chance = "" if chances is None else f"probability {chances[row, theme]:.2f} · "
    spans = [span for span in trial.inside.evidence.get(row, ()) if span.theme == gold.ids[theme]]
    return (f'<div class="error"><div class="where">{chance}should have '
            f'<span class="gold">{escape(", ".join(should) or "no theme")}</span> · '
            f'{escape(" · ".join(part for part in where if part))}</div>'
            f'<p class="text">{marked(gold.texts[row], spans)}</p></div>')


def marked(text: str, spans: Iterable[Evidence]) -> str:
    """HTML of a text with its evidence marked; spans must not overlap."""
    parts = []
    at = 0
    for span in sorted(spans, key=lambda span: span.start):
        parts.append(escape(text[at:span.start]))
        parts.append(f'<mark class="{_look(span.weight)}" title="{span.weight:+.2f}">'
                     f"{escape(text[span.start:span.end])}</mark>")
        at = span.end
    return "".join([*parts, escape(text[at:])])


def _look(weight: float) -> str:
    level = 1 + sum(abs(weight) >= step for step in STEPS)
    return f"{'f' if weight > 0 else 'a'}{level}"
