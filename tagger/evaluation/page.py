"""A report as one HTML page that needs nothing else: to read, to print, to send to a reviewer."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagger.evaluation.chart import COLOURS, DASHES, Axis, Chart, Line, Row, axis, forest
from tagger.evaluation.curves import at_thresholds, precision_recall
from tagger.evaluation.errorlist import errors
from tagger.evaluation.evaluate import TermWeight, Trial
from tagger.evaluation.figures import Report
from tagger.evaluation.metrics import companions, confusions
from tagger.evaluation.printing import (
    doubt_line,
    f1_cell,
    interval_cell,
    leak_line,
    number_cell,
    slice_cells,
)
from tagger.evaluation.slices import COUNTED

STRONGEST = 18  # terms shown for and against each theme
LOWEST = 0.5  # where the scale of F1 begins, unless an interval reaches lower


def page(trial: Trial, report: Report) -> str:
    """The whole page. Everything in it is escaped; it loads nothing and runs nothing."""
    css = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    sections: list[tuple[str, Callable[[Trial, Report], str]]] = [
        ("Figures", _figures), ("Where it is good and where not", _parts),
        ("Precision and recall", _curves), ("Calibration", _calibration),
        ("Thresholds", _thresholds), ("Learning curve", _learning),
        ("Confusions", _confusions), ("Strongest terms", _terms), ("Errors", _errors)]
    built = [(f"s{i}", title, make(trial, report)) for i, (title, make) in enumerate(sections)]
    shown = [section for section in built if section[2]]
    links = "".join(f'<a href="#{key}">{escape(title)}</a>' for key, title, _ in shown)
    body = "".join(f'<section><h2 id="{key}">{escape(title)}</h2>{content}</section>\n'
                   for key, title, content in shown)
    return (f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(report.title)}</title><style>{css}</style></head>\n<body>\n"
            f"{_head(report)}<nav>{links}</nav>\n{body}</body>\n</html>\n")


def _head(report: Report) -> str:
    micro, macro = report.columns[0].rows[-2:]
    facts = [(f"{report.paragraphs:,}", "paragraphs"), (f"{report.documents:,}", "documents"),
             (f"{micro.f1.value:.3f}", f"micro-F1 [{micro.f1.low:.3f}, {micro.f1.high:.3f}]"),
             (f"{macro.f1.value:.3f}", f"macro-F1 [{macro.f1.low:.3f}, {macro.f1.high:.3f}]"),
             (f"{report.columns[0].exact_match:.3f}", "exact match")]
    listed = "".join(f"<li><b>{escape(value)}</b><span>{escape(name)}</span></li>"
                     for value, name in facts)
    leak = report.leak
    look = "caution" if leak.found or not leak.checked else "note"
    return (f'<h1>Evaluation of a theme tagger</h1><p class="lead">{escape(report.title)}</p>'
            f'<ul class="facts">{listed}</ul>'
            f'<p class="{look}">{escape(_sentence(leak_line(leak)))}</p>')


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _table(head: Sequence[str], rows: Iterable[str]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    return (f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}'
            "</tbody></table></div>")


def _row(cells: Iterable[str], look: str = "") -> str:
    kind = f' class="{look}"' if look else ""
    return f"<tr{kind}>" + "".join(f"<td>{_cell(cell)}</td>" for cell in cells) + "</tr>"


def _cell(text: str) -> str:
    value, bracket, rest = text.partition(" [")
    return escape(value) + (f' <small class="i">[{escape(rest)}</small>' if bracket else "")


def _figures(_: Trial, report: Report) -> str:
    columns = report.columns
    head = ["theme", "positives", "precision", "recall", "AP", "ECE",
            *(f"F1 {column.name}" for column in columns)]
    rows = []
    for i, row in enumerate(columns[0].rows):
        numbers = (row.precision, row.recall, row.average_precision, row.calibration_error)
        rows.append(_row([row.name, str(row.support),
                          *(number_cell(row, one) for one in numbers),
                          *(f1_cell(column.rows[i]) for column in columns)],
                         "sum" if row.name == "micro" else ""))
    gaps = "".join(_row([name, f"{gap.value:+.3f}", f"[{gap.low:+.3f}, {gap.high:+.3f}]"])
                   for name, gap in report.difference.items())
    return (_table(head, rows)
            + '<p class="note">Precision to ECE are of the model; [ ] 95 % intervals, bootstrap '
              "over documents; · too few positives to say; AP average precision, ECE expected "
              "calibration error.</p>"
            + _forest(report)
            + "<h3>The model's micro-F1 above the others'</h3>"
            + _table(["tagger", "difference", "95 % interval (paired bootstrap)"], [gaps])
            + f"<p>{escape(_sentence(doubt_line(report.doubt)))}</p>")


def _forest(report: Report) -> str:
    rows = []
    low = LOWEST
    for i, first in enumerate(report.columns[0].rows):
        if first.too_few:
            continue
        found = [column.rows[i].f1 for column in report.columns]
        rows.append(Row(first.name, [(one.value, one.low, one.high) for one in found]))
        low = min([low, *(one.low for one in found)])
    names = [column.name for column in report.columns]
    return forest("F1 with 95 % intervals", names, rows, int(low * 10) / 10) if rows else ""


def _parts(_: Trial, report: Report) -> str:
    head = ["part", "paragraphs", "documents", "positives",
            *(column.name for column in report.columns)]
    rows = []
    before = ""
    for part in report.slices:
        if part.dimension != before:
            what = ("share of paragraphs that are right" if part.dimension in COUNTED
                    else "micro-F1")
            rows.append(f'<tr class="head"><td colspan="{len(head)}">{escape(part.dimension)}'
                        f" <small>({what})</small></td></tr>")
        before = part.dimension
        rows.append(_row([part.name, str(part.paragraphs), str(part.documents),
                          str(part.positives), *slice_cells(part)]))
    note = ('<p class="note">· fewer than 20 positives; [·] fewer than 10 documents, too few for '
            "an interval. A trap is a paragraph that looks like a theme and is none, or has a "
            "theme that no set word names. Keyword list: where it has all themes of a "
            "paragraph right, and where not. Intervals of shares are Wilson's.</p>")
    return _table(head, rows) + note if rows else ""


def _curves(trial: Trial, report: Report) -> str:
    chances, gold = trial.taggers[0].chances, trial.gold
    if chances is None:
        return ""
    lines = []
    for i, theme in enumerate(gold.ids):
        recall, precision = precision_recall(gold.judged[:, i], chances[:, i])
        ap = number_cell(report.columns[0].rows[i], report.columns[0].rows[i].average_precision)
        lines.append(Line(f"{theme}  AP {ap}", recall.tolist(), precision.tolist(),
                          colour=COLOURS[i % len(COLOURS)], dash=DASHES[i % len(DASHES)]))
    chart = Chart("Precision and recall of the model at every threshold", axis("recall"),
                  axis("precision"), lines, legend=True, width=520, height=360)
    return f'<div class="charts">{chart.svg()}</div>'


def _calibration(trial: Trial, report: Report) -> str:
    charts = []
    for i, (theme, bins) in enumerate(report.reliability.items()):
        error = report.columns[0].rows[i].calibration_error or 0.0
        line = Line(theme, [one.chance for one in bins], [one.share.value for one in bins],
                    [one.share.low for one in bins], [one.share.high for one in bins],
                    COLOURS[i % len(COLOURS)], dots=True, joined=False)
        charts.append(Chart(f"{theme}: ECE {error:.3f}", axis("probability given"),
                            axis("share that is so"), [line], diagonal=True))
    del trial
    return _gallery(charts, "On the diagonal, a probability of 0.8 is right 8 times in 10. "
                            "Whiskers: 95 %, Wilson.")


def _thresholds(trial: Trial, _: Report) -> str:
    chances, gold = trial.taggers[0].chances, trial.gold
    if chances is None:
        return ""
    charts = []
    for i, theme in enumerate(gold.ids):
        found = at_thresholds(gold.judged[:, i], chances[:, i])
        places = found.threshold.tolist()
        lines = [Line("F1", places, found.f1.tolist(), colour=COLOURS[0]),
                 Line("precision", places, found.precision.tolist(), colour=COLOURS[1],
                      dash=DASHES[1]),
                 Line("recall", places, found.recall.tolist(), colour=COLOURS[2], dash=DASHES[2])]
        used = sorted({float(cut) for cut in trial.inside.thresholds[:, i]})
        charts.append(Chart(theme, axis("threshold"), axis(""), lines, verticals=used,
                            legend=True))
    return _gallery(charts, "Dotted uprights: the thresholds that training chose, one a fold in "
                            "cross-validation.")


def _gallery(charts: Sequence[Chart], note: str) -> str:
    drawn = "".join(chart.svg() for chart in charts)
    return f'<div class="charts">{drawn}</div><p class="note">{escape(note)}</p>' if charts else ""


def _learning(_: Trial, report: Report) -> str:
    points = report.learning
    if not points:
        return ""
    sizes = [float(point.documents) for point in points]
    low = min(0.8, int(10 * min(min(point.micro.low, point.macro.low) for point in points)) / 10)
    ticks = tuple((low + (1 - low) * i / 4, f"{low + (1 - low) * i / 4:.2f}") for i in range(5))
    x = Axis("documents trained on", 0.0, sizes[-1] * 1.04,
             tuple((size, f"{size:.0f}") for size in sizes))
    lines = [Line("micro-F1", sizes, [point.micro.value for point in points],
                  [point.micro.low for point in points], [point.micro.high for point in points],
                  COLOURS[0], dots=True),
             Line("macro-F1", sizes, [point.macro.value for point in points], colour=COLOURS[1],
                  dash=DASHES[1], dots=True)]
    chart = Chart("F1 by the size of the training data", x, Axis("F1", low, 1.0, ticks), lines,
                  legend=True, width=520, height=320)
    rows = [_row([f"{point.share:.1%}", str(point.documents), str(point.paragraphs),
                  interval_cell(point.micro), interval_cell(point.macro)]) for point in points]
    return (f'<div class="charts">{chart.svg()}</div>'
            + _table(["share", "documents", "paragraphs", "micro-F1", "macro-F1"], rows))


def _confusions(trial: Trial, _: Report) -> str:
    ids, judged, given = trial.gold.ids, trial.gold.judged, trial.taggers[0].given
    rows = _counted([*ids, "nothing missed"], confusions(judged, given))
    wrong = _counted(ids, companions((judged == 0) & given, judged))
    missed = _counted(ids, companions((judged == 1) & ~given, judged))
    return (_table(["missed \\ given wrongly", *ids, "nothing given"], rows)
            + '<p class="note">Paragraphs in which the theme of the row was missed and that of '
              "the column was given wrongly.</p><h3>What such paragraphs are about</h3>"
            + _table(["given wrongly in", *ids, "no theme"], wrong)
            + _table(["missed beside", *ids, "no other theme"], missed))


def _counted(names: Sequence[str], counts: NDArray[np.int64]) -> list[str]:
    """Rows of counts, darker where there are more; the last column is not a theme."""
    most = max(1, int(counts[:, :-1].max())) if counts.shape[1] > 1 else 1
    rows = []
    for name, row in zip(names, counts.tolist(), strict=True):
        cells = []
        for j, count in enumerate(row):
            shade = count and j < len(row) - 1 and name != "nothing missed"
            look = f' class="c{1 + min(2, 3 * count // (most + 1))}"' if shade else ""
            cells.append(f"<td{look}>{count or '·'}</td>")
        rows.append(f"<tr><td>{escape(name)}</td>{''.join(cells)}</tr>")
    return rows


def _terms(trial: Trial, _: Report) -> str:
    models = len(trial.inside.thresholds)
    rows = []
    for theme, zh, terms in zip(trial.gold.ids, trial.names, trial.inside.terms, strict=True):
        favour = [term for term in terms[:STRONGEST] if term.weight > 0]
        against = [term for term in terms[::-1][:STRONGEST] if term.weight < 0]
        rows.append(f"<tr><td>{escape(zh)}<br><small>{escape(theme)}</small></td>" + "".join(
            f'<td class="words">{_words(kind, models)}</td>' for kind in (favour, against))
            + "</tr>")
    note = "Shares in the log-odds; " + (
        f"means over {models} folds, with ×n where only n of the models use the term."
        if models > 1 else "a term counts once a sentence.")
    table = _table(["theme", "for", "against"], rows)
    return f'<div class="terms">{table}</div><p class="note">{escape(note)}</p>'


def _words(terms: Sequence[TermWeight], models: int) -> str:
    return " ".join(
        f'<span class="term">{escape(term.term)} <small>{term.weight:+.1f}'
        + (f" ×{term.models}" if term.models < models else "") + "</small></span>"
        for term in terms)


def _errors(trial: Trial, _: Report) -> str:
    return errors(trial)
