"""What a run did, in numbers that stay small however many inputs there were."""

from collections import Counter
from dataclasses import dataclass, field

from tagger.runs.records import Failure, Row

SHOWN = 60  # inputs and failures kept one by one; the others are summed


@dataclass(slots=True)
class Tally:
    """Counts of one input or of many: documents, paragraphs by kind, and by theme."""

    name: str
    documents: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    themes: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally | Row") -> None:
        """Count what another counted."""
        self.documents += other.documents
        self.kinds.update(other.kinds)
        self.themes.update(other.themes)


@dataclass(slots=True)
class Summary:
    """What a run did: the first inputs one by one and the sum of all, failures, repeats."""

    inputs: int = 0
    unread: int = 0  # inputs that gave nothing
    filtered: int = 0
    failed: int = 0  # failures in all, rows of tables among them
    repeats: int = 0
    skipped: bool = False
    with_content: int = 0
    tallies: list[Tally] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    total: Tally = field(default_factory=lambda: Tally(""))
    wrote: bool = False
    notes: list[str] = field(default_factory=list)

    def add(self, tally: Tally, repeats: int, *, unread: bool) -> None:
        """Count one input."""
        self.inputs += 1
        self.unread += unread
        self.repeats += repeats
        if tally.kinds:
            self.with_content += 1
            if len(self.tallies) < SHOWN:
                self.tallies.append(tally)
            self.total.add(tally)

    def add_failure(self, failure: Failure) -> None:
        """Count one failure."""
        self.failed += 1
        if len(self.failures) < SHOWN:
            self.failures.append(failure)
