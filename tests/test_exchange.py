"""Labels come from other tools and go there, and nothing of a text or judgement is lost."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tagger.cli import app
from tagger.errors import LabelsError, OutputError, ReadingError
from tagger.exchange import export_labels, import_labels
from tagger.exchange.yamltext import yaml_text
from tagger.labels import LabelledDocument, LabelledParagraph, Labels, load_labels
from tagger.yamlfile import load_yaml, validate

ROOT = Path(__file__).parents[1]
ENDS = [".csv", ".jsonl", ".json"]
GIVEN = {"genre": "feature", "region": "某县", "date": "2024-05"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds the project's codebook and no labels."""
    (tmp_path / "labels").mkdir()
    shutil.copy(ROOT / "labels" / "themes.yaml", tmp_path / "labels")
    return tmp_path / "labels"


def problems(path: Path, folder: Path, **given: str) -> list[str]:
    with pytest.raises(LabelsError) as caught:
        import_labels(path, folder, **(given or GIVEN))  # type: ignore[arg-type]
    assert [found.name for found in folder.iterdir()] == ["themes.yaml"]
    return [str(problem).removeprefix(str(path)) for problem in caught.value.problems]


# There and back.


@pytest.mark.parametrize("end", ENDS)
def test_all_labels_of_the_project_go_out_and_come_back(end: str, labels: Labels, folder: Path,
                                                        tmp_path: Path) -> None:
    path = tmp_path / f"out{end}"
    assert export_labels(ROOT / "labels", path) == len(labels.paragraphs)
    done = import_labels(path, folder)
    assert (done.documents, done.paragraphs) == (len(labels.documents), len(labels.paragraphs))
    assert load_labels([folder]).sha256() == labels.sha256()


# A NUL in a .csv is refused: such a file is no text
letters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.text(letters, min_size=1).filter(str.strip)
paragraphs = st.builds(
    LabelledParagraph, text=texts,
    themes=st.lists(st.sampled_from(["grid", "mediation", "volunteers"]), unique=True).map(tuple),
    unsure=st.just(()), trap=st.sampled_from([None, "mention"]), note=st.text(letters))


@pytest.mark.parametrize("end", ENDS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(own=st.lists(paragraphs, min_size=1, max_size=5, unique_by=lambda one: one.text.strip()))
def test_texts_of_all_kinds_go_out_and_come_back(end: str, own: list[LabelledParagraph],
                                                 tmp_path_factory: pytest.TempPathFactory) -> None:
    first, second = (tmp_path_factory.mktemp("labels") for _ in "ab")
    document = LabelledDocument(id="a.b-1", title="=标题", genre="feature", region="", date="2024",
                                paragraphs=tuple(own))
    for folder in (first, second):
        shutil.copy(ROOT / "labels" / "themes.yaml", folder)
    (first / "a.b-1.yaml").write_text(yaml_text(document), "utf-8", newline="")
    export_labels(first, first / f"out{end}")
    import_labels(first / f"out{end}", second)
    (found,) = load_labels([second]).documents
    if end == ".csv":  # its reader makes one kind of line end of all
        def unified(text: str) -> str:
            return text.replace("\r\n", "\n").replace("\r", "\n")
        assert [unified(one.text) for one in found.paragraphs] == [unified(one.text) for one in own]
        assert [one.themes for one in found.paragraphs] == [one.themes for one in own]
    else:
        assert found == document


@given(texts, texts)
def test_label_files_are_read_as_they_are_written(text: str, title: str) -> None:
    document = LabelledDocument(
        id="x", title=title, genre="2024", region="no", date="2024",
        paragraphs=(LabelledParagraph(text=text, themes=("grid",), note=title),))
    value = yaml.safe_load(yaml_text(document))
    assert LabelledDocument.model_validate(value) == document


def test_label_files_look_as_if_written_by_hand(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("text,themes\n网格员来了。,grid;调解\n", "utf-8")
    with pytest.raises(LabelsError, match="unknown theme `调解`"):
        import_labels(path, folder, **GIVEN)  # type: ignore[arg-type]
    path.write_text("text,themes\n网格员来了。,grid;矛盾纠纷调解\n", "utf-8")
    import_labels(path, folder, **GIVEN)  # type: ignore[arg-type]
    assert (folder / "x.yaml").read_text("utf-8") == (
        "id: x\ntitle: x\ngenre: feature\nregion: 某县\ndate: 2024-05\nparagraphs:\n"
        "  - text: 网格员来了。\n    themes: [grid, mediation]\n")
    document, faults = validate(LabelledDocument, load_yaml(folder / "x.yaml"))
    assert document
    assert not faults


# What other tools write.


def test_a_csv_from_a_chinese_excel(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "标注.csv"
    path.write_bytes("正文;主题;document\r\n网格员来了。;网格化管理、平安志愿者;甲/一.txt\r\n"
                     "'=修了路。;;甲/一.txt\r\n".encode("gb18030"))
    done = import_labels(path, folder, **GIVEN)  # type: ignore[arg-type]
    (document,) = load_labels([folder]).documents
    assert (done.documents, document.id, document.title) == (1, "甲-一.txt", "甲/一.txt")
    assert [(one.text, one.themes) for one in document.paragraphs] == [
        ("网格员来了。", ("grid", "volunteers")), ("=修了路。", ())]


def test_a_doccano_export(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    rows: list[dict[str, Any]] = [
        {"id": 7, "text": "网格员来了。", "label": ["grid"], "document": "a", "Comments": []},
        {"id": 8, "text": "修了路。", "label": [], "document": "b"}]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    import_labels(path, folder, **GIVEN)  # type: ignore[arg-type]
    assert [(one.id, one.paragraphs[0].themes) for one in load_labels([folder]).documents] == [
        ("a", ("grid",)), ("b", ())]


def choice(*themes: str, cancelled: bool = False) -> dict[str, Any]:
    result = [{"from_name": "theme", "to_name": "text", "type": "choices", "origin": "manual",
               "value": {"choices": list(themes)}}] if themes else []
    return {"id": 1, "completed_by": 1, "was_cancelled": cancelled, "result": result}


def test_a_label_studio_export(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    tasks = [
        {"id": 1, "data": {"text": "网格员来了。"}, "annotations": [choice("grid"), choice("grid")]},
        {"id": 2, "data": {"text": "修了路。"}, "annotations": [choice()]},
        {"id": 3, "data": {"text": "没有人看过。"}, "annotations": []},
        {"id": 4, "data": {"text": "跳过了。"}, "annotations": [choice("grid", cancelled=True)]}]
    path.write_text(json.dumps(tasks, indent=2), "utf-8")
    done = import_labels(path, folder, **GIVEN)  # type: ignore[arg-type]
    (document,) = load_labels([folder]).documents
    assert [(one.text, one.themes) for one in document.paragraphs] == [
        ("网格员来了。", ("grid",)), ("修了路。", ())]
    assert done.skipped == 2


# Every problem with its line.


def test_every_problem_of_a_csv_is_named_with_its_line(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('text,themes,unsure,title\n"两行\n文字",grit,,甲\n,grid,,甲\n修路,grid,grid,甲\n'
                    "修路,,,乙\na,b,c,d,e\n", "utf-8")
    assert problems(path, folder) == [
        ":2: unknown theme `grit`, did you mean `grid`?",
        ":4: no text",
        ":5: `grid` is both given and unsure; keep one",
        ":6: the text “修路…” stands already in line 5; take one out",
        ":6: document `x` has title `乙` here and `甲` in line 2; keep one",
        ":7: 5 cells under 4 column names; put cells that hold commas in quotes",
    ]


def test_every_problem_of_json_lines_is_named_with_its_line(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "甲", "label": ["grid"]}\n{"text": \n\n[1]\n{"text": "乙"}\n'
                    '{"text": "丙", "label": [[0, 1, "grid"]]}\n{"text": 3, "label": []}\n'
                    '{"text": "\\ud800", "label": []}\n', "utf-8")
    assert [line.split(":")[1] for line in problems(path, folder)] == list("245678")


def test_every_problem_of_label_studio_is_named_with_its_line(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    tasks = [{"data": {"text": "甲"}, "annotations": [choice("grid"), choice("mediation")]},
             {"text": "乙"}, {"data": {"text": "丙"}, "annotations": [choice("nonsense")]}, 7]
    path.write_text("[\n" + ",\n".join(json.dumps(task) for task in tasks) + "\n]", "utf-8")
    found = problems(path, folder)
    assert [line.split(":")[1] for line in found] == list("2345")
    assert "its 2 annotations differ (grid / mediation)" in found[0]


@pytest.mark.parametrize("text", ["", "{}", "[", "[1", "[1,", "[1 2]", "[" * 100_000, '{"a": 1}', "[{]"])
def test_what_is_no_list_of_tasks(text: str, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with pytest.raises((LabelsError, ReadingError)):
        import_labels(path, folder)


def test_what_a_document_lacks_is_named_with_its_cure(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("text,themes\n修路,\n", "utf-8")
    genre, date = problems(path, folder, genre="", date="")
    assert "document `x`: no genre, " in genre
    assert "a column `genre` or --genre gives it" in genre
    assert "a column `date` or --date gives it" in date


def test_names_of_documents_cannot_leave_the_folder(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    names = ["../../etc/passwd", "themes", "Themes", "a\\b", "..", "甲" * 300, "con\n.yaml", "a/b"]
    rows = [f'修路{i},,"{name}"' for i, name in enumerate(names)]
    path.write_text("text,themes,document\n" + "\n".join(rows), "utf-8")
    import_labels(path, folder, **GIVEN)  # type: ignore[arg-type]
    assert sorted(path.parent for path in tmp_path.rglob("*.yaml")) == [folder] * (len(names) + 1)
    assert len(load_labels([folder]).documents) == len(names)


def test_nothing_is_replaced_unless_asked(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("text,themes\n修路,\n", "utf-8")
    import_labels(path, folder, **GIVEN)  # type: ignore[arg-type]
    with pytest.raises(OutputError, match=r"x\.yaml exists; --force"):
        import_labels(path, folder, **GIVEN)  # type: ignore[arg-type]
    import_labels(path, folder, force=True, **GIVEN)
    with pytest.raises(OutputError, match=r"x\.csv exists; --force"):
        export_labels(folder, path)
    with pytest.raises(OutputError, match="labels go in and out as"):
        export_labels(folder, tmp_path / "x.txt")
    with pytest.raises(LabelsError, match=r"no themes\.yaml here"):
        import_labels(path, tmp_path)


def test_the_commands(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("text,themes,genre,date\n修路,,feature,2024\n", "utf-8")
    run = CliRunner().invoke
    done = run(app, ["labels", "import", str(path), "-o", str(folder)])
    assert (done.exit_code, done.output) == (0, f"{folder}: 1 paragraphs in 1 documents\n")
    done = run(app, ["labels", "export", str(folder), "-o", str(tmp_path / "y.json")])
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'y.json'}: 1 paragraphs\n")
