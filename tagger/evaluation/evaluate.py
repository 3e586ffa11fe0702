"""Every claim about a model is made here: taggers side by side on the same paragraphs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from tagger.errors import LabelsError, Problem
from tagger.evaluation.baselines import Textbook, keywords
from tagger.folds import folds
from tagger.labels import Labels, load_labels, targets
from tagger.store import read_codebook
from tagger.tagger import Tagger
from tagger.themes import Codebook
from tagger.training import Corpus, Settings, corpus_of, train_corpus
from tagger.yamlfile import suggest


@dataclass(frozen=True, slots=True)
class Gold:
    """Paragraphs with what they should be: texts, documents and kinds by row.

    `judged`: 1 (yes), 0 (no) or -1 (not judged), shape (texts, themes).
    """

    ids: tuple[str, ...]
    texts: list[str]
    documents: list[str]
    judged: NDArray[np.int64]

    @property
    def document_of(self) -> NDArray[np.int64]:
        """Number of the document of each row."""
        return np.unique(self.documents, return_inverse=True)[1]


@dataclass(frozen=True, slots=True)
class Predictions:
    """What one tagger said of the gold, and its probabilities if it has any."""

    name: str
    given: NDArray[np.bool_]
    chances: NDArray[np.float64] | None


def gold_of(labels: Labels) -> Gold:
    """Hand labels as gold."""
    documents = [document.id for document in labels.documents for _ in document.paragraphs]
    return Gold(labels.codebook.ids, [paragraph.text for paragraph in labels.paragraphs],
                documents, np.array(targets(labels.paragraphs, labels.codebook.ids)))


def load_gold(path: Path, ids: Sequence[str]) -> Gold:
    """Gold from label files (.yaml, or a folder of them) or from .jsonl with `text` and
    `themes` (and `document`, if rows belong together).

    Raises LabelsError with every problem found.
    """
    if path.suffix != ".jsonl":
        labels = load_labels([path])
        unknown = [theme for theme in labels.codebook.ids if theme not in ids]
        if unknown:
            raise LabelsError([Problem(str(path), None, f"unknown theme `{unknown[0]}`, "
                                       f"{suggest(unknown[0], ids)}")])
        gold = gold_of(labels)
        return Gold(tuple(ids), gold.texts, gold.documents,
                    np.array(targets(labels.paragraphs, ids)))
    return _gold_lines(path, tuple(ids))


class _Row(msgspec.Struct):
    text: str
    themes: list[str]
    document: str | None = None
    unsure: list[str] = []


def _gold_lines(path: Path, ids: tuple[str, ...]) -> Gold:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise LabelsError([Problem(str(path), None, f"cannot be read: {error.strerror}")]) from None
    rows: list[_Row] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        try:
            row = msgspec.json.decode(line, type=_Row)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            problems.append(Problem(str(path), number, f"{error}; a line holds "
                                    '{"text": "…", "themes": ["…"]}'))
            continue
        rows.append(row)
        problems += [Problem(str(path), number, f"unknown theme `{theme}`, {suggest(theme, ids)}")
                     for theme in [*row.themes, *row.unsure] if theme not in ids]
    if not rows and not problems:
        problems.append(Problem(str(path), None, "holds no line"))
    if problems:
        raise LabelsError(problems)
    return Gold(ids, [row.text for row in rows],
                [row.document or f"line {i}" for i, row in enumerate(rows)],
                np.array([[1 if theme in row.themes else -1 if theme in row.unsure else 0
                           for theme in ids] for row in rows]))


def evaluate_model(tagger: Tagger, codebook: Codebook, gold: Gold) -> list[Predictions]:
    """A finished model on outside gold, beside the keyword list."""
    return [_predict(tagger, gold.texts), _keywords(codebook, gold.texts)]


def cross_validate(labels: Labels, settings: Settings, jobs: int) -> list[Predictions]:
    """Training itself on held-out folds, beside the keyword list and the textbook pipeline.

    Folds are grouped by document and near-duplicates; terms, calibration and thresholds are
    chosen anew in each, from its training part alone.
    """
    corpus = corpus_of(labels)
    parts = folds(corpus.groups, settings.folds, settings.seed)
    results = Parallel(jobs)(delayed(_fold)(corpus, labels, train, test, settings)
                             for train, test in parts)
    model = _gather("model", [test for _, test in parts], [one for one, _ in results])
    textbook = _gather("textbook", [test for _, test in parts], [other for _, other in results])
    return [model, _keywords(labels.codebook, gold_of(labels).texts), textbook]


def _fold(corpus: Corpus, labels: Labels, train: NDArray[np.int64], test: NDArray[np.int64],
          settings: Settings) -> tuple[Predictions, Predictions]:
    known = corpus.rows(train)
    texts = [corpus.texts[row] for row in test]
    words = [corpus.words[row] for row in test]
    tagger = train_corpus(known, labels, settings).tagger()
    chances = Textbook(known.texts, known.words, known.judged).chances(texts, words)
    return _predict(tagger, texts), Predictions("textbook", chances >= 0.5, chances)


def _predict(tagger: Tagger, texts: Sequence[str]) -> Predictions:
    chances = 1 / (1 + np.exp(-tagger.log_odds(texts)))
    thresholds = np.array([theme.threshold for theme in tagger.themes])
    return Predictions("model", chances >= thresholds, chances)


def _keywords(codebook: Codebook, texts: Sequence[str]) -> Predictions:
    return Predictions("keywords", keywords(codebook, texts), None)


def _gather(name: str, tests: Sequence[NDArray[np.int64]],
            parts: Sequence[Predictions]) -> Predictions:
    order = np.argsort(np.concatenate(tests))
    chances = [part.chances for part in parts if part.chances is not None]
    return Predictions(name, np.concatenate([part.given for part in parts])[order],
                       np.concatenate(chances)[order])


def model_codebook(folder: Path) -> Codebook:
    """The codebook inside a model folder."""
    return Codebook.model_validate_json(read_codebook(folder))
