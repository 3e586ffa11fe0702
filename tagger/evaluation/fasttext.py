"""fastText as a baseline, where the package of the extra `bench` is installed."""

import tempfile
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NONE = "none"  # fastText passes over lines without a label
SETTINGS: dict[str, Any] = {
    "loss": "ova", "wordNgrams": 2, "lr": 0.5, "epoch": 50, "dim": 100, "minCount": 2,
    "bucket": 200_000, "thread": 1, "seed": 0, "verbose": 0}


def available() -> bool:
    """Whether a package `fasttext` can be imported."""
    return find_spec("fasttext") is not None


class FastText:
    """Supervised fastText, one-vs-all, over words and pairs of words (Joulin et al. 2017).

    It knows no "not judged", which counts as no. One thread and a seed, so that a second run
    gives the same figures.
    """

    def __init__(self, words: Sequence[Sequence[str]], judged: NDArray[np.int64]) -> None:
        self._count = judged.shape[1]
        names = [f"__label__{theme}" for theme in range(self._count)]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "train.txt")
            with file.open("w", encoding="utf-8") as out:
                for text, row in zip(words, judged, strict=True):
                    labels = [names[theme] for theme in np.flatnonzero(row == 1)]
                    out.write(" ".join([*(labels or [f"__label__{NONE}"]), _line(text)]))
            self._model = import_module("fasttext").train_supervised(str(file), **SETTINGS)

    def chances(self, words: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Probabilities, shape (texts, themes)."""
        result = np.zeros((len(words), self._count))
        for row, text in enumerate(words):
            # the wrapper's own predict fails with NumPy 2; what it wraps does not
            for chance, label in self._model.f.predict(_line(text), -1, 0.0, "replace"):
                name = label.removeprefix("__label__")
                if name != NONE:
                    result[row, int(name)] = min(chance, 1.0)
        return result


def _line(words: Sequence[str]) -> str:
    return " ".join(" ".join(words).split()) + "\n"
