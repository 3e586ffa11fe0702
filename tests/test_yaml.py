"""Label files of other YAML programs say the same here, or are refused with a cure; and ours say the same there."""

import io
import itertools
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tagger.errors import LabelsError
from tagger.exchange import export_labels, import_labels
from tagger.exchange.yamltext import yaml_text
from tagger.labels import LabelledDocument, LabelledParagraph, load_labels
from tagger.yamlfile import load_yaml

ROOT = Path(__file__).parents[1]
ODD = [
    "a\x85b", "\x85", "a\u2028b", "a\u2029b", "a\nb", "a\r\nb", "a\rb", " a ", "a: b", "a #b", "\ta\tb", "\ufeffa", "\U0001f469\u200d",
    "\ufffe", "\x07", "\x7f\x9f", "\xa0a", "- a", "? a", "&a", "*a", "!a", "%a", "@a", "`a", "'", '"', "\\", "\\x85", "yes", "~", "null",
    "1", "1e5", "0x1f", "2024-01-01", "12:30:45", "=", "<<", "\n\na\n\n", "a\n b\n  c\n", "字" * 200, "字 " * 100, "---", "--- a",
    "a\n---\nb", "...", "#", "{a", "[a", "|", "> a", ".5", "08", "=cmd|' /C calc'!A0", "\u202eabc",
]
sound = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
awkward = st.one_of(st.sampled_from(ODD), sound, st.lists(st.one_of(st.sampled_from(ODD), sound), max_size=3).map(" ".join))
Dump = Callable[[object], bytes]


def dumped(dumper: str, style: str | None, unicode: bool, width: int, value: object) -> bytes:
    text: str = yaml.dump(value, Dumper=getattr(yaml, dumper), default_style=style, allow_unicode=unicode, width=width)
    return text.encode()


DUMPERS: dict[str, Dump] = {" ".join(map(str, how)): partial(dumped, *how) for how in itertools.product(
    ("SafeDumper", "CSafeDumper"), (None, '"', "'", "|", ">"), (True, False), (20, 1_000_000))}


def ruamel(kind: str) -> tuple[Dump, Callable[[str], Any]]:
    made = pytest.importorskip("ruamel.yaml", reason="pip install ruamel.yaml").YAML(typ=kind, pure=True)
    made.width = 40

    def dump(value: object) -> bytes:
        file = io.BytesIO()
        made.dump(value, file)
        return file.getvalue()

    return dump, made.load


def labelled(text: str, title: str = "题目") -> LabelledDocument:
    return LabelledDocument(id="a", title=title, genre="feature", region="某县", date="2024", paragraphs=(
        LabelledParagraph(text=text, themes=("grid",), note=title),))


def plain(document: LabelledDocument) -> dict[str, Any]:
    paragraphs = [{"text": one.text, "themes": list(one.themes), "note": one.note} for one in document.paragraphs]
    return {**document.model_dump(), "paragraphs": paragraphs}


def read_or_refused(data: bytes, folder: Path) -> LabelledDocument | str:
    shutil.copy(ROOT / "labels" / "themes.yaml", folder)
    (folder / "a.yaml").write_bytes(data)
    try:
        (document,) = load_labels([folder]).documents
    except LabelsError as error:
        return str(error)
    return document


CURES = ("in quotes", "in double quotes", "take it out", "needs quotes")


@pytest.mark.parametrize("dumper", DUMPERS)
def test_files_of_other_dumpers_are_read_right_or_refused_with_a_cure(dumper: str, tmp_path: Path) -> None:
    for text in ODD:
        if not text.strip():
            continue
        document = labelled(text)
        found = read_or_refused(DUMPERS[dumper](plain(document)), tmp_path)
        assert found == document or (isinstance(found, str) and any(cure in found for cure in CURES)), ascii(text)
        if isinstance(found, str):
            assert set("\x85\u2028\u2029") & set(text)  # all else is read


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=awkward.filter(str.strip), title=awkward.filter(bool), dumper=st.sampled_from(sorted(DUMPERS)))
def test_any_text_of_any_dumper(text: str, title: str, dumper: str, tmp_path: Path) -> None:
    document = labelled(text, title)
    found = read_or_refused(DUMPERS[dumper](plain(document)), tmp_path)
    assert found == document or (isinstance(found, str) and any(cure in found for cure in CURES)), found


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=awkward.filter(str.strip), title=awkward.filter(bool))
@example(text="a\x85b\u2028c", title="\u2029")
def test_our_files_say_the_same_to_every_loader(text: str, title: str, tmp_path: Path) -> None:
    document = labelled(text, title)
    written = yaml_text(document)
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        assert LabelledDocument.model_validate(yaml.load(written, Loader=loader)) == document  # noqa: S506  # both are safe
    assert read_or_refused(written.encode(), tmp_path) == document


@pytest.mark.parametrize("kind", ["safe", "rt"])
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=awkward.filter(str.strip), title=awkward.filter(bool))
@example(text="yes", title="12:30:45")
@example(text="a\x85b\u2028c", title="\u2029")
def test_ruamel_reads_ours_and_we_read_its(kind: str, text: str, title: str, tmp_path: Path) -> None:
    dump, load = ruamel(kind)
    document = labelled(text, title)
    loaded = load(yaml_text(document))
    assert (loaded["title"], loaded["paragraphs"][0]["text"]) == (title, text)
    found = read_or_refused(dump(plain(document)), tmp_path)
    assert found == document or (isinstance(found, str) and any(cure in found for cure in CURES)), found


@pytest.mark.parametrize("end", [".csv", ".jsonl", ".json"])
def test_odd_texts_go_out_and_come_back(end: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        shutil.copy(ROOT / "labels" / "themes.yaml", folder)
    # the reader of .csv makes one kind of line end of all
    texts = [text for text in ODD if text.strip() and not (end == ".csv" and "\r" in text)]
    different = {text.strip(): text for text in texts}.values()
    document = LabelledDocument(id="a", title="=题目\x85\u2028", genre="feature", region="", date="2024", paragraphs=tuple(
        LabelledParagraph(text=text, themes=("grid",), note=text) for text in different))
    (first / "a.yaml").write_text(yaml_text(document), "utf-8", newline="")
    export_labels(first, tmp_path / f"x{end}")
    import_labels(tmp_path / f"x{end}", second)
    assert load_labels([second]).documents == (document,)


# Files by hand and of other programs, as they are.

READ = {
    "folded": ("text: >-\n  甲\n  乙\n", "甲 乙"),
    "folded, with an empty line": ("text: >-\n  甲\n\n  乙\n", "甲\n乙"),
    "literal, kept": ("text: |+\n  甲\n\n", "甲\n\n"),
    "plain over two lines": ("text: 甲\n  乙\n", "甲 乙"),
    "single quotes": ("text: '甲''乙'\n", "甲'乙"),
    "double quotes over two lines": ('text: "甲\\\n  乙\\x85\\u2028"\n', "甲乙\x85\u2028"),
    "keys in quotes": ('"text": "甲"\n', "甲"),
    "flow": ("{text: 甲, n: [1]}\n", "甲"),
    "JSON": ('{"text": "\\u7532"}', "甲"),
    "Windows": ("text: |\r\n  甲\r\n  乙\r\n", "甲\n乙\n"),
    "a mark": ("\ufefftext: 甲\n", "甲"),
    "a comment and a directive": ("%YAML 1.1\n---\n# x\ntext: 甲  # y\n...\n", "甲"),
    "a tag that says nothing": ("text: ! 甲\n", "甲"),
}


@pytest.mark.parametrize("style", READ)
def test_styles_that_are_read(style: str, tmp_path: Path) -> None:
    data, text = READ[style]
    (tmp_path / "a.yaml").write_bytes(data.encode())
    assert load_yaml(tmp_path / "a.yaml").value["text"] == text


REFUSED = {
    "an anchor": ("text: &a 甲\n", ":1: anchors and aliases"),
    "what PyYAML makes of one list twice": (yaml.safe_dump([one := ["b"], one]), ": anchors and aliases"),
    "an alias": ("a: &x [1]\nb: *x\n", ":1: anchors and aliases"),
    "a merge": ("a: {b: 1}\nc:\n  <<: *a\n", "anchors and aliases"),
    "a tag": ("text: !!str 甲\n", ":1: value tag `!!str` is not allowed; put the text in quotes"),
    "a tag of Python": ("text: !!python/object/apply:os.system [ls]\n", "value tag"),
    "canonical": (yaml.dump({"text": "甲"}, canonical=True, allow_unicode=True), "value tag `!!map`"),
    "U+0085 as it is": ("a: 1\ntext: '甲\x85乙'\n", ":2: the character U+0085 ends a line for some programs and not for "
                        "others; take it out, or write it as \\u0085 in double quotes"),
    "U+2028 as it is": ("text: |\n  甲\u2028乙\n", ":2: the character U+2028"),
    "two documents": ("text: 甲\n---\ntext: 乙\n", "not valid YAML: but found another document"),
    "another encoding": ("text: 甲\n".encode("utf-16"), "not UTF-8"),
    "a key twice": ("text: 甲\ntext: 乙\n", ":2: key `text` stands twice; keep one"),
    "halves of a character, as JSON has them": ('text: "\\ud842\\udfb7"\n', ":1: not valid YAML: found invalid Unicode character"),
    "a tab": ("a:\n\ttext: 甲\n", "not valid YAML"),
}


@pytest.mark.parametrize("style", REFUSED)
def test_styles_that_are_refused(style: str, tmp_path: Path) -> None:
    data, message = REFUSED[style]
    path = tmp_path / "a.yaml"
    path.write_bytes(data if isinstance(data, bytes) else str(data).encode())
    with pytest.raises(LabelsError) as caught:
        load_yaml(path)
    assert message in str(caught.value)
