"""Hand labels <-> what other tools read and write: CSV, doccano and Label Studio.

.csv: a row a paragraph, themes joined by `;`. .jsonl: doccano, text classification.
.json: Label Studio's own JSON. `document`, `title`, `genre`, `region`, `date`, `unsure`,
`trap` and `note` go along as columns or metadata.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tagger.errors import LabelsError, OutputError, Problem
from tagger.exchange import doccano, labelstudio, table
from tagger.exchange.grouping import Names, group, repeats
from tagger.exchange.row import Row
from tagger.exchange.yamltext import yaml_text
from tagger.labels import LabelledDocument, load_labels
from tagger.themes import load_codebook
from tagger.writing.place import new_file
from tagger.yamlfile import MAX_BYTES

_FORMS = {".csv": table, ".jsonl": doccano, ".json": labelstudio}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import wrote, and how many tasks had no judgement yet."""

    documents: int
    paragraphs: int
    skipped: int


def import_labels(path: Path, folder: Path, *, genre: str = "", region: str = "", date: str = "",
                  force: bool = False) -> Imported:
    """Write the labels in a file as label files into a folder, which holds the codebook.

    `genre`, `region` and `date` stand in where the file has none. Raises LabelsError with
    every problem and its line, ReadingError if the file cannot be read, OutputError if a
    label file exists (unless `force`).
    """
    codebook_path = folder / "themes.yaml"
    if not codebook_path.is_file():
        raise LabelsError([Problem(str(folder), None, "no themes.yaml here; put the codebook that "
                                   "the labels follow there first")])
    codebook = load_codebook(codebook_path)
    found = list(_FORMS[_end(path)].read(path))
    problems = [item for item in found if isinstance(item, Problem)]
    given = [replace(item, genre=item.genre or genre, region=item.region or region,
                     date=item.date or date) for item in found if isinstance(item, Row)]
    known = Names(codebook)
    named = [known.row(row, str(path), problems) for row in given]
    problems += repeats(named, str(path))
    documents = group(named, path, codebook, problems)
    if problems:
        raise LabelsError(sorted(problems, key=lambda problem: problem.line or 0))
    _write(documents, folder, force=force)
    return Imported(len(documents), len(named), found.count(None))


def export_labels(folder: Path, path: Path, *, force: bool = False) -> int:
    """Write the labels of a folder as one file; returns how many paragraphs.

    Raises LabelsError if they cannot be used, OutputError if the file exists (unless
    `force`) or is of no known type.
    """
    write = _FORMS[_end(path)].write
    if path.exists() and not force:
        raise OutputError(f"{path} exists; --force replaces it")
    labels = load_labels([folder])
    found = [Row(0, paragraph.text, paragraph.themes, paragraph.unsure, document.id,
                 document.title, document.genre, document.region, document.date,
                 paragraph.trap or "", paragraph.note)
             for document in labels.documents for paragraph in document.paragraphs]
    try:
        # Excel knows UTF-8 by the mark at its begin; for JSON the mark is an error
        encoding = "utf-8-sig" if path.suffix.lower() == ".csv" else "utf-8"
        with new_file(path) as part, part.open("w", encoding=encoding, newline="") as file:
            write(found, file)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
    return len(found)


def _end(path: Path) -> str:
    end = path.suffix.lower()
    if end not in _FORMS:
        raise OutputError(f"{path}: labels go in and out as .csv, .jsonl (doccano) or .json (Label "
                          "Studio)")
    return end


def _write(documents: Sequence[LabelledDocument], folder: Path, *, force: bool) -> None:
    texts = {folder / f"{document.id}.yaml": yaml_text(document) for document in documents}
    taken = [str(path) for path in texts if path.exists()]
    if taken and not force:
        raise OutputError(f"{', '.join(taken[:5])} exists; --force replaces it")
    large = [path for path, text in texts.items() if len(text.encode()) > MAX_BYTES]
    if large:
        raise OutputError(f"{large[0]} would be over {MAX_BYTES:,} bytes; part the paragraphs by a "
                          "column `document`")
    try:
        for path, text in texts.items():
            with new_file(path) as part:
                part.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from None
