"""Folds in which no document, and no copy of a paragraph, stands on both sides."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GroupKFold

SHINGLE = 5  # letters
NEAR = 0.6  # Jaccard similarity of shingles from which two paragraphs count as copies


def near_duplicates(texts: Sequence[str]) -> list[tuple[int, int, float]]:
    """Pairs of texts (i < j) that share most of their 5-letter shingles, with their Jaccard
    similarity; exact, by a sparse product (Broder 1997 for the measure).
    """
    if not any(len(text) >= SHINGLE for text in texts):
        return []
    count = CountVectorizer(analyzer="char", ngram_range=(SHINGLE, SHINGLE), binary=True,
                            dtype=np.int32, lowercase=False)
    present = count.fit_transform(texts)
    shared = sp.triu(present @ present.T, k=1).tocoo()
    sizes = np.asarray(present.sum(axis=1)).ravel()
    jaccard = shared.data / (sizes[shared.row] + sizes[shared.col] - shared.data)
    near = jaccard >= NEAR
    rows = zip(shared.row[near].tolist(), shared.col[near].tolist(), jaccard[near].tolist(),
               strict=True)
    return sorted(rows)


def group(documents: Sequence[str], texts: Sequence[str]) -> NDArray[np.int64]:
    """A group for each paragraph: its document, joined with all that hold a near copy."""
    names = {name: i for i, name in enumerate(dict.fromkeys(documents))}
    owner = np.array([names[name] for name in documents])
    pairs = near_duplicates(texts)
    links = np.array([[owner[i], owner[j]] for i, j, _ in pairs]).reshape(-1, 2)
    graph = sp.coo_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])),
                          shape=(len(names), len(names)))
    _, label = connected_components(graph, directed=False)
    return np.asarray(label[owner], dtype=np.int64)


def folds(groups: NDArray[np.int64], count: int,
          seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Training and test rows of each fold; a group is never parted.

    There are fewer folds where there are fewer groups. Raises ValueError under two groups.
    """
    count = min(count, len(np.unique(groups)))
    split = GroupKFold(n_splits=count, shuffle=True, random_state=seed)
    return list(split.split(np.zeros(len(groups)), groups=groups))
