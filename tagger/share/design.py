"""Which paragraphs are drawn for hand labels, and with what probability each one is."""

import re
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from tagger.errors import OutputError
from tagger.share.annotated import Annotated, By

_WRITTEN = re.compile(r"n=(\d+) by=(\w+) floor=(\d+) seed=(-?\d+)")


@dataclass(frozen=True, slots=True)
class Design:
    """How a sample is drawn: how many, by which groups, how many at least of each stratum."""

    size: int
    by: By
    floor: int = 5
    seed: int = 0

    def __str__(self) -> str:
        return f"n={self.size} by={self.by} floor={self.floor} seed={self.seed}"


def read_design(written: str) -> Design | None:
    """The design that was written beside a drawn row, or None."""
    found = _WRITTEN.fullmatch(written.strip())
    by = next((one for one in get_args(By) if found and one == found[2]), None)
    return Design(int(found[1]), by, int(found[3]), int(found[4])) if found and by else None


def strata(annotated: Annotated) -> NDArray[np.int64]:
    """Number of each paragraph's stratum, shape (paragraphs,): group × (themes + 1).

    A paragraph belongs to the rarest theme predicted in it, or to the last part of its group,
    of paragraphs without a predicted theme. So every paragraph is in just one stratum.
    """
    counts = annotated.predicted.sum(axis=0)
    order = np.argsort(counts, kind="stable")
    parts = np.column_stack([annotated.predicted[:, order],
                             np.ones(len(annotated.keys), dtype=bool)])
    part = np.append(order, len(order))[parts.argmax(axis=1)]
    return np.asarray(annotated.group_of * (len(order) + 1) + part)


def allocate(sizes: NDArray[np.int64], design: Design) -> NDArray[np.int64]:
    """Paragraphs to draw of each stratum; arguments and result of shape (groups, themes + 1).

    Groups get as much as each other; within a group the paragraphs without a predicted theme
    get half and the themes share the other half, a seat at a time to the stratum that is most
    behind (D'Hondt's divisors). Every stratum gets the floor, or all that it has; the floor is
    lowered where `design.size` does not suffice. Raises OutputError if there are more strata
    than paragraphs to draw.
    """
    filled = sizes > 0
    if filled.sum() > design.size:
        raise OutputError(f"a sample of {design.size} is too small for {filled.sum()} strata "
                          f"(themes predicted or not, by {design.by}); raise -n or choose a "
                          "coarser --by")
    floor = min(design.floor, design.size // int(filled.sum()))
    share = np.where(filled, 1.0, 0.0)
    share[:, :-1] /= np.maximum(filled[:, :-1].sum(axis=1, keepdims=True), 1)
    drawn = np.minimum(sizes, floor)
    while drawn.sum() < min(design.size, sizes.sum()):
        behind = np.where(drawn < sizes, share / (drawn + 1), -1.0)
        drawn.flat[behind.argmax()] += 1
    return drawn


def probabilities(annotated: Annotated, design: Design) -> NDArray[np.float64]:
    """Probability of each paragraph to be drawn, above 0, shape (paragraphs,)."""
    stratum = strata(annotated)
    sizes = _sizes(annotated, stratum)
    drawn = allocate(sizes, design)
    return np.asarray((drawn.ravel() / np.maximum(sizes.ravel(), 1))[stratum])


def draw(annotated: Annotated, design: Design,
         ranks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows that are drawn, in random order: of each stratum those of the lowest ranks.

    `ranks`: pseudo-random numbers of the paragraphs, shape (paragraphs,), which depend on the
    seed and the paragraph alone; so the order of files makes no difference.
    """
    stratum = strata(annotated)
    wanted = allocate(_sizes(annotated, stratum), design).ravel()
    order = np.lexsort((ranks, stratum))
    begins = np.searchsorted(stratum[order], np.arange(len(wanted)))
    rows = np.concatenate([order[begin:begin + count]
                           for begin, count in zip(begins, wanted, strict=True)])
    return rows[np.argsort(ranks[rows])]


def _sizes(annotated: Annotated, stratum: NDArray[np.int64]) -> NDArray[np.int64]:
    shape = (len(annotated.groups), len(annotated.ids) + 1)
    return np.bincount(stratum, minlength=shape[0] * shape[1]).reshape(shape)
