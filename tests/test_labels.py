"""Label files and codebook: what is read, and every problem of a file at once."""

import json
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from tagger.errors import LabelsError
from tagger.labels import LabelledDocument, Labels, load_labels, targets
from tagger.themes import Codebook, load_codebook

CODEBOOK = """\
version: "1.0"
title: 手册
themes:
  - {id: grid, zh: 网格, en: Grid, definition: 网格工作, in: [网格员], out: [], keywords: [网格]}
  - {id: mediation, zh: 调解, en: Mediation, definition: 调解工作, in: [调解], out: [], keywords: [调解]}
genres: {local_news: 地方新闻}
"""
GOOD = """\
id: a
title: 题目
genre: local_news
region: 浙江
date: "2021-05"
paragraphs:
  - text: 网格员来了。
    themes: [grid]
  - text: 天气很好。
    themes: []
    unsure: [mediation]
"""


def folder(tmp_path: Path, **files: str | bytes) -> Path:
    (tmp_path / "themes.yaml").write_text(CODEBOOK, "utf-8")
    for name, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / f"{name}.yaml").write_bytes(data)
    return tmp_path


def problems(tmp_path: Path, **files: str | bytes) -> list[str]:
    with pytest.raises(LabelsError) as caught:
        load_labels([folder(tmp_path, **files)])
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def test_a_sound_folder(tmp_path: Path) -> None:
    labels = load_labels([folder(tmp_path, a=GOOD)])
    assert [document.id for document in labels.documents] == ["a"]
    assert targets(labels.paragraphs, labels.codebook.ids) == [[1, 0], [0, -1]]


def test_every_problem_of_a_file_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("[grid]", "[gird]").replace("local_news", "local_new").replace(
        "unsure: [mediation]", "unsure: [mediatio]\n    trap: neighbor")
    assert problems(tmp_path, a=bad) == [
        "a.yaml:12: `paragraphs.1.trap` is `neighbor`; did you mean `neighbour`?"]
    bad = bad.replace("\n    trap: neighbor", "")
    assert problems(tmp_path, a=bad) == [
        "a.yaml:3: unknown genre `local_new`, did you mean `local_news`?",
        "a.yaml:8: unknown theme `gird`, did you mean `grid`?",
        "a.yaml:11: unknown theme `mediatio`, did you mean `mediation`?",
    ]


CASES = [
    ("title: 题目\n", "", ["a.yaml:1: `title` is missing; add it"]),
    ("region", "regoin", ["a.yaml:1: `region` is missing; add it",
                          "a.yaml:4: unknown key `regoin`; did you mean `region`?"]),
    ('"2021-05"', "2021-05-06", ["a.yaml:5: `date` is `2021-05-06` (date), but must be text, in "
                                 "quotes if need be"]),
    ("themes: [grid]", "themes: grid", ["a.yaml:8: `paragraphs.0.themes` is `grid` (str), but must "
                                        "be a list such as [a, b]"]),
    ("网格员来了。", "123", ["a.yaml:7: `paragraphs.0.text` is `123` (int), but must be text, in quotes "
                      "if need be"]),
    ("网格员来了。", "'  '", ["a.yaml:7: `paragraphs.0.text` is `  `: the text is empty; write it or take "
                       "the paragraph out"]),
    ("themes: []", "themes: [mediation]", ["a.yaml:11: `mediation` is both given and unsure; keep "
                                           "one"]),
    ("天气很好。", "网格员来了。", ["a.yaml:9: the text “网格员来了。…” stands already at a.yaml:7; take one "
                         "out"]),
    ("id: a\n", "id: a\nid: b\n", ["a.yaml:2: key `id` stands twice; keep one"]),
    ("天气很好。", "&x 天气很好。", ["a.yaml:9: anchors and aliases (`&`, `*`) are not allowed; write the value "
                           "out, or quote a text that begins with one of these signs"]),
    ("天气很好。", "!!python/object/apply:os.system [true]",
     ["a.yaml:9: value tag `!!python/object/apply:os.system` is not allowed; put the text in quotes"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_a_problem_names_place_value_and_cure(old: str, new: str, expected: list[str],
                                              tmp_path: Path) -> None:
    found = problems(tmp_path, a=GOOD.replace(old, new, 1))
    assert [line.replace(f"{tmp_path}/", "") for line in found] == expected


def test_problems_of_all_files_come_together(tmp_path: Path) -> None:
    found = problems(tmp_path, a=GOOD.replace("[grid]", "[gird]"), b="- just\n- a list\n",
                     c=GOOD.encode("gb18030"), d="paragraphs: [unclosed\n")
    assert [line.split(":")[0] for line in found] == ["b.yaml", "c.yaml", "d.yaml", "a.yaml"] \
        or sorted({line.split(":")[0] for line in found}) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]
    assert any("not UTF-8: byte 0x" in line for line in found)


def test_a_repeated_id(tmp_path: Path) -> None:
    other = GOOD.replace("网格员来了", "别的话").replace("天气很好", "又一句")
    assert problems(tmp_path, a=GOOD, b=other) == [
        f"b.yaml:1: id `a` is also in {tmp_path}/a.yaml; give it another".replace(
            f"{tmp_path}/", "")]


def test_bombs_are_refused_before_they_go_off(tmp_path: Path) -> None:
    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
    deep = "a: " + "[" * 200_000
    assert "anchors and aliases" in problems(tmp_path, a=laughs)[0]
    assert "nested more than" in problems(tmp_path, a=deep)[0]


def test_the_codebook_is_checked_too(tmp_path: Path) -> None:
    path = tmp_path / "themes.yaml"
    path.write_text(CODEBOOK.replace("id: mediation", "id: grid").replace("keywords: [调解]",
                                                                          "keywords: []"), "utf-8")
    with pytest.raises(LabelsError, match="keywords"):
        load_codebook(path)
    path.write_text(CODEBOOK.replace("id: mediation", "id: grid"), "utf-8")
    with pytest.raises(LabelsError, match="theme `grid` stands twice"):
        load_codebook(path)


@pytest.mark.parametrize(("classes", "expected"), [
    ("classes: {外国: [美国, 法国, 美国]}", "themes.yaml:7: `美国` stands twice: it is a word of class `外国` too; "
                                "leave it in one place"),
    ("classes: {外国: [美国], 农业: [水稻, 网格]}", "themes.yaml:7: `网格` stands twice: it is a keyword of `grid` "
                                        "too; leave it in one place"),
    ("classes: {外国: [美]}", "themes.yaml:7: `classes.外国.0` is `美`"),
    ('classes: {外国: ["  ", "美|国"]}', "themes.yaml:7: `classes.外国.1` is `美|国`: a word must have 1 to 100 "
                                   "letters, not begin or end with a space, and hold no `|` and no line break"),
    (f"classes: {{外国: [{'美' * 101}]}}", "a word must have 1 to 100 letters"),
    ("classes: {外国: 美国}", "themes.yaml:7: `classes.外国` is `美国` (str), but must be a list such as [a, b]"),
])
def test_a_word_of_a_class_stands_in_one_place(classes: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "themes.yaml").write_text(f"{CODEBOOK}{classes}\n", "utf-8")
    with pytest.raises(LabelsError) as raised:
        load_codebook(tmp_path / "themes.yaml")
    assert expected in str(raised.value)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_a_traceback(data: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as name, pytest.raises(LabelsError):
        load_labels([folder(Path(name), a=data)])


@pytest.mark.parametrize(("name", "model"), [("themes", Codebook), ("document", LabelledDocument)])
def test_the_published_schema_is_that_of_the_code(name: str, model: type) -> None:
    published = json.loads((ROOT / f"docs/schema/{name}.schema.json").read_text("utf-8"))
    assert published == model.model_json_schema(by_alias=True)  # type: ignore[attr-defined]


def test_the_projects_own_labels_are_sound_and_name_five_themes(labels: Labels) -> None:
    assert labels.codebook.ids == ("mediation", "grid", "anti_crime", "smart_surveillance",
                                   "volunteers")
    assert len(labels.documents) >= 260
    assert len(labels.paragraphs) >= 2600


def test_examples_of_the_codebook_are_no_training_texts(labels: Labels) -> None:
    examples = {example.text for theme in labels.codebook.themes for example in theme.examples}
    assert not examples & {paragraph.text for paragraph in labels.paragraphs}
