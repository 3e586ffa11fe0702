"""Every output opens in the tool it is for, says the same, and is whole or not there."""

import base64
import csv
import errno
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import openpyxl
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from tagger.annotation import tag_document
from tagger.errors import OutputError
from tagger.reading import read
from tagger.records import Document, Evidence
from tagger.tagger import Tagger
from tagger.writing import FORMS, Theme, check_output, convert, goes_with
from tagger.writing import html as html_form
from tagger.writing import parquet as parquet_form
from tagger.writing import xlsx as xlsx_form
from tagger.writing.cells import RISKY, safe, unsafe
from tagger.writing.jsonlines import encode
from tagger.writing.lines import Line, Lines

OUTPUTS = {
    "jsonl": "out.jsonl", "jsonl.gz": "out.jsonl.gz", "jsonl.zst": "out.jsonl.zst",
    "csv": "out.csv", "xlsx": "out.xlsx", "parquet": "out.parquet", "html": "out.html",
    "html folder": "pages", "labelstudio": "out.labelstudio.json", "doccano": "out.jsonl",
    "brat": "out", "w3c": "out.jsonl", "attributes": "out.jsonl.gz",
}
HARM = "<script>alert(1)</script>\"'&<b onclick=x>"
REPORT = ("基层治理见成效\n全县网格员上门调解矛盾纠纷，化解了三百起。\n村里修了路，通了水。\n"
          "=1+1，志愿者巡逻队上街了。\n" + HARM + "网格员来了。𠮷野家。")


def form_of(kind: str) -> str | None:
    form = kind.partition(" ")[0]
    return form if form in FORMS else None


def spool(path: Path, lines: Sequence[Line]) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return path


@pytest.fixture
def lines(model: Tagger) -> list[Line]:
    """Two documents, one of them with a name that means harm, furniture and a repeat."""
    found = []
    for name in ("报告/甲.txt", f"=x/../{HARM}\n.txt"):
        document = Document(name, REPORT, title=f"{name} 标题")
        found += [msgspec.json.decode(encode(paragraph), type=Line)
                  for paragraph in tag_document(document, model, furniture=True)]
    last = found[-1]
    furniture = msgspec.structs.replace(last, kind="furniture", text="责任编辑：张三", themes=(),
                                        scores={}, sure=True, evidence=(), index=last.index + 1,
                                        start=last.end + 1, end=last.end + 8)
    return [*found, msgspec.structs.replace(furniture, repeat_of=found[0].id)]


@pytest.fixture
def part(lines: list[Line], tmp_path: Path) -> Path:
    return spool(tmp_path / "run.part", lines)


@pytest.fixture
def written(part: Path, model: Tagger, tmp_path: Path) -> Callable[..., Path]:
    """Write the lines in one of OUTPUTS, and give the path."""
    def write(kind: str, **options: Any) -> Path:
        output = tmp_path / "to" / OUTPUTS[kind]
        convert(part, output, model.themes, form=form_of(kind), **options)
        return output
    return write


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


# Which format a path means.


@pytest.mark.parametrize(("name", "form", "found"), [
    ("a.jsonl", None, "jsonl"), ("A.JSONL.GZ", None, "jsonl"), ("a.jsonl.zst", None, "jsonl"),
    ("a.csv", None, "csv"), ("a.xlsx", None, "xlsx"), ("a.parquet", None, "parquet"),
    ("a.html", None, "html"), ("pages", "html", "html"), ("a.labelstudio.json", None, "labelstudio"),
    ("a.json", "labelstudio", "labelstudio"), ("a.jsonl", "doccano", "doccano"),
    ("folder", "brat", "brat"), ("a.jsonl.gz", "w3c", "w3c"), ("a.jsonl", "attributes", "attributes"),
    ("-", None, "jsonl"), ("-", "jsonl", "jsonl"),
])
def test_a_path_means_a_format(name: str, form: str | None, found: str, tmp_path: Path) -> None:
    path = Path(name) if name == "-" else tmp_path / name
    assert check_output(path, form) == found
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "form", "message"), [
    ("a.xyz", None, "a.xyz: unknown output type; known: .jsonl, "),
    ("a", None, "unknown output type"),
    ("a.json", None, "unknown output type"),
    ("a.csv", "excel", "unknown format 'excel'; known: jsonl, csv, xlsx"),
    ("a.txt", "csv", "csv is written to .csv"),
    ("a.jsonl", "brat", "brat is written to a folder"),
    ("a.txt", "html", "html is written to .html or .htm or a folder"),
    ("-", "csv", "standard output is JSON lines only"),
    ("there.csv", None, "exists; --force replaces it"),
    ("goes.html", None, "goes_pages exists, which goes with"),
    ("folder.csv", None, "folder.csv exists"),
])
def test_what_cannot_be_written_is_refused_before_any_work(
        name: str, form: str | None, message: str, tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    (tmp_path / "goes_pages").mkdir()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError, match=re.escape(message)):
        check_output(Path(name) if name == "-" else tmp_path / name, form)


def test_force_never_replaces_what_was_not_written_here(tmp_path: Path) -> None:
    (tmp_path / "brat").mkdir()
    (tmp_path / "brat" / "thesis.docx").touch()
    (tmp_path / "a.csv").mkdir()
    os.mkfifo(tmp_path / "b.csv")
    for name, form, message in [("brat", "brat", "thesis.docx"), ("a.csv", None, "is a folder"),
                                ("b.csv", None, "neither a file nor a folder")]:
        with pytest.raises(OutputError, match=message):
            check_output(tmp_path / name, form, force=True)


def test_without_pyarrow_the_error_names_the_cure(tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagger.writing.find_spec", lambda _name: None)
    with pytest.raises(OutputError, match=re.escape("pip install 'tagger[parquet]'")):
        check_output(tmp_path / "a.parquet")


def test_what_goes_with_an_output(tmp_path: Path) -> None:
    assert goes_with(tmp_path / "v1.2.html") == tmp_path / "v1.2_pages"
    assert goes_with(tmp_path / "a.labelstudio.json") == tmp_path / "a.labelstudio.xml"
    assert goes_with(tmp_path / "a.csv") is None
    assert goes_with(tmp_path / "pages", "html") is None


def test_no_format_is_imported_before_it_comes_up() -> None:
    code = ("import sys, tagger.writing; print([name for name in ('pyarrow', 'xlsxwriter', 'lxml', "
            "'zstandard', 'numpy', 'csv') if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Whole or not there.


@pytest.mark.parametrize("kind", OUTPUTS)
def test_the_same_lines_give_the_same_bytes(kind: str, written: Callable[..., Path]) -> None:
    output = written(kind)
    first = tree(output.parent)
    assert first
    written(kind, force=True)
    assert tree(output.parent) == first


@pytest.mark.parametrize("kind", OUTPUTS)
def test_a_disk_that_fails_leaves_the_old_output(
        kind: str, written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    output = written(kind)
    before = tree(output.parent)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tagger.writing.place.os.fsync", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        written(kind, force=True)
    assert tree(output.parent) == before


@pytest.mark.parametrize("kind", [kind for kind in OUTPUTS if not kind.startswith("jsonl")])
def test_a_line_that_is_not_whole_leaves_nothing(kind: str, written: Callable[..., Path],
                                                 part: Path) -> None:
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(OutputError, match=r"run\.part:\d+: not a line of a run"):
        written(kind)
    output = part.parent / "to"
    left = [path for path in output.rglob("*") if path.suffix != ".xml"]
    assert left == []


@pytest.mark.parametrize("kind", OUTPUTS)
def test_no_lines_at_all(kind: str, written: Callable[..., Path], part: Path) -> None:
    part.write_bytes(b"")
    assert written(kind).exists()


def test_lines_read_as_they_were_written(part: Path, lines: list[Line]) -> None:
    read_back = Lines(part)
    assert list(read_back) == lines
    assert read_back.count == len(lines)


# JSON lines.


def test_json_lines_are_packed_as_they_are(written: Callable[..., Path], part: Path) -> None:
    plain = part.read_bytes()
    assert written("jsonl").read_bytes() == plain
    assert gzip.decompress(written("jsonl.gz").read_bytes()) == plain
    packed = written("jsonl.zst").read_bytes()
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed)) as stream:
        assert stream.read() == plain
    assert pl.read_ndjson(io.BytesIO(plain)).height == plain.count(b"\n")


# Tables.


@given(st.text())
def test_safe_cells_give_back_every_text(cell: str) -> None:
    guarded = safe(cell)
    assert not guarded.startswith(RISKY)
    assert unsafe(guarded) == cell


@given(st.sampled_from(RISKY), st.text(), st.integers(0, 3))
def test_risky_cells_begin_with_an_apostrophe(sign: str, rest: str, quotes: int) -> None:
    cell = "'" * quotes + sign + rest
    assert safe(cell) == f"'{cell}"
    assert unsafe(safe(cell)) == cell


def test_csv_opens_in_pandas_polars_and_duckdb(written: Callable[..., Path],
                                               lines: list[Line]) -> None:
    path = written("csv")
    texts = [safe(line.text) for line in lines]
    assert pd.read_csv(path)["text"].tolist() == texts
    assert pl.read_csv(path)["text"].to_list() == texts
    assert [row[0] for row in duckdb.read_csv(str(path)).project("text").fetchall()] == texts
    frame = pd.read_csv(path)
    assert frame["grid"].iloc[1] == pytest.approx(lines[1].scores["grid"], abs=1e-4)
    assert frame["repeat_of"].iloc[-1] == lines[0].id
    assert frame["document"].iloc[-1] == safe(lines[-1].document)


def test_csv_as_it_is(written: Callable[..., Path], lines: list[Line]) -> None:
    text = written("csv", csv_safe=False).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["text"] for row in rows] == [line.text for line in lines]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_long_tables_have_a_row_a_theme(kind: str, written: Callable[..., Path], model: Tagger,
                                        lines: list[Line]) -> None:
    path = written(kind, long=True)
    frame = pd.read_csv(path) if kind == "csv" else pd.read_excel(path)
    tagged = sum(bool(line.scores) for line in lines)
    assert len(frame) == tagged * len(model.themes) + len(lines) - tagged
    found = frame[frame["found"] == "yes"]
    assert [(row.id, row.theme) for row in found.itertuples()] == [
        (line.id, theme.id) for line in lines for theme in model.themes if theme.id in line.themes]
    assert frame["kind"].iloc[-1] == "furniture"
    assert pd.isna(frame["theme"].iloc[-1])


def test_xlsx_holds_text_and_no_formulas_or_links(written: Callable[..., Path],
                                                  lines: list[Line]) -> None:
    path = written("xlsx")
    (sheet,) = openpyxl.load_workbook(path).worksheets
    head, *rows = sheet.iter_rows()
    column = [cell.value for cell in head].index("text")
    assert [row[column].value for row in rows] == [line.text for line in lines]
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} == {"s", "n"}
    assert not any(cell.hyperlink for row in rows for cell in row)
    frame = pd.read_excel(path)
    assert frame["text"].tolist() == [line.text for line in lines]
    assert frame["grid"].iloc[1] == pytest.approx(lines[1].scores["grid"], abs=1e-4)


def test_xlsx_is_read_back_by_our_own_reader(written: Callable[..., Path],
                                             lines: list[Line]) -> None:
    path = written("xlsx")
    assert [document.text for document in read(path, "x.xlsx")] == [line.text for line in lines]


@pytest.mark.parametrize("text", ["长" * 40_000, "𠮷" * 17_000, "\x01" * 9_000 + "b" * 33_000,
                                  "_x0041_" * 5_000])
def test_xlsx_loses_nothing_of_long_and_odd_texts(text: str, model: Tagger, lines: list[Line],
                                                  tmp_path: Path) -> None:
    line = msgspec.structs.replace(lines[1], text=text, evidence=())
    part = spool(tmp_path / "run.part", [line, lines[0]])
    convert(part, tmp_path / "out.xlsx", model.themes)
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    rows = list(book["paragraphs"].iter_rows(values_only=True))
    first = str(rows[1][7])
    assert first.endswith(xlsx_form.CUT)
    rest = list(book["rest"].iter_rows(min_row=2, values_only=True))
    assert {row[:2] for row in rest} == {(line.id, "text")}
    assert [row[2] for row in rest] == list(range(2, len(rest) + 2))
    parts = [first.removesuffix(xlsx_form.CUT), *(str(row[3]) for row in rest)]
    # openpyxl leaves the escapes of inline strings to its caller
    assert "".join(re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found.group(1), 16)), part)
                   for part in parts) == text
    assert rows[2][7] == lines[0].text


@pytest.mark.parametrize("text", ["<r><t>x</t></r>", "<r>&</r>", " <b>&amp;</b> ", "http://e.cn",
                                  "=1+1", "{=1}", "1e5", "TRUE", "#REF!"])
def test_xlsx_takes_no_text_for_anything_else(text: str, model: Tagger, lines: list[Line],
                                              tmp_path: Path) -> None:
    part = spool(tmp_path / "run.part", [msgspec.structs.replace(lines[1], text=text, evidence=())])
    convert(part, tmp_path / "out.xlsx", model.themes)
    (sheet,) = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets
    assert (sheet["H2"].value, sheet["H2"].data_type) == (text, "s")
    assert pl.read_excel(tmp_path / "out.xlsx", engine="openpyxl")["text"].to_list() == [text]


def test_xlsx_goes_on_in_another_sheet(written: Callable[..., Path], lines: list[Line],
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_form, "MAX_ROWS", 4)
    book = openpyxl.load_workbook(written("xlsx"))
    texts = [row[7] for sheet in book for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert texts == [line.text for line in lines]
    assert all(sheet.max_row <= 4 for sheet in book)


def test_parquet_opens_typed_in_pandas_polars_and_duckdb(
        written: Callable[..., Path], lines: list[Line], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_form, "GROUP_ROWS", 4)
    path = written("parquet")
    assert pq.ParquetFile(path).num_row_groups == -(-len(lines) // 4)
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    wanted = [msgspec.to_builtins(line) for line in lines]
    for row in wanted:
        row["scores"] = row["scores"] or None
        row["themes"], row["evidence"] = list(row["themes"]), list(row["evidence"])
    assert pq.read_table(path).to_pylist() == wanted
    polars = pl.read_parquet(path)
    assert polars.to_dicts() == wanted
    assert polars.schema["themes"] == pl.List(pl.String)
    themes = duckdb.execute("SELECT themes, scores.grid, len(evidence) FROM read_parquet(?)",
                            [str(path)]).fetchall()
    assert themes == [(list(line.themes), line.scores.get("grid"), len(line.evidence))
                      for line in lines]
    assert [list(found) for found in pd.read_parquet(path)["themes"]] == [
        list(line.themes) for line in lines]


def test_parquet_that_lacks_rows_is_noticed(written: Callable[..., Path],
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    groups = parquet_form._groups
    monkeypatch.setattr(parquet_form, "_groups", lambda lines: list(groups(lines))[:0])
    with pytest.raises(OutputError, match="0 rows written of"):
        written("parquet")


# Pages.


def parsed(path: Path) -> Any:
    return html.document_fromstring(path.read_text("utf-8"))


def test_a_page_shows_every_paragraph_as_read(written: Callable[..., Path],
                                              lines: list[Line]) -> None:
    page = parsed(written("html"))
    shown = [element.text_content() for element in page.xpath("//p[@class='text']")]
    assert shown == [line.text for line in lines]
    titles = [element.text_content() for element in page.xpath("//article/h2")]
    assert titles == list(dict.fromkeys(line.title for line in lines))
    classes = [element.get("class").split() for element in page.xpath("//div[@id]")]
    assert all({kind.kind, *(["none"] if kind.kind == "body" and not kind.themes else [])}
               <= set(found) for kind, found in zip(lines, classes, strict=True))
    assert page.xpath("//a[@href='#" + lines[0].id + "']")


def test_a_page_marks_evidence_with_its_weight(written: Callable[..., Path],
                                               lines: list[Line]) -> None:
    page = parsed(written("html"))
    tips = [mark.get("data-tip") for mark in page.xpath("//mark")]
    for line in lines:
        for found in line.evidence:
            assert any(f"{found.weight:+.2f}  {found.text}" in tip for tip in tips)


def test_overlapping_evidence_is_told_of_each_theme(model: Tagger, lines: list[Line],
                                                    tmp_path: Path) -> None:
    line = msgspec.structs.replace(lines[1], text="甲乙丙丁戊", evidence=(
        Evidence("grid", 0, 3, "甲乙丙", 2.0), Evidence("mediation", 2, 4, "丙丁", -5.0)))
    convert(spool(tmp_path / "run.part", [line]), tmp_path / "a.html", model.themes)
    marks = [(mark.text_content(), mark.get("data-tip").count("\n") + 1, "against" in mark.get("class"))
             for mark in parsed(tmp_path / "a.html").xpath("//mark")]
    assert marks == [("甲乙", 1, False), ("丙", 2, True), ("丁", 1, True)]


def test_a_page_can_run_and_load_nothing_but_its_own(written: Callable[..., Path]) -> None:
    path = written("html")
    source = path.read_text("utf-8")
    page = parsed(path)
    (script,) = page.xpath("//script")
    (style,) = page.xpath("//style")
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for element, name in ((script, "script-src"), (style, "style-src")):
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    assert not page.xpath("//@style | //@onclick | //@src | //link | //b[@onclick] | //iframe")
    assert all(link.startswith("#") for link in page.xpath("//@href"))
    assert not re.search(r"https?://|url\(|@import", source)
    assert "alert(1)</script>" not in source


def test_many_documents_make_pages_and_an_index(model: Tagger, lines: list[Line], tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_form, "PAGE_DOCUMENTS", 2)
    many = [msgspec.structs.replace(line, document=f"{i}.txt", title=f"<第{i}篇>",
                                    id=f"{i}-{line.index}") for i in range(5) for line in lines[:4]]
    part = spool(tmp_path / "run.part", many)
    convert(part, tmp_path / "a.html", model.themes)
    convert(part, tmp_path / "folder", model.themes, form="html")
    index = parsed(tmp_path / "a.html")
    links = index.xpath("//tbody//a/@href")
    assert len(links) == 5
    for link in links:
        name, _, anchor = link.partition("#")
        assert parsed(tmp_path / name).xpath(f"//article[@id='{anchor}']")
    assert (tmp_path / "folder" / "index.html").is_file()
    pages = sorted((tmp_path / "a_pages").iterdir())
    assert len(pages) == 3
    for page in pages:
        for link in parsed(page).xpath("//p[@class='turn']//@href"):
            assert (page.parent / link).exists()
    shown = [text.text_content() for page in pages for text in parsed(page).xpath("//p[@class='text']")]
    assert shown == [line.text for line in many]
    listed = [cell.text for cell in index.xpath("//tbody/tr/td[2]")]
    assert sum(map(int, listed)) == sum(line.kind == "body" for line in many)


def test_a_long_document_goes_on_on_the_next_page_and_a_long_index_lists_pages(
        model: Tagger, lines: list[Line], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_form, "PAGE_PARAGRAPHS", 2)
    monkeypatch.setattr(html_form, "LISTED_DOCUMENTS", 1)
    part = spool(tmp_path / "run.part", lines)
    convert(part, tmp_path / "a.html", model.themes)
    pages = sorted((tmp_path / "a_pages").iterdir())
    shown = [text.text_content() for page in pages for text in parsed(page).xpath("//p[@class='text']")]
    assert shown == [line.text for line in lines]
    assert len(parsed(tmp_path / "a.html").xpath("//tbody/tr")) == len(pages)


# Tools for labelling.


def test_label_studio_tasks_fit_their_configuration(written: Callable[..., Path],
                                                    lines: list[Line]) -> None:
    path = written("labelstudio")
    tasks = json.loads(path.read_bytes())
    config = etree.parse(path.with_suffix(".xml"))
    assert [task["data"]["text"] for task in tasks] == [
        line.text for line in lines if line.kind != "furniture"]
    tags = {tag.get("name"): tag for tag in config.iter() if tag.get("name")}
    for task in tasks:
        for region in task["predictions"][0]["result"]:
            control = tags[region["from_name"]]
            assert control.get("toName") == region["to_name"]
            assert control.tag.lower() == region["type"]
            known = {child.get("value") for child in control}
            assert set(region["value"][region["type"]]) <= known
            if region["type"] == "labels":
                value = region["value"]
                assert task["data"]["text"][value["start"]:value["end"]] == value["text"]


def test_label_studio_itself_accepts_the_tasks(written: Callable[..., Path]) -> None:
    sdk = pytest.importorskip("label_studio_sdk.label_interface", reason="pip install label-studio-sdk")
    path = written("labelstudio")
    interface = sdk.LabelInterface(path.with_suffix(".xml").read_text("utf-8"))
    for task in json.loads(path.read_bytes()):
        predictions = task.pop("predictions")
        assert interface.validate_task(task)
        for prediction in predictions:
            assert interface.validate_prediction(prediction, return_errors=True) == []


def test_doccano_lines(written: Callable[..., Path], lines: list[Line]) -> None:
    found = [json.loads(line) for line in written("doccano").read_bytes().splitlines()]
    assert [(row["text"], row["label"]) for row in found] == [
        (line.text, list(line.themes)) for line in lines if line.kind != "furniture"]


def test_brat_spans_stand_where_they_say(written: Callable[..., Path], model: Tagger,
                                         lines: list[Line]) -> None:
    folder = written("brat")
    kinds = set((folder / "annotation.conf").read_text().split())
    texts = sorted(folder.rglob("*.txt"))
    assert len(texts) == 2
    assert all(path.resolve().is_relative_to(folder.resolve()) for path in texts)
    themes = 0
    for path in texts:
        text = path.read_bytes().decode()
        for row in path.with_suffix(".ann").read_text("utf-8").splitlines():
            mark, place, content = row.split("\t")
            if mark.startswith("T"):
                kind, start, end = place.split()
                assert kind in kinds
                assert text[int(start):int(end)] == content
                themes += kind in {theme.id for theme in model.themes}
    assert themes == sum(len(line.themes) for line in lines)


def test_web_annotations_point_at_the_document(written: Callable[..., Path],
                                               lines: list[Line]) -> None:
    found = [json.loads(line) for line in written("w3c").read_bytes().splitlines()]
    assert len(found) == sum(len(line.themes) for line in lines)
    assert len({annotation["id"] for annotation in found}) <= len(found)
    for annotation in found:
        assert annotation["type"] == "Annotation"
        assert annotation["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
        for target in annotation["target"]:
            place, quote = target["selector"]
            assert REPORT[place["start"]:place["end"]] == quote["exact"]
            assert re.fullmatch(r"[\w./#!:%~-]+", target["source"])


def test_attributes_are_rows_of_places_in_the_document(written: Callable[..., Path],
                                                       lines: list[Line]) -> None:
    rows = [json.loads(line) for line in gzip.decompress(written("attributes").read_bytes()).splitlines()]
    assert [(row["id"], row["theme"]) for row in rows if row["found"]] == [
        (line.id, theme) for line in lines for theme in line.themes]
    for row in rows:
        line = next(line for line in lines if (line.id, line.document) == (row["id"], row["document"]))
        assert (row["start"], row["end"]) == (line.start, line.end)
        assert row["score"] == pytest.approx(line.scores[row["theme"]], abs=1e-4)


def test_the_themes_of_a_model_are_what_formats_ask_for(model: Tagger) -> None:
    themes: Sequence[Theme] = model.themes
    assert themes
