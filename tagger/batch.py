"""Arrow batch -> the same batch with tags: what any engine that speaks Arrow can call."""

from functools import cache
from typing import TYPE_CHECKING

from tagger.errors import ModelError, ReadingError
from tagger.store import load
from tagger.tagger import Tagged, Tagger

if TYPE_CHECKING:
    import pyarrow as pa


def tag_batch(batch: "pa.RecordBatch", model: Tagger | None = None,
              text_column: str = "text") -> "pa.RecordBatch":
    """The batch with four more columns: themes, scores, sure, evidence.

    `themes` list<string>; `scores` struct of a float64 for each theme; `sure` bool;
    `evidence` list<struct<theme, start, end, text, weight>>, places in the text in code
    points. A null text has null in all four. Each text is taken as one paragraph; with no
    `model` the shipped one is used.

    Raises ReadingError if the batch has no such column, it is not of strings, or it holds a
    column of these names already; ModelError if pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  # an extra

        from tagger.writing.columns import tag_arrays, tag_fields  # noqa: PLC0415
    except ImportError:
        raise ModelError("tag_batch needs pyarrow: pip install 'tagger[parquet]'") from None
    tagger = model or _shipped()
    ids = [theme.id for theme in tagger.themes]
    fields = tag_fields(ids)
    texts = _texts(batch, text_column, [field.name for field in fields])
    tagged = tagger.tag_many([text for text in texts if text is not None], evidence=True)
    tags: list[Tagged | None] = [None if text is None else next(tagged) for text in texts]
    schema = batch.schema
    for field in fields:
        schema = schema.append(field)
    return pa.RecordBatch.from_arrays([*batch.columns, *tag_arrays(tags, ids)], schema=schema)


@cache
def _shipped() -> Tagger:
    return load()


def _texts(batch: "pa.RecordBatch", name: str, added: list[str]) -> list[str | None]:
    import pyarrow as pa  # noqa: PLC0415

    names = batch.schema.names
    if names.count(name) != 1:
        found = "no" if name not in names else "more than one"
        raise ReadingError("batch", "no text", f"{found} column {name!r}; the columns are "
                           f"{', '.join(names)}"[:500], "name the column that holds the text")
    taken = [name for name in added if name in names]
    if taken:
        raise ReadingError("batch", "no text", f"it has a column {taken[0]!r} already",
                           "drop or rename it")
    column = batch.column(name)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    strings = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (strings or pa.types.is_string_view(kind) or pa.types.is_null(kind)):
        raise ReadingError("batch", "no text", f"column {name!r} is of {column.type}, not of "
                           "strings", "name the column that holds the text")
    texts: list[str | None] = column.to_pylist()
    return texts
