"""JSON lines: one object a paragraph, Chinese as it is."""

import gzip
from collections.abc import Sequence
from typing import Any, BinaryIO

import msgspec

from tagger.records import TaggedParagraph

DIGITS = 4  # of scores and weights


def plain(paragraph: TaggedParagraph) -> dict[str, Any]:
    """The paragraph as plain data, in the order of the published record."""
    return {
        "id": paragraph.id, "document": paragraph.document, "title": paragraph.title,
        "index": paragraph.index, "kind": paragraph.kind, "start": paragraph.start,
        "end": paragraph.end, "text": paragraph.text, "themes": paragraph.themes,
        "scores": {theme: round(score, DIGITS) for theme, score in paragraph.scores.items()},
        "sure": paragraph.sure,
        "evidence": [{"theme": found.theme, "start": found.start, "end": found.end,
                      "text": found.text, "weight": round(found.weight, DIGITS)}
                     for found in paragraph.evidence],
        "model": paragraph.model,
    }


class JsonWriter:
    """Writes JSON lines."""

    def __init__(self, file: BinaryIO, _themes: Sequence[str]) -> None:
        self._file = file
        self._encode = msgspec.json.Encoder().encode

    def write(self, paragraph: TaggedParagraph) -> None:
        """Write one line."""
        self._file.write(self._encode(plain(paragraph)) + b"\n")

    def close(self) -> None:
        """Nothing is left to write."""


class GzipJsonWriter(JsonWriter):
    """Writes gzipped JSON lines, the same bytes for the same input."""

    def __init__(self, file: BinaryIO, themes: Sequence[str]) -> None:
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
        super().__init__(self._gzip, themes)  # type: ignore[arg-type]  # GzipFile writes bytes

    def close(self) -> None:
        """Write the end of the gzip stream."""
        self._gzip.close()
