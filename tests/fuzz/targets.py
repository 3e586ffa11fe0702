"""What is fuzzed: a check of any bytes, and sound files to begin with."""

import gzip
import hashlib
import io
import itertools
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tagger.interactions import Interactions
from tagger.store import FORMAT, Manifest, load, save
from tagger.tagger import Theme
from tagger.terms import Crossing

from . import promise

SEEDS = Path(__file__).parents[2] / "seeds"
MOST = 4_000  # bytes of a seed

BODY = "全县共有网格员一千二百名，每天走访群众，化解矛盾纠纷。"
MORE = "县里建成调解中心，群众有了说理的地方。𠮷野家 café"
PLAIN = f"做法介绍\n\n{BODY}\n　　{MORE}\n— 3 —\n".encode()
PAGE = (f"<!DOCTYPE html><html><head><meta charset=utf-8><title>做法介绍_网</title></head><body>"
        f"<div class=nav><a href=/>首页</a></div><h1>做法介绍</h1><p>{BODY}&nbsp;&#x7f51;&lt;<br>"
        f"{MORE}</p><table><tr><td>甲<td>乙</table><pre>一\n二</pre><!-- x --></body></html>").encode()
MARKDOWN = (f"---\ntitle: 做法介绍\ntags: [a, b]\n---\n# 做法\n\n{BODY}\n{MORE}\n\n1. 甲\n2. *乙*\n> 丙\n\n"
            "|a|b|\n|-|-|\n|一|二|\n\n<b>丁</b> [戊](http://e.cn) <http://e.cn/%E7> ![己](x) `庚` &amp;\n").encode()
TABLE = f'id,标题,text\n1,甲,"{BODY}\n{MORE}"\n1,乙,"他说""好""。"\n3,丙,短\n'.encode()
ROWS: list[object] = [{"id": 1, "title": "甲", "text": BODY}, {"text": MORE, "id": None}, {"text": 3}, []]
LINES = "".join(json.dumps(row, ensure_ascii=plain) + "\n" for plain in (True, False) for row in ROWS).encode()
LABELS = f"""\
id: a
title: "题目"
genre: news
region: 浙江
date: "2021-05"
paragraphs:
  - text: {BODY}
    themes: [grid]
    note: |
      甲
      乙
  - text: >-
      天气
      很好。
    themes: []
    trap: 'mention'
  - {{text: "\\x85\\u2028", themes: [], unsure: [grid]}}
""".encode()

Check = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads: how it is checked, what to begin with, how many inputs of what length."""

    check: Check
    seeds: Callable[[], Iterable[bytes]]
    runs: int
    longest: int = MOST


def _files(*ends: str) -> Iterator[bytes]:
    for path in sorted(SEEDS.iterdir()):
        if path.name.endswith(ends):
            data = path.read_bytes()
            yield data if path.suffix in {".gz", ".pdf"} else b"".join(
                data[:MOST].splitlines(keepends=True)[:-1])


def _zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as package:
        for name, data in members.items():
            package.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def _tarred(members: Mapping[str, bytes], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as package:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            package.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


MEMBERS = {"报告/一.txt": PLAIN, "a.html": PAGE, "../b.md": MARKDOWN, "c.csv": TABLE, "d.jsonl": LINES,
           "e.txt.gz": gzip.compress(PLAIN, mtime=0), "f.doc": b"x", "\n.txt": b"", "n.zip": b"PK"}


def _zips() -> Iterator[bytes]:
    yield _zipped(MEMBERS)
    yield _zipped(MEMBERS, zipfile.ZIP_DEFLATED)
    yield _zipped({"a.txt": PLAIN}, zipfile.ZIP_LZMA)


def _tars() -> Iterator[bytes]:
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        yield _tarred({"a" * 80 + "/" + "b" * 40 + ".txt": PLAIN, "b.txt": b"x"}, form)


def _records() -> Iterator[bytes]:
    def record(kind: str, head: str, body: bytes) -> bytes:
        sent = f"{head}\r\n\r\n".encode() + body if head else body
        return (f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://e.cn/a\r\nContent-Type: "
                f"{'application/http' if head else 'text/plain; charset=utf-8'}\r\n"
                f"Content-Length: {len(sent)}\r\n\r\n").encode() + sent + b"\r\n\r\n"

    page = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset="
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)
    yield record("response", f"{page}gbk", PAGE) + record("conversion", "", PLAIN)
    yield record("response", f"{page}utf-8\r\nTransfer-Encoding: chunked", chunked)
    yield record("response", f"{page}utf-8\r\nContent-Encoding: gzip", gzip.compress(PAGE, mtime=0))


def _tables() -> Iterator[bytes]:
    table = pa.table({"text": [BODY, MORE, None, ""], "id": [1, 2, 2, None], "title": ["甲", "", None, "乙"]})
    for dictionary, codec in itertools.product((True, False), ("none", "snappy")):
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression=codec, use_dictionary=dictionary)
        yield buffer.getvalue()


# A file of parts: the first byte says which part the rest is, or that it is the whole file.

Parts = Callable[[], Mapping[str, bytes]]
Pack = Callable[[Mapping[str, bytes]], bytes]


def _in_parts(parts: Parts, pack: Pack, check: Check, whole: Check, data: bytes) -> None:
    names = sorted(parts())
    which = data[0] % (len(names) + 1) if data else 0
    if which == len(names):
        whole(data[1:])
    else:
        check(pack({**parts(), names[which]: data[1:]}))


def _parts_and_whole(parts: Parts, pack: Pack) -> Iterator[bytes]:
    found = parts()
    for number, name in enumerate(sorted(found)):
        yield bytes([number]) + found[name]
    yield bytes([len(found)]) + pack(found)


OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f"{OFFICE}/wordprocessingml/2006/main"
_PARTS = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def _word() -> dict[str, bytes]:
    """A small document as Word lays it out."""
    return {name: text.encode() for name, text in {
        "[Content_Types].xml":
            f'<Types xmlns="{OFFICE}/package/2006/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
            f'"application/xml"/><Override PartName="/word/document.xml" ContentType="{_PARTS}.document.main+xml"/>'
            f'<Override PartName="/word/styles.xml" ContentType="{_PARTS}.styles+xml"/></Types>',
        "_rels/.rels": _relation("officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": _relation("styles", "styles.xml"),
        "word/styles.xml":
            f'<w:styles xmlns:w="{_MAIN}"><w:style w:type="paragraph" w:styleId="a"><w:name w:val="heading 1"/>'
            '<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style><w:style w:styleId="b"><w:basedOn w:val="a"/>'
            "</w:style></w:styles>",
        "word/document.xml":
            f'<w:document xmlns:w="{_MAIN}"><w:body><w:p><w:pPr><w:pStyle w:val="b"/></w:pPr><w:r><w:t>做法</w:t>'
            f"<w:tab/><w:br/></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>{BODY}</w:t></w:r></w:p></w:tc><w:tc>"
            "<w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:sdt><w:p><w:del/><w:r><w:txbxContent>"
            f"<w:p><w:r><w:t>{MORE}</w:t></w:r></w:p></w:txbxContent></w:r></w:p></w:sdt></w:body></w:document>",
    }.items()}


def _relation(kind: str, target: str) -> str:
    return (f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{OFFICE}/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>')


def _book() -> dict[str, bytes]:
    """A small workbook as Excel lays it out."""
    main = f'xmlns="{OFFICE}/spreadsheetml/2006/main"'
    return {name: text.encode() for name, text in {
        "xl/workbook.xml":
            f'<workbook {main} xmlns:r="{OFFICE}/officeDocument/2006/relationships"><sheets>'
            '<sheet name="台账" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml":
            f'<worksheet {main}><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is>'
            '<t>id</t></is></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>7</v></c></row><row>'
            f'<c t="str"><v>{MORE}_x000D_</v></c></row></sheetData></worksheet>',
        "xl/sharedStrings.xml":
            f"<sst {main}><si><t>text</t></si><si><r><t>{BODY}</t></r><rPh><t>x</t></rPh></si></sst>",
    }.items()}


def _print() -> dict[str, bytes]:
    """The objects of a small PDF, by number."""
    shown = "".join(f"BT /F 10 Tf 50 {y} Td <{text.encode('utf-16-be').hex()}> Tj ET\n"
                    for y, text in ((500, BODY[:20]), (485, BODY[20:]), (20, "— 1 —")))
    return {str(number): text.encode() for number, text in enumerate((
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[6 0 R 6 0 R]>>",
        "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]>>",
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000/FontDescriptor 5 0 R"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>>>",
        "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[0 -200 1000 900]/StemV 80>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Contents 7 0 R/Resources<</Font<</F 3 0 R>>>>>>",
        f"<</Length {len(shown)}>>stream\n{shown}\nendstream"), start=1)}


def _printed(objects: Mapping[str, bytes]) -> bytes:
    """A PDF of its objects, with the table of where they are."""
    body, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, text in objects.items():
        table += b"%010d 00000 n \n" % len(body)
        body += b"%s 0 obj\n%s\nendobj\n" % (number.encode(), text)
    size = len(objects) + 1
    return body + (b"xref\n0 %d\n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
                   % (size, table, size, len(body)))


# A model: the first byte says which file of the folder the rest is.


@cache
def _model() -> dict[str, bytes]:
    folder = promise.scratch() / "model"
    themes = tuple(Theme(name, name, name, -1.0, 0.5, (0.4, 0.6)) for name in ("grid", "mediation"))
    manifest = Manifest(FORMAT, "small", "1", "0", themes, {"網": "网"}, {}, {}, {}, {})
    terms = ["网格员", "调解", "矛盾纠纷"]
    pairs = Interactions(np.array([[1, 2]]), np.ones((1, 2)))
    save(folder, manifest, terms, [Crossing("协", "调解", "决")], np.ones((2, 3, 2)), pairs,
         np.array([1, 2], np.uint64), b"{}", force=True)
    load(folder)  # else every change of it would be refused for what is wrong before it
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _opens(data: bytes) -> None:
    files = dict(_model())
    name = sorted(files)[data[0] % len(files)] if data else "manifest.json"
    manifest = json.loads(files["manifest.json"])
    files[name] = data[1:]
    if name != "manifest.json":  # as a stranger would, who wants it to be read
        manifest["files"][name] = hashlib.sha256(data[1:]).hexdigest()
        files["manifest.json"] = json.dumps(manifest).encode()
    folder = promise.fresh("opened")
    for part, content in files.items():
        (folder / part).write_bytes(content)
    promise.opens(folder)


def _model_seeds() -> Iterator[bytes]:
    for number, name in enumerate(sorted(_model())):
        yield bytes([number]) + _model()[name]


def _asked(data: bytes) -> None:
    """The first byte says which encoding was asked for."""
    encoding = promise.ENCODINGS[data[0] % len(promise.ENCODINGS)] if data else None
    promise.reads(".txt", data[1:], promise.all_of_text, encoding)


def _asked_seeds() -> Iterator[bytes]:
    for number, encoding in enumerate(promise.ENCODINGS[:12]):
        yield bytes([number]) + PLAIN.decode().encode(encoding, "ignore")


def _of(suffix: str, letters: promise.Letters = promise.unknown) -> Check:
    return partial(promise.reads, suffix, letters=letters)


def _made_of(suffix: str, parts: Parts, pack: Pack, letters: promise.Letters, runs: int) -> Target:
    check = partial(_in_parts, parts, pack, _of(suffix, letters), _of(suffix))
    return Target(check, partial(_parts_and_whole, parts, pack), runs, 8_000)


_ROWS = f"text,themes,unsure,document,note\n{BODY},grid,,甲/一,\n'=修路,,网格,b,\"x\ny\"\n".encode()
_DOCCANO = "".join(json.dumps(row) + "\n" for row in (
    {"id": 1, "text": BODY, "label": ["grid"], "document": "a"}, {"data": MORE, "label": []})).encode()
_STUDIO = json.dumps([{"id": 1, "data": {"text": BODY, "unsure": []}, "annotations": [
    {"result": [{"type": "choices", "value": {"choices": ["grid"]}}]}]},
    {"data": {"text": MORE}, "annotations": [{"was_cancelled": True, "result": []}]}], indent=1).encode()

TARGETS = {
    "txt": Target(_of(".txt", promise.all_of_text), lambda: [PLAIN, *_files(".txt")], 60_000),
    "txt, encoding asked": Target(_asked, _asked_seeds, 20_000),
    "txt.gz": Target(_of(".txt.gz"), lambda: [gzip.compress(PLAIN, mtime=0), *_files(".txt.gz")], 50_000),
    "md": Target(_of(".md", promise.of_markup), lambda: [MARKDOWN, *_files(".md")], 12_000),
    "html": Target(_of(".html", promise.of_markup), lambda: [PAGE, *_files(".html")], 20_000),
    "csv": Target(_of(".csv", promise.of_table), lambda: [TABLE, *_files(".csv")], 60_000),
    "jsonl": Target(_of(".jsonl", promise.of_json), lambda: [LINES, *_files(".jsonl")], 50_000),
    "docx": _made_of(".docx", _word, _zipped, promise.of_parts, 40_000),
    "xlsx": _made_of(".xlsx", _book, _zipped, promise.of_parts, 50_000),
    "pdf": _made_of(".pdf", _print, _printed, promise.unknown, 15_000),
    "parquet": Target(_of(".parquet"), _tables, 60_000, 8_000),
    "zip": Target(_of(".zip"), _zips, 10_000, 8_000),
    "tar": Target(_of(".tar"), _tars, 40_000, 16_000),
    "tar.gz": Target(_of(".tar.gz"), lambda: [gzip.compress(one, mtime=0) for one in _tars()], 50_000),
    "warc": Target(_of(".warc"), _records, 30_000, 8_000),
    "warc.gz": Target(_of(".warc.gz"), lambda: [gzip.compress(one, mtime=0) for one in _records()], 50_000),
    "model": Target(_opens, _model_seeds, 25_000),
    "labels": Target(promise.checks, lambda: [LABELS], 25_000),
    "import csv": Target(partial(promise.imports, ".csv"), lambda: [_ROWS], 12_000),
    "import doccano": Target(partial(promise.imports, ".jsonl"), lambda: [_DOCCANO], 12_000),
    "import labelstudio": Target(partial(promise.imports, ".json"), lambda: [_STUDIO], 12_000),
}
