"""Labels as training reads them: folded, cut into words, grouped."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tagger.candidates import Segmenter, fold_all, foreseen_crossings
from tagger.folds import group
from tagger.labels import Labels, targets
from tagger.terms import Crossing


@dataclass(frozen=True, slots=True)
class Corpus:
    """What training reads of labels: folded texts, judgements and groups, row by row.

    `words`: the texts as the segmenter cuts them. `judged`: 1 (yes), 0 (no) or -1 (not
    judged), shape (texts, themes). `keywords`: folded, by theme;
    `crossings`: those that the dictionary foresees of them. `classes`: folded words, by class.
    """

    texts: list[str]
    words: list[list[str]]
    judged: NDArray[np.int64]
    groups: NDArray[np.int64]
    keywords: list[list[str]]
    classes: list[list[str]]
    crossings: list[Crossing]
    segmenter: dict[str, str]

    def rows(self, rows: NDArray[np.int64]) -> "Corpus":
        """The corpus of some rows."""
        return Corpus([self.texts[row] for row in rows], [self.words[row] for row in rows],
                      self.judged[rows], self.groups[rows], self.keywords, self.classes,
                      self.crossings, self.segmenter)


def corpus_of(labels: Labels) -> Corpus:
    """Labels as training reads them."""
    names = [document.id for document in labels.documents for _ in document.paragraphs]
    texts = fold_all(paragraph.text for paragraph in labels.paragraphs)
    keywords = [fold_all(theme.keywords) for theme in labels.codebook.themes]
    classes = [sorted({*fold_all(words)}) for words in labels.codebook.classes.values()]
    words = {*labels.codebook.words, *chain(*keywords)}
    judged = np.array(targets(labels.paragraphs, labels.codebook.ids))
    segmenter = Segmenter(fold_all(words))
    crossings = foreseen_crossings({*chain(*keywords)}, segmenter)
    return Corpus(texts, [segmenter.cut(text) for text in texts], judged, group(names, texts),
                  keywords, classes, crossings, segmenter.fingerprint())
