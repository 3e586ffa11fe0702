"""Tagging: the fast way gives what the obvious way gives, in any order and batch."""

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
import reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tagger.interactions import Interactions
from tagger.labels import Labels
from tagger.store import read_manifest, shipped
from tagger.tagger import Tagged, Tagger, Theme, blocks
from tagger.terms import Crossing, Terms, fold, fold_table

THEMES = (Theme("a", "甲", "A", -1.0, 0.5, (0.4, 0.6)), Theme("b", "乙", "B", 0.5, 0.6, (0.5, 0.7)))
WORDS = ["网格", "网格员", "调解", "解决", "员调", "00", "a", "决定"]
IN_SENTENCE = [[1.5, 0.0], [0.25, -1.0], [2.0, 1.0], [-0.5, 0.5], [1.0, 1.0], [0.125, 0.0],
               [0.0, 2.0], [-3.0, 0.0]]
IN_TEXT = [[0.5, 0.25], [0.0, 0.0], [0.25, -1.5], [1.0, 0.0], [0.0, 0.5], [0.0, -0.125],
           [0.0, 0.0], [1.25, 0.0]]
WEIGHTS = np.array([IN_SENTENCE, IN_TEXT])
VARIANTS = {"網": "网", "調": "调"}
CROSSINGS = (Crossing("协", "调解", "决"), Crossing("", "解决", "定"))
PAIRS = np.array([[0, 1], [2, 5], [2, 6], [6, 3]])
OF_PAIRS = np.array([[0.5, 0.0], [-2.0, 0.25], [0.0, 1.5], [0.75, -0.5]])
SMALL = Tagger("small@1", THEMES, Terms(WORDS, VARIANTS, CROSSINGS), WEIGHTS,
               Interactions(PAIRS, OF_PAIRS))

pieces = st.sampled_from(["网格", "員", "网格员", "調解", "协调解决", "解决定", "。", "！”", "；；", "\n", "１２",
                          "A", "😀", "\ud800", "\x00", " ", "，", "好"])
texts = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=14).map("".join),
                  st.text(alphabet=st.characters(), max_size=10))


def by_reference(text: str) -> list[float]:
    return reference.scores(text, THEMES, WORDS, WEIGHTS.tolist(), VARIANTS, CROSSINGS,
                            PAIRS.tolist(), OF_PAIRS.tolist())


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


@given(st.lists(texts, max_size=4))
@settings(max_examples=100, deadline=None)
def test_rounding_changes_nothing_but_the_digits(many: list[str]) -> None:
    for exact, rounded in zip(SMALL.tag_many(many, evidence=True),
                              SMALL.tag_many(many, evidence=True, digits=4), strict=True):
        assert (rounded.themes, rounded.sure) == (exact.themes, exact.sure)
        assert list(rounded.scores.values()) == pytest.approx(list(exact.scores.values()), abs=6e-5)
        assert [(found.theme, found.start, found.end, round(found.weight, 4))
                for found in exact.evidence] == [
            (found.theme, found.start, found.end, found.weight) for found in rounded.evidence]
        assert all(score == round(score, 4) for score in rounded.scores.values())


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


def test_an_interaction_counts_where_both_of_its_terms_stand_in_one_sentence() -> None:
    together, apart = SMALL.tag("解决，a"), SMALL.tag("解决。a")
    assert log_odds(together) == pytest.approx(-1.0 + (-0.5 + 0.0 + 0.75) + 1.0)
    assert log_odds(apart) == pytest.approx(-1.0 + 0.0 + 1.0)
    weights = {found.text: found.weight for found in together.evidence if found.theme == "a"}
    assert weights == {"解决": pytest.approx(-0.5 + 1.0 + 0.75 / 2), "a": pytest.approx(0.75 / 2)}


def log_odds(tagged: Tagged) -> float:
    """Of theme a."""
    return math.log(tagged.scores["a"] / (1 - tagged.scores["a"]))


def test_however_many_keywords_stand_in_a_sentence_its_interactions_are_found() -> None:
    many = 10_000
    found = Interactions(np.array([[0, 2], [1, 2]]), np.ones((2, 1))).find(
        np.repeat(np.arange(many), 3), np.tile(np.arange(3), many))
    assert found.number.tolist() == [0, 1] * many
    assert found.keyword.tolist() == [row for unit in range(0, 3 * many, 3) for row in (unit, unit + 1)]
    assert found.other.tolist() == [unit + 2 for unit in range(0, 3 * many, 3) for _ in "ab"]


@pytest.mark.parametrize(("text", "theme"), [
    ("反恐怖主义工作机制已经健全。", "volunteers"), ("社会主义工业化取得成就。", "volunteers"),
    ("会议强调解放思想。", "mediation"), ("领导强调处理好各种关系。", "mediation")])
def test_a_keyword_does_not_count_across_two_common_words(model: Tagger, text: str, theme: str) -> None:
    tagged = model.tag(text)
    assert theme not in tagged.themes
    assert not any(found.theme == theme and found.weight > 1 for found in tagged.evidence)


@pytest.mark.slow
def test_words_of_a_class_that_no_label_holds_weigh_what_their_class_weighs(model: Tagger,
                                                                            labels: Labels) -> None:
    text = "\n".join(paragraph.text for paragraph in labels.paragraphs)
    numbers = {term: number for number, term in enumerate(model.terms.terms)}
    unseen = 0
    for words in labels.codebook.classes.values():
        weights = [model.weights[:, numbers[word]] for word in words if word not in text and word in numbers]
        unseen += len(weights)
        assert all((one == weights[0]).all() for one in weights)
    assert unseen > 10


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


def assert_scored_as_by_reference(model: Tagger, texts: list[str]) -> None:
    manifest = read_manifest(shipped())
    lines = (shipped() / "crossings.txt").read_text("utf-8").splitlines()
    crossings = [Crossing(*line.split("|")) for line in lines]
    for text, tagged in zip(texts, model.tag_many(texts, evidence=True), strict=True):
        expected = reference.scores(text, model.themes, model.terms.terms,
                                    model.weights.tolist(), manifest.variants, crossings,
                                    model.interactions.pairs.tolist(),
                                    model.interactions.weights.tolist())
        assert list(tagged.scores.values()) == pytest.approx(expected, abs=1e-6)
        assert tagged.themes == tuple(
            theme.id for theme, score in zip(model.themes, expected, strict=True)
            if score >= theme.threshold)


@pytest.mark.slow
def test_the_shipped_model_scores_all_labels_as_the_obvious_way(model: Tagger,
                                                                labels: Labels) -> None:
    assert_scored_as_by_reference(model, [paragraph.text for paragraph in labels.paragraphs])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dev.jsonl", "unlabelled.jsonl", "news.txt"])
def test_the_shipped_model_scores_real_text_as_the_obvious_way(model: Tagger, name: str) -> None:
    path = Path(__file__).parents[2] / "shared" / "real" / name
    if not path.exists():
        pytest.skip("real text is no part of the project")
    lines = path.read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines] if name.endswith(".jsonl") else lines[::4]
    assert_scored_as_by_reference(model, texts)


def test_the_shipped_model_scores_some_labels_as_the_obvious_way(model: Tagger,
                                                                 labels: Labels) -> None:
    chosen = random.Random(1).sample(labels.paragraphs, 60)
    assert_scored_as_by_reference(model, [paragraph.text for paragraph in chosen])


letters = st.text(alphabet="ab网格😀\ud800\x01", max_size=30)
STRINGS = st.sets(st.text(alphabet="ab网格😀", min_size=1, max_size=5), max_size=12)


@given(STRINGS, st.lists(letters, max_size=4))
@example({"a"}, ["a"])
@example(set(), ["网格"])
@settings(max_examples=300, deadline=None)
def test_every_place_of_every_term_is_found(strings: set[str], many: list[str]) -> None:
    terms = sorted(strings)
    found = Terms(terms, {}).find(many)
    places = zip(found.text_of[found.sentence], found.term, found.start, found.end, strict=True)
    assert sorted(tuple(map(int, place)) for place in places) == sorted(
        (number, row, at, at + len(term)) for number, text in enumerate(many)
        for row, term in enumerate(terms) for at in range(len(text)) if text.startswith(term, at))


def test_ten_thousand_terms_find_their_places() -> None:
    pairs = [a + b for a in map(chr, range(0x4E00, 0x4E64)) for b in map(chr, range(0x4E32, 0x4E96))]
    text = "".join(random.Random(2).choices(list(map(chr, range(0x4E00, 0x4EA0))), k=5000))
    found = Terms(pairs, {}).find([text])
    rows = {term: row for row, term in enumerate(pairs)}
    assert sorted(zip(found.at.tolist(), found.term.tolist(), strict=True)) == [
        (at, rows[text[at:at + 2]]) for at in range(len(text)) if text[at:at + 2] in rows]


def test_tagging_many_streams_and_keeps_order(model: Tagger) -> None:
    def endless() -> object:
        while True:
            yield "网格员上门走访。" * 100
            yield "今年小麦丰收。" * 100

    found = model.tag_many(endless())  # type: ignore[arg-type]
    assert ["grid" in next(found).themes for _ in range(4)] == [True, False, True, False]
