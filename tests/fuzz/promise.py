"""What every reader promises, whatever the bytes; AssertionError where one breaks it."""

import atexit
import html
import io
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from tagger.errors import LabelsError, ModelError, OutputError, ReadingError, TaggerError
from tagger.exchange import export_labels, import_labels
from tagger.exchange.yamltext import yaml_text
from tagger.labels import LabelledDocument, load_labels
from tagger.paragraphs import split
from tagger.reading import is_packed, results
from tagger.reading.source import Source
from tagger.records import Document
from tagger.store import load, read_codebook, read_fingerprints
from tagger.yamlfile import load_yaml, validate

NAME = "fuzzed input"
ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16-le", "utf-16", "utf-32", "utf-7", "hz", "cp1252",
             "shift_jis", "iso2022_jp", "utf-8-sig", "base64", "punycode", "idna", "undefined", "")
THEMES = """\
version: "1"
title: 手册
themes:
  - {id: grid, zh: 网格, en: Grid, definition: 网格, in: [网格], out: [], keywords: [网格]}
genres: {news: 新闻}
"""

Letters = Callable[[bytes, Document], str | None]
"""The letters that a source holds, or None where that cannot be told without its reader."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_LEFT_OUT = re.compile("[\x00-\x20\x7f\u200b\u2060\ufeff\u00ad\ud800-\udfff]")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\u200b\u2060\ufeff\u00ad\ud800-\udfff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,8})|(\d{1,9}))", re.IGNORECASE)
_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@cache
def scratch() -> Path:
    """A folder of this process, in memory where there is one."""
    memory = Path("/dev/shm")  # noqa: S108
    folder = tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def fresh(name: str) -> Path:
    """An empty folder."""
    folder = scratch() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


# Readers.


def reads(suffix: str, data: bytes, letters: Letters, encoding: str | None = None) -> None:
    """Check what a reader makes of a file of these bytes."""
    first, second = (list(_found(suffix, data, encoding)) for _ in range(2))
    assert list(map(_told, first)) == list(map(_told, second)), "not the same twice"
    names = [found.name for found in first if isinstance(found, Document)]
    assert len(set(names)) == len(names), "two documents of one name"
    for found in first:
        _line(found.name)
        assert found.name.startswith(NAME), found.name
        if isinstance(found, ReadingError):
            _line(found.detail)
            _line(found.advice)
        else:
            _sound(found)
            _held(found, letters(data, found))


def _found(suffix: str, data: bytes, encoding: str | None) -> Iterator[Document | ReadingError]:
    path = Path(f"x{suffix}")
    if suffix == ".zip":  # the one that wants a file
        path = scratch() / "x.zip"
        path.write_bytes(data)
    source = Source(NAME, path, is_packed(suffix), encoding, held=data)
    try:
        yield from results(source, suffix)
    except ReadingError as error:
        yield error


def _told(found: Document | ReadingError) -> object:
    return found if isinstance(found, Document) else found.args


def _line(text: str) -> None:
    assert not _CONTROL.search(text), ascii(text)
    assert "\n" not in text, ascii(text)


def _sound(document: Document) -> None:
    """Its text is sound Unicode, and its paragraphs are slices that leave out nothing."""
    assert not _CONTROL.search(document.text), ascii(document.text)
    assert "\ufffd" not in document.text
    _line(document.title)
    assert document.text.strip()
    end = 0
    paragraphs = split(document)
    for number, paragraph in enumerate(paragraphs):
        assert paragraph.index == number
        assert not document.text[end:paragraph.start].strip(), "left out"
        assert document.text[paragraph.start:paragraph.end] == paragraph.text, "a wrong place"
        assert paragraph.text.strip() == paragraph.text != ""
        assert "\n" not in paragraph.text
        end = paragraph.end
    assert not document.text[end:].strip(), "left out"
    assert set(document.hints) <= {paragraph.start for paragraph in paragraphs}


def _held(document: Document, letters: str | None) -> None:
    if letters is None:
        return
    strange = set(_LEFT_OUT.sub("", document.text + document.title)) - set(letters) - {"\u3000"}
    assert not strange, f"letters that are not in the source: {strange!a}"


def unknown(_data: bytes, _document: Document) -> None:
    """Letters that nobody else can tell: those of a PDF come from its fonts."""


def all_of_text(data: bytes, document: Document) -> str:
    """Those of plain text, and it must hold each as often as its source."""
    assert document.encoding
    text = str(data, document.encoding)
    wanted, got = (Counter("".join(_LEFT_OUT.sub("", part).split()))
                   for part in (text, document.text))
    assert got == wanted, f"letters lost or added: {(wanted - got) + (got - wanted)!a}"
    return text


def of_table(data: bytes, document: Document) -> str:
    """Those of a table."""
    assert document.encoding
    return str(data, document.encoding)


def of_json(data: bytes, document: Document) -> str:
    """Those of JSON, as they are or written as numbers."""
    text = of_table(data, document)
    units = "".join(chr(int(unit, 16)) for unit in _JSON_ESCAPE.findall(text))
    return text + units.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def of_markup(data: bytes, document: Document) -> str:
    """Those of markup, as they are or as references, in links too."""
    text = _INVISIBLE.sub("", of_table(data, document))  # which may stand amid a reference
    for _ in range(3):  # Markdown is unescaped, escaped and unescaped
        text += html.unescape(text) + unquote(text, errors="ignore")
    # browsers and Python read some numbers as Windows-1252, libxml2 none
    for six, ten in _REFERENCE.findall(text):
        code = int(six, 16) if six else int(ten)
        text += chr(code) if code < 0x110000 else ""
    return text


def of_parts(data: bytes, _document: Document) -> str | None:
    """Those of a package of XML, as they are or as references, where it is all UTF-8."""
    found = ""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            try:
                text = package.read(name).decode()
            except UnicodeDecodeError:
                return None
            if "encoding" in text:
                return None
            codes = re.findall("_x([0-9A-Fa-f]{4})_", text)
            found += html.unescape(text) + "".join(chr(int(code, 16)) for code in codes)
    return found


# Models.


def opens(folder: Path) -> None:
    """Check that a model folder is refused or gives a tagger that works."""
    for use in (load, read_codebook, read_fingerprints):
        try:
            found = use(folder)
        except ModelError as error:
            assert str(folder) in str(error)
            continue
        if use is load:
            tagged = load(folder).tag("网格员上门调解矛盾纠纷。")
            assert np.isfinite(list(tagged.scores.values())).all()
            assert all(0 <= score <= 1 for score in tagged.scores.values())
        assert found is not None


# Labels.


def checks(data: bytes) -> None:
    """Check that a label file is refused, or read as another YAML library reads it."""
    folder = fresh("labels")
    (folder / "themes.yaml").write_text(THEMES, "utf-8")
    path = folder / "a.yaml"
    path.write_bytes(data)
    try:
        (document,) = load_labels([folder]).documents
    except LabelsError as error:
        _told_where(error, path)
        return
    again = folder / "b.yaml"
    again.write_text(yaml_text(document), "utf-8", newline="")
    written, problems = validate(LabelledDocument, load_yaml(again))
    assert not problems
    assert written == document, "not read as it was written"


def _told_where(error: TaggerError, path: Path) -> None:
    if isinstance(error, LabelsError):
        assert error.problems
        for problem in error.problems:
            assert problem.file == str(path)
            assert problem.line is None or problem.line > 0
            _line(str(problem))
    elif isinstance(error, ReadingError):
        assert error.name == str(path)
        _line(error.detail)
    else:
        assert isinstance(error, OutputError), error


def imports(end: str, data: bytes) -> None:
    """Check that an export of hand labels is refused, or goes in, out and in again unchanged."""
    folder, second = fresh("first"), fresh("second")
    for place in (folder, second):
        (place / "themes.yaml").write_text(THEMES, "utf-8")
    path = folder / f"x{end}"
    path.write_bytes(data)
    try:
        import_labels(path, folder, genre="news", date="2024")
    except TaggerError as error:
        _told_where(error, path)
        assert not list(folder.glob("[!t]*.yaml")), "written though refused"
        return
    if next(folder.glob("[!t]*.yaml"), None) is None:
        return  # nothing was judged
    out = second / f"x{end}"
    export_labels(folder, out)
    import_labels(out, second)
    first, again = (load_labels([place]).documents for place in (folder, second))
    assert first == again, "not the same after an export"
