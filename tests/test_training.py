"""Training: which features are chosen, and that their weights are those that tagging adds up."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from tagger.candidates import Segmenter, foreseen_crossings, in_order, interactions_of
from tagger.corpus import Corpus
from tagger.features import choose_features
from tagger.tagger import Tagger, Theme
from tagger.terms import Crossing, Terms
from tagger.training import Linear, Settings, decide, fit

TEXTS = ([["网格", "员", "巡查", "社区", "楼道"]] * 6 + [["网格", "里", "巡查", "消防", "。", "晴天"]] * 6
         + [["巡查", "河道"]] * 6 + [["网格", "播种", "水稻"]] * 6 + [["网格", "收割", "玉米", "。", "阴天"]] * 6 + [["晴天"], ["阴天"]] * 6)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    judged = np.array([[1]] * 12 + [[0]] * 30)
    return Corpus(["".join(words) for words in TEXTS], TEXTS, judged, np.arange(len(TEXTS)),
                  [["网格"]], [["水稻", "玉米", "小麦"]], [Crossing("主", "网格", "外")], {})


@pytest.fixture(scope="module")
def linear(corpus: Corpus) -> Linear:
    return fit(corpus, Settings(codebook_scale=1.0))


def test_a_word_that_no_text_holds_weighs_what_its_class_weighs(linear: Linear) -> None:
    number = linear.terms.index("小麦")
    assert linear.weights[:, number].min() < 0
    assert linear.weights[:, number].max() <= 0


def test_training_and_tagging_add_up_the_same(linear: Linear, corpus: Corpus) -> None:
    assert len(linear.interactions.pairs)
    model = Tagger("t", [Theme("grid", "网格", "Grid", float(linear.bias[0]), 0.5, (0.4, 0.6))],
                   Terms(linear.terms, {}, linear.crossings), linear.weights, linear.interactions)
    texts = [*corpus.texts, "网格里水稻玉米小麦，巡查。网格巡查。", "上主网格外", ""]
    assert model.log_odds(texts) == pytest.approx(linear.log_odds(texts))
    assert model.log_odds(["主网格外"]) == pytest.approx(model.log_odds([""]))


def test_interactions_are_chosen_among_features_of_their_own(corpus: Corpus) -> None:
    features = choose_features(corpus)
    pairs = [(features.terms[one], features.terms[other]) for one, other in features.pairs.tolist()]
    assert all(one == "网格" and other in features.names for one, other in pairs)
    assert len(set(pairs)) == len(pairs)
    columns = features.members.shape[1]
    assert features.of_sentences.present.shape[1] == columns + len(pairs)
    assert features.of_texts.present.shape[1] == columns == len(features.names) + 1


def test_interactions_stand_together_in_five_documents_and_apart_in_letters() -> None:
    terms = ["网格", "网格员", "调解", "巡查", "走访"]
    rows = [[1, 1, 0, 1, 1]] * 4 + [[1, 1, 0, 1, 0]] * 2 + [[1, 0, 1, 0, 0]] * 5
    documents = np.array([0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9])
    found = interactions_of(sp.csr_matrix(rows), terms, documents, {"网格", "调解"})
    # 走访 in four documents, 网格员 holds the letters of 网格, 调解 and 网格 once
    assert [[terms[number] for number in pair] for pair in found.tolist()] == [
        ["网格", "调解"], ["网格", "巡查"]]


def test_common_words_that_hold_a_keyword_between_them_are_foreseen() -> None:
    segmenter = Segmenter(["义工", "调解"])
    found = foreseen_crossings(["义工", "调解"], segmenter)
    assert {Crossing("主", "义工", "作"), Crossing("强", "调解", "决")} <= set(found)
    assert all(segmenter.cut(crossing.text) != [crossing.text] for crossing in found)
    assert not any(crossing.text.startswith("社会主义工") for crossing in found)  # 主义工作 stands in it
    assert found == in_order(found[::-1])


def test_a_long_word_of_a_class_counts_in_a_longer_word(corpus: Corpus) -> None:
    """政务服务中心 may be cut before 服务; 台风 in 舞台风格 is none."""
    texts = [["政务", "服务中心"], ["舞台", "风格"]] * 6
    cut = Corpus(["".join(words) for words in texts], texts, np.zeros((12, 1), dtype=np.int64), np.arange(12),
                 [["网格"]], [["政务服务", "台风"]], [], corpus.segmenter)
    assert {crossing.term for crossing in choose_features(cut).crossings} == {"台风"}


@given(st.integers(0, 1000), st.floats(-1, 2), st.floats(1.5, 4))
def test_no_threshold_gives_a_much_better_f1_than_the_one_decided_on(seed: int, middle: float,
                                                                     spread: float) -> None:
    random = np.random.default_rng(seed)
    log_odds = random.normal(middle, spread, (5000, 1))
    judged = (random.random((5000, 1)) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    decisions = decide(log_odds, judged)
    chances = 1 / (1 + np.exp(-(log_odds * decisions.slope + decisions.offset)))

    def f1(cut: float) -> float:
        return float(2 * ((chances >= cut) & (judged == 1)).sum()
                     / ((chances >= cut).sum() + judged.sum()))

    assert f1(float(decisions.threshold[0])) >= max(map(f1, np.arange(1, 100) / 100)) - 0.03


def test_a_theme_that_no_label_has_is_never_given() -> None:
    log_odds = np.array([[2.0, -10.0], [-2.0, -10.0], [1.0, -10.0], [-1.0, -10.0]])
    decisions = decide(log_odds, np.array([[1, 0], [0, 0], [1, 0], [0, 0]]))
    alone = decide(log_odds[:, 1:], np.zeros((4, 1), dtype=np.int64))
    assert min(decisions.threshold[1], alone.threshold[0]) > 1 / (1 + np.exp(10))
    assert min(decisions.threshold) >= 0.2


def test_a_theme_with_few_positives_leans_on_the_threshold_of_all() -> None:
    """A theme that is guessed badly by itself has a low threshold, if labels are many."""
    random = np.random.default_rng(0)
    good, poor = random.normal(0, 4, 20_000), random.normal(-2, 0.5, 20_000)
    log_odds = np.column_stack([good, poor])
    judged = (random.random(log_odds.shape) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    many = decide(log_odds, judged).threshold
    judged[400:, 1] = -1
    few = decide(log_odds, judged).threshold
    assert many[1] < few[1] < few[0]
