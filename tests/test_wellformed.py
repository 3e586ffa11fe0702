"""Whatever stands in a text, what is written opens in other programs, and says the same there."""

import csv
import html as entities
import io
import json
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import msgspec
import openpyxl
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from tagger.reading import lines as tidying
from tagger.reading import read
from tagger.records import Evidence
from tagger.tagger import Tagger
from tagger.writing import FORMS, convert
from tagger.writing.cells import unsafe
from tagger.writing.lines import Line

MODEL = "small@1"
HARM = (
    "<script>alert(1)</script>", "</script><script>x", "\"'><img src=x onerror=y>", "&lt;&#60;&amp;", "]]>", "<!--",
    "=cmd|' /C calc'!A0", "+1", "-1", "@x", "＝1", "\t=1", "'=1", "_x0041_", "<r><t>x</t></r>", "{{7*7}}", "a,b;c\td",
    '"', '""', "\\", "\\n", "#", "NULL", "NaN", "None", "1e5", "007", "true", "2024-01-01",
    "\u200e\u200f\u202e abc", "\u2066x\u2069", "\U0001f469\u200d\U0001f4bb", "\U00020bb7", "e\u0301", "\ufffe\uffff", "\ufdd0",
    "\x80\x9f", "\xa0", "\u3000x", "\x85", "\u2028", "\u2029", "https://e.cn/?a=b&c=d", "mailto:x@e.cn", "T1\tgrid 0 3\tx",
)
# half characters cannot reach what is written: the lines of a run are UTF-8
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
awkward = st.lists(st.one_of(st.sampled_from(HARM), anything, st.just("网格员")), min_size=1, max_size=6).map("".join).filter(bool)
names = st.one_of(awkward, st.sampled_from(["", "/", "a/../b.txt", "C:\\x:y.txt", "a:b.txt", "//e.cn/x", "a#b#c", "%", "?", "[x]"]))
# as readers give them: see `_sound` in tests/fuzz/promise.py
one_liners = awkward.map(tidying.one_line).filter(bool)


@st.composite
def lines(draw: st.DrawFn, texts: st.SearchStrategy[str] = one_liners) -> list[Line]:
    """The lines of one or two documents."""
    found: list[Line] = []
    for number in range(draw(st.integers(1, 2))):
        document, title = f"{draw(names)}{number}", draw(st.one_of(st.just(""), one_liners))
        start = 0
        for index, text in enumerate(draw(st.lists(texts, min_size=1, max_size=3))):
            evidence = tuple(_evidence(draw, text) for _ in range(draw(st.integers(0, 2))))
            themes = tuple(sorted({one.theme for one in evidence}))
            scores = {"grid": 0.25, "mediation": 0.75}
            found.append(Line(f"{number:012x}-{index}", document, title, index, "body", start, start + len(text), text,
                              themes, scores, draw(st.booleans()), evidence, MODEL))
            start += len(text) + 1
    return found


def _evidence(draw: st.DrawFn, text: str) -> Evidence:
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    return Evidence(draw(st.sampled_from(["grid", "mediation"])), start, end, text[start:end], 1.5)


def checked(count: int = 60) -> Callable[[Any], Any]:
    """Settings of a test that writes files."""
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))


Write = Callable[..., Path]


@pytest.fixture
def written(model: Tagger, tmp_path: Path) -> Write:
    """Write lines under a name in a folder of their own, and give the path."""
    themes = [theme for theme in model.themes if theme.id in {"grid", "mediation"}]

    def write(found: list[Line], name: str, form: str | None = None) -> Path:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        part = folder / "run.part"
        part.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in found))
        convert(part, folder / "to" / name, themes, form=form)
        return folder / "to" / name

    return write


# Lines of JSON.


@checked()
@given(found=lines(awkward))
def test_json_lines(found: list[Line], written: Write) -> None:
    path = written(found, "a.jsonl")
    wanted = [line.text for line in found]
    rows = [json.loads(row) for row in path.read_bytes().split(b"\n")[:-1]]
    assert [row["text"] for row in rows] == wanted
    assert [row["document"] for row in rows] == [line.document for line in found]
    assert pl.read_ndjson(path)["text"].to_list() == wanted
    if not any("\x00" in text for text in wanted):
        assert [row[0] for row in duckdb.execute("SELECT text FROM read_ndjson(?, columns={text: 'VARCHAR'})", [str(path)]).fetchall()] == wanted
    assert pd.read_json(path, lines=True, dtype=False)["text"].tolist() == wanted


@checked(30)
@given(found=lines(awkward))
@pytest.mark.parametrize("form", ["doccano", "attributes"])
def test_lines_for_other_tools(form: str, found: list[Line], written: Write) -> None:
    path = written(found, "a.jsonl", form=form)
    rows = [json.loads(row) for row in path.read_bytes().split(b"\n")[:-1]]
    if form == "doccano":
        assert [(row["text"], tuple(row["label"])) for row in rows] == [(line.text, line.themes) for line in found]
    for row in rows:
        assert row["document"] in {line.document for line in found}


# Tables.


@checked()
@given(found=lines())
def test_csv(found: list[Line], written: Write) -> None:
    path = written(found, "a.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [row["text"] for row in rows]
    assert [unsafe(text) for text in texts] == [line.text for line in found]
    assert [unsafe(row["document"]) for row in rows] == [line.document for line in found]
    assert pd.read_csv(path, dtype=str, keep_default_na=False)["text"].tolist() == texts
    assert pl.read_csv(path, infer_schema=False)["text"].to_list() == texts
    assert [row[0] for row in duckdb.read_csv(str(path), all_varchar=True, header=True)
            .project("text").fetchall()] == texts
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")) for cell in row.values())


@checked()
@given(found=lines())
@example(found=[])
def test_xlsx(found: list[Line], written: Write) -> None:
    path = written(found, "a.xlsx")
    wanted = [line.text for line in found]
    sheet = openpyxl.load_workbook(path).worksheets[0]
    head, *rows = list(sheet.iter_rows())
    place = [cell.value for cell in head].index("text")
    assert [openpyxl.utils.escape.unescape(row[place].value) for row in rows] == wanted
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} <= {"s", "n"}
    assert not any(cell.hyperlink for row in rows for cell in row)
    if found:
        assert [document.text for document in read(path, "x.xlsx")] == wanted


@checked()
@given(found=lines(awkward))
def test_parquet(found: list[Line], written: Write) -> None:
    path = written(found, "a.parquet")
    wanted = [(line.text, line.document) for line in found]
    for frame in (pq.read_table(path).to_pandas(), pd.read_parquet(path), pl.read_parquet(path).to_pandas()):
        assert list(zip(frame["text"], frame["document"], strict=True)) == wanted
    if not any("\x00" in part for row in wanted for part in row):
        assert duckdb.execute("SELECT text, document FROM read_parquet(?)", [str(path)]).fetchall() == wanted


# Pages.


class _Seen(HTMLParser):
    """The elements and attributes of a page, and the texts of its paragraphs."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[tuple[str, ...]] = set()
        self.links: list[str] = []
        self.texts: list[str] = []
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add((tag, *sorted(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        if tag == "p" and ("class", "text") in attrs:
            self._within = True
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag != "p"

    def handle_data(self, data: str) -> None:
        if self._within:
            self.texts[-1] += data


def seen(path: Path) -> _Seen:
    page = _Seen()
    page.feed(path.read_text("utf-8"))
    page.close()
    return page


@checked()
@given(found=lines())
def test_a_page_is_made_of_the_same_elements_whatever_its_texts(found: list[Line], written: Write) -> None:
    harmless = [msgspec.structs.replace(
        line, document="甲", title="乙" if line.title else "", text="网" * len(line.text),
        evidence=tuple(msgspec.structs.replace(one, text="网" * len(one.text)) for one in line.evidence))
        for line in found]
    path = written(found, "a.html")
    page, plain = seen(path), seen(written(harmless, "a.html"))
    assert page.elements == plain.elements
    assert all(link.startswith("#") for link in page.links)
    assert page.texts == [line.text for line in found]
    source = path.read_text("utf-8")
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    assert len(policy) == 1
    assert policy[0].startswith("default-src 'none'; ")
    assert source.index("Content-Security-Policy") < source.index("<title>")
    for line in found:
        if any(sign in line.text for sign in "<>&\"'"):
            assert entities.escape(line.text) in re.sub("</?mark[^>]*>", "", source)


# Label Studio.


@checked(30)
@given(found=lines(awkward))
def test_label_studio(found: list[Line], written: Write) -> None:
    path = written(found, "a.labelstudio.json")
    tasks = json.loads(path.read_bytes())
    etree.parse(path.with_suffix(".xml"))
    for task, line in zip(tasks, found, strict=True):
        assert task["data"]["text"] == line.text
        for region in task["predictions"][0]["result"]:
            if region["type"] == "labels":
                value = region["value"]
                assert line.text[value["start"]:value["end"]] == value["text"]
    sdk = pytest.importorskip("label_studio_sdk.label_interface", reason="pip install label-studio-sdk")
    interface = sdk.LabelInterface(path.with_suffix(".xml").read_text("utf-8"))
    for task in tasks:
        predictions = task.pop("predictions")
        assert interface.validate_task(task)
        for prediction in predictions:
            assert interface.validate_prediction(prediction, return_errors=True) == []


# brat.


def standoff(path: Path) -> Iterator[tuple[str, int, int]]:
    """The spans of an .ann, read as brat's own page on the format says; AssertionError where it is not that."""
    text = path.with_suffix(".txt").read_bytes().decode("utf-8")
    with path.open(encoding="utf-8") as file:  # brat opens it so, and \r ends a line too
        rows = list(file)
    ids: set[str] = set()
    for row in rows:
        assert row.endswith("\n")
        identity, _, rest = row[:-1].partition("\t")
        assert re.fullmatch(r"[T#][1-9]\d*", identity)
        assert identity not in ids
        ids.add(identity)
        head, _, told = rest.partition("\t")
        if identity.startswith("#"):
            kind, target = head.split(" ")
            assert (kind, target in ids) == ("AnnotatorNotes", True)
            assert told
            continue
        kind, start, end = head.split(" ")
        assert re.fullmatch(r"[A-Za-z0-9_-]+", kind)
        assert 0 <= int(start) < int(end) <= len(text)
        assert text[int(start):int(end)] == told, (text, row)
        assert not set(told) & set("\n\r\t")
        yield kind, int(start), int(end)


@checked()
@given(found=lines(awkward.filter(str.strip)))
def test_brat(found: list[Line], written: Write) -> None:
    folder = written(found, "brat", form="brat")
    kinds = {row for row in (folder / "annotation.conf").read_text("utf-8").split("\n") if row}
    spans = 0
    stems = sorted(folder.rglob("*.txt"))
    texts = [path.read_bytes().decode("utf-8") for path in stems]
    assert sum(text.count("\n") for text in texts) == len(found)
    for path in stems:
        assert path.resolve().is_relative_to(folder.resolve())
        found_spans = list(standoff(path.with_suffix(".ann")))
        assert {kind for kind, *_ in found_spans} <= kinds
        spans += len(found_spans)
    assert spans == sum(len(line.themes) + len(line.evidence) for line in found)


# W3C Web Annotation: the rules of the model that concern what is written here, by its sections.

TERMS = {  # of the vocabulary's JSON-LD context
    "id", "type", "motivation", "creator", "name", "body", "purpose", "value", "format", "target", "source", "selector",
    "start", "end", "exact", "prefix", "suffix",
}
REFERENCE = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=@/:-]|%[0-9A-F]{2})+")  # RFC 3986, without query and fragment


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def check_annotation(annotation: dict[str, Any]) -> None:
    context = annotation.pop("@context")  # 3.1: one or more, and the vocabulary's own among them
    assert "http://www.w3.org/ns/anno.jsonld" in context
    own = {key for part in context if isinstance(part, dict) for key in part}
    assert set(keys(annotation)) <= TERMS | own
    assert urlsplit(annotation["id"]).scheme  # 3.1: exactly one IRI
    assert REFERENCE.fullmatch(annotation["id"])
    assert annotation["type"] == "Annotation"
    assert annotation["motivation"] == "tagging"  # 3.3.5
    assert annotation["creator"]["type"] == "Software"  # 3.3.2
    body = annotation["body"]  # 3.2.4
    assert (body["type"], body["purpose"], body["format"]) == ("TextualBody", "tagging", "text/plain")
    assert isinstance(body["value"], str)
    assert annotation["target"]  # 3.1: one or more
    for target in annotation["target"]:
        assert target["type"] == "SpecificResource"  # 4
        assert REFERENCE.fullmatch(target["source"]), target["source"]
        assert not urlsplit(target["source"]).scheme
        assert not urlsplit(target["source"]).netloc
        for selector in target["selector"]:
            if selector["type"] == "TextPositionSelector":  # 4.2.5
                assert 0 <= selector["start"] <= selector["end"]
            else:  # 4.2.4
                assert selector["type"] == "TextQuoteSelector"
                assert isinstance(selector["exact"], str)


@checked()
@given(found=lines(awkward))
def test_web_annotations(found: list[Line], written: Write) -> None:
    path = written(found, "a.jsonl", form="w3c")
    annotations = [json.loads(row) for row in path.read_bytes().split(b"\n")[:-1]]
    assert len(annotations) == sum(len(line.themes) for line in found)
    sources = set()
    for annotation in annotations:
        check_annotation(annotation)
        sources |= {unquote(target["source"]) for target in annotation["target"]}
        for target in annotation["target"]:
            place, quote = target["selector"]
            assert place["end"] - place["start"] == len(quote["exact"])
    assert sources <= {line.document for line in found} | {f"./{line.document}" for line in found}


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_very_long_and_no_text(kind: str, written: Write) -> None:
    whole = Line("0-0", "d", "", 0, "body", 0, 0, "", (), {"grid": 0.1, "mediation": 0.1}, True, (), MODEL)
    long = msgspec.structs.replace(whole, id="0-1", index=1, text="网\U00020bb7<" * 200_000, end=600_000)
    ends = FORMS[kind].ends
    path = written([whole, long], f"a{ends[0]}" if ends else "a", form=kind)
    assert path.exists()


def test_the_samples_are_what_they_say() -> None:
    assert any(unicodedata.bidirectional(letter) == "RLO" for text in HARM for letter in text)
    assert io.StringIO(HARM[0]).read() == HARM[0]
