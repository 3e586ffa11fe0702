"""A corpus -> the features of its sentences and texts: terms, word classes, interactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tagger.candidates import candidates, crossings_of, in_order, interactions_of
from tagger.corpus import Corpus
from tagger.terms import Crossing, Terms

SHORT = 2  # letters that may stand in a text by accident


@dataclass(frozen=True, slots=True)
class Sentences:
    """Which term stands in which sentence, shape (sentences, terms), and whose they are."""

    present: sp.csr_matrix
    text_of: NDArray[np.int64]


def find_sentences(texts: Sequence[str], terms: Terms) -> Sentences:
    """Where terms stand, in tagging's own way."""
    found = terms.find(texts)
    rows, columns = found.pairs(found.sentence)
    shape = (len(found.text_of), len(terms.terms))
    return Sentences(sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape),
                     found.text_of)


def whole(found: Sentences) -> Sentences:
    """The texts as if each were one sentence."""
    texts = int(found.text_of[-1]) + 1 if len(found.text_of) else 0
    numbers = np.arange(len(found.text_of))
    belongs = sp.csr_matrix((np.ones(len(numbers)), (found.text_of, numbers)),
                            shape=(texts, len(numbers)))
    return Sentences((belongs @ found.present).sign(), np.arange(texts))


@dataclass(frozen=True, slots=True)
class Features:
    """What the weights are fitted to.

    `terms` are the strings that are looked for; a column is made of one term or of the words of
    a class, as `members` says, shape (terms, columns). Sentences have a column more for each of
    `pairs`, the numbers of two terms, shape (interactions, 2). `names`: the terms of the first
    columns. `held`: whether a sentence holds a keyword of a theme, shape (themes, sentences).
    """

    terms: list[str]
    crossings: list[Crossing]
    members: sp.csr_matrix
    pairs: NDArray[np.int64]
    names: list[str]
    of_sentences: Sentences
    of_texts: Sentences
    held: NDArray[np.bool_]

    def in_codebook(self, keywords: Sequence[str]) -> NDArray[np.bool_]:
        """Which columns before the interactions the codebook has: `keywords` and all classes."""
        classes = np.ones(self.members.shape[1] - len(self.names), dtype=bool)
        return np.concatenate([np.isin(self.names, keywords), classes])


def choose_features(corpus: Corpus) -> Features:
    """The features that a corpus gives."""
    keywords = {word for theme in corpus.keywords for word in theme}
    chosen = candidates(corpus.words, corpus.groups.tolist(), keywords)
    terms = sorted({*chosen, *chain(*corpus.classes)})
    crossings = _crossings(terms, corpus)
    found = find_sentences(corpus.texts, Terms(terms, {}, crossings))
    alone = _distinct(terms, found, set(chosen), keywords)
    members = _members(terms, alone, corpus.classes)
    pairs = interactions_of(found.present, terms, corpus.groups[found.text_of], keywords)
    pairs = pairs[np.isin(pairs, alone).all(axis=1)]
    pairs, of_sentences = _with_interactions(found, members, pairs)
    held = np.stack([found.present[:, np.isin(terms, words)].getnnz(axis=1) > 0
                     for words in corpus.keywords])
    return Features(terms, crossings, members, pairs, [terms[row] for row in alone], of_sentences,
                    _columns(whole(found), members), held)


def _crossings(terms: Sequence[str], corpus: Corpus) -> list[Crossing]:
    """Those that stand in the texts, and those that are foreseen.

    No long word of a class is crossed: it stands nowhere by accident, and the segmenter, which
    may not know it, cuts it (政务|服务中心).
    """
    long = {word for words in corpus.classes for word in words if len(word) > SHORT}
    found = {*crossings_of(terms, corpus.texts, corpus.words), *corpus.crossings}
    return in_order(crossing for crossing in found if crossing.term not in long)


def _distinct(terms: Sequence[str], found: Sentences, chosen: set[str],
              keywords: set[str]) -> list[int]:
    """One term of those chosen that stand in just the same sentences: a keyword, else the longest.

    Returns their numbers.
    """
    best: dict[int, int] = {}
    for column, first in enumerate(_first_alike(found.present)):
        if terms[column] not in chosen:
            continue
        kept = best.setdefault(first, column)
        if (terms[column] in keywords, len(terms[column])) > (terms[kept] in keywords,
                                                              len(terms[kept])):
            best[first] = column
    return sorted(best.values())


def _members(terms: Sequence[str], alone: Sequence[int],
             classes: Sequence[Sequence[str]]) -> sp.csr_matrix:
    """Which terms make up a feature, shape (terms, features): those `alone`, then the classes.

    A class counts its words, so each of them has the weight of the class.
    """
    numbers = {term: number for number, term in enumerate(terms)}
    features = [[number] for number in alone] + [[numbers[word] for word in words]
                                                 for words in classes]
    rows = np.fromiter(chain(*features), dtype=np.int64)
    columns = np.repeat(np.arange(len(features)), list(map(len, features)))
    return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(terms), len(features)))


def _columns(found: Sentences, members: sp.csr_matrix) -> Sentences:
    """How much of each column stands in each unit, shape (units, columns)."""
    return Sentences((found.present @ members).tocsr(), found.text_of)


def _with_interactions(found: Sentences, members: sp.csr_matrix,
                       pairs: NDArray[np.int64]) -> tuple[NDArray[np.int64], Sentences]:
    """All columns, and behind them the interactions that stand just where no other column does."""
    features = _columns(found, members).present
    both = sp.hstack([features, products(found, pairs)]).tocsc()
    first = np.array(_first_alike(both))
    count = features.shape[1]
    kept = np.flatnonzero(first[count:] == np.arange(count, len(first)))
    columns = np.concatenate([np.arange(count), count + kept])
    return pairs[kept], Sentences(both[:, columns].tocsr(), found.text_of)


def products(found: Sentences, pairs: NDArray[np.int64]) -> sp.csr_matrix:
    """In which sentence both terms of a pair stand, shape (sentences, pairs)."""
    columns = found.present.tocsc()
    return columns[:, pairs[:, 0]].multiply(columns[:, pairs[:, 1]]).tocsr()


def _first_alike(present: sp.csr_matrix) -> list[int]:
    """For each column the first that has the same rows."""
    columns = present.tocsc()
    columns.sort_indices()
    seen: dict[bytes, int] = {}
    return [seen.setdefault(rows.tobytes(), column)
            for column, rows in enumerate(np.split(columns.indices, columns.indptr[1:-1]))]
