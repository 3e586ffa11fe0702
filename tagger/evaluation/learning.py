"""The learning curve: what more hand labels would bring."""

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from tagger.corpus import Corpus, corpus_of
from tagger.evaluation.curves import Point
from tagger.evaluation.gold import gold_of
from tagger.evaluation.metrics import score
from tagger.folds import folds
from tagger.labels import Labels
from tagger.training import Settings, train_corpus

SHARES = (0.125, 0.25, 0.5, 1.0)  # of the documents of a fold's training part


def learning_curve(labels: Labels, settings: Settings, jobs: int) -> list[Point]:
    """Cross-validation with a share of the training documents left, always the same folds.

    Smaller shares lie within larger ones. Near-duplicates stay or go together.
    """
    corpus = corpus_of(labels)
    parts = folds(corpus.groups, settings.folds, settings.seed)
    tasks = [(share, test, kept(corpus.groups, train, share, settings.seed))
             for share in SHARES for train, test in parts]
    given = Parallel(jobs)(delayed(_given)(corpus, labels, train, test, settings)
                           for _, test, train in tasks)
    gold = gold_of(labels)
    points = []
    for share in SHARES:
        mine = [i for i, task in enumerate(tasks) if task[0] == share]
        order = np.argsort(np.concatenate([tasks[i][1] for i in mine]))
        rows = score(gold.ids, gold.judged, np.concatenate([given[i] for i in mine])[order],
                     gold.document_of, None)
        documents = [len(np.unique(gold.document_of[tasks[i][2]])) for i in mine]
        points.append(Point(share, round(float(np.mean(documents))),
                            round(float(np.mean([len(tasks[i][2]) for i in mine]))),
                            rows[-2].f1, rows[-1].f1))
    return points


def kept(groups: NDArray[np.int64], train: NDArray[np.int64], share: float,
         seed: int) -> NDArray[np.int64]:
    """Rows of `train` that stay when only a share of its groups does; at least two groups."""
    order = np.random.default_rng(seed).permutation(np.unique(groups[train]))
    chosen = order[:max(2, round(share * len(order)))]
    return train[np.isin(groups[train], chosen)]


def _given(corpus: Corpus, labels: Labels, train: NDArray[np.int64], test: NDArray[np.int64],
           settings: Settings) -> NDArray[np.bool_]:
    tagger = train_corpus(corpus.rows(train), labels, settings).tagger()
    chances = 1 / (1 + np.exp(-tagger.log_odds([corpus.texts[row] for row in test])))
    return np.asarray(chances >= np.array([theme.threshold for theme in tagger.themes]))
