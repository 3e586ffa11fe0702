"""Web pages (.html): every block of text in order, with the furniture marked.

The page is not cut down to an article, because what an extractor drops is gone;
blocks outside the article are marked as furniture instead.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from tagger.paragraphs import ends_article
from tagger.reading import encodings, limits, lines
from tagger.reading.lines import Block
from tagger.reading.source import Source
from tagger.records import Document, Kind

# HTML wants the declaration in the first 1,024 bytes; real pages are late.
_DECLARED_WITHIN = 16_384
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([\w.:-]{2,30})", re.IGNORECASE
)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s?=\s?[\"']([\w.:-]{2,30})", re.IGNORECASE)


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_INLINE = _tags(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark "
    "nobr q rp rt ruby s samp small span strike strong sub sup time tt u var wbr img o:p"
)
_SKIPPED = _tags(
    "script style noscript template textarea select option svg math iframe object embed "
    "applet head audio video canvas map rp rt"
)
_CELLS = _tags("td th")
_HEADINGS = _tags("h1 h2 h3 h4 h5 h6")
_FURNITURE_TAGS = _tags("nav footer form button aside")
_FURNITURE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|crumbs?|breadcrumbs?|footer|copyright|share|sidebar|aside|related|relate"
    r"|recommend|tuijian|comments?|tags|pagination|toolbar)(?:$|[\s_-])",
    re.IGNORECASE,
)
_GIVEN_UP = ("ERR_INTERNAL_ERROR", "ERR_RESOURCE_LIMIT", "ERR_NO_MEMORY")
_END_OF_PAGE = re.compile(r"</(?:html|body)\s{0,9}>", re.IGNORECASE)
_STYLE_TAGS = re.compile(r"</?(?:font|span|b|i|u|em|strong|center)\b[^<>]{0,2000}>", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_CJK_BREAK = re.compile(r"(?<=[^\x00-\x7f])[ \t\r\f]*\n\s*(?=[^\x00-\x7f])")
_CELL_EDGE = re.compile(" ?\u3000 ?")
_MARKS = re.compile("[，。；：！？、]|[,.;!?] ")
_SENTENCE_END = re.compile("[。！？!?；…：”）]$")

# A block counts as prose with one mark and so many characters outside links.
_PROSE = 20
# The article is the innermost element that holds so much of all prose.
_ARTICLE_SHARE = 0.7
# An element named like furniture that holds more than this share is not furniture.
_MOST_FURNITURE = 0.3
_LINKED = 0.6
# Prose in elements named as furniture counts by so much less: readers' comments
# can be longer than the article.
_DISCOUNT = 5
# The editor's line ends the article if so much of its prose is above it.
_PASSED = 0.8


@dataclass(slots=True)
class _Piece:
    """A block of text where it stands in the tree."""

    text: str
    linked: int
    element: etree._Element
    heading: bool
    weight: int = 0


def documents(source: Source) -> Iterator[Document]:
    """Yield the one document of a web page.

    Raises ReadingError when it cannot be read.
    """
    data = source.data(limits.MAX_MARKUP_BYTES)
    text, encoding = encodings.decode(source.name, data, source.encoding, declared(data))
    root = parse(source, lines.clean(source.name, text))
    title = _title(root)
    yield lines.document(source.name, page_blocks(root, title), title, encoding)


def declared(data: bytes) -> str | None:
    """Find the encoding that a page declares, if any."""
    head = data[:_DECLARED_WITHIN]
    found = _XML_ENCODING.search(head[:200]) or _CHARSET.search(head)
    return found[1].decode("ascii", "ignore") if found else None


def parse(source: Source, text: str) -> etree._Element:
    """Parse markup to a tree, without fetching or expanding anything.

    Raises ReadingError when there is no tree or the parser gave up half-way.
    """
    # libxml2 drops what follows the first </html>, and templates glued together
    # hold several (seen on www.gov.cn).
    text = _END_OF_PAGE.sub("", text)
    root, fault = _parse(source, text)
    if fault:
        # Old pages open <font> again and again; without such tags most are flat.
        root, fault = _parse(source, _STYLE_TAGS.sub("", text))
    if fault:
        raise source.error("too large", fault)
    if root is None:
        raise source.error("no text", "the page holds no text")
    return root


def _parse(source: Source, text: str) -> tuple[etree._Element | None, str]:
    """Parse once; give the tree, and why the parser gave up before the end if it did."""
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.LxmlError as error:
        raise source.error("damaged", f"not HTML: {error}") from None
    given_up = (entry for entry in parser.error_log if entry.type_name in _GIVEN_UP)
    fault = next((f"line {entry.line:,}: {entry.message}" for entry in given_up), "")
    return root, fault


def page_blocks(root: etree._Element, title: str = "") -> Iterator[Block]:
    """Yield the blocks of a whole page, those outside its article as furniture."""
    pieces = list(_pieces(root))
    named = _named(root)
    weights = _weigh(pieces, named)
    article = _article(root, weights)
    inside = set(article.iter()) - _aside(article, named, weights)
    enough = _PASSED * weights.get(article, 0)
    passed = 0
    ended = False
    for piece in pieces:
        within = piece.element in inside
        passed += piece.weight * within
        ended = ended or (within and passed >= enough and ends_article(piece.text))
        yield Block(piece.text, _kind(piece, within and not ended, title))


def content_blocks(root: etree._Element) -> Iterator[Block]:
    """Yield the blocks of markup that is all content, such as rendered Markdown."""
    for piece in _pieces(root, rows=True):
        text = _CELL_EDGE.sub("\u3000", piece.text)
        yield Block(text, "heading" if piece.heading else None)


def _kind(piece: _Piece, within: bool, title: str) -> Kind | None:
    if piece.text == title and not piece.linked:
        return "heading"
    if not within:
        return "furniture"
    if piece.heading:
        return "heading"
    linked = piece.linked >= _LINKED * len(piece.text)
    return "furniture" if linked and not _SENTENCE_END.search(piece.text) else None


def _pieces(root: etree._Element, rows: bool = False) -> Iterator[_Piece]:
    """Walk the tree once: a block ends wherever a block element begins or ends.

    With `rows` the cells of a table's row are one block.
    """
    walker = _Walker(_INLINE | _CELLS if rows else _INLINE)
    # Iterating, since a page may be nested deeper than Python recurses.
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            if event == "end":
                yield from walker.add(element.tail)
            continue
        yield from walker.start(element) if event == "start" else walker.end(element)
    yield from walker.flush()


class _Walker:
    """The text gathered since the last block ended, and where it began."""

    def __init__(self, inline: frozenset[str]) -> None:
        self._inline = inline
        self._parts: list[str] = []
        self._linked = 0
        self._owner: etree._Element | None = None
        self._stack: list[etree._Element] = []
        self._skipping = 0
        self._links = 0
        self._headings = 0
        self._preformatted = 0

    def start(self, element: etree._Element) -> Iterator[_Piece]:
        tag = element.tag
        if tag not in self._inline:
            yield from self.flush()
            self._stack.append(element)
        self._count(tag, 1)
        yield from self.add(element.text)

    def end(self, element: etree._Element) -> Iterator[_Piece]:
        tag = element.tag
        if tag not in self._inline:
            yield from self.flush()
            self._stack.pop()
        elif tag in _CELLS:
            self._parts.append("\u3000")
        self._count(tag, -1)
        yield from self.add(element.tail)

    def _count(self, tag: str, step: int) -> None:
        self._skipping += step * (tag in _SKIPPED)
        self._links += step * (tag == "a")
        self._headings += step * (tag in _HEADINGS)
        self._preformatted += step * (tag == "pre")

    def add(self, text: str | None) -> Iterator[_Piece]:
        if not text or self._skipping:
            return
        if self._preformatted:
            *whole, last = text.split("\n")
            for line in whole:
                self._parts.append(line)
                yield from self.flush()
            text = last
        self._parts.append(text)
        if self._links:
            self._linked += len(text.strip())

    def flush(self) -> Iterator[_Piece]:
        text = _collapse("".join(self._parts))
        if text and self._stack:
            yield _Piece(text, self._linked, self._stack[-1], self._headings > 0)
        self._parts.clear()
        self._linked = 0


def _collapse(text: str) -> str:
    """Make white space one space, and none where the source only broke a Chinese line."""
    return _SPACES.sub(" ", _CJK_BREAK.sub("", text)).strip()


def _weigh(pieces: list[_Piece], named: set[etree._Element]) -> dict[etree._Element, int]:
    """Sum for each element how much prose it holds; comments and the like count little."""
    weights: dict[etree._Element, int] = {}
    for piece in pieces:
        own = len(piece.text) - piece.linked
        if own < _PROSE or not _MARKS.search(piece.text):
            continue
        piece.weight = own // _DISCOUNT if piece.element in named else own
        element: etree._Element | None = piece.element
        while element is not None:
            weights[element] = weights.get(element, 0) + piece.weight
            element = element.getparent()
    return weights


def _article(root: etree._Element, weights: dict[etree._Element, int]) -> etree._Element:
    """Find the innermost element that holds most of the prose."""
    least = _ARTICLE_SHARE * weights.get(root, 0)
    article = root
    while least:
        heaviest = max(article, key=lambda child: weights.get(child, 0), default=None)
        if heaviest is None or weights.get(heaviest, 0) < least or not len(heaviest):
            break
        article = heaviest
    return article


def _named(root: etree._Element) -> set[etree._Element]:
    """Collect the elements in elements that are named as furniture."""
    named: set[etree._Element] = set()
    for element in root.iter(etree.Element):
        if element.getparent() in named or _is_named(element):
            named.add(element)
    return named


def _aside(
    article: etree._Element, named: set[etree._Element], weights: dict[etree._Element, int]
) -> set[etree._Element]:
    """Collect what stands in named elements of the article that hold little prose."""
    most = _MOST_FURNITURE * weights.get(article, 0)
    aside: set[etree._Element] = set()
    for element in article.iterdescendants(etree.Element):
        light = weights.get(element, 0) <= most
        if element.getparent() in aside or (element in named and light and _is_named(element)):
            aside.add(element)
    return aside


def _is_named(element: etree._Element) -> bool:
    if element.tag in _FURNITURE_TAGS:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return bool(_FURNITURE_NAMES.search(names))


def _title(root: etree._Element) -> str:
    """Take the first main heading that the page title repeats, else the page title's start."""
    whole = " ".join(" ".join(title.itertext()) for title in root.iter("title")).strip()
    for heading in root.iter("h1", "h2"):
        text = _collapse("".join(heading.itertext()))
        if len(text) > 4 and text in whole:
            return text
    return re.split(r"\s?[_|]|\s[-–—]+\s|--", whole, maxsplit=1)[0].strip()
