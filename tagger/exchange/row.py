"""A labelled paragraph as another tool has it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagger.errors import Problem

THEME_COLUMNS = ("themes", "theme", "labels", "label", "主题", "标签")
OF_DOCUMENT = ("title", "genre", "region", "date")


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled paragraph as another tool has it, and the line where it begins."""

    line: int
    text: str
    themes: tuple[str, ...]
    unsure: tuple[str, ...] = ()
    document: str = ""
    title: str = ""
    genre: str = ""
    region: str = ""
    date: str = ""
    trap: str = ""
    note: str = ""


Found = Row | Problem | None  # None: a task that nobody judged


def made(path: Path, line: int, text: object, themes: object, fields: Mapping[str, Any]) -> Found:
    """The row that values of any type make, or what is wrong with them."""
    if not isinstance(text, str) or not text.strip():
        return Problem(str(path), line, "no text")
    if re.search("[\ud800-\udfff]", text):
        return Problem(str(path), line, "the text holds half a character (a lone surrogate)")
    unsure = fields.get("unsure") or []
    for name, value in (("themes", themes), ("unsure", unsure)):
        if not isinstance(value, list) or not all(isinstance(theme, str) for theme in value):
            return Problem(str(path), line, f"`{name}` is `{str(value)[:60]}`, but must be a list "
                           "of names; spans belong to another kind of project")
    kept = {name: "" if fields.get(name) is None else str(fields[name])
            for name in ("document", "trap", "note", *OF_DOCUMENT)}
    return Row(line, text, tuple(themes), tuple(unsure), **kept)  # type: ignore[arg-type]  # checked above


def meta(row: Row) -> dict[str, str]:
    """What goes along with the text and its themes."""
    return {name: getattr(row, name) for name in ("document", *OF_DOCUMENT, "trap", "note")}
