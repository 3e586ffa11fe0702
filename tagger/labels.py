"""labels/*.yaml -> hand-labelled documents, with every problem of every file at once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from pydantic import Field, field_validator

from tagger.errors import LabelsError, Problem
from tagger.themes import Codebook, load_codebook, unknown_themes
from tagger.yamlfile import Place, Strict, YamlFile, load_yaml, suggest, validate

TrapKind = Literal["other_sense", "neighbour", "mention", "no_set_words", "frame"]


class LabelledParagraph(Strict):
    """A paragraph, the themes a labeller gave it, and those left open (neither yes nor no)."""

    text: str
    themes: tuple[str, ...] = Field(strict=False)
    unsure: tuple[str, ...] = Field(strict=False, default=())
    trap: TrapKind | None = None
    note: str = ""

    @field_validator("text")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("the text is empty; write it or take the paragraph out")
        return text


class LabelledDocument(Strict):
    """One hand-labelled document, its paragraphs in order."""

    id: str = Field(pattern=r"^[\w.-]+$")
    title: str = Field(min_length=1)
    genre: str
    region: str
    date: str = Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    paragraphs: tuple[LabelledParagraph, ...] = Field(strict=False, min_length=1)


@dataclass(frozen=True, slots=True)
class Labels:
    """A codebook and the documents labelled by it, in order of their ids."""

    codebook: Codebook
    documents: tuple[LabelledDocument, ...]

    @property
    def paragraphs(self) -> list[LabelledParagraph]:
        """All paragraphs, document by document."""
        return [paragraph for document in self.documents for paragraph in document.paragraphs]

    def sha256(self) -> str:
        """Hash of all that training reads: codebook, texts and judgements."""
        plain = [self.codebook.model_dump(), [doc.model_dump() for doc in self.documents]]
        return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()


def load_labels(paths: Sequence[Path]) -> Labels:
    """Read label files and folders; `themes.yaml` lies in the folder or beside the files.

    A folder stands for the `*.yaml` files right in it. Raises LabelsError with the
    problems of all files.
    """
    files, codebook_path = _find(paths)
    codebook = load_codebook(codebook_path)
    documents: list[LabelledDocument] = []
    sources: list[YamlFile] = []
    problems: list[Problem] = []
    for file in files:
        try:
            source = load_yaml(file)
        except LabelsError as error:
            problems += error.problems
            continue
        document, faults = validate(LabelledDocument, source)
        problems += faults
        if document is not None:
            problems += _check(document, source, codebook)
            documents.append(document)
            sources.append(source)
    problems += _repeats(documents, sources)
    if problems:
        raise LabelsError(problems)
    if not documents:
        raise LabelsError([Problem(str(codebook_path.parent), None, "no label files here")])
    return Labels(codebook, tuple(sorted(documents, key=lambda document: document.id)))


def _find(paths: Sequence[Path]) -> tuple[list[Path], Path]:
    files: list[Path] = []
    folders: list[Path] = []
    for path in paths:
        if path.is_dir():
            folders.append(path)
            files += sorted(path.glob("*.yaml"))
        elif path.is_file():
            folders.append(path.parent)
            files.append(path)
        else:
            raise LabelsError([Problem(str(path), None, "no such file or folder")])
    files = [file for file in dict.fromkeys(files) if file.name != "themes.yaml"]
    codebooks = dict.fromkeys(folder / "themes.yaml" for folder in folders)
    for codebook in codebooks:
        if codebook.is_file():
            return files, codebook
    raise LabelsError([Problem(str(folders[0] if folders else "."), None,
                               "no themes.yaml here; the codebook lies beside the labels")])


def _check(document: LabelledDocument, source: YamlFile, codebook: Codebook) -> list[Problem]:
    problems = []
    if codebook.genres and document.genre not in codebook.genres:
        problems.append(source.problem(("genre",), f"unknown genre `{document.genre}`, "
                                       f"{suggest(document.genre, codebook.genres)}"))
    for i, paragraph in enumerate(document.paragraphs):
        place: Place = ("paragraphs", i)
        problems += unknown_themes(paragraph.themes, codebook.ids, source, (*place, "themes"))
        problems += unknown_themes(paragraph.unsure, codebook.ids, source, (*place, "unsure"))
        both = [theme for theme in paragraph.unsure if theme in paragraph.themes]
        if both:
            problems.append(source.problem((*place, "unsure"), f"`{both[0]}` is both given and "
                                           "unsure; keep one"))
        if len(set(paragraph.themes)) < len(paragraph.themes):
            problems.append(source.problem((*place, "themes"), "a theme stands twice; keep one"))
    return problems


def _repeats(documents: Sequence[LabelledDocument], sources: Sequence[YamlFile]) -> list[Problem]:
    problems = []
    ids: dict[str, str] = {}
    texts: dict[str, str] = {}
    for document, source in zip(documents, sources, strict=True):
        if document.id in ids:
            problems.append(source.problem(("id",), f"id `{document.id}` is also in "
                                           f"{ids[document.id]}; give it another"))
        ids.setdefault(document.id, source.name)
        for i, paragraph in enumerate(document.paragraphs):
            place: Place = ("paragraphs", i, "text")
            text = paragraph.text.strip()
            if text in texts:
                problems.append(source.problem(place, f"the text “{text[:20]}…” stands already "
                                               f"at {texts[text]}; take one out"))
            texts.setdefault(text, f"{source.name}:{source.line(place)}")
    return problems


def targets(paragraphs: Iterable[LabelledParagraph], ids: Sequence[str]) -> list[list[int]]:
    """For each paragraph and theme 1 (yes), 0 (no) or -1 (not judged)."""
    return [[1 if theme in paragraph.themes else -1 if theme in paragraph.unsure else 0
             for theme in ids] for paragraph in paragraphs]
