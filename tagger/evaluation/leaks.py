"""Whether a model has seen the gold in training.

A model folder may name its training texts by hashes: of each whole paragraph, and of each
of its longer clauses. So a copy is known again, and so is one with a changed dateline or a
new sentence, though the texts themselves are not kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagger.candidates import fold_all
from tagger.evaluation.gold import Gold
from tagger.fingerprints import bare, fingerprint, long_clauses

MOSTLY = 0.5  # share of a text's letters in known clauses from which it is a near copy


@dataclass(frozen=True, slots=True)
class Leak:
    """What of the gold the model has seen; `checked` is false where it cannot be told."""

    checked: bool
    copies: int
    near_copies: int

    @property
    def found(self) -> bool:
        """Whether any was seen."""
        return self.copies + self.near_copies > 0


def find_leak(gold: Gold, training: Mapping[str, Any], known: NDArray[np.uint64]) -> Leak:
    """Compare gold with what a model says of its training data, and the hashes it keeps."""
    if gold.labels_sha256 and gold.labels_sha256 == training.get("labels_sha256"):
        return Leak(True, len(gold.texts), 0)
    if not len(known):
        return Leak(False, 0, 0)
    return _compare(fold_all(gold.texts), frozenset(known.tolist()))


def _compare(folded: Sequence[str], known: frozenset[int]) -> Leak:
    copies = near = 0
    for text in folded:
        letters = bare(text)
        seen = sum(len(part) for part in long_clauses(text) if fingerprint(part) in known)
        if fingerprint(letters) in known:
            copies += 1
        elif seen >= MOSTLY * max(1, len(letters)):
            near += 1
    return Leak(True, copies, near)
