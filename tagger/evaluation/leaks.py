"""Whether a model has seen the gold in training.

A model folder may name its training texts by hashes: of each whole paragraph, and of each
of its longer sentences. So a copy is known again, and so is one with a changed dateline or
one new sentence, though the texts themselves are not kept.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tagger.candidates import fold_all
from tagger.evaluation.gold import Gold

LONG = 12  # letters of a sentence that is unlikely to be written twice
MOSTLY = 0.5  # share of a text's letters in known sentences from which it is a near copy
_ENDS = re.compile(r"[。!?;\n]")
_SIGNS = re.compile(r"[\W_]+")


def fingerprints(folded: Iterable[str]) -> list[str]:
    """64-bit hashes, in hex, of folded texts and of their longer sentences; sorted."""
    return sorted({_hash(part) for text in folded for part in (_bare(text), *_sentences(text))})


def _hash(letters: str) -> str:
    return hashlib.blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _bare(text: str) -> str:
    return _SIGNS.sub("", text)


def _sentences(text: str) -> list[str]:
    bare = [_bare(sentence) for sentence in _ENDS.split(text)]
    return [sentence for sentence in bare if len(sentence) >= LONG]


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


def find_leak(gold: Gold, training: dict[str, Any]) -> Leak:
    """Compare gold with what a manifest says of the training data."""
    if gold.labels_sha256 and gold.labels_sha256 == training.get("labels_sha256"):
        return Leak(True, len(gold.texts), 0)
    known = training.get("texts")
    if not isinstance(known, list):
        return Leak(False, 0, 0)
    return _compare(fold_all(gold.texts), frozenset(known))


def _compare(folded: Sequence[str], known: frozenset[str]) -> Leak:
    copies = near = 0
    for text in folded:
        bare = _bare(text)
        seen = sum(len(part) for part in _sentences(text) if _hash(part) in known)
        if _hash(bare) in known:
            copies += 1
        elif seen >= MOSTLY * max(1, len(bare)):
            near += 1
    return Leak(True, copies, near)
