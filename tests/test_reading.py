"""Every format gives the same paragraphs; bad input gives a reason, never a traceback."""

import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagger.errors import ReadingError, Reason
from tagger.paragraphs import split
from tagger.reading import SUFFIXES, lines, read, suffix_of, web
from tagger.reading.limits import MAX_RATIO, unpacked_budget
from tagger.records import Document

HERE = Path(__file__).parent
SEEDS = HERE.parent / "seeds"
SEED_CASES = sorted((HERE / "cases" / "seeds").glob("*.yaml"))
BODY = "全县共有网格员一千二百名，每天走访群众，化解矛盾纠纷。"
MORE = "县里建成调解中心，群众有了说理的地方。"


def read_bytes(folder: Path, name: str, data: bytes, **asked: str) -> list[Document]:
    path = folder / name
    path.write_bytes(data)
    return list(read(path, name, **asked))


def body(document: Document) -> list[str]:
    return [p.text for p in split(document) if p.kind == "body"]


def refused(folder: Path, name: str, data: bytes, **asked: str) -> ReadingError:
    with pytest.raises(ReadingError) as caught:
        read_bytes(folder, name, data, **asked)
    assert caught.value.name.startswith(name)
    return caught.value


# Seeds: files as users bring them, with the paragraphs written down by hand.


@pytest.mark.parametrize("case", SEED_CASES, ids=lambda path: path.stem)
def test_seed(case: Path) -> None:
    wanted = yaml.safe_load(case.read_text(encoding="utf-8"))
    documents = list(read(SEEDS / wanted["file"], wanted["file"]))
    assert [d.name for d in documents] == [d["name"] for d in wanted["documents"]]
    for document, expected in zip(documents, wanted["documents"], strict=True):
        assert document.encoding == wanted["encoding"]
        assert document.title == (expected["title"] or "")
        content = [(p.kind, p.text) for p in split(document) if p.kind != "furniture"]
        assert content == [(p["kind"], p["text"]) for p in expected["paragraphs"]]


# Formats.


def docx_bytes(*paragraphs: str, heading: str = "") -> bytes:
    document = docx.Document()
    if heading:
        document.add_heading(heading)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf_bytes(*pages: list[tuple[int, int, str]]) -> bytes:
    """Make a PDF of lines at (x, y), in a font that readers know by name."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(pages), b" ".join(b"%d 0 R" % (6 + 2 * n) for n in range(len(pages)))),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H"
        b"/DescendantFonts[4 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000/FontDescriptor 5 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[0 -200 1000 900]"
        b"/ItalicAngle 0/Ascent 900/Descent -200/CapHeight 700/StemV 80>>",
    ]
    for number, page in enumerate(pages):
        shown = b"".join(
            b"BT /F 10 Tf %d %d Td <%s> Tj ET\n" % (x, y, text.encode("utf-16-be").hex().encode())
            for x, y, text in page
        )
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>>>>>" % (7 + 2 * number)
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown))
    out = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + trailer


def one_of_each() -> Iterator[tuple[str, bytes]]:
    text = f"做法介绍\n\n{BODY}\n\n{MORE}\n"
    yield "a.txt", text.encode()
    yield "a.md", f"# {text}".encode()
    yield "a.html", f"<title>做法介绍</title><h1>做法介绍</h1><p>{BODY}<br>{MORE}</p>".encode()
    yield "a.csv", f'id,text\n1,"{BODY}\n{MORE}"\n'.encode()
    yield "a.jsonl", json.dumps({"id": 1, "text": f"{BODY}\n{MORE}"}).encode()
    yield "a.docx", docx_bytes(BODY, MORE, heading="做法介绍")
    yield "a.pdf", pdf_bytes([(50, 500, "做法介绍"), (50, 450, BODY), (50, 400, MORE)])


EACH = dict(one_of_each())
PACKED = {
    f"{n}.gz": gzip.compress(d) for n, d in EACH.items() if f"{suffix_of(Path(n))}.gz" in SUFFIXES
}


@pytest.mark.parametrize("name", [*EACH, *PACKED])
def test_every_format_gives_the_same_body(name: str, tmp_path: Path) -> None:
    (document,) = read_bytes(tmp_path, name, {**EACH, **PACKED}[name])
    assert body(document) == [BODY, MORE]


def test_every_suffix_has_a_reader() -> None:
    for module in set(SUFFIXES.values()):
        assert (Path(lines.__file__).parent / f"{module}.py").is_file()
    assert {suffix_of(Path(name)) for name in [*EACH, *PACKED]} <= set(SUFFIXES)
    assert suffix_of(Path("报告.TXT.GZ")) == ".txt.gz"


def test_reading_a_text_file_imports_no_other_reader(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(BODY, encoding="utf-8")
    code = (
        "import sys, pathlib, tagger.reading as r; list(r.read(pathlib.Path(sys.argv[1]), 'a'));"
        "print(*{m.split('.')[0] for m in sys.modules})"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.txt"], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"lxml", "docx", "pypdfium2", "markdown_it", "yaml", "trafilatura", "numpy", "pandas"}
    assert "tagger" in loaded
    assert not heavy.intersection(loaded)


# Plain text.


def batched(text: str, width: int) -> str:
    return "\n".join(text[start : start + width] for start in range(0, len(text), width))


@pytest.mark.parametrize("width", [20, 34, 40])
@pytest.mark.parametrize("between", ["\n\n", "\n　　"])
def test_hard_wrapped_lines_are_joined(width: int, between: str, tmp_path: Path) -> None:
    paragraphs = [(BODY + MORE) * 3, (MORE + BODY) * 2, BODY * 4]
    indent = between.strip("\n")
    text = between.rstrip("　").join(batched(indent + part, width) for part in paragraphs)
    (document,) = read_bytes(tmp_path, "a.txt", text.encode())
    assert body(document) == paragraphs


def test_a_page_number_amid_a_paragraph_follows_it(tmp_path: Path) -> None:
    first, second, third, *rest = batched((BODY + MORE) * 4, 30).split("\n")
    text = "\n".join([first, second, "", "             - 1 -", "", third, *rest])
    (document,) = read_bytes(tmp_path, "a.txt", text.encode())
    assert [(p.kind, p.text) for p in split(document)] == [
        ("body", (BODY + MORE) * 4),
        ("furniture", "- 1 -"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{BODY}\n{MORE}\n{BODY * 3}\n{MORE * 2}",
        "\n".join(["一、加强领导", "二、健全机制", "三、严格考核", BODY]),
        "\n".join([BODY] * 5),
        "\n".join(f"第{number}网格　{'甲乙丙丁'[number % 4] * 18}" for number in range(8)),
    ],
)
def test_text_with_a_paragraph_a_line_is_not_joined(text: str) -> None:
    assert lines.rejoin(text) == text


def test_the_text_of_an_unwrapped_file_stays_as_it_is(tmp_path: Path) -> None:
    text = f"　　{BODY}\r\n\r\n\t{MORE}\r　\n"
    (document,) = read_bytes(tmp_path, "a.txt", text.encode())
    assert document.text == f"　　{BODY}\n\n\t{MORE}\n　\n"
    assert body(document) == [BODY, MORE]


def test_paragraphs_run_together_are_parted(tmp_path: Path) -> None:
    (document,) = read_bytes(tmp_path, "a.txt", f"　　{BODY}　　{MORE}".encode())
    assert body(document) == [BODY, MORE]


# Markup.


def html(tmp_path: Path, page: str) -> list[tuple[str, str]]:
    (document,) = read_bytes(tmp_path, "a.html", page.encode())
    return [(p.kind, p.text) for p in split(document)]


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{BODY}</p><p>{MORE}</p>",
        f"<div>{BODY}</div><div>{MORE}</div>",
        f"<p>{BODY}<br>{MORE}</p>",
        f"　　{BODY}<br/><br/>　　{MORE}",
        f"<table><tr><td>{BODY}</td><td>{MORE}</td></tr></table>",
        f"<p>{BODY[:9]}<b>{BODY[9:12]}</b><a href='x'>{BODY[12:]}</a><p>{MORE}",
        f"<p>{BODY[:9]}\n      {BODY[9:]}</p>\n<pre>{MORE}</pre>",
        f"<body><div>菜单</div></body></html><div><p>{BODY}</p><p>{MORE}</p></div></html>",
        f"<script>var a = '</p><p>';</script><style>p</style><p>{BODY}</p><!-- {BODY} --><p>{MORE}</p>",
        "<font>" * 500 + f"{BODY}<br>{MORE}",
    ],
)
def test_blocks_of_a_page(page: str, tmp_path: Path) -> None:
    content = [text for kind, text in html(tmp_path, page) if kind == "body"]
    assert [text for text in content if text != "菜单"] == [BODY, MORE]


def test_what_stands_outside_the_article_is_furniture(tmp_path: Path) -> None:
    page = (
        "<title>做法介绍_某县</title><div class='nav'><a>首页</a><a>要闻</a></div>"
        f"<div class='main'><h1>做法介绍</h1><p>{BODY * 3}</p><p>{MORE}</p><p>责任编辑：李四</p>"
        f"<ul><li><a>{'某县召开会议' * 3}</a></li></ul></div>"
        f"<div class='comments'><p>{'说得好，支持。' * 9}</p></div><footer>网站简介，请登录。</footer>"
    )
    kinds = html(tmp_path, page)
    assert [text for kind, text in kinds if kind == "body"] == [BODY * 3, MORE]
    assert [text for kind, text in kinds if kind == "heading"] == ["做法介绍"]
    assert sum(kind == "furniture" for kind, _ in kinds) == 5


def test_markdown_with_html_and_front_matter(tmp_path: Path) -> None:
    text = f"---\ntitle: 做法\ntags: [a]\n---\n# 标题\n\n{BODY}\n{MORE}\n\n<div>{BODY}</div>\n\n    {MORE}\n"
    (document,) = read_bytes(tmp_path, "a.md", text.encode())
    assert document.title == "做法"
    assert body(document) == [BODY, MORE, BODY, MORE]


def test_markdown_keeps_the_numbers_of_lists_and_all_their_text(tmp_path: Path) -> None:
    text = f"1. 健全机制\n2. {BODY}\n\n3. {MORE}\n\n- {BODY}\n" + "- " * 8 + MORE
    (document,) = read_bytes(tmp_path, "a.md", text.encode())
    wanted = ["1. 健全机制", f"2. {BODY}", f"3. {MORE}", BODY, MORE]
    assert [p.text for p in split(document)] == wanted


@pytest.mark.parametrize("matter", ["a: &a [x]\nb: *a", "[" * 5_000, "just text", "a: b: c"])
def test_front_matter_that_is_none_stays_text(matter: str, tmp_path: Path) -> None:
    (document,) = read_bytes(tmp_path, "a.md", f"---\n{matter}\n---\n\n{BODY}\n".encode())
    assert BODY in body(document)


def test_a_declared_charset_is_believed_and_widened(tmp_path: Path) -> None:
    page = f'<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>{BODY}镕</p>'
    (document,) = read_bytes(tmp_path, "a.html", page.encode("gb18030"))
    assert (document.encoding, body(document)) == ("gb18030", [BODY + "镕"])
    assert web.declared(b'<?xml version="1.0" encoding="Big5"?>') == "Big5"


# Word.


def with_document_xml(data: bytes, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(out, "w") as changed:
        for member in package.namelist():
            content = package.read(member)
            if member == "word/document.xml":
                content = content.replace(old, new)
            changed.writestr(member, content)
    return out.getvalue()


def test_word_tables_text_boxes_and_deletions(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("锚")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["岗位", "人数", "网格长", "1468"], strict=True):
        cell.text = text
    document.add_paragraph(MORE)
    buffer = io.BytesIO()
    document.save(buffer)
    box = (
        "锚</w:t></w:r><w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:r>"
        "<w:pict><w:txbxContent><w:p><w:r><w:t>框内。</w:t></w:r></w:p></w:txbxContent></w:pict>"
        "</w:r><w:r><w:t>后"
    )
    data = with_document_xml(buffer.getvalue(), "锚".encode(), box.encode())
    (read_back,) = read_bytes(tmp_path, "a.docx", data)
    assert read_back.text.split("\n") == ["锚后", "框内。", "岗位　人数", "网格长　1468", MORE]


# PDF.


def test_pdf_lines_are_joined_across_pages_and_numbers_set_aside(tmp_path: Path) -> None:
    paragraph = (BODY + MORE) * 4
    parts = batched("口口" + paragraph, 30).split("\n")
    first, second = parts[:4], parts[4:]
    pages = [
        [(50, 570, "平安建设材料汇编")]
        + [(70 if not n else 50, 500 - 15 * n, part.lstrip("口")) for n, part in enumerate(first)]
        + [(190, 20, "— 1 —")],
        [(50, 570, "平安建设材料汇编")]
        + [(50, 500 - 15 * n, part) for n, part in enumerate(second)]
        + [(70, 500 - 15 * len(second), MORE), (190, 20, "— 2 —")],
        [(50, 570, "平安建设材料汇编"), (70, 500, BODY), (190, 20, "— 3 —")],
    ]
    (document,) = read_bytes(tmp_path, "a.pdf", pdf_bytes(*pages))
    assert body(document) == [paragraph, MORE, BODY]
    assert "— 1 —" not in body(document)


# Tables and JSON lines.


def test_rows_are_named_after_their_ids(tmp_path: Path) -> None:
    text = f"编号,标题,正文\n7,甲,{BODY}\n,乙,{BODY}\n7,丙,{BODY}\n"
    documents = read_bytes(tmp_path, "a.csv", text.encode("gb18030"))
    assert [(d.name, d.title) for d in documents] == [
        ("a.csv#7", "甲"),
        ("a.csv#2", "乙"),
        ("a.csv#7.2", "丙"),
    ]


def test_columns_can_be_named(tmp_path: Path) -> None:
    text = f"a;b;text\n{BODY};x9;别\n".encode()
    (document,) = read_bytes(tmp_path, "a.csv", text, text_column="A", id_column="b")
    assert (document.name, document.text) == ("a.csv#x9", BODY)
    error = refused(tmp_path, "a.csv", text, text_column="c")
    assert str(error) == (
        "a.csv: no text: no column for the text (looked for c); the columns are a, b, text"
        " (name the column that holds the text)"
    )


def test_a_bad_row_does_not_end_the_others(tmp_path: Path) -> None:
    rows = ['{"text": "甲。"}', "{bad", "[]", '{"text": 3}', '{"no": "x"}', '{"text": "乙。"}']
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    documents = read(path, "a.jsonl")
    seen: list[str] = []
    for _ in rows:
        try:
            seen.append(next(documents).text)
        except ReadingError as error:
            seen.append(f"{error.name} {error.reason}")
    assert next(documents, None) is None
    damaged = ["a.jsonl#2 damaged", "a.jsonl#3 damaged"]
    assert seen == ["甲。", *damaged, "a.jsonl#4 no text", "a.jsonl#5 no text", "乙。"]


# Encodings.

TRADITIONAL = "為深入推進基層治理，縣委、縣政府組織網格員入戶走訪，調解成功率達到百分之九十八。"
JAPANESE = "地域の安全を守るため、ボランティアが見回りを行っています。"


@pytest.mark.parametrize(
    ("codec", "recorded"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
    ],
)
@pytest.mark.parametrize("text", [BODY, TRADITIONAL, BODY + "€ café"])
def test_encodings_that_are_recognised(
    codec: str, recorded: str, text: str, tmp_path: Path
) -> None:
    if codec == "gbk" and "é" in text:
        text = BODY
    (document,) = read_bytes(tmp_path, "a.txt", text.encode(codec))
    assert (document.text, document.encoding) == (text, recorded)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            TRADITIONAL.encode("big5"),
            "a.txt: encoding: byte 0xAC at offset 0 is not UTF-8; read as GB18030 it makes no"
            " sense (it may be big5: ask for that encoding if so)",
        ),
        (
            JAPANESE.encode("shift_jis"),
            "a.txt: encoding: byte 0x92 at offset 0 is not UTF-8; read as GB18030 it makes no"
            " sense (it may be cp932: ask for that encoding if so)",
        ),
        (
            BODY.encode()[:-1],
            "a.txt: damaged: it ends amid a character, at offset 78 (get the whole file again)",
        ),
        (
            BODY.encode() + b"\0",
            "a.txt: damaged: byte 0x00 at offset 81: this is not text"
            " (if it is UTF-16, ask for the encoding utf-16-le)",
        ),
        (
            f"{BODY}\n{BODY}\ufffd".encode(),
            "a.txt: damaged: 1 characters were lost before it was saved, the first in line 2"
            " (save it again from its source)",
        ),
        (b"%PDF-1.7", "a.txt: unknown type: this is a PDF, not text (name it .pdf)"),
    ],
)
def test_encodings_that_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    assert str(refused(tmp_path, "a.txt", data)) == message


def test_an_encoding_that_is_asked_for(tmp_path: Path) -> None:
    data = TRADITIONAL.encode("big5")
    (document,) = read_bytes(tmp_path, "a.txt", data, encoding="big5")
    assert document.text == TRADITIONAL
    assert refused(tmp_path, "a.txt", data, encoding="utf-8").reason == "encoding"
    assert (
        "no encoding is named" in refused(tmp_path, "a.txt", data, encoding="gibt's nicht").detail
    )
    assert refused(tmp_path, "a.txt", data, encoding="base64").reason == "encoding"


def test_a_fault_far_down_a_table_is_found_before_the_first_row(tmp_path: Path) -> None:
    data = b"text\n" + BODY.encode() + b"\n" + b"plain\n" * 300_000 + b"\xff\xfe\xfd\n"
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(ReadingError, match="byte 0xFF at offset 1,800,087 is not UTF-8"):
        next(read(path, "a.csv"))


# Hostile files.


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


WORD = docx_bytes(BODY)
ENTITIES = with_document_xml(
    WORD, b"<w:document ", b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><w:document '
)
DEEP_WORD = with_document_xml(WORD, b"<w:body>", b"<w:body>" + b"<w:sdt><w:sdtContent>" * 400)

HOSTILE: list[tuple[str, bytes, Reason]] = [
    ("empty.txt", b"", "empty"),
    ("blank.txt", b" \n\t\n", "empty"),
    ("mark.txt", b"\xef\xbb\xbf", "no text"),
    ("line.txt", b"a" * 50_000_000, "too large"),
    ("bomb.txt.gz", gzip.compress(b"a" * 30_000_000), "too large"),
    ("cut.txt.gz", gzip.compress(BODY.encode())[:-9], "damaged"),
    ("not.txt.gz", BODY.encode(), "damaged"),
    ("deep.html", b"<div>" * 100_000 + BODY.encode(), "too large"),
    ("line.html", b"<p>" + b"a" * 11_000_000, "too large"),
    ("none.html", b"<html><title>x</title></html>", "no text"),
    ("only-marks.md", b"*" * 1000, "no text"),
    ("deep.md", f"{BODY}\n\n{'> ' * 25}{MORE}".encode(), "too large"),
    ("deep.jsonl", b"[" * 200_000, "damaged"),
    ("open.csv", f'text\n"{BODY}'.encode(), "damaged"),
    ("no-column.csv", b"a,b\n1,2\n", "no text"),
    ("no-rows.csv", b"text\n", "no text"),
    ("cells.csv", b"text,id\na,b,c\n", "damaged"),
    ("bad.docx", b"garbage", "damaged"),
    ("old.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "unknown type"),
    ("zip.docx", packed({"a.txt": b"a"}), "unknown type"),
    ("bomb.docx", packed({"word/document.xml": b"0" * 30_000_000}), "too large"),
    ("many.docx", packed({f"{n}": b"" for n in range(1_500)}), "too large"),
    ("entities.docx", ENTITIES, "damaged"),
    ("deep.docx", DEEP_WORD, "damaged"),
    ("bad.pdf", b"%PDF-1.4 garbage", "damaged"),
    ("scan.pdf", pdf_bytes([]), "no text"),
    ("password.pdf", (HERE / "files" / "password.pdf").read_bytes(), "unreadable"),
    ("old.doc", b"x", "unknown type"),
    ("none", b"x", "unknown type"),
]


@pytest.mark.parametrize(("name", "data", "reason"), HOSTILE, ids=[name for name, *_ in HOSTILE])
def test_hostile_files_are_refused_with_a_reason(
    name: str, data: bytes, reason: Reason, tmp_path: Path
) -> None:
    error = refused(tmp_path, name, data)
    assert error.reason == reason
    assert error.detail


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    for path, reason in [(tmp_path, "unknown type"), (tmp_path / "no.txt", "missing")]:
        with pytest.raises(ReadingError) as caught:
            next(read(path, "x"))
        assert caught.value.reason in {reason, "unreadable"}
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(ReadingError, match="this is a folder"):
        next(read(tmp_path / "folder.txt", "x"))
    with pytest.raises(ReadingError, match="missing"):
        next(read(Path("a\0b.txt"), "x"))


def test_the_budget_for_unpacking() -> None:
    assert unpacked_budget(10, 1_000_000) == 102_400
    assert unpacked_budget(10_000, 10_000_000) == 10_000 * MAX_RATIO
    assert unpacked_budget(10_000_000, 5) == 5


# Whatever the bytes: a document or a reason.

ANY_BYTES = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text('网格员，。 <p>br/&;#x[]()*_`>|-\n"{}:,text1', max_size=200).map(str.encode),
)


def documents_or_reasons(path: Path) -> Iterator[Document | ReadingError]:
    documents = read(path, "x")
    while True:
        try:
            yield next(documents)
        except StopIteration:
            return
        except ReadingError as error:
            yield error


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=ANY_BYTES)
def test_any_bytes_give_a_document_or_a_reason(suffix: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(gzip.compress(data) if suffix.endswith(".gz") else data)
    for document in documents_or_reasons(path):
        if isinstance(document, ReadingError):
            assert document.name.startswith("x")
            continue
        assert not {"\ufffd", "\r"}.intersection(document.text)
        starts = {paragraph.start for paragraph in split(document)}
        assert set(document.hints) <= starts
        document.text.encode()


@given(st.text("网格员，。；abc 　\n一二、（）", max_size=400))
def test_rejoining_keeps_every_character(text: str) -> None:
    assert "".join(lines.rejoin(text).split()) == "".join(text.split())
