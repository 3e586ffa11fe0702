"""Inputs that mean harm, made when they are needed: name of the file -> what makes it."""

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

MEGA = 1_000_000
_HEAD = b'<?xml version="1.0"?><!DOCTYPE w [%s]>'
_WORD = (b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
         b"<w:body><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:body></w:document>")


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return file.getvalue()


def _laughs() -> bytes:
    levels = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    return _HEAD % (b'<!ENTITY l0 "ha">' + levels) + _WORD % b"&l11;"


def _nested_zip() -> bytes:
    data = "网格员来了。".encode()
    for _ in range(50):
        data = zipped({"a.zip": data, "a.txt": "网格员。".encode()})
    return data


def _pdf(*objects: bytes) -> bytes:
    body = b"%PDF-1.4\n"
    places = []
    for number, text in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj %s endobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
            + b"trailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body)))


_BYTES: dict[str, Callable[[], bytes]] = {
    "bomb.docx": lambda: zipped({"word/document.xml": b" " * 400 * MEGA}),
    "laughs.docx": lambda: zipped({"word/document.xml": _laughs()}),
    "parts.docx": lambda: zipped({f"p{n}": b"" for n in range(20_000)}),
    "deep.docx": lambda: zipped({"word/document.xml": _WORD.replace(b"%s", b"<w:t>" * 300_000)}),
    "bomb.xlsx": lambda: zipped({"xl/worksheets/sheet1.xml": b"<c>" * 100 * MEGA}),
    "bomb.zip": lambda: zipped({"a.txt": b"0" * 400 * MEGA}),
    "up.zip": lambda: zipped({"../../up.txt": "网格员来了。".encode()}),
    "nested.zip": _nested_zip,
    "bomb.html.gz": lambda: gzip.compress(b"<p>" * 150 * MEGA, 6),
    "bomb.txt.gz": lambda: gzip.compress(b"a" * 500 * MEGA, 6),
    "deep.html": lambda: b"<div>" * 1_500_000 + b"x",
    "open.html": lambda: b"<" * 15 * MEGA,
    "attributes.html": lambda: b"<p " + b"a='" * 5 * MEGA,
    "spaces.html": lambda: b"<p>" + b" \n" * 5 * MEGA + b"</p>",
    "breaks.html": lambda: b"<br>" * 4 * MEGA,
    "table.html": lambda: b"<table><tr><td>" * 400_000 + b"x",
    "comment.html": lambda: b"<!--" * 4 * MEGA,
    "declared.html": lambda: b"<meta charset=" * MEGA,
    "line.txt": lambda: "网格员".encode() * 11 * MEGA,
    "lines.txt": lambda: b"\n" * 90 * MEGA,
    "short lines.txt": lambda: "网\n".encode() * 20 * MEGA,
    "numbers.txt": lambda: b"- 1 -\n" * 10 * MEGA,
    "zeros.txt": lambda: bytes(50 * MEGA),
    "loop.pdf": lambda: _pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>"),
    "pages.pdf": lambda: _pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 2000000000/Kids[3 0 R]>>",
                              b"<</Type/Page/Parent 2 0 R>>"),
    "deep.pdf": lambda: _pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"[" * 2 * MEGA),
    "noise.pdf": lambda: b"%PDF-1.7\n" + os.urandom(MEGA),
    "bomb.md": lambda: b"---\na: &a [x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in b"bcdefghij") + b"---\nx\n",
    "deep.md": lambda: b"> " * MEGA + b"x",
    "brackets.md": lambda: b"[" * 200_000,
    "quote.csv": lambda: b'id,text\n1,"' + b"a,\n" * 4 * MEGA,
    "cells.csv": lambda: b"id,text\n" + b"," * 9 * MEGA + b"\n",
    "deep.jsonl": lambda: b'{"text":' + b"[" * 5 * MEGA + b"\n",
    "keys.jsonl": lambda: b"{" + b",".join(b'"%d":1' % n for n in range(500_000)) + b"}\n",
    "noise.parquet": lambda: b"PAR1" + os.urandom(MEGA) + b"PAR1",
    "noise.warc": lambda: b"WARC/1.0\r\nContent-Length: 99999999999\r\n\r\n" + os.urandom(MEGA),
}


def _gigabyte(path: Path) -> None:
    """A row that has no end."""
    with path.open("wb") as file:
        file.write(b'{"text": "')
        for _ in range(1_000):
            file.write(b"a" * MEGA)


def _written(make: Callable[[], bytes], path: Path) -> None:
    path.write_bytes(make())


FILES: dict[str, Callable[[Path], object]] = {
    **{name: partial(_written, make) for name, make in _BYTES.items()},
    "gigabyte.jsonl": _gigabyte,
}


def odd_places(folder: Path) -> None:
    """Things in a folder that are no files, or have odd names."""
    os.mkfifo(folder / "pipe.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "round").symlink_to(folder)
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "random.html").symlink_to("/dev/urandom")
    (folder / "two\nlines.txt").write_text("网格员来了。\n", "utf-8")
    name = os.path.join(os.fsencode(folder), b"\xff\xfe.txt")
    Path(os.fsdecode(name)).write_text("网格员来了。\n", "utf-8")
