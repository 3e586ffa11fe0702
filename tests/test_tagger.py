"""Tagging: the fast way gives what the obvious way gives, in any order and batch."""

import math
import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import reference
from tagger.labels import Labels
from tagger.store import read_manifest, shipped
from tagger.tagger import Tagger, Theme, blocks
from tagger.terms import Crossing, Terms, fold, fold_table

THEMES = (Theme("a", "甲", "A", -1.0, 0.5, (0.4, 0.6)), Theme("b", "乙", "B", 0.5, 0.6, (0.5, 0.7)))
WORDS = ["网格", "网格员", "调解", "解决", "员调", "00", "a", "决定"]
WEIGHTS = np.array([[1.5, 0.0], [0.25, -1.0], [2.0, 1.0], [-0.5, 0.5], [1.0, 1.0], [0.125, 0.0],
                    [0.0, 2.0], [-3.0, 0.0]])
VARIANTS = {"網": "网", "調": "调"}
CROSSINGS = (Crossing("协", "调解", "决"), Crossing("", "解决", "定"))
SMALL = Tagger("small@1", THEMES, Terms(WORDS, VARIANTS, CROSSINGS), WEIGHTS)

pieces = st.sampled_from(["网格", "員", "网格员", "調解", "协调解决", "解决定", "。", "！”", "；；", "\n", "１２",
                          "A", "😀", "\ud800", "\x00", " ", "，", "好"])
texts = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=14).map("".join),
                  st.text(alphabet=st.characters(), max_size=10))


def by_reference(text: str) -> list[float]:
    return reference.scores(text, THEMES, WORDS, WEIGHTS.tolist(), VARIANTS, CROSSINGS)


@given(texts)
@example("")
@example("协调解决。网格员！”A")
@example("。")
@settings(max_examples=400, deadline=None)
def test_scores_are_those_of_the_obvious_way(text: str) -> None:
    tagged = SMALL.tag(text)
    expected = by_reference(text)
    assert list(tagged.scores.values()) == pytest.approx(expected, abs=1e-6)
    assert tagged.themes == tuple(
        theme.id for theme, score in zip(THEMES, expected, strict=True) if score >= theme.threshold)


@given(st.lists(texts, max_size=6), st.integers(1, 20))
@settings(max_examples=200, deadline=None)
def test_one_by_one_is_as_in_batches(many: list[str], size: int) -> None:
    alone = [SMALL.tag(text) for text in many]
    assert list(SMALL.tag_many(many, evidence=True)) == alone
    assert [row for block in blocks(many, size) for row in SMALL.log_odds(block).tolist()] \
        == SMALL.log_odds(many).tolist()


@given(texts)
@settings(max_examples=300, deadline=None)
def test_evidence_and_bias_add_up_to_the_log_odds(text: str) -> None:
    tagged = SMALL.tag(text)
    for theme in THEMES:
        score = tagged.scores[theme.id]
        low, high = theme.unsure
        places = [found for found in tagged.evidence if found.theme == theme.id]
        if theme.id in tagged.themes or low <= score < high:
            total = theme.bias + sum(found.weight for found in places)
            assert total == pytest.approx(math.log(score / (1 - score)), abs=1e-6)
        else:
            assert not places
    for found in tagged.evidence:
        assert text[found.start:found.end] == found.text


@given(st.text(alphabet=st.characters(), max_size=50))
def test_folding_keeps_every_offset(text: str) -> None:
    folded = fold(text, fold_table(VARIANTS))
    assert len(folded) == len(text)
    assert "".join(map(chr, folded)) == reference.fold(text, VARIANTS)


def test_a_term_does_not_count_where_its_letters_belong_to_other_words() -> None:
    assert SMALL.tag("干部帮助企业协调解决用地").scores["a"] < SMALL.tag("干部帮助企业调解").scores["a"]
    assert "a" not in SMALL.tag("协调解决").themes


def test_traditional_and_full_width_letters_are_read_as_the_usual_ones() -> None:
    assert SMALL.tag("網格調解").scores == SMALL.tag("网格调解").scores
    assert SMALL.tag("ａ１２").scores == SMALL.tag("A34").scores


def test_one_sentence_decides_however_long_the_paragraph() -> None:
    plain = "今年粮食又是丰收年。" * 200
    assert SMALL.tag(plain + "网格员调解。" + plain).scores["a"] == \
        SMALL.tag("网格员调解。").scores["a"]


@pytest.mark.slow
def test_ten_million_letters_without_a_full_stop() -> None:
    text = "好" * 9_999_997 + "网格员"
    assert SMALL.tag(text).scores == pytest.approx(SMALL.tag("网格员").scores)


def test_the_shipped_model_scores_as_the_obvious_way(model: Tagger, labels: Labels) -> None:
    manifest = read_manifest(shipped())
    lines = (shipped() / "crossings.txt").read_text("utf-8").splitlines()
    crossings = [Crossing(*line.split("|")) for line in lines]
    chosen = random.Random(1).sample(labels.paragraphs, 60)
    for paragraph in chosen:
        expected = reference.scores(paragraph.text, model.themes, model.terms.terms,
                                    model.weights.tolist(), manifest.variants, crossings)
        assert list(model.tag(paragraph.text).scores.values()) == pytest.approx(expected, abs=1e-6)


def test_tagging_many_streams_and_keeps_order(model: Tagger) -> None:
    def endless() -> object:
        while True:
            yield "网格员上门走访。" * 100
            yield "今年小麦丰收。" * 100

    found = model.tag_many(endless())  # type: ignore[arg-type]
    assert ["grid" in next(found).themes for _ in range(4)] == [True, False, True, False]
