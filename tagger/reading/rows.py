"""Rows of a table or of JSON lines to documents, named after their ids."""

import codecs
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tagger.errors import ReadingError, Reason
from tagger.reading import limits, lines
from tagger.reading.source import Source
from tagger.records import Document

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


@dataclass(slots=True)
class Names:
    """Names for rows, all different: a second row with one id gets a number behind it."""

    source: Source
    seen: set[str] = field(default_factory=set)

    def take(self, identity: object, number: int) -> str:
        """Give the row its name; `number` stands in for an id that it lacks.

        Raises ReadingError when there are more rows than can be told apart.
        """
        if len(self.seen) >= limits.MAX_ROWS:
            detail = f"over the limit of {limits.MAX_ROWS:,} rows"
            raise self.source.error("too large", detail, "split the file")
        base = str(number if identity is None else identity).strip() or str(number)
        base = " ".join(base.split())
        name, again = base, 1
        while name in self.seen:
            again += 1
            name = f"{base}.{again}"
        self.seen.add(name)
        return f"{self.source.name}#{name}"


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
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(name.strip().lower(), name)
    text = _find(known, source.text_column, TEXT_COLUMNS)
    identity = _find(known, source.id_column, ID_COLUMNS)
    listed = ", ".join(known.values()) or "none"
    if text is None:
        wanted = source.text_column or ", ".join(TEXT_COLUMNS)
        detail = f"no column for the text (looked for {wanted}); the columns are {listed}"
        raise source.error("no text", detail[:500], "name the column that holds the text")
    if identity is None and source.id_column:
        detail = f"no column {source.id_column!r} for the id; the columns are {listed}"
        raise source.error("no text", detail[:500], "name the column that holds the id")
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
        title = title.strip() if isinstance(title, str) else ""
        return lines.check(Document(name, text, title, encoding))
    except ReadingError as error:
        return error


def problem(name: str, reason: Reason, detail: str, advice: str = "") -> ReadingError:
    """Say what is wrong with one row."""
    return ReadingError(name, reason, detail, advice)
