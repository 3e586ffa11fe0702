"""Text that stands twice: near copies, and runs of letters that one text shares with another."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tagger.errors import LabelsError, Problem
from tagger.folds import near_duplicates
from tagger.labels import Labels

COPIED = 25  # letters in a row: two authors of set phrases seldom agree on so many


@dataclass(frozen=True, slots=True)
class Run:
    """Letters in a row that a text shares with another; `start` counts in the text."""

    text: int
    other: int
    start: int
    words: str

    @property
    def end(self) -> int:
        """Offset in the text after the last letter."""
        return self.start + len(self.words)


@dataclass(frozen=True, slots=True)
class NearCopy:
    """Two paragraphs (by number) of different documents that share most of their letters."""

    one: int
    other: int
    likeness: float


def shared_runs(texts: Sequence[str], others: Iterable[str], length: int,
                allowed: Iterable[str] = ()) -> list[Run]:
    """Longest runs of letters that a text shares with another, by text and place.

    A run counts if at least `length` of its letters are in no set phrase (`allowed`).
    Exact: every `length` letters of the texts are looked up in the others.
    """
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, text in enumerate(texts):
        for start in range(len(text) - length + 1):
            places[text[start:start + length]].append((number, start))
    shared: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for number, other in enumerate(others):
        for begin in range(len(other) - length + 1):
            for owner, start in places.get(other[begin:begin + length], ()):
                shared[owner, number, start - begin].append(start)
    phrases = [phrase for phrase in allowed if phrase]
    free = {owner: _free(texts[owner], phrases) for owner, _, _ in shared}
    runs = [Run(owner, number, start, texts[owner][start:end])
            for (owner, number, _), starts in shared.items()
            for start, end in _joined(starts, length)
            if sum(free[owner][start:end]) >= length]
    return sorted(runs, key=lambda run: (run.text, run.start, -run.end, run.other))


def _joined(starts: Sequence[int], length: int) -> Iterable[tuple[int, int]]:
    """Starts that follow each other, as one run each."""
    for _, steps in groupby(enumerate(starts), lambda step: step[1] - step[0]):
        inside = [start for _, start in steps]
        yield inside[0], inside[-1] + length


def _free(text: str, phrases: Sequence[str]) -> list[bool]:
    """Whether each letter stands outside of all phrases."""
    free = [True] * len(text)
    for phrase in phrases:
        start = text.find(phrase)
        while start >= 0:
            free[start:start + len(phrase)] = [False] * len(phrase)
            start = text.find(phrase, start + 1)
    return free


def longest(runs: Iterable[Run]) -> list[Run]:
    """One run for each place of a text: those that lie within no other one."""
    kept: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.text, run.start, -run.end)):
        if not kept or kept[-1].text != run.text or run.end > kept[-1].end:
            kept.append(run)
    return kept


def copied_runs(labels: Labels, allowed: Iterable[str]) -> list[Run]:
    """Runs of COPIED letters and more that stand in two documents, each named once."""
    owners = _owners(labels)
    every = [paragraph.text for paragraph in labels.paragraphs]
    doubtful = _sharing(every, owners)
    texts = [text if owner in doubtful else ""
             for text, owner in zip(every, owners, strict=True)]
    return longest(run for run in shared_runs(texts, texts, COPIED, allowed)
                   if owners[run.text] < owners[run.other])


def _sharing(texts: Sequence[str], owners: Sequence[int]) -> set[int]:
    """Documents that share COPIED letters in a row with another: mostly none, so that the
    exact search is left with little.
    """
    first: dict[str, int] = {}
    sharing: set[int] = set()
    for text, owner in zip(texts, owners, strict=True):
        for start in range(len(text) - COPIED + 1):
            other = first.setdefault(text[start:start + COPIED], owner)
            if other != owner:
                sharing |= {other, owner}
    return sharing


def near_copies(labels: Labels) -> list[NearCopy]:
    """Near-duplicates that stand in different documents."""
    owners = _owners(labels)
    pairs = near_duplicates([paragraph.text for paragraph in labels.paragraphs])
    return [NearCopy(one, other, likeness) for one, other, likeness in pairs
            if owners[one] != owners[other]]


def _owners(labels: Labels) -> list[int]:
    return [number for number, document in enumerate(labels.documents)
            for _ in document.paragraphs]


def read_phrases(paths: Sequence[Path]) -> list[str]:
    """Set phrases of `set_phrases.txt` in the folders or beside the files: one a line, `#`
    begins a comment; none where there is no such file. Raises LabelsError if it is not UTF-8.
    """
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    files = [folder / "set_phrases.txt" for folder in folders]
    phrases: list[str] = []
    for file in filter(Path.is_file, files):
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise LabelsError([Problem(str(file), None, f"cannot be read as UTF-8: {error}; "
                                       "save it as UTF-8, a phrase a line")]) from None
        phrases += [line.split("#")[0].strip() for line in lines]
    return [phrase for phrase in dict.fromkeys(phrases) if phrase]
