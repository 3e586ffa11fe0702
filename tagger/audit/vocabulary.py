"""How texts are written: lengths, signs, words, and what of other texts they know."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tagger.candidates import Segmenter, fold_all
from tagger.themes import Codebook

MARKS = "，。、；：？！“”（）《》—…"
TOKENS = (10_000, 20_000, 50_000, 100_000, 200_000, 500_000)  # points of the type-token curve
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Profile:
    """How texts look: lengths in letters, and signs in each 1,000 letters."""

    texts: int
    letters: int
    lengths: tuple[int, int, int]
    signs: dict[str, float]


@dataclass(frozen=True, slots=True)
class Known:
    """Share of what stands in other texts that a corpus holds: of kinds, and of occurrences."""

    kinds: float
    occurrences: float


def profile(texts: Sequence[str]) -> Profile:
    """The profile of texts; lengths are the first decile, the median and the last decile."""
    joined = "".join(texts)
    letters = max(1, len(joined))
    groups = {mark: joined.count(mark) for mark in MARKS}
    groups["digits"] = sum(letter.isdigit() for letter in joined)
    groups["Latin letters"] = sum(letter.isascii() and letter.isalpha() for letter in joined)
    low, middle, high = np.percentile([len(text) for text in texts], [10, 50, 90])
    return Profile(len(texts), len(joined), (round(low), round(middle), round(high)),
                   {name: 1000 * number / letters for name, number in groups.items()})


def known(occurrences: Sequence[str], corpus: Sequence[str]) -> Known:
    """Share of items (words, bigrams) that also stand in the corpus."""
    have = set(corpus)
    there = Counter(occurrences)
    shared = {item: number for item, number in there.items() if item in have}
    return Known(len(shared) / max(1, len(there)),
                 sum(shared.values()) / max(1, there.total()))


def bigrams(texts: Sequence[str]) -> list[str]:
    """Pairs of neighbouring letters without digits and punctuation."""
    return [run[i:i + 2] for text in texts for run in _WORD.findall(text)
            for i in range(len(run) - 1)]


def words(codebook: Codebook, texts: Sequence[str]) -> list[str]:
    """Words of folded texts as training segments them, without digits and punctuation."""
    own = [*codebook.words, *(word for theme in codebook.themes for word in theme.keywords)]
    segmenter = Segmenter(fold_all(own))
    return [word for text in texts for word in segmenter.cut(text) if _WORD.fullmatch(word)]


def type_token(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """How many different words the first so many words are, at TOKENS and at the end."""
    points = [point for point in TOKENS if point < len(tokens)] + [len(tokens)]
    return [(point, len(set(tokens[:point]))) for point in points]
