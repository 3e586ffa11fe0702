"""The audit counts what is there, finds what stands twice, and lets only good labels pass."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tagger.audit import audit, counts
from tagger.audit.copies import longest, near_copies, read_phrases, shared_runs
from tagger.audit.counts import Count, KeywordUse
from tagger.audit.gate import gate
from tagger.audit.outside import read_texts
from tagger.audit.places import places
from tagger.audit.suspects import Suspect, beyond, confident, find_suspects, suspected
from tagger.audit.vocabulary import Known, bigrams, known, profile, type_token
from tagger.errors import LabelsError
from tagger.labels import load_labels

THEMES = """\
version: "1"
title: two themes
themes:
  - {id: mediation, zh: 调解, en: Mediation, definition: x, in: [x], out: [], keywords: [调解]}
  - {id: grid, zh: 网格, en: Grid, definition: x, in: [x], out: [], keywords: [网格]}
"""
NEWS = """\
id: b-news
title: 新闻
genre: news
region: 浙江
date: "2019-03"
paragraphs:
  - text: 调解员上门。
    themes: [mediation]
  - text: 她调解自己的情绪。
    themes: []
    trap: other_sense
  - text: 老方把两家人说和了。
    themes: [mediation]
  - text: 网格员也来调解。
    themes: [mediation, grid]
"""
LETTER = """\
id: a-letter
title: 来信
genre: letter
region: 全国
date: "2021"
paragraphs:
  - text: 村里的网格图什么时候公布？
    themes: []
    unsure: [grid]
"""
RUN = "甲乙丙丁戊己庚辛"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "themes.yaml").write_text(THEMES, encoding="utf-8")
    (tmp_path / "news.yaml").write_text(NEWS, encoding="utf-8")
    (tmp_path / "letter.yaml").write_text(LETTER, encoding="utf-8")
    return tmp_path


def write(folder: Path, name: str, *texts: str, themes: str = "[]") -> None:
    lines = [f"id: {name}", "title: x", "genre: news", "region: x", 'date: "2020"', "paragraphs:"]
    lines += [f"  - {{text: {text}, themes: {themes}}}" for text in texts]
    (folder / f"{name}.yaml").write_text("\n".join(lines), encoding="utf-8")


def letters(seed: int) -> str:
    """Ten letters that no other text has in this order."""
    return "".join(random.Random(seed).choices("山水田园春夏秋冬东南西北江河湖海", k=10))


def test_counts_are_those_counted_by_hand(folder: Path) -> None:
    labels = load_labels([folder])
    assert counts.count(labels, counts.everything) == [Count("all", 2, 5, (3, 1), 2, 1)]
    assert counts.count(labels, counts.genre) == [
        Count("letter", 1, 1, (0, 0), 1, 0), Count("news", 1, 4, (3, 1), 1, 1)]
    assert [row.name for row in counts.count(labels, counts.years)] == ["2015-2019", "2020-2024"]
    assert [(row.name, row.paragraphs) for row in counts.count(labels, counts.trap)] == [
        ("no trap", 4), ("other_sense", 1)]


@pytest.mark.parametrize(("length", "band"), [(1, "  0-49"), (49, "  0-49"), (50, " 50-99"),
                                              (399, "200-399"), (400, "400+")])
def test_a_band_of_lengths_holds_its_first_letter_and_not_its_end(folder: Path, length: int,
                                                                 band: str) -> None:
    document = load_labels([folder]).documents[0]
    paragraph = document.paragraphs[0].model_copy(update={"text": "字" * length})
    assert counts.letters(document, paragraph) == band


def test_keywords_are_right_and_found_as_counted_by_hand(folder: Path) -> None:
    uses = counts.keyword_use(load_labels([folder]), counts.genre)
    assert uses["news"] == (KeywordUse(3, 3, 2), KeywordUse(1, 1, 1))
    assert (uses["news"][0].right, uses["news"][0].found) == (2 / 3, 2 / 3)


def test_a_theme_left_open_is_not_counted_for_its_keywords(folder: Path) -> None:
    grid = counts.keyword_use(load_labels([folder]), counts.genre)["letter"][1]
    assert grid == KeywordUse(0, 0, 0)
    assert grid.right is None
    assert grid.found is None


def test_a_place_is_the_file_and_line_of_the_paragraph(folder: Path) -> None:
    labels = load_labels([folder])
    assert places([folder], labels) == [f"{folder / 'letter.yaml'}:7"] + [
        f"{folder / 'news.yaml'}:{line}" for line in (7, 9, 12, 14)]


@pytest.mark.parametrize(("text", "other", "runs"), [
    (f"一{RUN}二", f"三四{RUN}五", [(1, RUN)]),
    (RUN[:7], RUN[:7] + "三", []),  # seven letters are too few
    (RUN[:4] + "一" + RUN[4:], RUN, []),  # not in a row
    (f"{RUN}一{RUN}", f"{RUN}二", [(0, RUN), (9, RUN)]),
    (f"{RUN}{RUN[:1]}", f"{RUN}二{RUN[1:]}{RUN[:1]}", [(0, RUN), (1, RUN[1:] + RUN[:1])]),
    ("", RUN, []),
])
def test_shared_runs_are_as_long_as_can_be(text: str, other: str,
                                           runs: list[tuple[int, str]]) -> None:
    found = shared_runs([text], [other], 8)
    assert [(run.start, run.words) for run in found] == runs
    assert all(text[run.start:run.end] == run.words for run in found)


def test_letters_of_set_phrases_do_not_count() -> None:
    text, other = f"一二三{RUN}四五", f"零一二三{RUN}四五六"
    assert shared_runs([text], [other], 5, [RUN])[0].words == text  # 三 and two letters remain
    assert shared_runs([text], [other], 6, [RUN]) == []
    cut = f"一二三{RUN[2:]}"  # the other text holds only a part of the phrase
    assert shared_runs([text], [cut], 5, [RUN]) == []


def test_of_runs_at_one_place_the_longest_is_named() -> None:
    runs = shared_runs([f"{RUN}一"], [RUN, f"{RUN}一"], 8)
    assert [(run.other, run.words) for run in runs] == [(1, f"{RUN}一"), (0, RUN)]
    assert [run.other for run in longest(runs)] == [1]


def test_copies_count_between_documents_only(folder: Path) -> None:
    copied = "清晨六点的货运码头已经忙碌起来运沙船和驳船依次靠泊等着装卸"
    write(folder, "c", f"{copied}。今天", f"{copied}。明天")
    assert near_copies(load_labels([folder])) == []
    assert audit([folder]).runs == []
    write(folder, "d", f"{copied}。后天")
    assert [(pair.one, pair.other) for pair in near_copies(load_labels([folder]))] == [
        (5, 7), (6, 7)]
    assert [(run.text, run.other, run.words) for run in audit([folder]).runs] == [
        (5, 7, f"{copied}。"), (6, 7, f"{copied}。")]
    (folder / "set_phrases.txt").write_text(f"# names\n{copied}  # a name\n\n", encoding="utf-8")
    assert read_phrases([folder, folder / "news.yaml"]) == [copied]
    assert audit([folder]).runs == []


def test_set_phrases_that_are_not_utf8_are_refused(folder: Path) -> None:
    (folder / "set_phrases.txt").write_bytes("枫桥".encode("gb18030"))
    with pytest.raises(LabelsError, match="save it as UTF-8, a phrase a line"):
        read_phrases([folder])


def test_the_gate_names_what_failed() -> None:
    good = gate(["mediation", "grid"], Count("all", 9, 100, (20, 40), 40, 5), 20, [], [])
    assert [check.ok for check in good] == [True] * 5
    assert [check.found for check in good] == [
        "0 pairs", "0 runs", "the rarest in 20", "20.0%, 20 of 100", "40.0%, 40 of 100"]
    runs = shared_runs([RUN], [RUN], 8)
    bad = gate(["mediation", "grid"], Count("all", 9, 100, (19, 0), 39, 5), 21, [], runs)
    assert [check.ok for check in bad] == [True, False, False, False, False]
    assert bad[1].found == "1 run"
    assert bad[2].found == "mediation 19; grid 0"


def test_check_prints_the_gate_and_fails_with_it(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "from tagger.cli import main; main()", "check",
                           folder], capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 1
    assert done.stdout.startswith("2 documents, 5 paragraphs: 2 without a theme (40%), "
                                  "1 with two or more (20%)\n")
    assert done.stdout.endswith("""
Gate
ok      no near-duplicates between documents: 0 pairs
ok      no copied runs of 25 letters or more: 0 runs
failed  each theme in 20 paragraphs or more: mediation 3; grid 1
ok      traps at most 20% of paragraphs: 20.0%, 1 of 5
ok      paragraphs without a theme 40% or more: 40.0%, 2 of 5
""")
    assert not done.stderr


def test_a_label_beyond_the_threshold_is_suspected() -> None:
    judged, chances = np.array([1, 0, -1, 1]), np.array([0.3, 0.8, 0.9, 0.4])
    assert suspected("grid", judged, chances, beyond(0.4)) == [
        Suspect(0, "grid", given=True, chance=0.3), Suspect(1, "grid", given=False, chance=0.8)]


def test_of_a_theme_that_all_or_none_have_nothing_is_suspected() -> None:
    assert suspected("grid", np.array([0, 0, -1]), np.array([0.9, 0.9, 0.9]), beyond(0.5)) == []


def test_confident_learning_finds_the_swapped_labels() -> None:
    pytest.importorskip("cleanlab")
    given = np.array([True] * 10 + [False] * 10)
    chances = np.where(given, 0.95, 0.05)
    given[[3, 15]] = ~given[[3, 15]]
    assert np.flatnonzero(confident(given, chances)).tolist() == [3, 15]


@pytest.mark.parametrize("installed", [True, False])
def test_a_planted_error_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch, *,
                                     installed: bool) -> None:
    if installed:
        pytest.importorskip("cleanlab")
    else:
        monkeypatch.setattr("tagger.audit.suspects.find_spec", lambda _name: None)
    for i in range(12):
        write(folder, f"d{i}", f"{letters(i)}的网格员来了。", themes="[grid]")
        write(folder, f"e{i}", f"{letters(100 + i)}今天通车。")
        write(folder, f"f{i}", f"{letters(200 + i)}请调解员来。", themes="[mediation]")
    write(folder, "wrong", "网格员也来了。")
    labels = load_labels([folder])
    first = find_suspects(labels).found[0]
    assert labels.paragraphs[first.paragraph].text == "网格员也来了。"
    assert (first.theme, first.given) == ("grid", False)


def test_vocabulary_is_as_counted_by_hand() -> None:
    assert bigrams(["社区网，2个网格"]) == ["社区", "区网", "个网", "网格"]
    assert known(["网格", "网格", "社区"], ["网格", "调解"]) == Known(1 / 2, 2 / 3)
    assert known([], []) == Known(0, 0)
    assert type_token(["甲", "乙", "甲"]) == [(3, 2)]
    assert type_token(["甲"] * 10_000 + ["乙"]) == [(10_000, 1), (10_001, 2)]
    found = profile(["甲，乙，", "2a"])
    assert (found.texts, found.letters, found.lengths) == (2, 6, (2, 3, 4))
    assert found.signs["，"] == pytest.approx(1000 * 2 / 6)
    assert found.signs["digits"] == found.signs["Latin letters"] == pytest.approx(1000 / 6)


def test_outside_text_is_read_line_by_line_and_every_bad_line_named(tmp_path: Path) -> None:
    lines, plain = tmp_path / "a.jsonl", tmp_path / "b.txt"
    lines.write_text('{"text": "甲", "kind": "x"}\n{"text": "乙"}\n', encoding="utf-8")
    plain.write_text("甲\n\n乙\n", encoding="utf-8")
    assert read_texts(lines) == read_texts(plain) == ["甲", "乙"]
    lines.write_text('{"text": "甲"}\n{"txt": "乙"}\n[\n', encoding="utf-8")
    with pytest.raises(LabelsError) as caught:
        read_texts(lines)
    assert [problem.line for problem in caught.value.problems] == [2, 3]
    with pytest.raises(LabelsError, match="cannot be read"):
        read_texts(tmp_path / "none.txt")
