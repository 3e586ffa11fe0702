"""The records that travel from file to tag; nothing else does.

Those of which there are millions are msgspec structs, which cost half of a dataclass and
nothing to the garbage collector.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

DIGITS = 4  # of scores and weights, in files and in what `annotate` yields

Kind = Literal["body", "heading", "furniture"]


@dataclass(frozen=True, slots=True)
class Document:
    """One document as read: its text never changes after this.

    `text` holds one block a line (a reader rejoins hard-wrapped lines first).
    `hints` gives the kind of a line, by the offset of its first character, where
    the format itself says so (a Markdown `#`, an HTML `<h2>`, a Word heading style).
    """

    name: str
    text: str
    title: str = ""
    encoding: str | None = None
    hints: Mapping[int, Kind] = field(default_factory=dict)


class Paragraph(msgspec.Struct, frozen=True, gc=False):
    """A slice of a document: `document.text[start:end] == text`, in code points."""

    index: int
    kind: Kind
    start: int
    end: int
    text: str


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """A place in a paragraph's own text, and its share in the log-odds of a theme."""

    theme: str
    start: int
    end: int
    text: str
    weight: float


class TaggedParagraph(msgspec.Struct, frozen=True, gc=False):
    """A paragraph of a document with its themes: one line of the output.

    `id` is made of the document's text and the paragraph's place in it, so it survives
    re-runs and moves. Furniture is never tagged: its `scores` are empty. `repeat_of` is the id
    of the first paragraph of a run that says the same, None outside of runs.
    """

    id: str
    document: str
    title: str
    index: int
    kind: Kind
    start: int
    end: int
    text: str
    themes: tuple[str, ...]
    scores: dict[str, float]
    sure: bool
    evidence: tuple[Evidence, ...]
    model: str
    repeat_of: str | None = None
