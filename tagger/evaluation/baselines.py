"""What the model is compared with: the keyword list, and the textbook pipeline."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from tagger.themes import Codebook


def keywords(codebook: Codebook, texts: Sequence[str]) -> NDArray[np.bool_]:
    """Whether a keyword of the theme stands in the text, shape (texts, themes)."""
    found = [codebook.keyword_themes(text) for text in texts]
    return np.array([[theme in row for theme in codebook.ids] for row in found],
                    dtype=bool).reshape(len(texts), len(codebook.ids))


class Textbook:
    """TF-IDF over words 1-2 and characters 1-3, L2 norm, L2-penalised logistic regression."""

    def __init__(self, texts: Sequence[str], words: Sequence[Sequence[str]],
                 judged: NDArray[np.int64]) -> None:
        self._words = TfidfVectorizer(analyzer=_words_and_pairs, min_df=2)
        self._letters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2)
        table = hstack([self._words.fit_transform(words), self._letters.fit_transform(texts)],
                       format="csr")
        self._models = [_fit(table, judged[:, theme]) for theme in range(judged.shape[1])]

    def chances(self, texts: Sequence[str], words: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Probabilities, shape (texts, themes)."""
        table = hstack([self._words.transform(words), self._letters.transform(texts)],
                       format="csr")
        return np.stack([model.predict_proba(table)[:, 1] if model else np.zeros(len(texts))
                         for model in self._models], axis=1)


def _words_and_pairs(words: Sequence[str]) -> list[str]:
    return [*words, *map("\x00".join, pairwise(words))]


def _fit(table: object, judged: NDArray[np.int64]) -> LogisticRegression | None:
    known = judged != -1
    if len(np.unique(judged[known])) < 2:
        return None
    return LogisticRegression(max_iter=1000).fit(table[known], judged[known])  # type: ignore[index]
