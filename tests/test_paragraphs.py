"""Paragraphs are slices that cover the text; their kinds are as a reader would say."""

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tagger.paragraphs import FRONT, FURNITURE, HEADINGS, LICENCE, Rules, kind_of, split, title
from tagger.records import Document, Kind

CASES = Path(__file__).parent / "cases" / "paragraphs"
LETTERS: dict[str, Kind] = {"b": "body", "h": "heading", "f": "furniture"}

# Text that comes near the rules: their own words, marks and spaces.
WORDS = [
    "责任编辑",
    "：",
    "来源",
    "一、",
    "2024年1月5日",
    "相关新闻",
    "。",
    "　",
    " ",
    "\n",
    "网格员",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=40).map("".join))


def lines_of(name: str) -> list[tuple[str, str]]:
    groups = yaml.safe_load((CASES / name).read_text(encoding="utf-8"))
    return [(group["kind"], line) for group in groups for line in group["lines"]]


@pytest.mark.parametrize(
    ("kind", "line"), lines_of("furniture.yaml") + lines_of("near-misses.yaml")
)
def test_kind_of_a_line(kind: str, line: str) -> None:
    assert kind_of(line) == kind


@pytest.mark.parametrize(
    "case",
    yaml.safe_load((CASES / "documents.yaml").read_text(encoding="utf-8")),
    ids=lambda c: c["why"],
)
def test_kinds_in_a_document(case: dict[str, list[str]]) -> None:
    wanted = [(LETTERS[line[0]], line[2:]) for line in case["lines"]]
    document = Document("x", "\n".join(text for _, text in wanted))
    assert [(p.kind, p.text) for p in split(document)] == wanted


@given(TEXTS)
def test_paragraphs_are_slices_in_order_that_cover_the_text(text: str) -> None:
    paragraphs = split(Document("x", text))
    position = 0
    for index, paragraph in enumerate(paragraphs):
        assert paragraph.index == index
        assert text[paragraph.start : paragraph.end] == paragraph.text
        assert paragraph.text == paragraph.text.strip() != ""
        assert not text[position : paragraph.start].strip()
        position = paragraph.end
    assert not text[position:].strip()


@given(st.text("网格员化解矛盾纠纷来源编辑：，、（） 　19", min_size=70))
def test_a_long_line_is_body(text: str) -> None:
    assert kind_of(f"据{text}了解") == "body"


@given(st.text("网格员化解矛盾纠纷来源编辑：，、（）19", min_size=1), st.sampled_from("。！？；…"))
def test_a_line_that_ends_a_sentence_is_body(text: str, end: str) -> None:
    assert kind_of(text + end) == "body"


@given(TEXTS)
def test_a_hint_decides_unless_the_line_is_furniture(text: str) -> None:
    line = text.strip().replace("\n", " ") or "x"
    assert kind_of(line, "furniture") == "furniture"
    assert kind_of(line, "heading") in {"heading", "furniture"}
    assert kind_of(line, "body") in {"body", "furniture"}


def test_hints_are_looked_up_by_the_first_character() -> None:
    document = Document("x", "上文。\n　小标题\n下文。", hints={5: "heading"})
    assert [p.kind for p in split(document)] == ["body", "heading", "body"]


def test_title_is_the_first_heading_above_prose() -> None:
    assert (
        title(Document("x", "第3期\n某县推行网格治理\n全县划分网格。\n一、做法"))
        == "某县推行网格治理"
    )
    assert title(Document("x", "全县划分网格。\n一、做法\n如下。")) == ""


RULES = [rules.only(name) for rules in (FURNITURE, LICENCE, HEADINGS, FRONT) for name in rules.table]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: next(iter(rule.table)))
def test_a_rule_takes_linear_time(rule: Rules) -> None:
    """The worst lines for a rule: its own beginnings again and again, without an end."""
    seeds = [
        "1 ",
        "1",
        "> ",
        "一",
        "（",
        " ",
        "　",
        "记者 ",
        "本报",
        "首页>",
        "编辑",
        "年",
        "—",
        "·a ",
    ]
    for seed in seeds:
        line = (seed * 300)[:300] + "!"
        start = time.perf_counter()
        rule.fit(line)
        assert time.perf_counter() - start < 0.5


@settings(max_examples=20, deadline=None)
@given(st.integers(1_000, 3_000))
def test_many_lines_take_linear_time(count: int) -> None:
    assert len(split(Document("x", "相关新闻\n甲乙丙\n" * count))) == 2 * count
