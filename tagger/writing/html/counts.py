"""What the charts and the index count."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tagger.writing.form import Options
from tagger.writing.lines import Line


@dataclass(slots=True)
class Counts:
    """Paragraphs of the body, headings, and both by theme found, by theme in doubt, unsure.

    `none`: paragraphs of the body without a theme.
    """

    documents: int = 0
    body: int = 0
    headings: int = 0
    found: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
    unsure: int = 0
    none: int = 0
    models: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, document: Iterable[Line], options: Options) -> "Counts":
        """Count one document."""
        counts = cls(documents=1)
        for line in document:
            counts.models.add(line.model)
            counts.body += line.kind == "body"
            counts.headings += line.kind == "heading"
            counts.unsure += not line.sure
            counts.none += line.kind == "body" and not line.themes
            counts.found.update(line.themes)
            counts.doubtful.update(options.doubtful(line))
        return counts

    def add(self, other: "Counts") -> None:
        """Count what another one counted."""
        self.documents += other.documents
        self.body += other.body
        self.headings += other.headings
        self.found.update(other.found)
        self.doubtful.update(other.doubtful)
        self.unsure += other.unsure
        self.none += other.none
        self.models |= other.models


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the index."""

    title: str
    below: str
    link: str
    counts: Counts
