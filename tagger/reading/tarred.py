"""Tar archives (.tar, .tar.gz, .tgz) of readable files, read from front to back."""

import tarfile
from collections.abc import Iterator
from functools import partial
from typing import IO, cast

from tagger.errors import ReadingError
from tagger.reading import archive, limits
from tagger.reading.archive import Member
from tagger.reading.source import Source
from tagger.reading.stream import Stream
from tagger.records import Document

_CHUNK = 1 << 19


def documents(source: Source) -> Iterator[Document | ReadingError]:
    """Yield the documents of all members, or what is wrong with one.

    Raises ReadingError when the rest of the archive cannot be read.
    """
    if not source.check():
        raise source.error("empty", "the file holds nothing")
    file = cast("IO[bytes]", Stream(source))
    try:
        with tarfile.open(fileobj=file, mode="r:", errors="surrogateescape",
                          encoding="utf-8") as package:
            yield from archive.documents(source, _members(source, package))
    except (tarfile.TarError, ValueError, RecursionError, EOFError) as error:
        raise source.error("damaged", f"not a whole tar file: {error}") from None


def _members(source: Source, package: tarfile.TarFile) -> Iterator[Member]:
    count = 0
    while (info := package.next()) is not None:
        count += 1
        if count > limits.MAX_ARCHIVE_MEMBERS:
            detail = f"over the limit of {limits.MAX_ARCHIVE_MEMBERS:,} files"
            raise source.error("too large", detail, "split the archive")
        package.members = []  # type: ignore[attr-defined]  # else it keeps them all
        if not info.isdir():
            name = archive.decode_name(info.name.encode("utf-8", "surrogateescape"))
            yield Member(name, partial(_content, package, info))


def _content(package: tarfile.TarFile, info: tarfile.TarInfo, name: str) -> bytes:
    if info.issym() or info.islnk():
        raise ReadingError(name, "unreadable", "this is a link, not a file")
    if not info.isreg() or info.issparse():
        raise ReadingError(name, "unreadable", "this is not a regular file")
    if info.size > limits.MAX_FILE_BYTES:
        raise ReadingError(name, "too large", f"{info.size:,} bytes, over the limit of "
                           f"{limits.MAX_FILE_BYTES:,} bytes", "unpack the archive first")
    member = package.extractfile(info)
    assert member is not None  # noqa: S101  # it is a regular file
    data = b"".join(iter(lambda: member.read(_CHUNK), b""))
    if len(data) < info.size:
        raise ReadingError(name, "damaged", "the archive ends amid it")
    return data
