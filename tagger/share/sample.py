"""A sample of annotated paragraphs, written to be labelled by hand."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tagger.errors import OutputError
from tagger.evaluation.whole import refuse, write_whole
from tagger.share.annotated import Line, key, lines, read_annotated
from tagger.share.design import Design, draw, probabilities
from tagger.writing.cells import safe

COLUMNS = ("id", "document", "year", "region", "text", "themes", "sample_prob", "design")
SUFFIXES = (".csv", ".jsonl")


def sample(paths: Sequence[Path], output: Path, design: Design, *, force: bool = False) -> int:
    """Draw paragraphs and write them in random order, predictions left out; returns how many.

    Stratified sampling with known probabilities (Cochran 1977, ch. 5). The random order means
    that the first rows of the file are a fair sample too. Raises ReadingError or OutputError.
    """
    if output.suffix not in SUFFIXES:
        raise OutputError(f"{output}: unknown type of sample; known: {', '.join(SUFFIXES)}")
    refuse(output, force=force)
    annotated = read_annotated(paths, design.by)
    seed = str(design.seed)
    ranks = np.fromiter((key(line.document, line.id, seed) for line in lines(paths)),
                        dtype=np.uint64, count=len(annotated.keys))
    chosen = draw(annotated, design, ranks).tolist()
    chance = probabilities(annotated, design)
    wanted = set(chosen)
    found = {row: line for row, line in enumerate(lines(paths)) if row in wanted}
    rows = [_row(found[row], float(chance[row]), design) for row in chosen]
    data = _csv(rows) if output.suffix == ".csv" else _json_lines(rows)
    write_whole(output, data, force=force)
    return len(rows)


def _row(line: Line, chance: float, design: Design) -> dict[str, Any]:
    return {"id": line.id, "document": line.document, "year": line.year,
            "region": line.region or "", "text": line.text, "themes": None,
            "sample_prob": float(f"{chance:.6g}"), "design": str(design)}


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for row in rows:
        table.writerow([safe(row[name]) if isinstance(row[name], str) else row[name]
                        for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig", "surrogatepass")


def _json_lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
