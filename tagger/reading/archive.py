"""Archives: each member is read in memory, as the file that it would be.

Nothing is unpacked to disk, so a member's path is only a part of a name.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tagger.errors import ReadingError, printable
from tagger.reading import SUFFIXES, is_packed, limits, results, suffix_of
from tagger.reading.source import Source
from tagger.records import Document

NESTED = frozenset(("zipped", "tarred", "warc"))
LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its name, and its bytes when asked for.

    `read` raises ReadingError, given the member's full name, when they cannot be had.
    """

    name: str
    read: Callable[[str], bytes]


@dataclass(slots=True)
class Inside:
    """Full names of what lies in an archive: `archive.zip!/a.txt`, all different, in one line."""

    source: Source
    seen: set[str] = field(default_factory=set)

    def name(self, raw: str) -> str:
        """Give the full name. Raises ReadingError when there are more than can be told apart."""
        if len(self.seen) >= limits.MAX_ARCHIVE_MEMBERS:
            detail = f"over the limit of {limits.MAX_ARCHIVE_MEMBERS:,} files"
            raise self.source.error("too large", detail, "split the archive")
        base = printable(raw)[:LONGEST_NAME]
        name, again = base, 1
        while name in self.seen:
            again += 1
            name = f"{base}.{again}"
        self.seen.add(name)
        return f"{self.source.name}!/{name}"


@dataclass(slots=True)
class Budget:
    """Bytes that an archive may still unpack to, all members together."""

    source: Source
    left: int

    def take(self, count: int) -> None:
        """Use some up. Raises ReadingError, which ends the archive, when they are too many."""
        self.left -= count
        if self.left < 0:
            raise self.source.error("too large", "it unpacks to over "
                                    f"{limits.MAX_RATIO} times its size, or over "
                                    f"{limits.MAX_STREAM_BYTES:,} bytes", "unpack it first")


def documents(source: Source, members: Iterable[Member]) -> Iterator[Document | ReadingError]:
    """Yield the documents of all members in order, and an error for each that cannot be read.

    Hidden ones and those of a Mac's own are passed over. Raises ReadingError when there is
    nothing else.
    """
    inside = Inside(source)
    found = False
    for member in members:
        path = member.name.replace("\\", "/")
        if not _is_hidden(path):
            found = True
            yield from _member(source, inside.name(path), path, member)
    if not found:
        raise source.error("empty", "the archive holds no files")


def _is_hidden(path: str) -> bool:
    parts = path.split("/")
    return "__MACOSX" in parts or any(part.startswith(".") and part.strip(".") for part in parts)


def _member(source: Source, name: str, path: str,
            member: Member) -> Iterator[Document | ReadingError]:
    suffix = suffix_of(Path(path.rpartition("/")[2]))
    module = SUFFIXES.get(suffix)
    if module in NESTED:
        yield ReadingError(name, "unknown type", "an archive in an archive",
                           "unpack the outer one first")
        return
    try:
        content = member.read(name) if module else b""
        inner = Source(name, Path(path[-100:]), is_packed(suffix), source.encoding,
                       source.text_column, source.id_column, content)
        yield from results(inner, suffix)
    except ReadingError as error:
        if error.name == source.name:
            raise  # of the archive as a whole
        yield error


def decode_name(raw: bytes) -> str:
    """The name of a member whose encoding nobody wrote down: UTF-8, else that of Windows."""
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")
