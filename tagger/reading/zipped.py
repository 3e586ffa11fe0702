"""Zip archives (.zip) of readable files."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial

from tagger.errors import ReadingError
from tagger.reading import archive, limits
from tagger.reading.archive import Budget, Member
from tagger.reading.source import Source
from tagger.records import Document

# What zipfile lets out of it for files that are no whole zip file
BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError,
          zlib.error, lzma.LZMAError, struct.error)
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_ENTRY = b"PK\x01\x02"


def documents(source: Source) -> Iterator[Document | ReadingError]:
    """Yield the documents of all members, or what is wrong with one.

    Raises ReadingError when the archive as a whole cannot be read.
    """
    size = source.check()
    if size > limits.MAX_STREAM_BYTES:
        raise source.error("too large", f"{size:,} bytes, over the limit of "
                           f"{limits.MAX_STREAM_BYTES:,} bytes", "unpack it first")
    budget = Budget(source, limits.unpacked_budget(size, limits.MAX_STREAM_BYTES))
    try:
        with _Guarded(source) as file, zipfile.ZipFile(file) as package:
            file.guarding = False
            yield from archive.documents(source, _members(package, budget))
    except BROKEN as error:
        raise source.error("damaged", f"not a whole zip file: {error}") from None


class _Guarded(io.FileIO):
    """A file whose list of members is looked at before it is taken in."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.path)
        self.guarding = True
        self._source = source

    def read(self, size: int | None = -1) -> bytes:
        """Read at most `size` bytes. Raises ReadingError when they list too many members."""
        if not self.guarding:
            return super().read(size)
        if size is not None and size > limits.MAX_DIRECTORY_BYTES:
            raise self._too_many(f"a list of members of {size:,} bytes")
        data = super().read(size)
        count = data.count(_ENTRY)
        if count > limits.MAX_ARCHIVE_MEMBERS:
            raise self._too_many(f"{count:,} members")
        return data

    def _too_many(self, what: str) -> ReadingError:
        detail = f"{what}, over the limit of {limits.MAX_ARCHIVE_MEMBERS:,} files"
        return self._source.error("too large", detail, "split the archive")


def _members(package: zipfile.ZipFile, budget: Budget) -> Iterator[Member]:
    for info in package.infolist():
        if not info.filename.endswith("/"):
            yield Member(_name(info), partial(_content, package, info, budget))


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    # what zipfile took for the code page of MS-DOS
    return archive.decode_name(info.filename.encode("cp437"))


def _content(package: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget, name: str) -> bytes:
    if info.flag_bits & _ENCRYPTED:
        raise ReadingError(name, "unreadable", "it asks for a password",
                           "unpack the archive with its password")
    most = limits.unpacked_budget(info.compress_size, limits.MAX_FILE_BYTES)
    if info.file_size > most:
        raise ReadingError(name, "too large", f"{info.file_size:,} bytes unpacked, over the limit "
                           f"of {most:,} bytes", "unpack the archive first")
    budget.take(info.file_size)
    try:
        with package.open(info) as member:
            return member.read()  # no more than its file_size, whatever follows
    except BROKEN as error:
        raise ReadingError(name, "damaged", f"cannot be unpacked: {error}") from None
