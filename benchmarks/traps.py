"""How many traps are right, those marked and those that came later, in nested cross-validation.

python benchmarks/traps.py labels [--marked-in OLDER_LABELS]

Traps of the closed set are marked; hard paragraphs written after it have their kind in the note
("mention：…"). The models are those of `tagger evaluate labels`. Takes as long as that.
With `--marked-in`, also those that were marked in an older state of the labels and still stand,
such as `git archive 8083735 labels | tar -x -C OLDER` gives.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from itertools import chain
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


def rows(sets: Sequence[Sequence[str]], hit: NDArray[np.bool_]) -> Iterator[list[str]]:
    """For each kind and all: how many of each set of traps are right.

    A set has the kind of each paragraph, or nothing where it is not in the set.
    """
    for kind in (*KINDS, "all"):
        cells = [kind]
        for kinds in sets:
            here = np.array([bool(one) and kind in (one, "all") for one in kinds])
            count = int(here.sum())
            cells += [str(count), interval_cell(wilson(float(hit[here].sum()), count))]
        yield cells


def main() -> None:
    """Cross-validate, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("labels", type=Path, nargs="+")
    parser.add_argument("--marked-in", type=Path)
    options = parser.parse_args()
    labels = load_labels(options.labels)
    marked = [one.trap or "" for one in labels.paragraphs]
    unmarked = [later(one) for one in labels.paragraphs]
    both = [one or other for one, other in zip(marked, unmarked, strict=True)]
    sets: dict[str, Sequence[str]] = {"marked": marked, "later": unmarked, "both": both}
    if options.marked_in:
        older = {one.text: one.trap for one in load_labels([options.marked_in]).paragraphs}
        sets["of old"] = [older.get(one.text) or "" for one in labels.paragraphs]
    taggers, _ = cross_validate(labels, Settings(), -1)
    print(table(["kind", *chain(*((name, "right") for name in sets))],
                list(rows(list(sets.values()), right(gold_of(labels).judged, taggers[0].given)))))


if __name__ == "__main__":
    main()
