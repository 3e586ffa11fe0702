"""One function for every engine: Arrow in, Arrow out, the same tags as everywhere."""

import re
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tagger
from tagger.batch import tag_batch
from tagger.errors import ModelError, ReadingError
from tagger.tagger import Tagger

TEXTS = ["网格员上门调解了邻里纠纷。", None, "", "村里修了路。", "志愿者在街上巡逻，劝住了电信诈骗。"]


def batch(texts: pa.Array | list[str | None] = TEXTS) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"id": list(range(len(texts))), "text": texts})


def test_columns_are_kept_and_tags_are_typed(model: Tagger) -> None:
    found = tag_batch(batch(), model)
    assert found.schema.names == ["id", "text", "themes", "scores", "sure", "evidence"]
    assert found.schema.field("themes").type == pa.list_(pa.string())
    assert found.schema.field("scores").type == pa.struct(
        [(theme.id, pa.float64()) for theme in model.themes])
    assert found.schema.field("sure").type == pa.bool_()
    assert found.schema.field("evidence").type == pa.list_(pa.struct([
        ("theme", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("text", pa.string()),
        ("weight", pa.float64())]))
    assert found.column("text").to_pylist() == TEXTS


def test_tags_are_those_of_the_model_and_nulls_stay_null(model: Tagger) -> None:
    for row in tag_batch(batch(), model).to_pylist():
        if row["text"] is None:
            assert [row[name] for name in ("themes", "scores", "sure", "evidence")] == [None] * 4
            continue
        one = model.tag(row["text"])
        assert tuple(row["themes"]) == one.themes
        assert row["scores"] == one.scores
        assert row["sure"] == one.sure
        assert [(found["theme"], found["start"], found["end"], found["text"], found["weight"])
                for found in row["evidence"]] == [
            (found.theme, found.start, found.end, found.text, found.weight)
            for found in one.evidence]


def test_the_shipped_model_is_used_if_none_is_given(model: Tagger) -> None:
    assert tagger.tag_batch(batch()).equals(tag_batch(batch(), model))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(),
                                  pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_every_kind_of_strings(kind: pa.DataType, model: Tagger) -> None:
    texts = pa.array(TEXTS, pa.string())
    texts = texts.dictionary_encode() if pa.types.is_dictionary(kind) else texts.cast(kind)
    assert tag_batch(batch(texts), model).to_pylist() == tag_batch(batch(), model).to_pylist()


def test_batches_without_rows_and_of_nulls_have_the_same_schema(model: Tagger) -> None:
    whole = tag_batch(batch(), model)
    assert tag_batch(batch().slice(0, 0), model).schema == whole.schema
    nulls = tag_batch(pa.RecordBatch.from_pydict({"text": pa.nulls(3)}), model)
    assert nulls.column("themes").null_count == 3
    sliced = tag_batch(batch().slice(3), model)
    assert sliced.to_pylist() == whole.to_pylist()[3:]


@pytest.mark.parametrize(("columns", "asked", "message"), [
    ({"body": ["x"]}, "text", "no column 'text'; the columns are body"),
    ({"text": [1]}, "text", "column 'text' is of int64, not of strings"),
    ({"text": ["x"], "themes": ["y"]}, "text", "it has a column 'themes' already"),
])
def test_what_cannot_be_tagged_says_why(columns: dict[str, list[object]], asked: str, message: str,
                                        model: Tagger) -> None:
    with pytest.raises(ReadingError, match=re.escape(message)):
        tag_batch(pa.RecordBatch.from_pydict(columns), model, asked)


def test_without_pyarrow_the_error_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    one = batch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ModelError, match=re.escape("pip install 'tagger[parquet]'")):
        tag_batch(one)


# The recipes of docs/formats.md.


def test_in_duckdb(model: Tagger) -> None:
    with duckdb.connect() as connection:
        connection.register("reports", pa.table({"id": [1, 2], "text": TEXTS[:2]}))
        reader = connection.sql("SELECT * FROM reports").to_arrow_reader(1_000)
        tagged = pa.Table.from_batches(tag_batch(each, model) for each in reader)
        connection.register("tagged", tagged)
        rows = connection.execute(
            "SELECT id, list_contains(themes, 'grid'), scores.grid > 0.5 FROM tagged").fetchall()
    assert rows == [(1, True, True), (2, None, None)]


def test_in_duckdb_as_a_function_of_sql(model: Tagger) -> None:
    def themes(texts: pa.ChunkedArray | pa.Array) -> pa.Array:
        whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        return tag_batch(pa.RecordBatch.from_arrays([whole], ["text"]), model).column("themes")

    with duckdb.connect() as connection:
        connection.create_function(  # type: ignore[call-overload]  # names do for types
            "themes", themes, ["VARCHAR"], "VARCHAR[]", type="arrow")
        row = connection.execute("SELECT themes('网格员上门调解了邻里纠纷。')").fetchone()
    assert row == (["mediation", "grid"],)


def test_in_polars(model: Tagger) -> None:
    frame = pl.DataFrame({"id": range(5), "text": TEXTS})
    tagged = pl.concat(pl.DataFrame(tag_batch(each, model)) for each in frame.to_arrow().to_batches())
    assert tagged.filter(pl.col("themes").list.contains("grid"))["id"].to_list() == [0]
    assert tagged["scores"].struct.field("volunteers")[4] > 0.5


def test_in_pandas(model: Tagger) -> None:
    frame = pd.DataFrame({"id": range(5), "text": TEXTS})
    tagged = tag_batch(pa.RecordBatch.from_pandas(frame), model).to_pandas()
    assert [None if found is None else list(found) for found in tagged["themes"]][:2] == [
        ["mediation", "grid"], None]


def test_from_parquet_to_parquet(model: Tagger, tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_batches([batch()]), tmp_path / "in.parquet")
    source = pq.ParquetFile(tmp_path / "in.parquet")
    schema = tag_batch(batch().slice(0, 0), model).schema
    with pq.ParquetWriter(tmp_path / "out.parquet", schema, compression="zstd") as out:
        for each in source.iter_batches(batch_size=2):
            out.write_batch(tag_batch(each, model))
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == tag_batch(batch(), model).to_pylist()
