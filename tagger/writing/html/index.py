"""The index of many pages: all counts, and a row a document or a page, to sort by any column."""

from html import escape

from tagger.writing.form import Options
from tagger.writing.html.counts import Counts, Entry
from tagger.writing.html.frame import frame, head


def index_page(entries: list[Entry], counts: Counts, prefix: str, options: Options) -> str:
    """The whole page; `prefix` leads from it to the folder of the pages."""
    heads = "".join(f'<th class="themed t{i}" title="{escape(theme.en)}">{escape(theme.zh)}</th>'
                    for i, theme in enumerate(options.themes))
    rows = "\n".join(_row(number, entry, prefix, options) for number, entry in enumerate(entries))
    content = f"""{head(options.output.name, counts, options)}
<main class="table">
<table>
<thead><tr><th>文档 document</th><th>段 paragraphs</th>{heads}
<th>无主题</th><th>存疑</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</main>"""
    return frame(options.output.name, content, "index.js", options)


def _row(number: int, entry: Entry, prefix: str, options: Options) -> str:
    counts = entry.counts
    cells = "".join(_cell(i, counts.found[theme.id], counts.body)
                    for i, theme in enumerate(options.themes))
    below = f"<small><bdi>{escape(entry.below)}</bdi></small>" if entry.below else ""
    return (f'<tr><td data-n="{-number}"><a href="{escape(prefix + entry.link)}">'
            f"<bdi>{escape(entry.title)}</bdi></a>{below}</td>"
            f'<td data-n="{counts.body}">{counts.body:,}</td>{cells}'
            f'<td data-n="{counts.none}">{counts.none:,}</td>'
            f'<td data-n="{counts.unsure}">{counts.unsure:,}</td></tr>')


def _cell(lane: int, found: int, body: int) -> str:
    """A count, darker the larger its share of the document's paragraphs."""
    share = found / max(1, body)
    heat = 0 if not found else 1 if share < 0.1 else 2 if share < 0.3 else 3
    return f'<td class="t{lane} h{heat}" data-n="{found}">{found or "·"}</td>'
