"""What all pages have around their content: head, policy, colours, chart."""

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files

from tagger.writing.form import Options
from tagger.writing.html.counts import Counts

# Told apart by colour-blind readers too (Okabe and Ito; Tol), darkened for white paper
COLOURS = ("#0072b2", "#d55e00", "#00896b", "#b8528f", "#a67c00", "#3a9bd9", "#6a4c93", "#5f6b00",
           "#8c3b1f", "#17717f", "#7f7f7f", "#c2185b")
_ROW = 24  # height of a row of the chart, in units of it
_LABEL = 190
_BAR = 330


@cache
def asset(name: str) -> str:
    """The text of a file beside this module."""
    return files("tagger.writing.html").joinpath(name).read_text(encoding="utf-8")


def frame(title: str, content: str, script: str, options: Options) -> str:
    """A whole page. It may run its own script and style, and load nothing."""
    style = asset("page.css") + _colours(len(options.themes))
    code = asset(script)
    policy = (f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(code)}'; "
              "base-uri 'none'; form-action 'none'")
    return f"""<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
{content}
<script>{code}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _colours(count: int) -> str:
    themes = "".join(f".t{i}{{--c:{COLOURS[i % len(COLOURS)]}}}\n" for i in range(count))
    return f":root{{--lanes:{count * 7}px}}\n{themes}"


def head(title: str, counts: Counts, options: Options) -> str:
    """The top of a page: what it holds, and a bar for each theme."""
    told = (f"{counts.documents:,} 篇 documents · {counts.body:,} 段 paragraphs · "
            f"{counts.headings:,} 小标题 headings · "
            f"{counts.unsure:,} 存疑 unsure · {'、'.join(sorted(counts.models))}")
    return f"""<header class="head">
<h1><bdi>{escape(title)}</bdi></h1>
<p>{escape(told)}</p>
{_chart(counts, options)}
</header>"""


def _chart(counts: Counts, options: Options) -> str:
    rows = [(theme.zh, theme.en, f"t{i}", counts.found[theme.id], counts.doubtful[theme.id])
            for i, theme in enumerate(options.themes)]
    rows.append(("无主题", "No theme", "none", counts.none, 0))
    most = max(1, *(found for *_, found, _ in rows))
    drawn = "".join(_bar(i, most, *row) for i, row in enumerate(rows))
    height = _ROW * len(rows)
    return (f'<svg class="chart" viewBox="0 0 640 {height}" role="img" '
            f'aria-label="paragraphs by theme">{drawn}</svg>')


def _bar(number: int, most: int, zh: str, en: str, lane: str, found: int, doubtful: int) -> str:
    top = number * _ROW
    width = _BAR * found / most
    note = f" （存疑 {doubtful}）" if doubtful else ""
    return (f'<g class="{lane}"><title>{escape(en)}</title>'
            f'<text x="{_LABEL - 10}" y="{top + 17}" text-anchor="end">{escape(zh)}</text>'
            f'<rect class="n1" x="{_LABEL}" y="{top + 4}" width="{width:.1f}" height="16"/>'
            f'<text class="n" x="{_LABEL + width + 8:.1f}" y="{top + 17}">{found:,}{note}</text>'
            f'</g>')
