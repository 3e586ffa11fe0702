"""The gate: what a corpus must not be, if a model is to learn from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from tagger.audit.copies import COPIED, NearCopy, Run
from tagger.audit.counts import Count

MIN_POSITIVES = 20  # under this, evaluation says "too few to say" and a fold holds four or fewer
MAX_TRAPS = 0.2  # a pilot of which three in ten were traps made a model distrust its best words
MIN_NONE = 0.4  # of real text most has no theme; a model that seldom sees such text tags too much


@dataclass(frozen=True, slots=True)
class Check:
    """One demand on the labels, whether they meet it, and what was found."""

    name: str
    ok: bool
    found: str


def gate(ids: Sequence[str], total: Count, traps: int, near: Sequence[NearCopy],
         runs: Sequence[Run]) -> list[Check]:
    """All demands on the labels."""
    rare = [f"{theme} {number}" for theme, number in zip(ids, total.themes, strict=True)
            if number < MIN_POSITIVES]
    least = min(total.themes)
    return [
        Check("no near-duplicates between documents", not near, _number(len(near), "pair")),
        Check(f"no copied runs of {COPIED} letters or more", not runs, _number(len(runs), "run")),
        Check(f"each theme in {MIN_POSITIVES} paragraphs or more", not rare,
              "; ".join(rare) or f"the rarest in {least}"),
        _share(f"traps at most {MAX_TRAPS:.0%} of paragraphs", traps, total.paragraphs,
               most=MAX_TRAPS),
        _share(f"paragraphs without a theme {MIN_NONE:.0%} or more", total.none,
               total.paragraphs, least=MIN_NONE),
    ]


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _share(name: str, part: int, whole: int, least: float = 0, most: float = 1) -> Check:
    share = part / whole
    return Check(name, least <= share <= most, f"{share:.1%}, {part} of {whole}")
