"""Rows of a table or of JSON lines to documents, named after their ids."""

import codecs
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tagger.errors import ReadingError, Reason, printable
from tagger.reading import limits, lines
from tagger.reading.source import Source
from tagger.records import Document

EXACT = 200_000  # ids of rows kept as they are, some 130 bytes each
_BITS = 1 << 29  # 64 MB

# In order of preference; compared in lower case.
TEXT_COLUMNS = ("text", "content", "正文", "内容", "文本", "全文", "段落", "body", "article")
ID_COLUMNS = ("id", "编号", "序号", "doc_id", "article_id", "url", "链接", "网址")
TITLE_COLUMNS = ("title", "标题", "题目", "题名", "headline")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table hold what."""

    text: str
    id: str | None
    title: str | None


class Seen:
    """Names that were seen, in bounded memory; none is ever taken for unseen.

    Past EXACT of them they are kept as four bits each (Bloom 1970, "Space/time trade-offs in
    hash coding with allowable errors"): of ten million new ones some fifty pass for seen.
    """

    def __init__(self) -> None:
        self.count = 0
        self._exact: set[str] = set()
        self._bits = bytearray()

    def __contains__(self, name: str) -> bool:
        if not self._bits:
            return name in self._exact
        return all(self._bits[bit >> 3] >> (bit & 7) & 1 for bit in _bits_of(name))

    def add(self, name: str) -> None:
        """Remember a name."""
        self.count += 1
        if not self._bits:
            self._exact.add(name)
            if len(self._exact) <= EXACT:
                return
            self._bits = bytearray(_BITS >> 3)
        for known in self._exact or (name,):
            for bit in _bits_of(known):
                self._bits[bit >> 3] |= 1 << (bit & 7)
        self._exact = set()


def _bits_of(name: str) -> Iterator[int]:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return (int.from_bytes(digest[at:at + 4], "little") % _BITS for at in range(0, 16, 4))


@dataclass(slots=True)
class Names:
    """Names for rows, all different: a second row with one id gets a number behind it."""

    source: Source
    seen: Seen = field(default_factory=Seen)
    numbered: bool = False  # whether rows are named by their numbers
    last: dict[str, int] = field(default_factory=dict)  # numbers behind ids that came again

    def take(self, identity: object, number: int) -> str:
        """Give the row its name; `number` stands in for an id that it lacks.

        Raises ReadingError when there are more rows than can be told apart.
        """
        if self.seen.count >= limits.MAX_ROWS:
            detail = f"over the limit of {limits.MAX_ROWS:,} rows"
            raise self.source.error("too large", detail, "split the file")
        given = "" if identity is None else printable(" ".join(str(identity).split()))
        name = base = given or str(number)
        again = self.last.get(base, 1)
        while name in self.seen or (given and self._is_number(name, number)):
            again += 1
            if base in self.last or len(self.last) < EXACT:
                self.last[base] = again  # so that the next one need not try all of them
            name = f"{base}.{again}"
        if given:
            self.seen.add(name)
        else:
            self.numbered = True  # no other row has the number: it need not be remembered
        return f"{self.source.name}#{name}"

    def _is_number(self, name: str, number: int) -> bool:
        """Whether a row before `number` may have this name for its number."""
        return self.numbered and name.isdecimal() and 0 < int(name[:20]) < number


def text_lines(source: Source, codec: str) -> Iterator[str]:
    """Yield the lines of a text file one by one, their ends unified and kept.

    Raises ReadingError when the file cannot be read or a line has no end.
    """
    strict = codecs.getincrementaldecoder(codec)()
    decoder = io.IncrementalNewlineDecoder(strict, translate=True)
    held = ""
    for chunk in source.chunks():
        *whole, held = (held + decoder.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in whole)
        if len(held) > limits.MAX_LINE_CHARACTERS:
            most = f"{limits.MAX_LINE_CHARACTERS:,}"
            raise source.error("too large", f"a line over the limit of {most} characters")
    held += decoder.decode(b"", final=True)
    if held:
        yield held


def find_columns(source: Source, names: Iterable[str]) -> Columns:
    """Find the columns that hold text, id and title.

    Raises ReadingError when there is no column for the text, or none as asked for.
    """
    found = _columns(tuple(names), source.text_column, source.id_column)
    if isinstance(found, Columns):
        return found
    raise source.error("no text", *found)


@lru_cache(maxsize=64)  # rows of a table have the same names
def _columns(names: tuple[str, ...], asked: str | None,
             asked_id: str | None) -> Columns | tuple[str, str]:
    """The columns, or what is wrong and what to do about it."""
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(name.strip().lower(), name)
    text = _find(known, asked, TEXT_COLUMNS)
    identity = _find(known, asked_id, ID_COLUMNS)
    listed = ", ".join(known.values()) or "none"
    if text is None:
        wanted = asked or ", ".join(TEXT_COLUMNS)
        detail = f"no column for the text (looked for {wanted}); the columns are {listed}"
        return detail[:500], "name the column that holds the text"
    if identity is None and asked_id:
        detail = f"no column {asked_id!r} for the id; the columns are {listed}"
        return detail[:500], "name the column that holds the id"
    return Columns(text, identity, _find(known, None, TITLE_COLUMNS))


def _find(known: Mapping[str, str], asked: str | None, usual: Iterable[str]) -> str | None:
    wanted = (asked.strip().lower(),) if asked else usual
    return next((known[name] for name in wanted if name in known), None)


def document(
    name: str, fields: Mapping[str, object], columns: Columns, encoding: str | None = None
) -> Document | ReadingError:
    """Make a row's document, or say why there is none."""
    text = fields.get(columns.text)
    if not isinstance(text, str):
        return problem(name, "no text", f"{columns.text!r} holds no text")
    title = fields.get(columns.title) if columns.title else None
    try:
        text = lines.rejoin(lines.clean(name, text))
        title = lines.one_line(title) if isinstance(title, str) else ""
        return lines.check(Document(name, text, title, encoding))
    except ReadingError as error:
        return error


def problem(name: str, reason: Reason, detail: str, advice: str = "") -> ReadingError:
    """Say what is wrong with one row."""
    return ReadingError(name, reason, detail, advice)
