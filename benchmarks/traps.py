"""How many traps are right, those marked and those that came later, in nested cross-validation.

python benchmarks/traps.py labels

Traps of the closed set are marked; hard paragraphs written after it have their kind in the note
("mention：…"). The models are those of `tagger evaluate labels`. Takes as long as that.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from tagger.corpus import corpus_of
from tagger.evaluation.evaluate import cross_validate
from tagger.evaluation.interval import wilson
from tagger.evaluation.metrics import right
from tagger.labels import LabelledParagraph, TrapKind, load_labels
from tagger.training import Settings

KINDS: tuple[str, ...] = get_args(TrapKind)
LATER = re.compile(f"({'|'.join(KINDS)})：")


def later(paragraph: LabelledParagraph) -> str:
    """The kind of a hard paragraph that is not marked, or nothing."""
    found = LATER.match(paragraph.note or "")
    return found[1] if found and not paragraph.trap else ""


def table(marked: Sequence[str], unmarked: Sequence[str], hit: NDArray[np.bool_]) -> str:
    """Markdown: for each kind and all, how many are right of those marked, the others, and both."""
    lines = ["| kind | marked | right | later | right | both | right |", "| --- |" + " ---: |" * 6]
    for kind in (*KINDS, "all"):
        cells = [kind]
        for names in ([*marked], [*unmarked], [a or b for a, b in zip(marked, unmarked,
                                                                      strict=True)]):
            rows = np.array([bool(name) and kind in (name, "all") for name in names])
            share = wilson(float(hit[rows].sum()), int(rows.sum()))
            cells += [str(rows.sum()), f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Cross-validate, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("labels", type=Path, nargs="+")
    labels = load_labels(parser.parse_args().labels)
    taggers, _ = cross_validate(labels, Settings(), -1)
    hit = right(corpus_of(labels).judged, taggers[0].given)
    print(table([one.trap or "" for one in labels.paragraphs],
                [later(one) for one in labels.paragraphs], hit))


if __name__ == "__main__":
    main()
