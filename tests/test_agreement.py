"""Agreement of two labellers is as counted by hand, and texts are matched letter by letter."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tagger.agreement import Agreement, Difference, agree, compare
from tagger.errors import LabelsError

THEMES = """\
version: "1"
title: two themes
themes:
  - {id: mediation, zh: 调解, en: Mediation, definition: x, in: [x], out: [], keywords: [调解]}
  - {id: grid, zh: 网格, en: Grid, definition: x, in: [x], out: [], keywords: [网格]}
"""
DOCUMENT = """\
id: one
title: x
genre: x
region: x
date: "2020"
paragraphs:
  - {text: 甲, themes: [mediation]}
  - {text: 乙, themes: [mediation, grid]}
  - {text: 丙, themes: []}
  - {text: 丁, themes: [], unsure: [grid]}
"""


@pytest.fixture
def first(tmp_path: Path) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "themes.yaml").write_text(THEMES, encoding="utf-8")
    (folder / "one.yaml").write_text(DOCUMENT, encoding="utf-8")
    return folder


def lines(path: Path, *rows: tuple[str, list[str]]) -> Path:
    path.write_text("".join(json.dumps({"document": "one", "index": i, "text": text,
                                        "themes": themes}) + "\n"
                            for i, (text, themes) in enumerate(rows)), encoding="utf-8")
    return path


def test_figures_are_those_counted_by_hand(first: Path, tmp_path: Path) -> None:
    second = lines(tmp_path / "second.jsonl", ("丁", ["grid"]), ("乙", ["grid"]),
                   ("甲", ["mediation"]), ("丙", []))
    found = compare(first, second)
    mediation, grid, together = found.themes
    # Krippendorff: 1 - (n - 1) * disagreements / (ones * zeros); 8 values, 3 ones, 5 zeros,
    # one pair apart counts twice in the coincidences: 1 - 7 * 2 / (2 * 3 * 5)
    assert (mediation.n, mediation.first, mediation.second) == (4, 2, 1)
    assert mediation.f1 == pytest.approx(2 / 3)
    assert mediation.alpha == pytest.approx(1 - 7 * 2 / (2 * 3 * 5))
    assert grid == Agreement("grid", 3, 1, 1, 1.0, 1.0)  # 丁 was left open
    assert (together.theme, together.n, together.first, together.second) == ("all", 7, 3, 2)
    assert together.f1 == pytest.approx(4 / 5)
    assert found.differences == [Difference("mediation", str(first), "one", "乙")]
    assert (found.paragraphs, found.left_out) == (4, 0)


def test_where_all_agree_on_one_value_nothing_is_said() -> None:
    none = np.array([0, 0, -1])
    assert agree("grid", none, none) == Agreement("grid", 2, 0, 0, None, None)
    every = np.array([1, 1])
    assert agree("grid", every, every) == Agreement("grid", 2, 2, 2, 1.0, None)


def test_opposite_labels_agree_less_than_chance() -> None:
    found = agree("grid", np.array([1, 0]), np.array([0, 1]))
    assert found.f1 == 0
    assert found.alpha == pytest.approx(-0.5)


def test_one_set_may_be_a_part_of_the_other(first: Path, tmp_path: Path) -> None:
    second = lines(tmp_path / "second.jsonl", ("乙", ["mediation", "grid"]), ("丙", ["grid"]))
    for one, other in ((first, second), (second, first)):
        found = compare(one, other)
        assert (found.paragraphs, found.left_out) == (2, 2)
        assert found.differences == [Difference("grid", str(second), "one", "丙")]


def test_texts_that_the_larger_set_has_not_are_counted_and_named(first: Path,
                                                                 tmp_path: Path) -> None:
    second = lines(tmp_path / "second.jsonl", ("乙", []), ("戊", []), ("己", []))
    with pytest.raises(LabelsError) as caught:
        compare(first, second)
    assert caught.value.problems[0].message == (
        f"2 of 3 texts are not in {first}: “戊…”, “己…”; texts must be the same letter by letter: "
        "was one changed after it was handed out?")


def test_a_text_that_stands_twice_is_named(first: Path, tmp_path: Path) -> None:
    second = lines(tmp_path / "second.jsonl", ("乙", []), ("乙", ["grid"]))
    with pytest.raises(LabelsError, match="the text “乙…” stands twice; keep one"):
        compare(first, second)


def test_the_command_prints_a_table_or_json(first: Path, tmp_path: Path) -> None:
    lines(tmp_path / "second.jsonl", ("甲", ["mediation"]), ("乙", ["grid"]))
    command = [sys.executable, "-c", "from tagger.cli import main; main()", "agreement",
               "labels", "second.jsonl"]
    text, data = (subprocess.run([*command, *more], cwd=tmp_path, capture_output=True,
                                 check=True, encoding="utf-8").stdout
                  for more in ([], ["--json"]))
    assert text.startswith("labels and second.jsonl: 2 paragraphs in both, 2 in one only\n")
    assert text.endswith("\nmediation, given by one only\nlabels  one  乙\n")
    assert [row["theme"] for row in json.loads(data)["themes"]] == ["mediation", "grid", "all"]
