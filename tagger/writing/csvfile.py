"""CSV for spreadsheets: a row a paragraph, UTF-8 with BOM, safe cells."""

import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

from tagger.records import TaggedParagraph
from tagger.writing.jsonlines import DIGITS

# A spreadsheet takes such a cell for a formula (OWASP, CSV Injection); full-width too in
# some Chinese versions
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = ("id", "document", "title", "index", "kind", "start", "end", "text", "themes", "sure",
           "evidence", "model")


def safe(cell: str) -> str:
    """The cell, with an apostrophe before it if a spreadsheet would run it."""
    return f"'{cell}" if cell.startswith(RISKY) else cell


class CsvWriter:
    """Writes a header and a row a paragraph, with a column for the score of each theme."""

    def __init__(self, file: BinaryIO, themes: Sequence[str]) -> None:
        self._themes = tuple(themes)
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="",
                                      errors="surrogatepass")
        self._rows = csv.writer(self._text)
        self._rows.writerow([*COLUMNS, *self._themes])

    def write(self, paragraph: TaggedParagraph) -> None:
        """Write one row."""
        evidence = "；".join(f"{found.theme} {found.text} {found.weight:+.2f}"
                            for found in paragraph.evidence)
        scores = [round(paragraph.scores[theme], DIGITS) if theme in paragraph.scores else ""
                  for theme in self._themes]
        self._rows.writerow([
            paragraph.id, safe(paragraph.document), safe(paragraph.title), paragraph.index,
            paragraph.kind, paragraph.start, paragraph.end, safe(paragraph.text),
            ";".join(paragraph.themes), "yes" if paragraph.sure else "no", safe(evidence),
            paragraph.model, *scores])

    def close(self) -> None:
        """Hand the last rows to the file, which stays open."""
        self._text.flush()
        self._text.detach()
