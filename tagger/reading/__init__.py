"""Files to documents: one module a format, imported when that format comes up."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from tagger.errors import ReadingError
from tagger.reading.source import Source
from tagger.records import Document

__all__ = ["SUFFIXES", "read", "results", "suffix_of"]

_TEXTUAL = {
    ".txt": "plain",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "web",
    ".htm": "web",
    ".shtml": "web",
    ".xhtml": "web",
    ".csv": "table",
    ".jsonl": "jsonlines",
    ".ndjson": "jsonlines",
}

SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        **_TEXTUAL,
        ".docx": "word",
        ".pdf": "pdf",
        ".xlsx": "workbook",
        ".parquet": "parquet",
        ".zip": "zipped",
        ".tar": "tarred",
        ".tar.gz": "tarred",
        ".tgz": "tarred",
        ".warc": "warc",
        ".warc.gz": "warc",
        **{f"{suffix}.gz": module for suffix, module in _TEXTUAL.items()},
    }
)
"""What can be read: the end of a file's name, and the module that reads it."""

_ADVICE = {
    ".doc": "save it as .docx",
    ".wps": "save it as .docx",
    ".rtf": "save it as .docx",
    ".odt": "save it as .docx",
    ".xls": "save it as .xlsx",
    ".et": "save it as .xlsx",
    ".tsv": "save it as .csv",
    ".json": "write one JSON object a line and name it .jsonl",
    ".mht": "save the page as .html",
    ".mhtml": "save the page as .html",
    ".rar": "unpack it first",
    ".7z": "unpack it first",
    ".bz2": "unpack it first",
    ".xz": "unpack it first",
}


def suffix_of(path: Path) -> str:
    """Give the end of a file's name that tells its format, in lower case."""
    last = path.suffix.lower()
    return path.with_suffix("").suffix.lower() + last if last == ".gz" else last


def read(
    path: Path,
    name: str,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    encoding: str | None = None,
) -> Iterator[Document]:
    """Read one file: one document, or many from tables, JSON lines and archives.

    A row or member that cannot be read raises ReadingError too, named after it; the
    iterator can be asked for the next one all the same.
    """
    suffix = suffix_of(path)
    source = Source(name, path, is_packed(suffix), encoding, text_column, id_column)
    return _Documents(results(source, suffix))


def is_packed(suffix: str) -> bool:
    """Say whether files that end so are gzipped."""
    return suffix.endswith((".gz", ".tgz"))


def results(source: Source, suffix: str) -> Iterator[Document | ReadingError]:
    """Yield the documents of an input, and an error for each part that cannot be read.

    Raises ReadingError when the rest of it cannot be read.
    """
    module = SUFFIXES.get(suffix)
    if module is None:
        source.check()
        known = ", ".join(known for known in SUFFIXES if not is_packed(known))
        detail = f"files that end in {suffix or 'no suffix'!r} cannot be read"
        advice = _ADVICE.get(suffix, f"known are {known}, and the textual ones with .gz")
        raise source.error("unknown type", detail, advice)
    yield from import_module(f"tagger.reading.{module}").documents(source)


class _Documents(Iterator[Document]):
    """Documents as they come; a bad row is raised without ending the rest."""

    def __init__(self, results: Iterator[Document | ReadingError]) -> None:
        self._results = results

    def __next__(self) -> Document:
        result = next(self._results)
        if isinstance(result, ReadingError):
            raise result
        return result
