"""PDF files (.pdf): lines joined to paragraphs by where they stand on the page."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

from tagger.reading import limits, lines
from tagger.reading.lines import Block
from tagger.reading.source import Source
from tagger.records import Document

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[—－\-–·\s]*(第\s*)?\d{1,4}(\s*页)?([/／\s]{0,3}(共\s*)?\d{1,4}\s*页?)?[—－\-–·\s]*"
)

# Lines so near to the page's edge can be running heads: tenths of its height.
_EDGE = 0.12
# A running head is on at least this many pages, and on this share of them.
_REPEATS = 3
_REPEATED_SHARE = 0.4
# An indent, or room left at a line's end, in characters of the line's own size.
_INDENT = 1.2
_ROOM = 1.5
# Space between paragraphs, as a multiple of the usual step from line to line.
_GAP = 1.6
# Lines further apart than this, in characters, are no paragraph.
_WIDEST_STEP = 3.0
# Fonts without a table of characters give private ones or none.
_LEAST_READABLE = 0.7


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of print: its text, its box in points and whether it stands apart."""

    text: str
    left: float
    right: float
    bottom: float
    size: float
    page: int
    edge: bool


def documents(source: Source) -> Iterator[Document]:
    """Yield the one document of a PDF.

    Raises ReadingError when it cannot be read or only holds pictures.
    """
    data = source.data()
    try:
        with pypdfium2.PdfDocument(data) as pdf:
            printed = _all_lines(source, pdf)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            advice = "save it without a password"
            raise source.error("unreadable", "it asks for a password", advice) from None
        raise source.error("damaged", f"not a whole PDF: {error}") from None
    _refuse_unreadable(source, printed)
    yield lines.document(source.name, _blocks(printed))


def _all_lines(source: Source, pdf: pypdfium2.PdfDocument) -> list[_Line]:
    if len(pdf) > limits.MAX_PAGES:
        most = f"{limits.MAX_PAGES:,}"
        raise source.error("too large", f"{len(pdf):,} pages, over the limit of {most}")
    printed: list[_Line] = []
    characters = 0
    for number in range(len(pdf)):
        page = pdf[number]
        try:
            printed.extend(_page_lines(page, number))
        finally:
            page.close()
        characters += sum(len(line.text) for line in printed if line.page == number)
        if characters > limits.MAX_LINE_CHARACTERS:
            most = f"{limits.MAX_LINE_CHARACTERS:,}"
            raise source.error("too large", f"over the limit of {most} characters")
    return printed


def _page_lines(page: pypdfium2.PdfPage, number: int) -> Iterator[_Line]:
    height = page.get_height() or 1.0
    text_page = page.get_textpage()
    try:
        characters: list[_Character] = []
        for character in _characters(text_page):
            if character.text == "\n":
                yield from _line(characters, number, height)
                characters = []
            else:
                characters.append(character)
        yield from _line(characters, number, height)
    finally:
        text_page.close()


@dataclass(frozen=True, slots=True)
class _Character:
    """A character and its box in points."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


def _characters(text_page: pypdfium2.PdfTextPage) -> Iterator[_Character]:
    for index in range(text_page.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if code in (0, 0x0D, 0xFFFE, 0xFFFF) or 0xD800 <= code <= 0xDFFF:
            # No character, a half of a line end, or a half of a rare character.
            continue
        left, bottom, right, top = text_page.get_charbox(index, loose=True)
        yield _Character(chr(code), left, bottom, right, top)


def _line(characters: Sequence[_Character], page: int, height: float) -> Iterator[_Line]:
    text = "".join(character.text for character in characters).strip()
    placed = [c for c in characters if not c.text.isspace() and c.right > c.left]
    if not text or not placed:
        return
    bottom = min(character.bottom for character in placed)
    top = max(character.top for character in placed)
    yield _Line(
        text=text,
        left=min(character.left for character in placed),
        right=max(character.right for character in placed),
        bottom=bottom,
        size=max(character.right - character.left for character in placed),
        page=page,
        edge=bottom < _EDGE * height or top > (1 - _EDGE) * height,
    )


def _refuse_unreadable(source: Source, printed: Sequence[_Line]) -> None:
    text = "".join(line.text for line in printed)
    if not text:
        advice = "recognise its text first (OCR)"
        raise source.error("no text", "its pages hold pictures only", advice)
    readable = sum(character.isalnum() or character.isprintable() for character in text)
    if readable < _LEAST_READABLE * len(text):
        detail = "its fonts do not tell which characters they print"
        raise source.error("no text", detail, "recognise its text first (OCR)")


def _blocks(printed: Sequence[_Line]) -> Iterator[Block]:
    """Join lines to paragraphs, across pages too; furniture follows what it interrupts."""
    heads = _running_heads(printed)
    flowing = [line for line in printed if not _is_furniture(line, heads)]
    margins = _right_margins(flowing)
    indents = _left_margins(flowing)
    step = _usual_step(flowing)
    text = ""
    last: _Line | None = None
    waiting: list[Block] = []
    for line in printed:
        if _is_furniture(line, heads):
            waiting.append(Block(line.text, "furniture"))
        elif last and _goes_on(last, line, margins, indents, step):
            text, last = lines.join(text, line.text), line
        else:
            yield from (Block(text), *waiting)
            text, last, waiting = line.text, line, []
    yield from (Block(text), *waiting)


def _goes_on(
    last: _Line,
    line: _Line,
    margins: dict[int, float],
    indents: dict[int, float],
    step: float,
) -> bool:
    """Say whether a line goes on with the paragraph of the one before it."""
    # The next line's first word may be a long number that did not fit.
    word = lines.FIRST_WORD.match(line.text)
    room = _ROOM + (lines.cells(word.group()) / 2 if word else 1.0)
    full = last.right > margins[last.page] - room * last.size
    indented = line.left > indents[line.page] + _INDENT * line.size
    same_size = abs(last.size - line.size) < 0.15 * last.size
    near = last.page != line.page or last.bottom - line.bottom < min(
        _GAP * step, _WIDEST_STEP * last.size
    )
    return full and not indented and same_size and near


def _left_margins(printed: Sequence[_Line]) -> dict[int, float]:
    """Find where the lines of each page begin: the leftmost place that lines share."""
    margins = {}
    for page, on_page in _by_page(printed).items():
        lefts = Counter(round(line.left) for line in on_page)
        shared = [left for left, count in lefts.items() if count > 1] or list(lefts)
        margins[page] = float(min(shared))
    return margins


def _right_margins(printed: Sequence[_Line]) -> dict[int, float]:
    """Find where the lines of each page end; a page of short lines takes the others' word."""
    ends = {page: max(line.right for line in on) for page, on in _by_page(printed).items()}
    usual = median(ends.values()) if ends else 0.0
    return {page: max(end, usual) for page, end in ends.items()}


def _by_page(printed: Sequence[_Line]) -> dict[int, list[_Line]]:
    pages: dict[int, list[_Line]] = {}
    for line in printed:
        pages.setdefault(line.page, []).append(line)
    return pages


def _usual_step(printed: Sequence[_Line]) -> float:
    """Give the distance from one line to the next that is the most common."""
    steps = Counter(
        round(upper.bottom - lower.bottom)
        for upper, lower in pairwise(printed)
        if upper.page == lower.page and upper.bottom > lower.bottom
    )
    return float(max(steps, key=lambda step: steps[step], default=1_000_000))


def _running_heads(printed: Sequence[_Line]) -> frozenset[str]:
    """Collect the lines at page edges that come again on many pages, numbers aside."""
    pages = len({line.page for line in printed})
    found = {(line.page, _DIGITS.sub("0", line.text)) for line in printed if line.edge}
    counts = Counter(text for _, text in found)
    least = max(_REPEATS, _REPEATED_SHARE * pages)
    return frozenset(text for text, count in counts.items() if count >= least)


def _is_furniture(line: _Line, heads: frozenset[str]) -> bool:
    if not line.edge:
        return False
    return bool(_PAGE_NUMBER.fullmatch(line.text)) or _DIGITS.sub("0", line.text) in heads
