"""Tables and archives are read, one bad part costs one part, and input that means harm is bounded."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import textwrap
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagger.errors import ReadingError
from tagger.reading import limits, read, rows
from tagger.reading.source import Source
from tagger.records import Document

BODY = "全县共有网格员一千二百名，每天走访群众。"
MORE = "县里建成调解中心，群众有了说理的地方。"
MEMORY = 150_000_000  # bytes that hostile input may take on top of what Python takes


def contents(folder: Path, name: str, data: bytes,
             **asked: str) -> tuple[dict[str, str], dict[str, ReadingError]]:
    """The texts by name, and the errors by name."""
    path = folder / name
    path.write_bytes(data)
    texts: dict[str, str] = {}
    errors: dict[str, ReadingError] = {}
    documents = read(path, name, **asked)
    while True:
        try:
            document = next(documents)
        except StopIteration:
            return texts, errors
        except ReadingError as error:
            assert "\n" not in str(error)
            errors[error.name] = error
            continue
        assert isinstance(document, Document)
        assert document.name not in texts
        texts[document.name] = document.text


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return buffer.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w:gz", form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as package:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            package.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, cells in sheets:
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def warc(*records: tuple[str, str, bytes, str], packed: bool = True) -> bytes:
    """Records of (address, headers, body, status), each gzipped on its own as crawlers do."""
    out = b""
    for address, headers, body, status in records:
        sent = f"HTTP/1.1 {status}\r\nContent-Type: {headers}\r\n\r\n".encode() + body
        head = (f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {address}\r\n"
                f"Content-Type: application/http\r\nContent-Length: {len(sent)}\r\n\r\n")
        record = head.encode() + sent + b"\r\n\r\n"
        out += gzip.compress(record) if packed else record
    return out


# Workbooks.


def test_every_sheet_with_a_column_for_the_text_is_read(tmp_path: Path) -> None:
    data = workbook(
        ("台账", [["二〇二三年信访台账"], [], ["编号", "标题", "正文"], [1, "甲", f"{BODY}\n{MORE}"],
                 ["二", "乙", MORE], [None, None, BODY], [4, "空", None]]),
        ("说明", [["列", "意思"], ["编号", "号码"]]),
        ("续", [["内容"], [BODY]]))
    texts, errors = contents(tmp_path, "a.xlsx", data)
    assert texts == {"a.xlsx#1": f"{BODY}\n{MORE}", "a.xlsx#二": MORE, "a.xlsx#台账!6": BODY,
                     "a.xlsx#续!2": BODY}
    assert {name: error.reason for name, error in errors.items()} == {"a.xlsx#4": "no text"}


def test_titles_and_asked_columns_of_a_workbook(tmp_path: Path) -> None:
    data = workbook(("一", [["编号", "标题", "正文", "摘要"], [7, "甲的标题", BODY, MORE]]))
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    (document,) = read(path, "a.xlsx")
    assert (document.name, document.title) == ("a.xlsx#7", "甲的标题")
    (document,) = read(path, "a.xlsx", text_column="摘要", id_column="标题")
    assert (document.name, document.text) == ("a.xlsx#甲的标题", MORE)
    with pytest.raises(ReadingError, match="the columns are 编号, 标题, 正文, 摘要"):
        list(read(path, "a.xlsx", text_column="全文"))


@pytest.mark.parametrize("text", ["甲_x0041_乙", "a\nb", "前<后&", "=1+1", "<r>x</r>", "𠮷野家"])
@pytest.mark.parametrize("writer", ["openpyxl", "xlsxwriter", "inline", "polars"])
def test_cells_are_read_as_other_programs_write_them(writer: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    if writer == "openpyxl":
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet["B1"], sheet["B2"] = "text", text
        sheet["B2"].data_type = "s"
        book.save(path)
    elif writer == "polars":
        pl.DataFrame({"text": [text]}).write_excel(path)
    else:
        with xlsxwriter.Workbook(path, {"constant_memory": writer == "inline",
                                        "strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            sheet.write_string(0, 1, "text")
            sheet.write_string(1, 1, text)
    if (writer, text) in {("openpyxl", "甲_x0041_乙"), ("polars", "=1+1")} or (
            writer != "openpyxl" and text == "<r>x</r>"):
        return  # they write another text than they were given
    (document,) = read(path, "a.xlsx")
    assert document.text == text


def test_phonetic_guides_are_no_text_and_rich_text_is(tmp_path: Path) -> None:
    strings = ('<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>text</t>'
               "</si><si><r><t>网格</t></r><r><t>员</t></r><rPh><t>wangge</t></rPh></si></sst>")
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as book:
        book.add_worksheet().write_column(0, 0, ["text", "y"])
    data = replaced((tmp_path / "b.xlsx").read_bytes(), "xl/sharedStrings.xml", strings.encode())
    texts, _ = contents(tmp_path, "a.xlsx", data)
    assert list(texts.values()) == ["网格员"]


def replaced(package: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as old:
        members = {info.filename: old.read(info) for info in old.infolist()}
    return zipped({**members, name: content})


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(("name", "content", "reason"), [
    (SHEET, b"<worksheet", "damaged"),
    (SHEET, f"<worksheet {MAIN}><sheetData><row><c t='s'><v>x</v></c></row></sheetData></worksheet>"
     .encode(), "damaged"),
    (SHEET, f"<worksheet {MAIN}><sheetData/></worksheet>".encode(), "empty"),
    (SHEET, f"<worksheet {MAIN}><sheetData>{'<row><c>' * 3000}".encode(), "damaged"),
    ("xl/workbook.xml", b"", "damaged"),
    ("xl/sharedStrings.xml", b'<!DOCTYPE s [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><sst '
     + MAIN.encode() + b"><si><t>&b;</t></si></sst>", "damaged"),
    ("xl/sharedStrings.xml", ("<?xml version='1.0' encoding='utf-16'?><!DOCTYPE s [<!ENTITY a SYSTEM "
                              f"'file:///etc/passwd'>]><sst {MAIN}><si><t>&a;</t></si></sst>")
     .encode("utf-16"), "damaged"),
])
def test_broken_and_hostile_parts_of_a_workbook(name: str, content: bytes, reason: str,
                                                tmp_path: Path) -> None:
    data = replaced(workbook(("一", [["text"], [BODY]])), name, content)
    texts, errors = contents(tmp_path, "a.xlsx", data)
    assert not texts
    assert [error.reason for error in errors.values()] == [reason]


def test_a_cell_at_the_end_of_the_world_costs_nothing(tmp_path: Path) -> None:
    cells = ('<row r="1"><c r="A1" t="str"><v>text</v></c></row><row r="1048576"><c r="XFD1048576" '
             f't="str"><v>x</v></c><c r="A1048576" t="str"><v>{BODY}</v></c></row>'
             f'<row r="99999999999999"><c t="str"><v>{MORE}</v></c></row>')
    sheet = f"<worksheet {MAIN}><dimension ref='A1:A1'/><sheetData>{cells}</sheetData></worksheet>"
    data = replaced(workbook(("一", [["text"], ["y"]])), SHEET, sheet.encode())
    texts, _ = contents(tmp_path, "a.xlsx", data)
    assert texts == {"a.xlsx#一!1048576": BODY, "a.xlsx#一!1048577": MORE}


def test_other_files_named_like_a_workbook(tmp_path: Path) -> None:
    for data, reason in [(b"", "empty"), (b"text\n", "damaged"), (b"\xd0\xcf\x11\xe0" + b"x" * 99,
                         "unknown type"), (zipped({"a.txt": b"x"}), "damaged")]:
        _, errors = contents(tmp_path, "a.xlsx", data)
        assert [error.reason for error in errors.values()] == [reason]


# Parquet.


def test_rows_of_parquet(tmp_path: Path) -> None:
    data = parquet(id=["x", "y", "x"], 正文=[BODY, None, MORE], 标题=["甲", "乙", None], n=[1, 2, 3])
    texts, errors = contents(tmp_path, "a.parquet", data)
    assert texts == {"a.parquet#x": BODY, "a.parquet#x.2": MORE}
    assert [(name, error.reason) for name, error in errors.items()] == [("a.parquet#y", "no text")]
    texts, _ = contents(tmp_path, "a.parquet", parquet(a=[BODY], b=[MORE]), text_column="b")
    assert list(texts.values()) == [MORE]


@pytest.mark.parametrize(("data", "reason"), [
    (b"", "empty"), (b"PAR1 PAR1", "damaged"), (parquet(text=[BODY])[:-9], "damaged"),
    (parquet(x=[1]), "no text"), (parquet(text=pa.array([], pa.string())), "no text"),
    (parquet(text=[1]), "no text"),
])
def test_parquet_that_cannot_be_read(data: bytes, reason: str, tmp_path: Path) -> None:
    texts, errors = contents(tmp_path, "a.parquet", data)
    assert not texts
    assert [error.reason for error in errors.values()] == [reason]


def test_a_page_of_parquet_that_was_changed_is_noticed_where_it_has_a_sum(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": [BODY]}), buffer, compression="none", use_dictionary=False,
                   write_statistics=False, write_page_checksum=True)
    data = bytearray(buffer.getvalue())
    data[data.index("网".encode())] ^= 1
    texts, errors = contents(tmp_path, "a.parquet", bytes(data))
    assert not texts
    assert "checksum" in errors["a.parquet"].detail


def test_parquet_without_pyarrow_names_the_cure(tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    _, errors = contents(tmp_path, "a.parquet", b"PAR1")
    assert [error.advice for error in errors.values()] == ["pip install 'tagger[parquet]'"]


def test_one_long_text_repeated_without_end_is_stopped(tmp_path: Path) -> None:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()),
                                          pa.array([BODY * 50_000]))
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": text}), buffer, compression="zstd")
    texts, errors = contents(tmp_path, "a.parquet", buffer.getvalue())
    assert len(texts) < 10
    assert errors["a.parquet"].reason == "too large"


# Archives.


MEMBERS = {"甲/一.txt": BODY.encode(), "b.csv": f"id,text\n7,{MORE}\n".encode(),
           "c.txt.gz": gzip.compress(BODY.encode()), "d.jsonl": json.dumps({"text": MORE}).encode(),
           "e.xlsx": workbook(("一", [["id", "text"], [1, BODY]])),
           "f.parquet": parquet(id=[1], text=[MORE])}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "A.ZIP"])
def test_members_of_archives_are_read_as_the_files_they_are(name: str, tmp_path: Path) -> None:
    data = zipped(MEMBERS) if name.lower().endswith("zip") else tarred(
        MEMBERS, "w" if name == "a.tar" else "w:gz")
    texts, errors = contents(tmp_path, name, data)
    assert texts == {f"{name}!/甲/一.txt": BODY, f"{name}!/b.csv#7": MORE, f"{name}!/c.txt.gz": BODY,
                     f"{name}!/d.jsonl#1": MORE, f"{name}!/e.xlsx#1": BODY,
                     f"{name}!/f.parquet#1": MORE}
    assert not errors


BAD = {"empty.txt": b"", "x.jpg": b"\xff\xd8", "old.doc": b"\xd0\xcf\x11\xe0", "in.zip": zipped({}),
       "in.tar.gz": tarred({}), "in.warc": b"WARC/1.0", "broken.docx": b"PK", "b.txt.gz": b"\x1f\x8bxx"}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_one_bad_member_never_costs_the_others(pack: Callable[[dict[str, bytes]], bytes],
                                               tmp_path: Path) -> None:
    members = {"1.txt": BODY.encode(), **BAD, "2.txt": MORE.encode(), ".hidden.txt": b"x",
               "__MACOSX/._1.txt": b"x"}
    name = "a.zip" if pack is zipped else "a.tar.gz"
    texts, errors = contents(tmp_path, name, pack(members))
    assert texts == {f"{name}!/1.txt": BODY, f"{name}!/2.txt": MORE}
    assert {error_name.partition("!/")[2]: error.reason for error_name, error in errors.items()} == {
        "empty.txt": "empty", "x.jpg": "unknown type", "old.doc": "unknown type",
        "in.zip": "unknown type", "in.tar.gz": "unknown type", "in.warc": "unknown type",
        "broken.docx": "damaged", "b.txt.gz": "damaged"}


def test_names_in_gbk_are_decoded(tmp_path: Path) -> None:
    data = zipped({"0123456789.txt": BODY.encode()}).replace(b"0123456789", "信访材料一".encode("gbk"))
    texts, _ = contents(tmp_path, "a.zip", data)
    assert list(texts) == ["a.zip!/信访材料一.txt"]
    with tarfile.open(tmp_path / "b.tar", "w", encoding="gbk", format=tarfile.GNU_FORMAT) as package:
        info = tarfile.TarInfo("信访材料二.txt")
        info.size = len(BODY.encode())
        package.addfile(info, io.BytesIO(BODY.encode()))
    texts, _ = contents(tmp_path, "c.tar", (tmp_path / "b.tar").read_bytes())
    assert list(texts) == ["c.tar!/信访材料二.txt"]


def test_paths_do_no_harm_and_names_are_one_line_and_different(tmp_path: Path) -> None:
    before = set(tmp_path.parent.iterdir())
    names = ["../../up.txt", "/etc/passwd.txt", "C:\\x\\y.txt", "a\nb.txt", "\u202etxt.cod.txt",
             "same.txt"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name in names:
            package.writestr(zipfile.ZipInfo(name), BODY)
        with pytest.warns(UserWarning, match="Duplicate"):
            package.writestr(zipfile.ZipInfo("same.txt"), BODY)
    texts, _ = contents(tmp_path, "a.zip", buffer.getvalue())
    assert [name.partition("!/")[2] for name in texts] == [
        "../../up.txt", "/etc/passwd.txt", "C:/x/y.txt", "a\\x0ab.txt", "\\x202etxt.cod.txt",
        "same.txt", "same.txt.2"]
    texts, _ = contents(tmp_path, "b.tar.gz", tarred(dict.fromkeys(names, BODY.encode())))
    assert len(texts) == len(names)
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "b.tar.gz"}
    assert set(tmp_path.parent.iterdir()) == before


def test_encrypted_members_are_refused_and_the_others_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": BODY.encode(), "b.txt": MORE.encode()}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        data[place + offset] |= 1
    texts, errors = contents(tmp_path, "a.zip", bytes(data))
    assert list(texts) == ["a.zip!/b.txt"]
    assert errors["a.zip!/a.txt"].detail == "it asks for a password"


def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as package:
        for name, kind in (("s.txt", tarfile.SYMTYPE), ("h.txt", tarfile.LNKTYPE),
                           ("d.txt", tarfile.CHRTYPE), ("f.txt", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            package.addfile(info)
        package.addfile(tarfile.TarInfo("last.md"), io.BytesIO())
    _, errors = contents(tmp_path, "a.tar", buffer.getvalue())
    assert [error.reason for error in errors.values()] == ["unreadable"] * 4 + ["empty"]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar", "a.warc.gz", "a.warc"])
@pytest.mark.parametrize("data", [b"", b"x" * 2000, gzip.compress(b"x" * 2000)], ids=["empty", "letters", "gzip"])
def test_what_is_no_archive(name: str, data: bytes, tmp_path: Path) -> None:
    texts, errors = contents(tmp_path, name, data)
    assert not texts
    assert set(errors) == {name}


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.warc.gz", "a.xlsx", "a.parquet"])
def test_every_cut_of_an_archive_gives_an_error_and_never_a_traceback(name: str,
                                                                      tmp_path: Path) -> None:
    whole = {"a.zip": zipped({"a.txt": BODY.encode(), "b.txt": MORE.encode()}),
             "a.tar.gz": tarred({"a.txt": BODY.encode(), "b.txt": MORE.encode()}),
             "a.warc.gz": warc(("http://e.cn/a", "text/plain", BODY.encode(), "200 OK")),
             "a.xlsx": workbook(("一", [["text"], [BODY]])), "a.parquet": parquet(text=[BODY])}[name]
    for end in range(0, len(whole) - 1, max(1, len(whole) // 150)):
        texts, errors = contents(tmp_path, name, whole[:end])
        assert errors or texts, end


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(["a.zip", "a.tar", "a.tar.gz", "a.warc", "a.xlsx", "a.parquet"]),
       changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_bytes_give_a_reading_error_or_a_text(name: str, changes: list[tuple[int, int]],
                                                      tmp_path: Path) -> None:
    data = bytearray({"a.zip": zipped({"a.txt": BODY.encode()}, zipfile.ZIP_STORED),
                      "a.tar": tarred({"a.txt": BODY.encode()}, "w"),
                      "a.tar.gz": tarred({"a.txt": BODY.encode()}),
                      "a.warc": warc(("http://e.cn/", "text/plain", BODY.encode(), "200 OK"), packed=False),
                      "a.xlsx": workbook(("一", [["text"], [BODY]])),
                      "a.parquet": parquet(text=[BODY])}[name])
    for place, value in changes:
        data[place % len(data)] = value
    contents(tmp_path, name, bytes(data))


# Web archives.


@pytest.mark.parametrize("packed", [True, False])
def test_pages_of_a_web_archive(packed: bool, tmp_path: Path) -> None:
    page = f"<title>甲</title><h1>甲</h1><p>{BODY}</p><p>{MORE}</p>"
    data = warc(("http://e.cn/1?a=b", "text/html; charset=gbk", page.encode("gbk"), "200 OK"),
                ("http://e.cn/2", "image/png", b"x", "200 OK"),
                ("http://e.cn/3", "text/html", b"gone", "404 Not Found"),
                ("http://e.cn/4", "text/plain", MORE.encode(), "200 OK"),
                ("http://e.cn/5", "text/html", b"", "200 OK"),
                ("http://e.cn/4", "text/plain", BODY.encode(), "200 OK"), packed=packed)
    name = "a.warc.gz" if packed else "a.warc"
    texts, errors = contents(tmp_path, name, data)
    assert list(texts) == [f"{name}!/http://e.cn/1?a=b", f"{name}!/http://e.cn/4",
                           f"{name}!/http://e.cn/4.2"]
    assert BODY in texts[f"{name}!/http://e.cn/1?a=b"]
    assert [(key, error.reason) for key, error in errors.items()] == [
        (f"{name}!/http://e.cn/5", "empty")]


def test_what_the_transport_packed_is_unpacked_within_bounds(tmp_path: Path) -> None:
    def sent(packing: str, body: bytes, *, chunked: bool = False) -> tuple[str, str, bytes, str]:
        more = "\r\nTransfer-Encoding: chunked" if chunked else ""
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
        return (f"http://e.cn/{packing}{chunked}", f"text/plain\r\nContent-Encoding: {packing}{more}",
                body, "200 OK")

    text = BODY.encode()
    bomb = gzip.compress(b"\n" * 200_000_000)
    data = warc(sent("gzip", gzip.compress(text)), sent("gzip", gzip.compress(text), chunked=True),
                sent("deflate", zlib.compress(text)), sent("identity", text, chunked=True),
                sent("x-gzip", text), sent("br", b"x"), sent("gzip", bomb), packed=False)
    texts, errors = contents(tmp_path, "a.warc", data)
    assert set(texts.values()) == {BODY}
    assert len(texts) == 5
    assert [error.reason for error in errors.values()] == ["unreadable", "too large"]


def test_big5_is_believed_where_only_the_server_says_so(tmp_path: Path) -> None:
    page = "<p>調解委員會與居民談話，把怨氣化成和氣。</p>".encode("big5")
    data = warc(("http://e.tw/", "text/html; charset=Big5", page, "200 OK"))
    texts, _ = contents(tmp_path, "a.warc.gz", data)
    assert list(texts.values()) == ["調解委員會與居民談話，把怨氣化成和氣。"]


# Input that means harm: a bound each, seen from outside, with memory measured.


def peak(code: str, *arguments: str) -> tuple[str, int]:
    """What a program prints, and the bytes that it took at most beyond importing the readers."""
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from tagger.errors import ReadingError
        from tagger.reading import read, zipped, tarred, workbook, warc, word
        import pyarrow.parquet
        def most():
            # not getrusage, which tells of the process that started this one too
            status = Path("/proc/self/status").read_text()
            return int(status.partition("VmHWM:")[2].split()[0]) * 1024
        base = most()
        def run(path):
            documents, count, reasons = read(Path(path), Path(path).name), 0, []
            while True:
                try:
                    next(documents)
                    count += 1
                except StopIteration:
                    break
                except ReadingError as error:
                    reasons = [*reasons[-3:], error.reason]
            return count, reasons
        """) + textwrap.dedent(code) + (
        "\nprint(most() - base)")
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True,
                          check=True, timeout=120)
    *printed, most = done.stdout.splitlines()
    return "\n".join(printed), int(most)


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for number in range(50):
            package.writestr(f"{number}.txt", b"\n" * 20_000_000)


def zip_of_many(path: Path) -> None:
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0,
                        0, 0, 0, 0) + b"a"
    count = 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, 0, 0)
    path.write_bytes(entry * count + end)


def overlapping_zip(path: Path) -> None:
    """Many entries of one and the same compressed member."""
    one = zipped({"a.txt": os.urandom(500_000).hex().encode()})  # no ratio that stands out
    start = one.index(b"PK\x01\x02")
    entry = one[start:one.index(b"PK\x05\x06")]
    count = 5_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, start, 0)
    path.write_bytes(one[:start] + entry * count + end)


def tar_bomb(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        info = tarfile.TarInfo("a.txt")
        info.size = 3_000_000_000
        file.write(info.tobuf())
        for _ in range(600):
            file.write(b"\n" * 1_000_000)


def tar_with_a_giant_header(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        info = tarfile.TarInfo("x")
        info.type, info.size = tarfile.XHDTYPE, 900_000_000
        file.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(900):
            file.write(os.urandom(20_000) + b"1" * 980_000)


def tar_of_many(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(250_000):  # past the bound, and quick to make
            file.write(tarfile.TarInfo(f"{number}.jpg").tobuf(tarfile.USTAR_FORMAT))


def tar_of_headers_of_headers(path: Path) -> None:
    with tarfile.open(path, "w") as _:
        pass
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 512
    path.write_bytes((info.tobuf(tarfile.USTAR_FORMAT) + b"11 path=ab\n".ljust(512, b"\0")) * 20_000)


def xlsx_bomb(path: Path) -> None:
    sheet = (f"<worksheet {MAIN}><sheetData><row><c t='inlineStr'><is><t>text</t></is></c></row>"
             + "<row><c t='inlineStr'><is><t>x</t></is></c></row>" * 9_000_000)
    path.write_bytes(replaced(workbook(("一", [["text"]])), SHEET, sheet.encode()))


def xlsx_string_bomb(path: Path) -> None:
    strings = f"<sst {MAIN}>" + "<si><t>x</t></si>" * 20_000_000
    path.write_bytes(replaced(workbook(("一", [["text"]])), "xl/sharedStrings.xml", strings.encode()))


def warc_bomb(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://e.cn/\r\n"
                   b"Content-Type: text/plain\r\nContent-Length: 900000000\r\n\r\n")
        for _ in range(900):
            file.write(b"\n" * 1_000_000)


def warc_of_one_long_line(path: Path) -> None:
    path.write_bytes(b"WARC/1.0\r\nX: " + b"x" * 200_000_000)


def parquet_bomb(path: Path) -> None:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()),
                                          pa.array(["网" * 3_000_000]))
    pq.write_table(pa.table({"text": text}), path, compression="zstd")


@pytest.mark.slow
@pytest.mark.parametrize(("make", "suffix", "last"), [
    (zip_bomb, ".zip", "too large"), (zip_of_many, ".zip", "too large"),
    (overlapping_zip, ".zip", "too large"), (tar_bomb, ".tar.gz", "too large"),
    (tar_with_a_giant_header, ".tar.gz", "damaged"), (tar_of_many, ".tar.gz", "too large"),
    (tar_of_headers_of_headers, ".tar", "damaged"), (xlsx_bomb, ".xlsx", "too large"),
    (xlsx_string_bomb, ".xlsx", "too large"), (warc_bomb, ".warc.gz", "too large"),
    (warc_of_one_long_line, ".warc", "damaged"), (parquet_bomb, ".parquet", "too large"),
])
def test_hostile_files_are_bounded(make: Callable[[Path], None], suffix: str, last: str,
                                   tmp_path: Path) -> None:
    path = tmp_path / f"bomb{suffix}"
    make(path)
    printed, most = peak("count, reasons = run(sys.argv[1]); print(reasons[-1])", str(path))
    assert printed == last
    assert most < MEMORY


def test_limits_are_those_that_the_documents_state() -> None:
    told = (Path(__file__).parents[1] / "docs" / "formats.md").read_text("utf-8")
    for value in (limits.MAX_FILE_BYTES, limits.MAX_STREAM_BYTES, limits.MAX_ARCHIVE_MEMBERS,
                  limits.MAX_HEADER_BYTES, limits.MAX_SHEET_ROWS, limits.MAX_MEMBERS,
                  limits.GRACE_BYTES, limits.MAX_LINE_CHARACTERS):
        assert f"{value:,}" in told


@pytest.mark.slow
def test_memory_is_measured_at_all() -> None:
    _, most = peak("x = bytearray(50_000_000)")
    assert 50_000_000 <= most < 60_000_000


def test_names_of_rows_stay_different_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagger.reading.rows.EXACT", 3)
    names = rows.Names(Source("a.csv", Path("a.csv")))
    identities = ["x", "y", "x", "z", "w", "x", "y", "v", "3", "2", None, "11", "11"] + [f"id {i}" for i in range(200)] * 2
    made = [names.take(identity, number) for number, identity in enumerate(identities, start=1)]
    assert len(set(made)) == len(identities)
    assert made[:8] == [f"a.csv#{name}" for name in ("x", "y", "x.2", "z", "w", "x.3", "y.2", "v")]
    assert made[10:13] == ["a.csv#11", "a.csv#11.2", "a.csv#11.3"]


@given(st.lists(st.one_of(st.none(), st.integers(-1, 12).map(str), st.sampled_from(["1.2", " 3", "a"])), max_size=30))
def test_no_two_rows_have_one_name(identities: list[str | None]) -> None:
    names = rows.Names(Source("a.csv", Path("a.csv")))
    made = [names.take(identity, number) for number, identity in enumerate(identities, start=1)]
    assert len(set(made)) == len(made)
