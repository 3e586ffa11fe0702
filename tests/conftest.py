"""What many tests share."""

from pathlib import Path

import pytest

from tagger.labels import Labels, load_labels
from tagger.store import load
from tagger.tagger import Tagger

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def model() -> Tagger:
    """The shipped model."""
    return load()


@pytest.fixture(scope="session")
def labels() -> Labels:
    """All hand labels of the project."""
    return load_labels([ROOT / "labels"])
