"""One page of documents: paragraphs as read, lanes of themes beside them, evidence marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tagger.records import Evidence
from tagger.writing.form import Options
from tagger.writing.html.counts import Counts
from tagger.writing.html.frame import frame, head
from tagger.writing.lines import Line

LANE = 4  # height of a theme's lane in the map of a document, in pixels
STRONG = (1.0, 4.0)  # weights from which a mark is darker


@dataclass(frozen=True, slots=True)
class Turn:
    """Links to the index and the pages before and after; none on a page that stands alone."""

    index: str | None = None
    before: str | None = None
    after: str | None = None
    number: int = 1


def document_page(page: list[list[Line]], options: Options, turn: Turn) -> str:
    """The whole page."""
    counts = Counts()
    for document in page:
        counts.add(Counts.of(document, options))
    title = options.output.name if turn.index is None else f"{options.output.name} · {turn.number}"
    ids = {line.id for document in page for line in document}
    lanes = {theme.id: i for i, theme in enumerate(options.themes)}
    articles = "\n".join(_article(number, document, options, lanes, ids)
                         for number, document in enumerate(page))
    contents = "\n".join(_listed(number, document, options) for number, document in enumerate(page))
    content = f"""{head(title, counts, options)}
{_filters(counts, options)}
<div class="sheet">
<nav class="list">{_turn(turn)}<ol>
{contents}
</ol></nav>
<main>
{articles}
{_turn(turn)}
</main>
</div>"""
    return frame(title, content, "page.js", options)


def _filters(counts: Counts, options: Options) -> str:
    themes = "".join(
        f'<label class="t{i}" title="{escape(theme.en)}"><input type="checkbox" name="theme" '
        f'value="t{i}"><i></i>{escape(theme.zh)} {counts.found[theme.id]:,}</label>'
        for i, theme in enumerate(options.themes))
    total = counts.body + counts.headings
    return f"""<form class="tools">
{themes}
<label><input type="checkbox" name="theme" value="none">无主题 none {counts.none:,}</label>
<span class="gap"></span>
<label><input type="checkbox" name="unsure">只看存疑 unsure {counts.unsure:,}</label>
<span class="gap"></span>
<label><input type="checkbox" name="context">保留上下文 context</label>
<label><input type="checkbox" name="plain">隐藏证据 no evidence</label>
<span><kbd>j</kbd> <kbd>k</kbd></span>
<output data-all="{total}">{total}</output>
</form>"""


def _turn(turn: Turn) -> str:
    if turn.index is None:
        return ""
    links = [(turn.before, "← 上一页"), (turn.index, "目录 index"), (turn.after, "下一页 →")]
    return '<p class="turn">' + "".join(
        f'<a href="{escape(link)}">{text}</a>' if link else f"<span>{text}</span>"
        for link, text in links) + "</p>"


def _listed(number: int, document: list[Line], options: Options) -> str:
    found = {theme for line in document for theme in line.themes}
    dots = "".join(f'<i class="{f"t{i}" if theme in found else "off"}"></i>'
                   for i, theme in enumerate(options.ids))
    name = escape(document[0].title or document[0].document)
    return f'<li><a href="#d{number}"><span><bdi>{name}</bdi></span><b>{dots}</b></a></li>'


def _article(number: int, document: list[Line], options: Options, lanes: dict[str, int],
             ids: set[str]) -> str:
    first = document[0]
    paragraphs = "\n".join(_paragraph(line, options, lanes, ids) for line in document)
    title = first.title or first.document
    return f"""<article id="d{number}">
<h2><bdi>{escape(title)}</bdi></h2>
<p class="from"><bdi>{escape(first.document)}</bdi></p>
{_map(document, lanes)}
{paragraphs}
</article>"""


def _map(document: list[Line], lanes: dict[str, int]) -> str:
    """Where each theme stands in the document: a lane a theme, a step a paragraph."""
    boxes = "".join(f'<rect class="t{lanes[theme]}" x="{x}" y="{lanes[theme] * LANE}" '
                    f'width="1" height="{LANE - 1}"/>'
                    for x, line in enumerate(document) for theme in line.themes if theme in lanes)
    if not boxes or len(document) == 1:
        return ""
    height = len(lanes) * LANE
    return (f'<svg class="map" viewBox="0 0 {len(document)} {height}" height="{height}" '
            f'preserveAspectRatio="none" aria-hidden="true">{boxes}</svg>')


def _paragraph(line: Line, options: Options, lanes: dict[str, int], ids: set[str]) -> str:
    doubtful = options.doubtful(line)
    found = [f"t{lanes[theme]}" for theme in line.themes if theme in lanes]
    classes = ["p", line.kind, *found]
    classes += ["none"] if line.kind == "body" and not line.themes else []
    classes += [] if line.sure else ["unsure"]
    bars = "".join(_lane(i, theme in line.themes, theme in doubtful)
                   for theme, i in lanes.items())
    return (f'<div class="{" ".join(classes)}" id="{escape(line.id)}">'
            f'<div class="lanes">{bars}</div>'
            f'<p class="text">{"".join(_marked(line, options, lanes))}</p>'
            f'<div class="notes">{_notes(line, options, doubtful, ids)}</div></div>')


def _lane(number: int, found: bool, doubtful: bool) -> str:  # two states of a lane
    state = "doubt" if doubtful else "on" if found else ""
    return f'<i class="t{number} {state}"></i>' if state else "<i></i>"


def _notes(line: Line, options: Options, doubtful: tuple[str, ...], ids: set[str]) -> str:
    notes = []
    for i, theme in enumerate(options.themes):
        if theme.id not in line.themes and theme.id not in doubtful:
            continue
        doubt = theme.id in doubtful
        state = "存疑" + ("，算有" if theme.id in line.themes else "，算无") if doubt else ""
        score = line.scores[theme.id]
        tip = f"{theme.en}: {score:.4f}, threshold {theme.threshold:.2f}"
        notes.append(f'<span class="t{i}{" doubt" if doubt else ""}" title="{escape(tip)}">'
                     f'<b>{escape(theme.zh)}</b><em>{score:.2f} {state}</em></span>')
    if line.repeat_of is not None:
        first = escape(line.repeat_of)
        # copies of one document have the same ids, and a link would lead to itself
        linked = line.repeat_of in ids and line.repeat_of != line.id
        link = f'<a href="#{first}">{first}</a>' if linked else first
        notes.append(f'<span class="again">重复 repeats {link}</span>')
    return "".join(notes)


def _marked(line: Line, options: Options, lanes: dict[str, int]) -> Iterator[str]:
    """The text, with a mark wherever evidence stands; overlapping places are parted."""
    names = {theme.id: theme.zh for theme in options.themes}
    edges = {0, len(line.text)}
    for found in line.evidence:
        edges |= {max(0, found.start), min(len(line.text), found.end)}
    cuts = sorted(edges)
    for start, end in pairwise(cuts):
        over = [found for found in line.evidence if found.start < end and found.end > start]
        text = escape(line.text[start:end])
        yield _mark(text, over, names, lanes) if over else text


def _mark(text: str, over: list[Evidence], names: dict[str, str], lanes: dict[str, int]) -> str:
    ranked = sorted(over, key=lambda found: -abs(found.weight))
    tip = "\n".join(f"{names.get(found.theme, found.theme)} {found.weight:+.2f}  {found.text}"
                    for found in ranked)
    first = ranked[0]
    strength = 1 + sum(abs(first.weight) >= least for least in STRONG)
    state = "against" if first.weight < 0 else f"w{strength}"
    lane = lanes.get(first.theme, 0)
    return f'<mark class="t{lane} {state}" data-tip="{escape(tip)}">{text}</mark>'
