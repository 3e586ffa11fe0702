"""The data card is rebuilt by one command, and what people wrote in it stays."""

from pathlib import Path

import pytest

from tagger.datacard import BEGIN, END, fill, learning_curve, table, write_card
from tagger.errors import LabelsError, OutputError
from tagger.evaluation.gold import load_gold
from tagger.labels import load_labels

THEMES = """\
version: "1"
title: one theme
themes:
  - {id: grid, zh: 网格, en: Grid, definition: x, in: [x], out: [], keywords: [网格]}
"""
DOCUMENT = """\
id: d{i}
title: x
genre: news
region: x
date: "2020"
paragraphs:
  - {{text: {name}的网格员来了。, themes: [grid]}}
  - {{text: {name}今天通车。, themes: []}}
"""


NAMES = ("山水田园村", "春夏秋冬路", "东南西北镇", "江河湖海县", "金木水火街", "日月星辰乡", "梅兰竹菊巷",
         "琴棋书画院", "笔墨纸砚厂", "风花雪月桥")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "themes.yaml").write_text(THEMES, encoding="utf-8")
    for i, name in enumerate(NAMES):
        (labels / f"d{i}.yaml").write_text(DOCUMENT.format(i=i, name=name), encoding="utf-8")
    return labels


@pytest.fixture
def real(tmp_path: Path) -> Path:
    path = tmp_path / "real.jsonl"
    path.write_text('{"text": "网格员又来了。", "themes": ["grid"]}\n'
                    '{"text": "新路通车。", "themes": []}\n', encoding="utf-8")
    return path


def test_a_table_keeps_figures_to_the_right() -> None:
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    card = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    filled = fill(card, "card", "new")
    assert filled == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert fill(filled, "card", "new") == filled


def test_a_card_is_written_and_rebuilt_without_loss(folder: Path) -> None:
    card = folder / "README.md"
    write_card([folder], card)
    first = card.read_text(encoding="utf-8")
    assert "| all | 10 | 20 | 10 | 10 | 0 |" in first
    assert "| all | 1.00 / 1.00 |" in first
    card.write_text(first.replace("CC0 1.0", "CC0 1.0, by hand"), encoding="utf-8")
    write_card([folder], card)
    assert card.read_text(encoding="utf-8") == first.replace("CC0 1.0", "CC0 1.0, by hand")


def test_the_card_does_not_say_where_real_text_lies(folder: Path, real: Path) -> None:
    card = folder / "README.md"
    write_card([folder], card, real=real)
    text = card.read_text(encoding="utf-8")
    assert "real text held outside the project" in text
    assert "| words |" in text
    assert real.name not in text
    assert str(real.parent) not in text


def test_a_learning_curve_has_a_score_for_each_draw(folder: Path, real: Path) -> None:
    curve = learning_curve(load_labels([folder]), load_gold(real, ["grid"]), jobs=1)
    assert [point.documents for point in curve] == [2, 4, 7, 10]
    assert [len(point.scores) for point in curve] == [3, 3, 3, 3]
    assert curve[-1].scores == (1.0, 1.0, 1.0)


def test_a_file_without_markers_is_left_alone(folder: Path) -> None:
    card = folder / "README.md"
    card.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="no place for the figures; put the lines"):
        write_card([folder], card)
    assert card.read_text(encoding="utf-8") == "mine"


def test_input_that_cannot_be_read_writes_nothing(folder: Path, tmp_path: Path) -> None:
    card = folder / "README.md"
    with pytest.raises(LabelsError, match="cannot be read"):
        write_card([folder], card, real=tmp_path / "none.jsonl")
    assert not card.exists()
