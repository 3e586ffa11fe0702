"""Every claim about a model is made here: taggers side by side on the same paragraphs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from tagger.corpus import Corpus, corpus_of
from tagger.errors import ModelError
from tagger.evaluation import fasttext
from tagger.evaluation.baselines import Textbook, keywords
from tagger.evaluation.gold import Gold, gold_of
from tagger.folds import folds
from tagger.labels import Labels
from tagger.records import Evidence
from tagger.store import load, read_codebook
from tagger.tagger import Tagger
from tagger.themes import Codebook
from tagger.training import Settings, train_corpus


@dataclass(frozen=True, slots=True)
class Predictions:
    """What one tagger said of the gold, and its probabilities if it has any."""

    name: str
    given: NDArray[np.bool_]
    chances: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class TermWeight:
    """A term's mean share in the log-odds of a theme, and how many models use it."""

    term: str
    weight: float
    models: int


@dataclass(frozen=True, slots=True)
class Inside:
    """What our own model shows beside its predictions.

    `unsure`: shape (paragraphs, themes). `thresholds`: shape (models, themes), one model or
    one a fold. `evidence`: of the paragraphs with a wrong decision, by row. `terms`: of each
    theme, heaviest first.
    """

    unsure: NDArray[np.bool_]
    thresholds: NDArray[np.float64]
    evidence: Mapping[int, tuple[Evidence, ...]]
    terms: tuple[tuple[TermWeight, ...], ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """Taggers on the same gold: ours, to which `inside` belongs, the keyword list, and others.

    `names`: of the themes, in Chinese.
    """

    title: str
    names: tuple[str, ...]
    gold: Gold
    taggers: list[Predictions]
    inside: Inside


def model_codebook(folder: Path) -> Codebook:
    """The codebook inside a model folder."""
    return Codebook.model_validate_json(read_codebook(folder))


def evaluate_model(tagger: Tagger, codebook: Codebook, gold: Gold,
                   against: Path | None = None) -> tuple[list[Predictions], Inside]:
    """A finished model on outside gold, beside the keyword list and perhaps another model.

    Raises ModelError if the other model has other themes.
    """
    model, inside = _predict(tagger, gold.texts, gold.judged)
    taggers = [model, _keywords(codebook, gold.texts)]
    if against is not None:
        taggers.append(_other(against, tagger, gold))
    return taggers, inside


def _other(folder: Path, tagger: Tagger, gold: Gold) -> Predictions:
    other = load(folder)
    ids = [theme.id for theme in other.themes]
    if sorted(ids) != sorted(gold.ids):
        raise ModelError(f"{folder}: its themes are {', '.join(ids)}; only models of the same "
                         f"themes ({', '.join(gold.ids)}) can be compared")
    order = [ids.index(theme) for theme in gold.ids]
    chances = _chances(other, gold.texts)
    given = chances >= np.array([theme.threshold for theme in other.themes])
    name = str(folder) if other.name == tagger.name else other.name
    return Predictions(name, given[:, order], chances[:, order])


def cross_validate(labels: Labels, settings: Settings,
                   jobs: int) -> tuple[list[Predictions], Inside]:
    """Training itself on held-out folds, beside the keyword list and trained baselines.

    Folds are grouped by document and near-duplicates; terms, calibration and thresholds are
    chosen anew in each, from its training part alone.
    """
    corpus = corpus_of(labels)
    parts = folds(corpus.groups, settings.folds, settings.seed)
    results = Parallel(jobs)(delayed(_fold)(corpus, labels, train, test, settings)
                             for train, test in parts)
    tests = [test for _, test in parts]
    gathered = [_gather(tests, [taggers[i] for taggers, _ in results])
                for i in range(len(results[0][0]))]
    gold = gold_of(labels)
    taggers = [gathered[0], _keywords(labels.codebook, gold.texts), *gathered[1:]]
    return taggers, _gather_inside(tests, [inside for _, inside in results])


def _fold(corpus: Corpus, labels: Labels, train: NDArray[np.int64], test: NDArray[np.int64],
          settings: Settings) -> tuple[list[Predictions], Inside]:
    known, asked = corpus.rows(train), corpus.rows(test)
    tagger = train_corpus(known, labels, settings).tagger()
    model, inside = _predict(tagger, asked.texts, asked.judged)
    textbook = Textbook(known.texts, known.words, known.judged).chances(asked.texts, asked.words)
    taggers = [model, Predictions("textbook", textbook >= 0.5, textbook)]
    if fasttext.available():
        chances = fasttext.FastText(known.words, known.judged).chances(asked.words)
        taggers.append(Predictions("fasttext", chances >= 0.5, chances))
    return taggers, inside


def _chances(tagger: Tagger, texts: Sequence[str]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-tagger.log_odds(texts))))


def _predict(tagger: Tagger, texts: Sequence[str],
             judged: NDArray[np.int64]) -> tuple[Predictions, Inside]:
    chances = _chances(tagger, texts)
    thresholds = np.array([theme.threshold for theme in tagger.themes])
    low, high = np.array([theme.unsure for theme in tagger.themes]).T
    given = chances >= thresholds
    wrong = np.flatnonzero((((judged == 1) != given) & (judged != -1)).any(axis=1)).tolist()
    # a theme that is missed has no evidence, unless it is in doubt: so doubt everything
    doubting = Tagger(tagger.name, [replace(theme, unsure=(0.0, 1.0)) for theme in tagger.themes],
                      tagger.terms, tagger.weights, tagger.interactions)
    found = doubting.tag_many([texts[row] for row in wrong], evidence=True)
    evidence = {row: tagged.evidence for row, tagged in zip(wrong, found, strict=True)}
    inside = Inside((chances >= low) & (chances < high), thresholds[None], evidence,
                    tuple(_heaviest([tagger.weights_of(theme)])
                          for theme in range(len(tagger.themes))))
    return Predictions("model", given, chances), inside


def _heaviest(models: Sequence[Mapping[str, float]]) -> tuple[TermWeight, ...]:
    """Terms by their mean weight over models; one that a model does not use weighs 0 there."""
    names = dict.fromkeys(term for model in models for term in model)
    terms = [TermWeight(term, sum(model.get(term, 0.0) for model in models) / len(models),
                        sum(term in model for model in models)) for term in names]
    return tuple(sorted(terms, key=lambda term: (-term.weight, term.term)))


def _keywords(codebook: Codebook, texts: Sequence[str]) -> Predictions:
    return Predictions("keywords", keywords(codebook, texts), None)


def _gather(tests: Sequence[NDArray[np.int64]], parts: Sequence[Predictions]) -> Predictions:
    order = np.argsort(np.concatenate(tests))
    chances = [part.chances for part in parts if part.chances is not None]
    return Predictions(parts[0].name, np.concatenate([part.given for part in parts])[order],
                       np.concatenate(chances)[order])


def _gather_inside(tests: Sequence[NDArray[np.int64]], parts: Sequence[Inside]) -> Inside:
    order = np.argsort(np.concatenate(tests))
    evidence = {int(test[row]): found for test, part in zip(tests, parts, strict=True)
                for row, found in part.evidence.items()}
    terms = [_heaviest([{term.term: term.weight for term in part.terms[theme]} for part in parts])
             for theme in range(len(parts[0].terms))]
    return Inside(np.concatenate([part.unsure for part in parts])[order],
                  np.concatenate([part.thresholds for part in parts]), evidence, tuple(terms))
