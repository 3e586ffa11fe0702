"""Tags as Arrow columns: one schema for Parquet files and for batches in memory."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from tagger.records import Evidence

EVIDENCE = pa.list_(pa.struct([("theme", pa.string()), ("start", pa.int64()), ("end", pa.int64()),
                               ("text", pa.string()), ("weight", pa.float64())]))


class Tags(Protocol):
    """What a model found in a text."""

    @property
    def themes(self) -> tuple[str, ...]:
        """Ids of the themes found."""

    @property
    def scores(self) -> Mapping[str, float]:
        """Probability of every theme; empty where none was asked for."""

    @property
    def sure(self) -> bool:
        """False where a score is in doubt."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What spoke for the themes."""


def tag_fields(themes: Sequence[str]) -> list[pa.Field]:
    """The typed columns of tags: themes, scores, sure, evidence."""
    return [
        pa.field("themes", pa.list_(pa.string())),
        pa.field("scores", pa.struct([(theme, pa.float64()) for theme in themes])),
        pa.field("sure", pa.bool_()),
        pa.field("evidence", EVIDENCE),
    ]


def tag_arrays(tags: Sequence[Tags | None], themes: Sequence[str]) -> list[pa.Array]:
    """The columns of `tag_fields`, null where there are no tags."""
    evidence = [None if tag is None else [_plain(found) for found in tag.evidence]
                for tag in tags]
    values = [
        [None if tag is None else tag.themes for tag in tags],
        [None if tag is None or not tag.scores else dict(tag.scores) for tag in tags],
        [None if tag is None else tag.sure for tag in tags],
        evidence,
    ]
    return [pa.array(value, field.type)
            for value, field in zip(values, tag_fields(themes), strict=True)]


def _plain(found: Evidence) -> dict[str, str | int | float]:
    return {"theme": found.theme, "start": found.start, "end": found.end, "text": found.text,
            "weight": found.weight}
