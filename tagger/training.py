"""Hand labels -> a model: choose terms, fit weights, calibrate, set thresholds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from tagger.candidates import fold_all, variants_of
from tagger.corpus import Corpus, corpus_of
from tagger.errors import LabelsError, Problem
from tagger.features import Features, Sentences, choose_features, find_sentences, products, whole
from tagger.fingerprints import fingerprints
from tagger.folds import folds
from tagger.interactions import Interactions
from tagger.labels import Labels
from tagger.store import FORMAT, Manifest, save
from tagger.tagger import Tagger, Theme, strongest
from tagger.terms import Crossing, Terms

DECIMALS = 4  # of weights: what differs beyond is noise of the machine
NOT_JUDGED = -1
SHARED_POSITIVES = 500  # a theme with so many positives is halfway to a threshold of its own
LEAST_THRESHOLD = 0.2  # no theme is given for less, however poor the model
ASSOCIATION = (1.0, 2.0)  # bounds of what the log-count ratio may do to a term's penalty
NEVER_LOG_ODDS = -10.0  # bias of a theme that no text has
UNSURE_LOG_ODDS = 1.4  # distance from the threshold; 0.2 to 0.8 around one half


@dataclass(frozen=True, slots=True)
class Settings:
    """All that training can be told.

    `inverse_penalty` is C of the L1-penalised logistic regression (Tibshirani 1996). The
    columns that the codebook names, a theme's keywords and the word classes, are multiplied by
    `codebook_scale`, so that their penalty is so much lighter. Two regressions are fitted, one
    to sentences and one to whole paragraphs; `text_share` is the part that the second has in
    the sum of their log-odds. Calibration and thresholds come from `rounds` cross-validations
    of `folds` folds.
    """

    inverse_penalty: float = 1.5
    codebook_scale: float = 5.0
    text_share: float = 0.33
    folds: int = 5
    rounds: int = 3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of the terms, shape (2, terms, themes), and biases, shape (themes,), of a Tagger."""

    terms: list[str]
    crossings: list[Crossing]
    weights: NDArray[np.float64]
    interactions: Interactions
    bias: NDArray[np.float64]

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Uncalibrated log-odds of folded texts, shape (texts, themes)."""
        found = find_sentences(texts, Terms(self.terms, {}, self.crossings))
        in_sentence, in_text = self.weights
        sentences = (found.present @ in_sentence
                     + products(found, self.interactions.pairs) @ self.interactions.weights)
        return np.asarray(strongest(sentences, found.text_of)
                          + whole(found).present @ in_text + self.bias)


def fit(corpus: Corpus, settings: Settings, jobs: int = 1) -> Linear:
    """Choose features and fit the weights of all themes; what has no weight is left out."""
    features = choose_features(corpus)
    text_of = features.of_sentences.text_of
    held_by_text = [np.bincount(text_of, one) > 0 for one in features.held]
    fitted = Parallel(jobs)(
        delayed(_fit_theme)(unit, features.in_codebook(words), judged, named, settings)
        for unit, holds in ((features.of_sentences, features.held),
                            (features.of_texts, held_by_text))
        for words, judged, named in zip(corpus.keywords, corpus.judged.T, holds, strict=True))
    themes = len(corpus.keywords)
    shares = np.array([1 - settings.text_share, settings.text_share])
    in_sentence, in_text = (np.round(np.column_stack([weights for weights, _ in part]) * share,
                                     DECIMALS)
                            for part, share in zip((fitted[:themes], fitted[themes:]), shares,
                                                   strict=True))
    bias = np.round(shares @ np.reshape([bias for _, bias in fitted], (2, themes)), DECIMALS)
    columns = features.members.shape[1]
    of_terms = np.stack([features.members @ in_sentence[:columns], features.members @ in_text])
    return _without_zeros(features, of_terms, in_sentence[columns:], bias)


def _without_zeros(features: Features, weights: NDArray[np.float64],
                   of_pairs: NDArray[np.float64], bias: NDArray[np.float64]) -> Linear:
    """The terms and interactions that have a weight, or a part in what has one."""
    kept = of_pairs.any(axis=1)
    pairs, of_pairs = features.pairs[kept], of_pairs[kept]
    needed = np.asarray(weights.any(axis=(0, 2)))
    needed[pairs] = True
    used = [term for term, need in zip(features.terms, needed.tolist(), strict=True) if need]
    held = set(used)
    numbers = np.cumsum(needed) - 1
    return Linear(used, [crossing for crossing in features.crossings if crossing.term in held],
                  weights[:, needed], Interactions(numbers[pairs], of_pairs), bias)


def _fit_theme(found: Sentences, in_codebook: NDArray[np.bool_],
               judged: NDArray[np.int64], held: NDArray[np.bool_],
               settings: Settings) -> tuple[NDArray[np.float64], float]:
    """Weights and bias of one theme; `in_codebook`: which of the first columns it names.

    Every sentence of a paragraph without the theme is a negative. Of a paragraph with it,
    the sentences that hold a keyword are its witnesses, or all, if none does; they share
    the weight of one paragraph.
    """
    text_of = found.text_of
    yes, no = (judged == 1)[text_of], (judged == 0)[text_of]
    if not yes.any():
        return np.zeros(found.present.shape[1]), NEVER_LOG_ODDS
    named = np.bincount(text_of, weights=held & yes, minlength=len(judged)) > 0
    witness = yes & (held | ~named[text_of])
    shared = np.bincount(text_of, weights=witness, minlength=len(judged))
    weight = np.where(witness, 1 / np.maximum(shared[text_of], 1), 1.0)
    scale = _association(found.present, yes, no)
    scale[np.flatnonzero(in_codebook)] *= settings.codebook_scale
    used = witness | no
    model = LogisticRegression(l1_ratio=1, solver="liblinear", C=settings.inverse_penalty,
                               random_state=settings.seed, max_iter=1000)
    model.fit((found.present @ sp.diags(scale))[used], witness[used], sample_weight=weight[used])
    return model.coef_[0] * scale, float(model.intercept_[0])


def _association(present: sp.csr_matrix, yes: NDArray[np.bool_],
                 no: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How strongly each term goes with the theme or against it, shape (terms,).

    The log-count ratio of Wang & Manning 2012 ("Baselines and Bigrams") without its sign:
    a term that tells much has a lighter penalty than one that tells little.
    """
    inside, outside = (np.asarray(present[rows].sum(axis=0)).ravel() + 1 for rows in (yes, no))
    ratio = np.log(inside / (yes.sum() + 2)) - np.log(outside / (no.sum() + 2))
    return np.asarray(np.clip(np.abs(ratio), *ASSOCIATION))


@dataclass(frozen=True, slots=True)
class Decisions:
    """Per theme: log-odds become slope * log-odds + offset, and are cut at the threshold."""

    slope: NDArray[np.float64]
    offset: NDArray[np.float64]
    threshold: NDArray[np.float64]


def out_of_fold(corpus: Corpus, settings: Settings, jobs: int = 1) -> NDArray[np.float64]:
    """Log-odds of each text by models that saw neither its document nor a near copy.

    The mean of several cross-validations: one alone moves thresholds by a tenth.
    """
    total = np.zeros(corpus.judged.shape)
    parts = [part for number in range(settings.rounds)
             for part in folds(corpus.groups, settings.folds, settings.seed + number)]
    models = Parallel(jobs)(delayed(fit)(corpus.rows(train), settings) for train, _ in parts)
    for (_, test), model in zip(parts, models, strict=True):
        total[test] += model.log_odds([corpus.texts[row] for row in test])
    return total / settings.rounds


def decide(log_odds: NDArray[np.float64], judged: NDArray[np.int64]) -> Decisions:
    """Calibrate out-of-fold log-odds (Platt 1999) and set thresholds for the best F1.

    Of calibrated probabilities the best threshold is half of the best F1 (Lipton et al. 2014),
    a number that moves less than the place where F1 happened to be best. The fewer positives a
    theme has, the nearer its threshold is to the one that all share.
    """
    count = judged.shape[1]
    slope, offset = np.ones(count), np.zeros(count)
    for theme in range(count):
        known = judged[:, theme] != NOT_JUDGED
        if len(np.unique(judged[known, theme])) == 2:
            platt = LogisticRegression(C=1e6).fit(log_odds[known, theme, None],
                                                  judged[known, theme])
            slope[theme] = round(max(float(platt.coef_[0, 0]), 0.1), DECIMALS)
            offset[theme] = round(float(platt.intercept_[0]), DECIMALS)
    chances = 1 / (1 + np.exp(-(log_odds * slope + offset)))
    shared = _best_f1(chances.ravel(), judged.ravel())
    own = [_best_f1(chances[:, theme], judged[:, theme]) for theme in range(count)]
    positives = (judged == 1).sum(axis=0)
    trust = positives / (positives + SHARED_POSITIVES)
    best = trust * np.array(own) + (1 - trust) * shared
    threshold = np.round(np.maximum(best / 2, LEAST_THRESHOLD), 2)
    return Decisions(slope, offset, threshold)


def _best_f1(chances: NDArray[np.float64], judged: NDArray[np.int64]) -> float:
    """The best F1 that any threshold gives."""
    known = judged != NOT_JUDGED
    yes, chances = judged[known] == 1, chances[known]
    given = [chances >= cut for cut in np.arange(1, 100) / 100]
    return max(float(2 * (yes & one).sum() / max(1, yes.sum() + one.sum())) for one in given)


def train(labels: Labels, settings: Settings = Settings(), jobs: int = 1) -> "Trained":
    """Train on all labels. Raises LabelsError where there are too few documents."""
    corpus = corpus_of(labels)
    if len(np.unique(corpus.groups)) < 2:
        raise LabelsError([Problem("labels", None, "at least two documents that are no copies of "
                                   "each other are needed, to check the model on one of them")])
    return train_corpus(corpus, labels, settings, jobs)


def train_corpus(corpus: Corpus, labels: Labels, settings: Settings, jobs: int = 1) -> "Trained":
    """Train on a corpus, which may be a part of the labels."""
    held_out = out_of_fold(corpus, settings, jobs)
    decisions = decide(held_out, corpus.judged)
    figures = _figures(decisions, held_out, corpus.judged, labels.codebook.ids)
    linear = fit(corpus, settings, jobs)
    weights = _stored(linear.weights * decisions.slope)
    interactions = Interactions(linear.interactions.pairs,
                                _stored(linear.interactions.weights * decisions.slope))
    bias = np.round(linear.bias * decisions.slope + decisions.offset, DECIMALS)
    themes = tuple(
        Theme(theme.id, theme.zh, theme.en, float(bias[i]), float(decisions.threshold[i]),
              _around(float(decisions.threshold[i])))
        for i, theme in enumerate(labels.codebook.themes))
    return Trained(themes, linear.terms, linear.crossings, weights, interactions, labels, settings,
                   corpus.segmenter, figures)


def _stored(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights as a model's files hold them."""
    return weights.astype(np.float32).astype(np.float64)


def _figures(decisions: Decisions, log_odds: NDArray[np.float64], judged: NDArray[np.int64],
             ids: Sequence[str]) -> dict[str, float]:
    """F1 of each theme and of all, out of fold; thresholds are those of the same folds."""
    cut = np.log(decisions.threshold / (1 - decisions.threshold))
    given = log_odds * decisions.slope + decisions.offset >= cut
    both, either = ((judged == 1) & given).sum(axis=0), (judged == 1).sum(axis=0)
    claimed = (given & (judged != NOT_JUDGED)).sum(axis=0)
    scores = 2 * both / np.maximum(1, either + claimed)
    micro = 2 * both.sum() / max(1, either.sum() + claimed.sum())
    return {**{name: round(float(score), 3) for name, score in zip(ids, scores, strict=True)},
            "micro": round(float(micro), 3), "macro": round(float(scores.mean()), 3)}


def _around(threshold: float) -> tuple[float, float]:
    middle = np.log(threshold / (1 - threshold))
    low, high = (1 / (1 + np.exp(-(middle + step))) for step in (-UNSURE_LOG_ODDS,
                                                                  UNSURE_LOG_ODDS))
    return round(float(low), 2), round(float(high), 2)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as trained, to be used or saved."""

    themes: tuple[Theme, ...]
    terms: list[str]
    crossings: list[Crossing]
    weights: NDArray[np.float64]
    interactions: Interactions
    labels: Labels
    settings: Settings
    segmenter: dict[str, str]
    figures: dict[str, float]

    def tagger(self, name: str = "trained") -> Tagger:
        """The model, ready to tag."""
        terms = Terms(self.terms, variants_of(self.terms), self.crossings)
        return Tagger(name, self.themes, terms, self.weights, self.interactions)

    def save(self, folder: Path, model_version: str, *, force: bool = False) -> None:
        """Write the model folder. Raises OutputError if it exists and is not to be replaced."""
        labels = self.labels
        counts = {theme.id: sum(theme.id in paragraph.themes for paragraph in labels.paragraphs)
                  for theme in labels.codebook.themes}
        training = {"documents": len(labels.documents), "paragraphs": len(labels.paragraphs),
                    "positives": counts, "labels_sha256": labels.sha256(),
                    "settings": asdict(self.settings)}
        manifest = Manifest(FORMAT, folder.name, model_version, version("tagger"), self.themes,
                            variants_of(self.terms), self.segmenter, training,
                            {"out_of_fold_f1": self.figures}, {})
        codebook = msgspec.json.format(
            msgspec.json.encode(labels.codebook.model_dump(by_alias=True)), indent=2)
        texts = fingerprints(fold_all(paragraph.text for paragraph in labels.paragraphs))
        save(folder, manifest, self.terms, self.crossings, self.weights, self.interactions, texts,
             codebook + b"\n", force=force)
