"""What many tests share."""

from pathlib import Path

import pytest

from tagger.annotation import find_inputs
from tagger.labels import Labels, load_labels
from tagger.runs.records import Options
from tagger.runs.run import Listener, annotate_to, settings_for
from tagger.runs.summary import Summary
from tagger.store import load
from tagger.tagger import Tagger

ROOT = Path(__file__).parents[1]


def run(folder: Path, output: Path, model: Tagger, listener: Listener | None = None,
        furniture: bool = False, near: bool = False, **options: object) -> Summary:
    """Annotate all of a folder."""
    settings = settings_for(model, None, furniture=furniture, near=near)
    return annotate_to(output, find_inputs([folder]), model, settings, listener=listener,
                       options=Options(**options))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def model() -> Tagger:
    """The shipped model."""
    return load()


@pytest.fixture(scope="session")
def labels() -> Labels:
    """All hand labels of the project."""
    return load_labels([ROOT / "labels"])
