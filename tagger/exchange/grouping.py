"""Rows to documents, checked against the codebook."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from tagger.errors import Problem
from tagger.exchange.row import OF_DOCUMENT, Row
from tagger.labels import LabelledDocument
from tagger.themes import Codebook
from tagger.yamlfile import suggest

_UNFIT = re.compile(r"[^\w.-]+")


class Names:
    """The ids of themes, by their ids and their names."""

    def __init__(self, codebook: Codebook) -> None:
        self._ids = codebook.ids
        self._names = {name: theme.id for theme in codebook.themes
                       for name in (theme.en, theme.zh, theme.id)}

    def row(self, row: Row, file: str, problems: list[Problem]) -> Row:
        """The row with ids for names; adds what is wrong to `problems`."""
        unknown = [theme for theme in (*row.themes, *row.unsure) if theme not in self._names]
        problems += [Problem(file, row.line, f"unknown theme `{theme[:60]}`, "
                             f"{suggest(theme, self._ids)}") for theme in unknown]
        themes, unsure = self._known(row.themes), self._known(row.unsure)
        both = [theme for theme in unsure if theme in themes]
        if both:
            problems.append(Problem(file, row.line, f"`{both[0]}` is both given and unsure; keep "
                                    "one"))
        return replace(row, themes=themes, unsure=unsure)

    def _known(self, themes: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._names.get(theme, theme) for theme in themes))


def repeats(given: Iterable[Row], file: str) -> Iterator[Problem]:
    """A problem for each text that stands twice."""
    lines: dict[str, int] = {}
    for row in given:
        first = lines.setdefault(row.text.strip(), row.line)
        if first != row.line:
            yield Problem(file, row.line, f"the text “{row.text.strip()[:20]}…” stands already in "
                          f"line {first}; take one out")


def group(given: Sequence[Row], path: Path, codebook: Codebook,
          problems: list[Problem]) -> list[LabelledDocument]:
    """The documents that the rows make; adds what is wrong to `problems`."""
    by_document: dict[str, list[Row]] = {}
    for row in given:
        by_document.setdefault(row.document or path.stem, []).append(row)
    ids: set[str] = set()
    documents = []
    for name, own in by_document.items():
        problems += _differences(name, own, str(path))
        genre, line = own[0].genre, own[0].line
        if codebook.genres and genre not in codebook.genres:
            told = f"unknown genre `{genre}`" if genre else "no genre"
            problems.append(Problem(str(path), line, f"document `{name}`: {told}, "
                                    f"{suggest(genre, codebook.genres)}; a column `genre` or "
                                    "--genre gives it"))
        document = _document(_free_id(name, ids), name, own, str(path), problems)
        documents += [document] if document is not None else []
    return documents


def _differences(name: str, own: Sequence[Row], file: str) -> Iterator[Problem]:
    for row in own[1:]:
        for part in OF_DOCUMENT:
            value, first = getattr(row, part), getattr(own[0], part)
            if value != first:
                yield Problem(file, row.line, f"document `{name}` has {part} `{value[:40]}` here "
                              f"and `{first[:40]}` in line {own[0].line}; keep one")


def _free_id(name: str, ids: set[str]) -> str:
    """An id that can be a file's name, and is no other document's."""
    base = _UNFIT.sub("-", name).strip("-.")[:80] or "document"
    found, again = base, 1
    while found.lower() in ids or found.lower() == "themes":
        again += 1
        found = f"{base}-{again}"
    ids.add(found.lower())
    return found


def _document(identity: str, name: str, own: Sequence[Row], file: str,
              problems: list[Problem]) -> LabelledDocument | None:
    first = own[0]
    paragraphs = [{"text": row.text, "themes": row.themes, "unsure": row.unsure,
                   "trap": row.trap or None, "note": row.note} for row in own]
    try:
        return LabelledDocument.model_validate({
            "id": identity, "title": first.title or name, "genre": first.genre,
            "region": first.region, "date": first.date, "paragraphs": paragraphs})
    except ValidationError as error:
        for fault in error.errors():
            place = fault["loc"]
            at = own[place[1]].line if len(place) > 1 and isinstance(place[1], int) \
                else first.line
            told = f"document `{name}`: {place[-1]} is `{str(fault['input'])[:40]}`: {fault['msg']}"
            cure = "; a column `date` or --date gives it" if place[-1] == "date" else ""
            problems.append(Problem(file, at, told + cure))
        return None
