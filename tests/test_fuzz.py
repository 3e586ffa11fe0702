"""Sound files keep every promise of tests/fuzz, and so does what fuzzing once found."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz.targets import BODY, PLAIN, TARGETS

from tagger.audit.outside import read_texts
from tagger.errors import TaggerError
from tagger.evaluation.gold import load_gold
from tagger.share import annotated
from tagger.writing.lines import Lines


@pytest.mark.parametrize("name", TARGETS)
def test_sound_files(name: str) -> None:
    for seed in TARGETS[name].seeds():
        TARGETS[name].check(seed)


def a_docx_whose_packing_is_broken() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", BODY * 9)
    data = bytearray(file.getvalue())
    data[50:60] = b"\xff" * 10
    return b"\x05" + data  # as a whole: no part has this number


def a_zip_with_a_member_without_a_name() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("x", PLAIN)
    data = bytearray(file.getvalue())
    for place in (26, data.index(b"PK\x01\x02") + 28):  # lengths of the name, and of what follows it
        data[place:place + 4] = b"\x00\x00\x01\x00"
    return bytes(data)


def array(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s}\n"
FOUND = {
    "txt, encoding asked": {"utf-16 without its mark": b"\x04ab", "idna": b"\x0eab", "undefined": b"\x0fab"},
    "csv": {"control signs in an id and a title": "id,title,text\n\x1b[2J\u202e,\x00\x07甲\u2028乙,网格员来了。\n".encode().replace(b"\0", b"")},
    "jsonl": {"half characters": b'{"id": "\\ud800", "title": "\\udfff\\n\\u001b", "text": "abc\\ud83d"}\n'},
    "docx": {"a packing that is broken": a_docx_whose_packing_is_broken()},
    "zip": {"a member without a name": a_zip_with_a_member_without_a_name()},
    "model": {
        "a manifest that is not UTF-8": b"\x02{\"format\": \"\xff\"}",
        "a header that claims petabytes": b"\x05" + array(HEADER % ("<f4", "(1000000000000000,)")),
        "a header of nothing, without end": b"\x05" + array(HEADER % ("|V0", "(10000000000,)")),
        "a header that is cut": b"\x05" + array("{'descr': '<f4', 'shape': ((((\n"),
        "a number too large": b"\x05" + array(HEADER % ("<f4", "(0, 99999999999999999999999)")),
    },
    "labels": {"control signs in what is wrong": b'a: "\\x1b[2J\\u2028"\n"\\x07": 1\n'},
}


@pytest.mark.parametrize(("target", "what"), [(target, what) for target, cases in FOUND.items() for what in cases])
def test_what_was_found(target: str, what: str) -> None:
    TARGETS[target].check(FOUND[target][what])


USES: dict[str, Callable[[Path], object]] = {
    "gold": lambda path: load_gold(path, ["grid"]),
    "texts": read_texts,
    "annotated": lambda path: list(annotated.lines([path])),
    "lines of a run": lambda path: list(Lines(path)),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("data", [b'{"text": "\xff"}', b'{"x": ' + b"[" * 100_000, b"\xff", b"[]", b""], ids=["not UTF-8", "without end", "noise", "a list", "nothing"])
def test_lines_of_any_bytes_give_an_error_that_names_the_file(use: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(data + b"\n")
    with pytest.raises(TaggerError, match=r"x\.jsonl"):
        USES[use](tmp_path / "x.jsonl")
