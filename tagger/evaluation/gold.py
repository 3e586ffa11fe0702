"""Gold: paragraphs with what they should be, from label files or from JSON lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagger.errors import LabelsError, Problem
from tagger.evaluation.bands import year_of
from tagger.labels import Labels, load_labels, targets
from tagger.yamlfile import suggest


@dataclass(frozen=True, slots=True)
class Gold:
    """Paragraphs with what they should be, and where they come from, row by row.

    `judged`: 1 (yes), 0 (no) or -1 (not judged), shape (texts, themes). `genres` and `traps`
    are empty strings where nothing is known. `labels_sha256`: hash of the labels, if the
    gold is a set of label files.
    """

    ids: tuple[str, ...]
    texts: list[str]
    documents: list[str]
    judged: NDArray[np.int64]
    genres: list[str]
    years: list[int | None]
    traps: list[str]
    labels_sha256: str = ""

    @property
    def document_of(self) -> NDArray[np.int64]:
        """Number of the document of each row, shape (texts,)."""
        return np.unique(self.documents, return_inverse=True)[1]


def gold_of(labels: Labels, ids: Sequence[str] = ()) -> Gold:
    """Hand labels as gold, with columns for `ids` (all themes of the codebook if none)."""
    ids = tuple(ids) or labels.codebook.ids
    rows = [(document, paragraph) for document in labels.documents
            for paragraph in document.paragraphs]
    return Gold(ids, [paragraph.text for _, paragraph in rows],
                [document.id for document, _ in rows],
                np.array(targets(labels.paragraphs, ids)),
                [document.genre for document, _ in rows],
                [year_of(document.date, "") for document, _ in rows],
                [paragraph.trap or "" for _, paragraph in rows], labels.sha256())


def load_gold(path: Path, ids: Sequence[str]) -> Gold:
    """Gold from label files (.yaml, or a folder of them) or from .jsonl with `text` and
    `themes` (and, if known, `document`, `genre` or `kind`, `date`, `trap`, `unsure`).

    Raises LabelsError with every problem found.
    """
    if path.suffix == ".jsonl":
        return _gold_lines(path, tuple(ids))
    labels = load_labels([path])
    unknown = [theme for theme in labels.codebook.ids if theme not in ids]
    if unknown:
        raise LabelsError([Problem(str(path), None, f"unknown theme `{unknown[0]}`, "
                                   f"{suggest(unknown[0], ids)}")])
    return gold_of(labels, ids)


class _Row(msgspec.Struct):
    text: str
    themes: list[str]
    document: str | None = None
    unsure: list[str] = []
    genre: str = ""
    kind: str = ""
    date: str | int = ""
    trap: str | None = None


def _gold_lines(path: Path, ids: tuple[str, ...]) -> Gold:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise LabelsError([Problem(str(path), None, f"cannot be read: {error.strerror}")]) from None
    rows: list[_Row] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        try:
            row = msgspec.json.decode(line, type=_Row)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            problems.append(Problem(str(path), number, f"{error}; a line holds "
                                    '{"text": "…", "themes": ["…"]}'))
            continue
        rows.append(row)
        problems += [Problem(str(path), number, f"unknown theme `{theme}`, {suggest(theme, ids)}")
                     for theme in [*row.themes, *row.unsure] if theme not in ids]
    if not rows and not problems:
        problems.append(Problem(str(path), None, "holds no line"))
    if problems:
        raise LabelsError(problems)
    judged = [[1 if theme in row.themes else -1 if theme in row.unsure else 0 for theme in ids]
              for row in rows]
    return Gold(ids, [row.text for row in rows],
                [row.document or f"line {i}" for i, row in enumerate(rows)],
                np.array(judged), [row.genre or row.kind for row in rows],
                [year_of(str(row.date), row.document or "") for row in rows],
                [row.trap or "" for row in rows])
