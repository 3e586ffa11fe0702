"""The usual ways, trained on labels/: what the tagger is measured beside."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.texts import ROOT

FASTTEXT = {"loss": "ova", "wordNgrams": 2, "lr": 0.5, "epoch": 25, "minCount": 2,
            "bucket": 200_000, "thread": 1, "verbose": 0}


def labelled() -> tuple[list[str], NDArray[np.bool_], tuple[str, ...]]:
    """Texts, whether each has each theme, shape (texts, themes), and the themes."""
    from tagger.labels import load_labels

    labels = load_labels([ROOT / "labels"])
    themes = labels.codebook.ids
    rows = [[theme in paragraph.themes for theme in themes] for paragraph in labels.paragraphs]
    return [paragraph.text for paragraph in labels.paragraphs], np.array(rows), tuple(themes)


class Peer(Protocol):
    """What scores texts, or does a part of it."""

    name: str

    def __call__(self, texts: Sequence[str]) -> int:
        """Do it; a count that shows that it was done."""


class ScikitLearn:
    """The textbook: words 1-2 of jieba and chars 2-4, TF-IDF, a logistic regression a theme."""

    name = "scikit-learn with jieba"

    def __init__(self, texts: Sequence[str], themes: NDArray[np.bool_]) -> None:
        import jieba
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline, make_union

        jieba.setLogLevel("ERROR")
        words = TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, ngram_range=(1, 2))
        chars = TfidfVectorizer(analyzer="char", ngram_range=(2, 4))
        self._pipeline = make_pipeline(make_union(words, chars),
                                       OneVsRestClassifier(LogisticRegression(max_iter=1000)))
        self._pipeline.fit(texts, themes)

    def __call__(self, texts: Sequence[str]) -> int:
        """Score texts; how many themes were found."""
        return int((self._pipeline.predict_proba(texts) >= 0.5).sum())


class FastText:
    """fastText, one against all, on words of rjieba and their pairs."""

    name = "fastText with rjieba"

    def __init__(self, texts: Sequence[str], themes: NDArray[np.bool_]) -> None:
        import fasttext

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "train.txt")
            file.write_text("".join(
                f"{' '.join(f'__label__{theme}' for theme in np.flatnonzero(row)) or '__label__no'}"
                f" {_spaced(text)}\n" for text, row in zip(texts, themes, strict=True)), "utf-8")
            self._model = fasttext.train_supervised(str(file), **FASTTEXT)

    def __call__(self, texts: Sequence[str]) -> int:
        """Score texts; how many themes were found."""
        lines = [_spaced(text) for text in texts]
        _, scores = self._model.predict(lines, k=-1)
        return sum(int((row >= 0.5).sum()) for row in scores)


class Cutting:
    """rjieba cutting the words, and nothing else."""

    name = "rjieba, cutting only"

    def __call__(self, texts: Sequence[str]) -> int:
        """Cut texts; how many words there are."""
        import rjieba

        return sum(len(rjieba.cut(text, False)) for text in texts)


def _spaced(text: str) -> str:
    import rjieba

    return " ".join(rjieba.cut(text, False)).replace("\n", " ")
