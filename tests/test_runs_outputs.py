"""What runs wrote into the input folder is not read, whatever its form, and no input is replaced."""

from pathlib import Path

import pytest
from conftest import run

from tagger.annotation import find_inputs
from tagger.errors import OutputError
from tagger.runs.journal import journal_of
from tagger.runs.outputs import without_outputs
from tagger.runs.run import Listener
from tagger.tagger import Tagger

BODY = "网格员每天走访群众，记下谁家有难处、谁家要帮忙。"
FORMS = [
    ("out.jsonl", None), ("out.jsonl.gz", None), ("out.jsonl.zst", None), ("out.csv", None), ("out.xlsx", None),
    ("out.parquet", None), ("out.html", None), ("out.htm", None), ("out", "html"), ("out.labelstudio.json", None),
    ("out.json", "labelstudio"), ("out.jsonl", "doccano"), ("out", "brat"), ("out.jsonl", "w3c"), ("out.jsonl", "attributes"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    for number in range(4):
        (made / f"{number}.txt").write_text(f"{BODY}\n\n第{number}天，调解员化解了两家的矛盾纠纷，大家都很高兴。\n", "utf-8")
    (made / "z-empty.txt").write_bytes(b"")
    return made


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few documents make many pages."""
    monkeypatch.setattr("tagger.writing.html.PAGE_DOCUMENTS", 2)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")}


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_an_output_in_the_input_folder_is_not_read(name: str, form: str | None, folder: Path, model: Tagger) -> None:
    out = folder / name
    assert run(folder, out, model, form=form).inputs == 5
    assert journal_of(out).exists()  # since there was a failure
    first = contents(folder)
    assert run(folder, out, model, form=form, force=True).inputs == 5
    assert contents(folder) == first


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_nor_is_that_of_another_run(name: str, form: str | None, folder: Path, tmp_path: Path, model: Tagger) -> None:
    run(folder, tmp_path / "clean.jsonl", model)
    run(folder, folder / name, model, form=form)
    said: list[str] = []
    assert run(folder, tmp_path / "two.jsonl", model, Listener(say=said.append)).inputs == 5
    assert said == [f"outputs of other runs are not read: {folder / name}"]
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "clean.jsonl").read_bytes()


def test_what_only_looks_like_an_output_is_read(folder: Path, model: Tagger) -> None:
    (folder / "news.jsonl").write_text(f'{{"text": "{BODY}"}}\n', "utf-8")
    (folder / "news.jsonl.status.jsonl").write_text(f'{{"text": "{BODY}"}}\n', "utf-8")
    (folder / "news_pages").mkdir()
    (folder / "news_pages" / "a.txt").write_text(BODY, "utf-8")
    names = find_inputs([folder])
    assert without_outputs(names, folder / "out.jsonl", None) == (names, [])


def test_an_output_named_by_itself_is_read(folder: Path, tmp_path: Path, model: Tagger) -> None:
    run(folder, folder / "out.jsonl", model)
    assert run(folder / "out.jsonl", tmp_path / "two.jsonl", model).total.documents == 8


def test_no_input_is_replaced(folder: Path, tmp_path: Path, model: Tagger) -> None:
    mine = folder / "mine.jsonl"
    mine.write_text(f'{{"text": "{BODY}"}}\n', "utf-8")
    for inputs, output, form in ((folder, mine, None), (mine, mine, None), (folder, folder, "brat")):
        before = contents(tmp_path)
        with pytest.raises(OutputError, match="would replace the input"):
            run(inputs, output, model, form=form, force=True)
        assert contents(tmp_path) == before


def test_links_to_the_folder_and_to_the_output_change_nothing(folder: Path, tmp_path: Path, model: Tagger) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert run(tmp_path / "link", folder / "out.jsonl", model).inputs == 5
    (folder / "again.jsonl").symlink_to("out.jsonl")
    (folder / "same.jsonl").hardlink_to(folder / "out.jsonl")
    assert run(tmp_path / "link", folder / "out.jsonl", model, force=True).inputs == 5
    assert run(folder, tmp_path / "link" / "out.jsonl", model, force=True).inputs == 6  # the old one has another name now


def test_an_output_that_is_a_link_leaves_alone_what_it_leads_to(folder: Path, tmp_path: Path, model: Tagger) -> None:
    (tmp_path / "precious").write_text("precious")
    out = tmp_path / "out.jsonl"
    out.symlink_to("precious")
    with pytest.raises(OutputError, match="exists"):
        run(folder, out, model)
    run(folder, out, model, force=True)
    assert (tmp_path / "precious").read_text() == "precious"
    assert not out.is_symlink()


def test_standard_output_is_not_read_either(folder: Path, tmp_path: Path, model: Tagger, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / "out.jsonl").open("w") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        assert run(folder, Path("-"), model).inputs == 5


def test_what_a_killed_writer_left_is_removed(folder: Path, tmp_path: Path, model: Tagger) -> None:
    for name, form, left in (("a.html", None, ".a_pages.abcd_123.part"), ("a.labelstudio.json", None, ".a.labelstudio.xml.abcd_123.part"),
                             ("b", "brat", ".b.abcd_123.part"), ("b", "brat", ".b.abcd_123.old")):
        (tmp_path / left).mkdir()
        (tmp_path / left / "x").touch()
        (tmp_path / ".bb.abcd_123.part").touch()
        run(folder, tmp_path / name, model, form=form, force=True)
        assert not (tmp_path / left).exists()
        assert (tmp_path / ".bb.abcd_123.part").exists()
