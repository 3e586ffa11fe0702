"""Text as one block a line: tidied, and hard-wrapped lines joined again."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from tagger.errors import ReadingError
from tagger.paragraphs import title as heading
from tagger.reading import limits
from tagger.records import Document, Kind

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

# Control and zero-width characters, byte order marks, and half surrogates that
# JSON escapes can smuggle in and UTF-8 cannot write.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\u200b\u2060\ufeff\u00ad\ud800-\udfff]")

# Any of these, and what a text cannot hold by itself.
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\xad\u200b\u2028\u2029\u2060\ufeff"
                  "\ud800-\udfff\ufffd]")

# Paragraphs that a crawler ran together: a full stop, then the indent of the next.
_RUN_TOGETHER = re.compile("(?<=[。！？；”）])[ \t\xa0]?(?=\u3000\u3000[^\\s。])")

# A line that begins so begins a block, wherever the line before it ended.
_STARTS_BLOCK = re.compile(
    "[ \t]*(?:\u3000|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]"
    "|第[一二三四五六七八九十百零〇]{1,6}[条章节编]|[-*•●○◆■□▪·] |\\d{1,2}[.．、][^\\d])"
)
# Widest lines that may stick out, and how far a mark may hang in the margin.
_NEARLY_ALL = 0.95
_MARGIN = 2
# A mark that may not begin a line goes with the word before it.
FIRST_WORD = re.compile("[!-~]{1,30}[，。、：；！？”）》」』]?|.[，。、：；！？”）》」』]?")
_PAGE_NUMBER = re.compile("[ \t\u3000]*[—－–·-][ \t]?\\d{1,4}[ \t]?[—－–·-][ \t\u3000]*")
_ENDS_SENTENCE = tuple("。！？!?；;…”」』")

# Cells of the narrowest width that people wrap at: 16 full-width characters.
_NARROWEST = 32
_WIDEST = 200
# Lines end unevenly where a word or a closing mark would not fit.
_LEAST_SHARE_FULL = 0.3
_LEAST_SHARE_BROKEN = 0.6
_LEAST_FULL = 2


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph-to-be, and its kind where the format says it."""

    text: str
    kind: Kind | None = None


def document(
    name: str, blocks: Iterable[Block], title: str = "", encoding: str | None = None
) -> Document:
    """Lay blocks out one a line.

    Raises ReadingError when they hold no text, or a line too long to be a paragraph.
    """
    lines: list[str] = []
    hints: dict[int, Kind] = {}
    offset = 0
    for block in blocks:
        for line in filter(None, map(str.strip, tidy(block.text).split("\n"))):
            if block.kind:
                hints[offset] = block.kind
            lines.append(line)
            offset += len(line) + 1
    return check(Document(name, "\n".join(lines), one_line(title), encoding, hints))


def check(document: Document) -> Document:
    """Give the document back, with the heading above its text for a title if it has none.

    Raises ReadingError when it holds no text, or a line too long to be a paragraph.
    """
    if not document.text.strip():
        raise ReadingError(document.name, "no text", "nothing in it can be read as text")
    refuse_long(document.name, document.text)
    title = document.title or heading(document)
    return document if title == document.title else replace(document, title=title)


def clean(name: str, text: str) -> str:
    """Tidy the text of a file.

    Raises ReadingError when characters were lost before the file was written, or
    when a line is too long to be a paragraph.
    """
    at = text.find("\ufffd")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        lost = f"{text.count(chr(0xFFFD)):,} characters were lost before it was saved"
        advice = "save it again from its source"
        raise ReadingError(name, "damaged", f"{lost}, the first in line {line:,}", advice)
    return refuse_long(name, tidy(text))


def refuse_long(name: str, text: str) -> str:
    """Give the text back.

    Raises ReadingError when a line is too long to be a paragraph, or there are too many.
    """
    count = text.count("\n")
    if count > limits.MAX_LINES:
        detail = f"{count:,} lines, over the limit of {limits.MAX_LINES:,}"
        raise ReadingError(name, "too large", detail, "split the file")
    if len(text) <= limits.MAX_LINE_CHARACTERS:
        return text  # as nearly all are
    longest = max(map(len, text.split("\n")))
    if longest > limits.MAX_LINE_CHARACTERS:
        most = f"{limits.MAX_LINE_CHARACTERS:,}"
        detail = f"a line of {longest:,} characters, over the limit of {most}"
        raise ReadingError(name, "too large", detail, "break the text into paragraphs")
    return text


def tidy(text: str) -> str:
    """Unify newlines, drop invisible characters, part paragraphs run together."""
    if _ODD.search(text):  # most texts hold none, and one look costs a third of three
        text = _INVISIBLE.sub("", _NEWLINES.sub("\n", text)).replace("\ufffd", "")
    # a look behind every letter would cost as much as all else here
    return _RUN_TOGETHER.sub("\n", text) if "\u3000\u3000" in text else text


def one_line(text: str) -> str:
    """Tidy a title, and lay it out in one line."""
    return " ".join(filter(None, map(str.strip, tidy(text).split("\n"))))


def rejoin(text: str) -> str:
    """Join lines that were broken at a fixed width; leave other text as it is."""
    lines = text.split("\n")
    if len(lines) == 1 or _is_flowing(lines):
        return text
    lines = list(_without_margins(lines))
    flowing = [line for line in lines if not _PAGE_NUMBER.fullmatch(line)]
    wrap = max(_wraps(flowing), key=lambda wrap: len(wrap.broken(flowing)), default=None)
    return "\n".join(_rejoined(lines, wrap)) if wrap and wrap.is_real(flowing) else text


def _is_flowing(lines: Sequence[str]) -> bool:
    """Say whether so many lines are too long that none of `_wraps` can be real.

    It takes a tenth of the time of measuring all lines, and holds for most files.
    """
    filled = [line for line in lines if line.strip()]
    enough = len(filled) - int(_NEARLY_ALL * len(filled))
    long = (line for line in filled
            if len(line) > _WIDEST or (2 * len(line) > _WIDEST and cells(line) > _WIDEST))
    return sum(1 for _ in islice(long, enough)) == enough > 0


def _wraps(lines: Sequence[str]) -> Iterator["_Wrap"]:
    """Yield the ways in which a text may have been broken into lines."""
    # Some programs break after so many characters, others at a width in print.
    for measure in (cells, len):
        widths = sorted(measure(line) for line in lines if line.strip())
        if widths:
            # A long link or a table may stick out.
            yield _Wrap(widths[-1], measure)
            yield _Wrap(widths[int(_NEARLY_ALL * len(widths))], measure)


def _rejoined(lines: Sequence[str], wrap: "_Wrap") -> Iterator[str]:
    """Yield whole lines; the number of a page that ends amid one follows it."""
    first, *rest = lines
    held = last = first
    numbers: list[str] = []
    for line in rest:
        if _PAGE_NUMBER.fullmatch(line):
            numbers.append(line)
        elif wrap.breaks(last, line) and not _STARTS_BLOCK.match(line):
            held, last = join(held.rstrip(), line.strip()), line
        else:
            yield from (held, *numbers)
            held, last, numbers = line, line, []
    yield from (held, *numbers)


def _without_margins(lines: Sequence[str]) -> Iterator[str]:
    """Leave out the blank lines around page numbers."""
    around = ["", *lines, ""]
    for before, line, after in zip(around, lines, around[2:], strict=False):
        beside = _PAGE_NUMBER.fullmatch(before) or _PAGE_NUMBER.fullmatch(after)
        if line.strip() or not beside:
            yield line


@dataclass(frozen=True, slots=True)
class _Wrap:
    """The width at which a text may have been broken, and how it was measured."""

    width: int
    measure: Callable[[str], int]

    def is_real(self, lines: Sequence[str]) -> bool:
        """Say whether so many lines end at the width, amid sentences, that it was no chance."""
        if not _NARROWEST <= self.width * (2 if self.measure is len else 1) <= _WIDEST:
            return False
        full = self.broken(lines)
        amid = sum(not line.rstrip().endswith(_ENDS_SENTENCE) for line in full)
        filled = [line.rstrip() for line in lines if line.strip()]
        enough = len(full) >= max(_LEAST_FULL, _LEAST_SHARE_FULL * len(filled))
        # Rows of one width end no sentence.
        ends = any(line.endswith(_ENDS_SENTENCE) for line in filled)
        return enough and ends and amid >= _LEAST_SHARE_BROKEN * len(full)

    def broken(self, lines: Sequence[str]) -> list[str]:
        """Collect the lines that go on in the next one."""
        return [line for line, following in pairwise(lines) if self.breaks(line, following)]

    def breaks(self, line: str, following: str) -> bool:
        """Say whether the next line's first word would not have fitted at this one's end."""
        if not line.strip() or not following.strip():
            return False
        word = FIRST_WORD.match(following.strip())
        first = self.measure(word.group()) if word else 0
        return self.width < self.measure(line.rstrip()) + first <= self.width + first + _MARGIN


def join(left: str, right: str) -> str:
    """Join two halves of a broken line: with a space between two Latin words only."""
    if left.endswith("-") and right[:1].islower():
        return left + right
    spaced = left[-1:].isascii() and right[:1].isascii() and left and right
    return f"{left} {right}" if spaced else left + right


def cells(text: str) -> int:
    """Give the width of a line as printed: Chinese characters count two."""
    if text.isascii():
        return len(text)
    return sum(map(_CELLS.__getitem__, text))


class _Cells(dict[str, int]):
    """Cells by letter, each looked up once: a tenth of the time of asking for every letter."""

    def __missing__(self, letter: str) -> int:
        width = 2 if unicodedata.east_asian_width(letter) in "WFA" else 1
        self[letter] = width
        return width


_CELLS = _Cells()
