"""A figure and its interval."""

from dataclasses import dataclass
from math import nan, sqrt

Z = 1.959964  # 0.975 quantile of the normal distribution


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % interval; `low` and `high` are nan where it cannot be told."""

    value: float
    low: float
    high: float


def wilson(yes: float, count: float) -> Interval:
    """A share with its score interval (Wilson 1927), which holds near 0 and 1 too."""
    if count <= 0:
        return Interval(nan, nan, nan)
    share = yes / count
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
