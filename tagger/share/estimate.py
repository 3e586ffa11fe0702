"""Shares with intervals from hand labels: strata, Jeffreys posteriors, documents as clusters.

The paragraphs of a group fall into two strata, where the tagger says yes and where it says no.
In each the labels give the share that has the theme (Hájek 1971, weights 1 / probability of
being drawn), worth as many independent labels as the design effect leaves of them (Kish 1965,
Korn & Graubard 1998). The posterior of each share is beta with Jeffreys' prior (Brown, Cai &
DasGupta 2001); the strata are combined by Monte Carlo with the known numbers of paragraphs as
weights. The estimate itself is the difference estimator of survey sampling (Cassel, Särndal &
Wretman 1976), which prediction-powered inference (Angelopoulos et al. 2023) came upon again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagger.evaluation.interval import Interval, Z
from tagger.share.annotated import Annotated
from tagger.share.handlabels import HandLabels

DRAWS = 10_000
FEW = 20  # labels under which no share is stated
FEW_OF_STRATUM = 5  # the same of a stratum that holds something
HOLDS = 0.01  # share of paragraphs from which a stratum does
TINY = 1e-12  # a variance that is nought but for rounding
ALIKE = 0.3  # correlation within documents, at least: a document keeps to its subject


@dataclass(frozen=True, slots=True)
class Share:
    """A theme's share among the paragraphs of a group.

    `share` is None where there are no labels or too few. `effective`: labels drawn simply at
    random that would tell as much.
    """

    theme: str
    group: str
    paragraphs: int
    tagged: int
    labels: int
    share: Interval | None
    effective: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """Share of a theme in the last group less that in the first."""

    theme: str
    first: str
    last: str
    difference: Interval


def plain_shares(annotated: Annotated) -> list[Share]:
    """What the tagger says, theme by theme and group by group, not corrected."""
    return [Share(theme, group, int(inside.sum()), int(annotated.predicted[inside, i].sum()), 0,
                  None, None)
            for i, theme in enumerate(annotated.ids) for group, inside in _groups(annotated)]


def _groups(annotated: Annotated) -> list[tuple[str, NDArray[np.bool_]]]:
    return [(group, annotated.group_of == number)
            for number, group in enumerate(annotated.groups)]


def corrected_shares(annotated: Annotated, labels: HandLabels,
                     seed: int = 0) -> tuple[list[Share], list[Change]]:
    """Shares with intervals, and how each theme changed from the first group to the last."""
    random = np.random.default_rng(seed)
    shares: list[Share] = []
    changes: list[Change] = []
    for theme, name in enumerate(annotated.ids):
        known: list[tuple[Share, NDArray[np.float64]]] = []
        for group, inside in _groups(annotated):
            share, draws = _share(annotated, labels, theme, group, inside, random)
            shares.append(share)
            if share.share is not None:
                known.append((share, draws))
        ordered = [one for one in known if one[0].group != "unknown"]
        if annotated.by == "year" and len(ordered) > 1:
            changes.append(_change(name, ordered[0], ordered[-1]))
    return shares, changes


def _share(annotated: Annotated, labels: HandLabels, theme: int, group: str,
           inside: NDArray[np.bool_],
           random: np.random.Generator) -> tuple[Share, NDArray[np.float64]]:
    mine = inside[labels.rows]
    rows, judged = labels.rows[mine], labels.judged[mine, theme]
    weight, cluster = 1 / labels.chance[mine], annotated.document_of[rows]
    predicted = annotated.predicted[inside, theme]
    here = annotated.predicted[rows, theme]
    parts = np.array([predicted.mean(), 1 - predicted.mean()])
    counts = np.array([here.sum(), (~here).sum()])
    plain = Share(annotated.ids[theme], group, len(predicted), int(predicted.sum()), len(rows),
                  None, None)
    needed = np.where(parts >= HOLDS, np.minimum(FEW_OF_STRATUM, parts * len(predicted)), 0)
    if len(rows) < FEW or (counts + 0.5 < needed).any():
        return plain, np.zeros(0)
    found = [stratum_mean(judged[said], weight[said], cluster[said]) for said in (here, ~here)]
    means, sizes = np.array(found).T
    draws = combine(parts, means, sizes, random)
    value = float(parts @ means)
    centre = float(draws.mean())
    effective = centre * (1 - centre) / float(draws.var())
    return Share(plain.theme, group, plain.paragraphs, plain.tagged, plain.labels,
                 interval_of(value, draws), effective), draws


def stratum_mean(yes: NDArray[np.bool_], weight: NDArray[np.float64],
                 cluster: NDArray[np.int64]) -> tuple[float, float]:
    """Weighted share of yes, and how many independent labels it is worth; all of shape (labels,).

    The design effect is that of weights and of clusters (Taylor linearisation, corrected for few
    clusters as in Korn & Graubard 1998), and never less than that of labels within documents
    that are ALIKE, as the variance says nothing where all labels agree.
    """
    if not len(yes):
        return 0.0, 0.0
    total = weight.sum()
    mean = float(yes[0]) if (yes == yes[0]).all() else float(weight @ yes / total)
    of_cluster = np.unique(cluster, return_inverse=True)[1]
    kish = total**2 / (weight @ weight)
    clusters = total**2 / (np.bincount(of_cluster, weights=weight) ** 2).sum()
    size = float(kish / (1 + ALIKE * (kish / clusters - 1)))
    count = of_cluster.max() + 1
    if count < 2:
        return mean, min(size, 1.0)
    residual = np.bincount(of_cluster, weights=weight * (yes - mean) / total)
    variance = float(residual @ residual) * count / (count - 1)
    if 0 < mean < 1 and variance > TINY:
        size = min(size, mean * (1 - mean) / variance * (Z / _student(count - 1)) ** 2)
    return mean, size


def _student(freedom: int) -> float:
    """0.975 quantile of Student's t, by Cornish and Fisher's expansion; 12.7 for one degree."""
    if freedom == 1:
        return 12.706
    return Z + (Z**3 + Z) / (4 * freedom) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)


def combine(parts: NDArray[np.float64], means: NDArray[np.float64], sizes: NDArray[np.float64],
            random: np.random.Generator, draws: int = DRAWS) -> NDArray[np.float64]:
    """Draws of the share over all strata, shape (…, draws).

    Parts of the strata, their means and effective sizes are each of shape (…, strata).
    """
    yes, no = means * sizes + 0.5, (1 - means) * sizes + 0.5
    shape = (*np.shape(yes), draws)
    drawn = random.beta(yes[..., None], no[..., None], shape)
    return np.asarray((parts[..., None] * drawn).sum(axis=-2))


def interval_of(value: float, draws: NDArray[np.float64]) -> Interval:
    """A value with the middle 95 % of the draws, widened to hold it."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return Interval(value, min(float(low), value), max(float(high), value))


def _change(theme: str, first: tuple[Share, NDArray[np.float64]],
            last: tuple[Share, NDArray[np.float64]]) -> Change:
    (one, before), (other, after) = first, last
    value = (other.share.value if other.share else 0.0) - (one.share.value if one.share else 0.0)
    return Change(theme, one.group, other.group, interval_of(value, after - before))
