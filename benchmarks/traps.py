"""How many traps are right, those marked and those that came later, in nested cross-validation.

python benchmarks/traps.py labels

Traps of the closed set are marked; hard paragraphs written after it have their kind in the note
("mention：…"). The models are those of `tagger evaluate labels`. Takes as long as that.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from tagger.datacard import table
from tagger.evaluation.evaluate import cross_validate
from tagger.evaluation.gold import gold_of
from tagger.evaluation.interval import wilson
from tagger.evaluation.metrics import right
from tagger.evaluation.printing import interval_cell
from tagger.labels import LabelledParagraph, TrapKind, load_labels
from tagger.training import Settings

KINDS: tuple[str, ...] = get_args(TrapKind)
LATER = re.compile(f"({'|'.join(KINDS)})：")


def later(paragraph: LabelledParagraph) -> str:
    """The kind of a hard paragraph that is not marked, or nothing."""
    found = LATER.match(paragraph.note or "")
    return found[1] if found and not paragraph.trap else ""


def rows(marked: Sequence[str], unmarked: Sequence[str],
         hit: NDArray[np.bool_]) -> Iterator[list[str]]:
    """For each kind and all: how many are right of those marked, of the others, and of both."""
    both = [one or other for one, other in zip(marked, unmarked, strict=True)]
    for kind in (*KINDS, "all"):
        cells = [kind]
        for kinds in (marked, unmarked, both):
            here = np.array([bool(one) and kind in (one, "all") for one in kinds])
            count = int(here.sum())
            cells += [str(count), interval_cell(wilson(float(hit[here].sum()), count))]
        yield cells


def main() -> None:
    """Cross-validate, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("labels", type=Path, nargs="+")
    labels = load_labels(parser.parse_args().labels)
    taggers, _ = cross_validate(labels, Settings(), -1)
    hit = right(gold_of(labels).judged, taggers[0].given)
    print(table(["kind", "marked", "right", "later", "right", "both", "right"],
                list(rows([one.trap or "" for one in labels.paragraphs],
                          [later(one) for one in labels.paragraphs], hit))))


if __name__ == "__main__":
    main()
