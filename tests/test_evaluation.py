"""Evaluation: figures that can be worked out by hand, and a page that runs nothing."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from math import isnan, sqrt
from pathlib import Path

import numpy as np
import pytest

from tagger.errors import LabelsError, OutputError
from tagger.evaluation import fasttext
from tagger.evaluation.bands import length_band, year_band, year_of
from tagger.evaluation.curves import at_thresholds, precision_recall
from tagger.evaluation.errorlist import marked
from tagger.evaluation.evaluate import Inside, Predictions, TermWeight, Trial
from tagger.evaluation.figures import Report, compare, plain
from tagger.evaluation.gold import Gold, load_gold
from tagger.evaluation.interval import wilson
from tagger.evaluation.leaks import Leak, find_leak
from tagger.evaluation.learning import kept
from tagger.evaluation.metrics import (
    calibration_error,
    companions,
    confusions,
    difference,
    doubt,
    exact_match,
    reliability,
    score,
)
from tagger.evaluation.page import page
from tagger.evaluation.printing import print_report
from tagger.evaluation.report import report_gold
from tagger.evaluation.slices import slices
from tagger.fingerprints import fingerprints
from tagger.records import Evidence

# five paragraphs, two themes; the last cell is not judged
JUDGED = np.array([[1, 0], [1, 1], [0, 0], [0, 1], [1, -1]])
GIVEN = np.array([[1, 0], [0, 1], [1, 0], [0, 0], [1, 1]], dtype=bool)
CHANCES = np.array([[0.9, 0.1], [0.4, 0.8], [0.6, 0.2], [0.1, 0.3], [0.8, 0.9]])
DOCUMENTS = np.array([0, 0, 1, 1, 2])


def test_figures_of_five_paragraphs() -> None:
    one, other, micro, macro = score(("a", "b"), JUDGED, GIVEN, DOCUMENTS, CHANCES)
    assert (one.support, one.precision, one.recall) == (3, 2 / 3, 2 / 3)
    assert (other.support, other.precision, other.recall) == (2, 1.0, 1 / 2)
    assert one.f1.value == pytest.approx(2 / 3)
    assert other.f1.value == pytest.approx(2 / 3)
    assert micro.f1.value == pytest.approx(2 * 3 / (2 * 3 + 1 + 2))
    assert macro.f1.value == pytest.approx((2 / 3 + 2 / 3) / 2)
    # a: 0.9 yes, 0.8 yes, 0.6 no, 0.4 yes, 0.1 no
    assert one.average_precision == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert one.too_few
    assert one.f1.low <= one.f1.value <= one.f1.high


def test_macro_leaves_out_themes_without_positives() -> None:
    judged = np.array([[1, 0], [1, 0]])
    given = np.array([[1, 1], [1, 0]], dtype=bool)
    macro = score(("a", "b"), judged, given, np.array([0, 1]), None)[-1]
    assert macro.f1.value == 1.0


def test_exact_match_passes_over_what_is_not_judged() -> None:
    assert exact_match(JUDGED, GIVEN) == 2 / 5


def test_a_tagger_is_no_better_than_itself() -> None:
    gap = difference(JUDGED, GIVEN, GIVEN, DOCUMENTS)
    assert (gap.value, gap.low, gap.high) == (0, 0, 0)


def test_wilson_is_as_in_the_textbook() -> None:
    none, half = wilson(0, 10), wilson(5, 10)
    z = 1.959964
    assert none.low == 0.0
    assert none.high == pytest.approx(z**2 / (10 + z**2))
    assert half.low == pytest.approx(0.5 - z / 2 * sqrt(1 / (10 + z**2)))
    assert isnan(wilson(0, 0).value)


def test_calibration_of_one_good_and_one_bad_bin() -> None:
    judged = np.array([1, 0, 1, 1])
    chances = np.array([0.55, 0.55, 0.95, 0.95])
    low, high = reliability(judged, chances)
    assert (low.count, low.chance, low.share.value) == (2, 0.55, 0.5)
    assert (high.count, high.chance, high.share.value) == (2, 0.95, 1.0)
    assert calibration_error(judged, chances) == pytest.approx(0.05)


def test_doubt_counts_errors_inside_and_outside() -> None:
    unsure = np.array([[False, True], [False, False], [True, True], [False, False], [False, False]])
    found = doubt(JUDGED, GIVEN, unsure)
    assert (found.paragraphs, found.share) == (2, 2 / 5)
    assert (found.errors, found.errors_held) == (3, 1)  # rows 1, 2, 3; row 2 is unsure


def test_confusions_pair_what_is_missed_with_what_is_given_wrongly() -> None:
    judged = np.array([[1, 0], [1, 0], [0, 0], [1, 1]])
    given = np.array([[0, 1], [0, 0], [0, 1], [1, 1]], dtype=bool)
    #       given: a, b, nothing
    expected = [[0, 1, 1],   # a missed
                [0, 0, 0],   # b missed
                [0, 1, 0]]   # nothing missed
    assert confusions(judged, given).tolist() == expected


def test_companions_are_the_other_themes_of_a_wrong_paragraph() -> None:
    judged = np.array([[1, 0], [0, 0], [1, 1]])
    errors = np.array([[0, 1], [0, 1], [1, 0]], dtype=bool)
    assert companions(errors, judged).tolist() == [[0, 1, 0], [1, 0, 1]]


def test_curves_of_three_paragraphs() -> None:
    judged, chances = np.array([1, 0, 1]), np.array([0.9, 0.5, 0.3])
    recall, precision = precision_recall(judged, chances)
    assert recall.tolist() == [1.0, 0.5, 0.5, 0.0]
    assert precision.tolist() == [2 / 3, 1 / 2, 1.0, 1.0]
    found = at_thresholds(judged, chances)
    assert (found.threshold[39], found.precision[39], found.recall[39]) == (0.4, 1 / 2, 1 / 2)
    assert found.f1[89] == pytest.approx(2 / 3)  # at 0.90: one of two, none wrong
    assert found.f1[90] == 0.0
    assert precision_recall(np.array([0, 0]), np.array([0.1, 0.2])).shape == (2, 0)


@pytest.mark.parametrize(("date", "document", "year"), [
    ("2009-06", "", 2009),
    ("", "xwlb/assets/2015/20150408.json", 2015),
    ("", "20150408.json", 2015),
    ("", "条例(2018-07-31).md", 2018),
    ("", "1998/reports_2021/a.txt", 2021),
    ("", "1989.txt", None),
    ("", "2036.txt", None),
    ("", "no-12015.txt", None),
    ("", "20151399.txt", None),
    ("2011", "2020.txt", 2011),
])
def test_year_of_a_date_or_a_name(date: str, document: str, year: int | None) -> None:
    assert year_of(date, document) == year


def test_bands() -> None:
    assert [year_band(year) for year in (2014, 2015, None)] == ["2010–2014", "2015–2019", ""]
    assert [length_band("字" * count) for count in (0, 49, 50, 400)] == [
        "0–49", "0–49", "50–99", "400 and more"]


def gold(rows: int = 5) -> Gold:
    texts = ["网格员上门<b>调解</b>纠纷。", "今年小麦丰收。", "甲", "乙", "丙"][:rows]
    return Gold(("a", "b"), texts, ["x", "x", "y", "y", "z"], JUDGED, ["news", "news", "", "law", "law"],
                [2014, 2015, None, 2016, 2020], ["mention", "", "", "", "frame"])


def test_slices_hold_the_rows_of_which_something_is_known() -> None:
    found = {(part.dimension, part.name): part for part in slices(gold(), [GIVEN], ~GIVEN)}
    news, frame = found["genre", "news"], found["trap", "frame"]
    assert (news.paragraphs, news.documents, news.positives) == (2, 1, 3)
    assert news.micro[0].value == pytest.approx(2 * 2 / (2 * 2 + 0 + 1))
    assert isnan(news.micro[0].low)  # one document: no interval
    assert news.too_few
    assert frame.right[0].value == 1.0
    assert [name for dimension, name in found if dimension == "years"] == [
        "2010–2014", "2015–2019", "2020–2024"]


def test_slices_part_what_the_keyword_list_has_right_from_what_misleads_it() -> None:
    keywords = np.array([[1, 0], [1, 1], [1, 0], [0, 0], [0, 1]], dtype=bool)
    found = {part.name: part for part in slices(gold(), [GIVEN, keywords], keywords)
             if part.dimension == "keyword list"}
    assert {name: part.paragraphs for name, part in found.items()} == {"is right": 2, "errs": 3}
    assert [one.value for one in found["is right"].right] == pytest.approx([1 / 2, 1])
    assert [one.value for one in found["errs"].right] == pytest.approx([1 / 3, 0])


def test_gold_that_was_trained_on_is_found() -> None:
    texts = ["全县推行网格化管理工作取得新成效。今年以来共排查矛盾纠纷三百余件次。", "小麦丰收。"]
    known = fingerprints(texts)
    near = "【本报讯】全县推行网格化管理工作取得新成效！今年以来共排查矛盾纠纷三百余件次。记者报道。"
    fresh = ["全然不同的一句话，写的是别的事情。", "小麦歉收。"]
    rows = [texts[1], near, *fresh]
    asked = Gold(("a",), rows, rows, np.zeros((4, 1), dtype=np.int64), [""] * 4, [None] * 4, [""] * 4)
    assert find_leak(asked, {}, known) == Leak(True, 1, 1)
    assert find_leak(asked, {}, known[:0]) == Leak(False, 0, 0)


def test_labels_that_were_trained_on_are_found_by_their_hash() -> None:
    asked = Gold(("a",), ["甲"], ["x"], np.array([[1]]), [""], [None], [""], "abc")
    assert find_leak(asked, {"labels_sha256": "abc"}, fingerprints([])) == Leak(True, 1, 0)


def test_gold_lines_carry_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"text": "甲", "themes": ["a"], "kind": "law", "document": "2011/x"}\n'
                    '{"text": "乙", "themes": [], "unsure": ["b"], "date": 2012, "trap": "frame"}\n', "utf-8")
    found = load_gold(path, ("a", "b"))
    assert found.judged.tolist() == [[1, 0], [0, -1]]
    assert (found.genres, found.years, found.traps) == (["law", ""], [2011, 2012], ["", "frame"])


def test_gold_lines_name_every_problem(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"text": "甲", "themes": ["c"]}\n{"text": "乙"}\n', "utf-8")
    with pytest.raises(LabelsError) as error:
        load_gold(path, ("a", "b"))
    assert [problem.line for problem in error.value.problems] == [1, 2]


def test_a_share_of_the_groups_stays_and_lies_within_a_larger_one() -> None:
    groups = np.repeat(np.arange(8), 2)
    train = np.arange(16)
    half, quarter = kept(groups, train, 0.5, 0), kept(groups, train, 0.25, 0)
    assert len(half) == 8
    assert len(quarter) == 4
    assert set(quarter.tolist()) < set(half.tolist())
    assert len(kept(groups, train, 0.01, 0)) == 4  # two groups at least


@pytest.mark.skipif(not fasttext.available(), reason="the extra `bench` is not installed")
def test_fasttext_learns_two_words() -> None:
    words = [["调解", "纠纷"], ["网格", "员"], ["小麦", "丰收"]] * 30
    judged = np.array([[1, 0], [0, 1], [0, 0]] * 30)
    chances = fasttext.FastText(words, judged).chances([["调解"], ["小麦"]])
    assert chances[0, 0] > 0.5 > chances[1].max()


def trial(evidence: dict[int, tuple[Evidence, ...]] | None = None) -> Trial:
    inside = Inside(np.zeros((5, 2), dtype=bool), np.array([[0.5, 0.4]]), evidence or {},
                    ((TermWeight("<调解>", 2.0, 1), TermWeight("监控", -1.0, 1)), ()))
    other = Predictions("other", ~GIVEN, None)
    return Trial("model@1 on <gold>", ("甲<", "乙"), gold(),
                 [Predictions("model", GIVEN, CHANCES), other], inside)


def report() -> Report:
    return compare(trial(), Leak(False, 0, 0), [])


def test_json_holds_no_nan_and_no_chinese_escapes(capfd: pytest.CaptureFixture[str]) -> None:
    print_report(report(), json=True)
    written = capfd.readouterr().out
    found = json.loads(written, parse_constant=pytest.fail)
    assert found["paragraphs"] == 5
    assert "NaN" not in written
    assert plain(report())["columns"][0]["name"] == "model"


def test_the_terminal_table_says_where_there_are_too_few(capfd: pytest.CaptureFixture[str]) -> None:
    print_report(report(), json=False)
    written = capfd.readouterr().out
    assert "model@1 on <gold>: 5 paragraphs, 3 documents" in written
    assert "unsure: 0 paragraphs (0.0%); they hold 0 of the 3 wrong decisions (0%)" in written
    assert "Caution: the model does not say on which texts it was trained" in written
    assert "·" in written


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_runs_and_loads_nothing() -> None:
    evil: dict[int, tuple[Evidence, ...]] = {1: (Evidence("a", 0, 3, "今年小", 0.7),)}
    html = page(trial(evil), report())
    tags = Tags()
    tags.feed(html)
    assert not {"script", "link", "img", "iframe", "object", "b>"} & {*tags.tags}
    names = {name for name, _ in tags.attributes}
    assert not {name for name in names if name.startswith("on")} | ({"style", "src"} & names)
    assert all((value or "").startswith("#") for name, value in tags.attributes if name == "href")
    style = html.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in html
    assert "<gold>" not in html
    assert "<调解>" not in html
    assert "甲<" not in html.replace("甲</", "")
    assert '<mark class="f2" title="+0.70">今年小</mark>' in html
    assert page(trial(evil), report()) == html


def test_marks_keep_the_text() -> None:
    text = "甲<乙>丙&丁"
    html = marked(text, [Evidence("a", 4, 6, "丙&", -3.2), Evidence("a", 1, 3, "<乙", 1.0)])
    assert html == ('甲<mark class="f2" title="+1.00">&lt;乙</mark>&gt;'
                    '<mark class="a4" title="-3.20">丙&amp;</mark>丁')
    assert re.sub("<[^>]*>", "", html) == "甲&lt;乙&gt;丙&amp;丁"


def test_a_model_on_gold_writes_a_page(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, output = tmp_path / "gold.jsonl", tmp_path / "page.html"
    path.write_text('{"text": "网格员上门走访。", "themes": ["grid"]}\n'
                    '{"text": "今年小麦丰收。", "themes": ["grid"]}\n', "utf-8")
    report_gold(None, path, to=output)
    assert "2 paragraphs, 2 documents" in capfd.readouterr().out
    assert "今年小麦丰收" in re.sub("<[^>]*>", "", output.read_text("utf-8"))
    with pytest.raises(OutputError, match="exists; --force replaces it"):
        report_gold(None, path, to=output)
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith(".")] == []
