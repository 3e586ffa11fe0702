"""A plain, slow, obvious tagger, to compare the fast one with."""

import math
import unicodedata
from collections.abc import Mapping, Sequence

from tagger.tagger import Theme
from tagger.terms import Crossing

ENDS = "。!?;"
CLOSING = ENDS + "\"'”’)」』》】…"


def fold(text: str, variants: Mapping[str, str]) -> str:
    """One letter for one: simplified, half width, small, digits as 0."""
    return "".join(_letter(letter, variants) for letter in text)


def _letter(letter: str, variants: Mapping[str, str]) -> str:
    if letter in variants:
        return variants[letter]
    code = ord(letter)
    if 0xD800 <= code < 0xE000:
        return "\ufffd"
    if 0x41 <= code <= 0x5A or 0xC0 <= code < 0x250 or 0xFF01 <= code < 0xFF5F or code == 0x3000:
        simple = unicodedata.normalize("NFKC", letter).lower()
        letter = simple if len(simple) == 1 else letter
    return "0" if letter in "0123456789" else letter


def sentences(folded: str) -> list[str]:
    """Sentences end with 。！？； and up to three closing marks."""
    found, begin, i = [], 0, 0
    while i < len(folded):
        i += 1
        if folded[i - 1] in ENDS:
            for _ in range(3):
                if i < len(folded) and folded[i] in CLOSING:
                    i += 1
            if i < len(folded):
                found.append(folded[begin:i])
                begin = i
    return [*found, folded[begin:]]


def stands(term: str, sentence: str, crossings: Sequence[Crossing]) -> bool:
    """Whether the term stands anywhere in the sentence but in one of its crossings."""
    at = sentence.find(term)
    while at >= 0:
        if not any(at >= len(crossing.before)
                   and sentence.startswith(crossing.text, at - len(crossing.before))
                   for crossing in crossings if crossing.term == term):
            return True
        at = sentence.find(term, at + 1)
    return False


def scores(text: str, themes: Sequence[Theme], terms: Sequence[str],
           weights: Sequence[Sequence[Sequence[float]]], variants: Mapping[str, str],
           crossings: Sequence[Crossing], pairs: Sequence[Sequence[int]],
           of_pairs: Sequence[Sequence[float]]) -> list[float]:
    """Probability of each theme: bias, strongest sentence, and what stands anywhere."""
    found = [[stands(term, sentence, crossings) for term in terms]
             for sentence in sentences(fold(text, variants))]
    anywhere = [any(there) for there in zip(*found, strict=True)]
    in_sentence, in_text = weights
    together = [[present[one] and present[other] for one, other in pairs] for present in found]
    log_odds = [theme.bias + max(_sum(in_sentence, present, column) + _sum(of_pairs, both, column)
                                 for present, both in zip(found, together, strict=True))
                + _sum(in_text, anywhere, column) for column, theme in enumerate(themes)]
    return [1 / (1 + math.exp(-one)) for one in log_odds]


def _sum(weights: Sequence[Sequence[float]], present: Sequence[bool], column: int) -> float:
    return sum(row[column] for row, there in zip(weights, present, strict=True) if there)
