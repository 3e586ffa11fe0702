"""Predictions, hand labels and drawing probabilities as a table for R's package dsl."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tagger.errors import LabelsError, Problem
from tagger.evaluation.whole import write_whole
from tagger.share.annotated import UNKNOWN, Annotated, lines, read_annotated
from tagger.share.design import probabilities
from tagger.share.handlabels import HandLabels
from tagger.writing.cells import safe

MISSING = "NA"
CLOSE = 1e-4  # relative; six digits of a probability are written


def export(paths: Sequence[Path], annotated: Annotated, labels: HandLabels, output: Path, *,
           force: bool = False) -> None:
    """Write a row a paragraph, for design-based supervised learning (Egami et al. 2023).

    Columns: doc_id, paragraph_id, year, region, sample_prob, then predicted_… and label_… of
    each theme, NA where nobody has labelled. In R: `dsl(model = "lm", formula = label_grid ~
    as.factor(year) - 1, predicted_var = "label_grid", prediction = "predicted_grid",
    data = read.csv("r.csv"), cluster = "doc_id", sample_prob = "sample_prob")`.

    Raises LabelsError if the probabilities cannot be worked out anew, OutputError if the file
    exists.
    """
    drawn_by = annotated if labels.design.by == annotated.by \
        else read_annotated(paths, labels.design.by)
    chance = probabilities(drawn_by, labels.design)
    if not np.allclose(chance[labels.rows], labels.chance, rtol=CLOSE, atol=0):
        raise LabelsError([Problem("labels", None, "the annotated files give other drawing "
                                   "probabilities than the sample has; export needs them as they "
                                   "were when it was drawn")])
    given = dict(zip(labels.rows.tolist(), labels.judged.tolist(), strict=True))
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    ids = annotated.ids
    table.writerow(["doc_id", "paragraph_id", "year", "region", "sample_prob",
                    *(f"{kind}_{theme}" for theme in ids for kind in ("predicted", "label"))])
    for row, line in enumerate(lines(paths)):
        label = given.get(row)
        cells: list[object] = [safe(line.document), line.id,
                               MISSING if line.year == UNKNOWN else line.year,
                               safe(line.region or MISSING), f"{chance[row]:.8g}"]
        for i, theme in enumerate(ids):
            cells += [int(theme in line.themes), MISSING if label is None else int(label[i])]
        table.writerow(cells)
    write_whole(output, text.getvalue().encode("utf-8", "replace"), force=force)
