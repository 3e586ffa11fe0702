"""No label text is borrowed: what it shares with real text are set phrases.

The real text is looked for in the folder that TAGGER_REAL_TEXT names, else in
`../shared/real` beside the checkout; without it there is nothing to compare.
"""

import os
from pathlib import Path

import pytest

from tagger.audit.copies import longest, read_phrases, shared_runs
from tagger.audit.outside import read_texts
from tagger.audit.places import places
from tagger.labels import load_labels

ROOT = Path(__file__).parents[1]
REAL = Path(os.environ.get("TAGGER_REAL_TEXT") or ROOT.parent / "shared" / "real")
FILES = sorted([*REAL.glob("*.jsonl"), *REAL.glob("*.txt")])
BORROWED = 16  # letters in a row: beyond a long name, short of a sentence


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason="no real text beside the checkout")
def test_no_paragraph_is_borrowed_from_real_text() -> None:
    folder = [ROOT / "labels"]
    labels = load_labels(folder)
    real = [text for file in FILES for text in read_texts(file)]
    runs = longest(shared_runs([paragraph.text for paragraph in labels.paragraphs], real, BORROWED,
                               read_phrases(folder)))
    where = places(folder, labels)
    assert not runs, "\n".join(f"{where[run.text]}  {run.words}" for run in runs)
