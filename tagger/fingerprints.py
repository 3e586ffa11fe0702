"""Hashes by which a training text is known again, though the text itself is not kept."""

import hashlib
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

LONG = 12  # letters of a clause that is unlikely to be written twice
_SIGNS = re.compile(r"[\W_]+")


def fingerprints(folded: Iterable[str]) -> NDArray[np.uint64]:
    """64-bit hashes of folded texts and of their longer clauses; sorted, shape (hashes,).

    Punctuation and spaces do not count.
    """
    found = {fingerprint(part) for text in folded for part in (bare(text), *long_clauses(text))}
    return np.array(sorted(found), dtype=np.uint64)


def fingerprint(letters: str) -> int:
    """The hash of one string."""
    data = letters.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def bare(text: str) -> str:
    """The text without punctuation and spaces."""
    return _SIGNS.sub("", text)


def long_clauses(text: str) -> list[str]:
    """Runs of at least 12 letters between punctuation."""
    return [clause for clause in _SIGNS.split(text) if len(clause) >= LONG]
