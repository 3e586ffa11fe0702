"""Files to documents: one module a format, imported when that format comes up."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from tagger.errors import ReadingError
from tagger.reading.source import Source
from tagger.records import Document

__all__ = ["SUFFIXES", "read", "suffix_of"]

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
        **{f"{suffix}.gz": module for suffix, module in _TEXTUAL.items()},
    }
)
"""What can be read: the end of a file's name, and the module that reads it."""

_ADVICE = {
    ".doc": "save it as .docx",
    ".wps": "save it as .docx",
    ".rtf": "save it as .docx",
    ".odt": "save it as .docx",
    ".xls": "save the sheet as .csv",
    ".xlsx": "save the sheet as .csv",
    ".tsv": "save it as .csv",
    ".json": "write one JSON object a line and name it .jsonl",
    ".mht": "save the page as .html",
    ".mhtml": "save the page as .html",
    ".zip": "unpack it first",
    ".rar": "unpack it first",
    ".7z": "unpack it first",
    ".tar.gz": "unpack it first",
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
    """Read one file: one document, or one a row from tables and JSON lines.

    A row that cannot be read raises ReadingError too, named after the row; the
    iterator can be asked for the next one all the same.
    """
    suffix = suffix_of(path)
    packed = suffix.endswith(".gz")
    source = Source(name, path, packed, encoding, text_column, id_column)
    return _Documents(_results(source, suffix))


def _results(source: Source, suffix: str) -> Iterator[Document | ReadingError]:
    module = SUFFIXES.get(suffix)
    if module is None:
        source.check()
        known = ", ".join(known for known in SUFFIXES if not known.endswith(".gz"))
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
