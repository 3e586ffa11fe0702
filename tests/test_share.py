"""Shares: small ones by hand, and intervals that hold what they promise, by simulation."""

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tagger.errors import LabelsError, OutputError, ReadingError
from tagger.share.annotated import Annotated, By, read_annotated
from tagger.share.design import Design, allocate, draw, probabilities, read_design, strata
from tagger.share.estimate import combine, corrected_shares, plain_shares, stratum_mean
from tagger.share.handlabels import HandLabels, read_labels
from tagger.share.report import report_shares
from tagger.share.sample import sample

PROMISE = 0.93  # coverage of a 95 % interval that must be reached


def line(number: int, themes: Sequence[str] = (), **more: object) -> str:
    return json.dumps({"id": f"p{number}", "document": f"d{number // 4}", "text": f"第{number}段",
                       "themes": list(themes), "scores": {"a": 0.1, "b": 0.1}, "kind": "body"} | more)


def write(path: Path, count: int = 40) -> Path:
    """Every 4th paragraph has a; the first is from 2010, those after the middle from 2020."""
    rows = [line(i, ["a"] if i % 4 == 0 else [], date="2010-05" if i < count / 2 else "2020",
                 region="北京") for i in range(count)]
    path.write_text("\n".join([*rows, line(999, ["a", "b"], kind="heading")]) + "\n", "utf-8")
    return path


def fill(path: Path, themes: str = "none", encoding: str = "utf-8-sig", delimiter: str = ",") -> None:
    """Fill in `a` where the paragraph's number is a multiple of 4, else `themes`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["themes"] = "a" if int(row["id"][1:]) % 4 == 0 else themes
    with path.open("w", encoding=encoding, newline="") as file:
        out = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        out.writeheader()
        out.writerows(rows)


def table(predicted: NDArray[np.bool_], by: By = "none", groups: Sequence[int] = (),
          documents: Sequence[int] = ()) -> Annotated:
    count = len(predicted)
    numbers = np.array(groups or [0] * count)
    return Annotated(tuple("abcdef"[:predicted.shape[1]]), by, np.arange(count, dtype=np.uint64),
                     predicted, tuple(str(2010 + i) for i in range(numbers.max() + 1)), numbers,
                     np.array(documents or range(count)))


def test_reading_counts_body_paragraphs_only(tmp_path: Path) -> None:
    found = read_annotated([write(tmp_path / "x.jsonl")], "year")
    assert found.predicted.sum(axis=0).tolist() == [10, 0]
    assert found.groups == ("2010", "2020")
    assert np.bincount(found.group_of).tolist() == [20, 20]
    assert len(set(found.document_of.tolist())) == 10
    packed = tmp_path / "x.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "x.jsonl").read_bytes()))
    assert read_annotated([packed], "year").keys.tolist() == found.keys.tolist()


@pytest.mark.parametrize(("content", "words"), [
    ("", "no body paragraph"),
    ("{", "line 1"),
    (line(1) + "\n" + line(1), "1 paragraphs come twice"),
    (line(1) + "\n" + line(2, scores={"a": 0.1}), "annotate all files with one model"),
])
def test_files_that_are_not_annotated_are_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(content, "utf-8")
    with pytest.raises(ReadingError, match=words):
        read_annotated([path], "none")


def test_truncated_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress((line(1) + "\n").encode() * 2000)[:-20])
    with pytest.raises(ReadingError, match="damaged"):
        read_annotated([path], "none")


def test_a_paragraph_belongs_to_its_rarest_theme() -> None:
    predicted = np.array([[1, 0], [1, 1], [0, 0], [1, 0]], dtype=bool)
    assert strata(table(predicted)).tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(("sizes", "size", "drawn"), [
    ([[100, 100, 1000]], 40, [[10, 10, 20]]),   # half to no theme, a quarter each
    ([[100, 0, 1000]], 40, [[20, 0, 20]]),      # a theme that is never predicted gets none
    ([[3, 100, 1000]], 43, [[3, 13, 27]]),      # what a small stratum lacks goes to the others
    ([[100, 100, 1000], [100, 100, 1000]], 80, [[10, 10, 20], [10, 10, 20]]),
    ([[5, 5, 5]], 100, [[5, 5, 5]]),            # all there is
    ([[100, 100, 1000]], 3, [[1, 1, 1]]),       # the floor gives way
])
def test_allocation(sizes: list[list[int]], size: int, drawn: list[list[int]]) -> None:
    assert allocate(np.array(sizes), Design(size, "none")).tolist() == drawn


def test_a_sample_smaller_than_the_strata_is_refused() -> None:
    with pytest.raises(OutputError, match="too small for 3 strata"):
        allocate(np.array([[9, 9, 9]]), Design(2, "year"))


def test_every_paragraph_can_be_drawn_and_the_chances_add_up() -> None:
    predicted = np.random.default_rng(0).random((500, 3)) < 0.1
    annotated = table(predicted)
    chance = probabilities(annotated, Design(60, "none"))
    assert (chance > 0).all()
    assert chance.sum() == pytest.approx(60)
    ranks = np.random.default_rng(1).permutation(500).astype(np.uint64)
    rows = draw(annotated, Design(60, "none"), ranks)
    assert len(set(rows.tolist())) == 60
    assert (1 / chance[rows]).sum() == pytest.approx(500)
    assert (np.diff(ranks[rows].astype(np.int64)) > 0).all()


def test_the_design_is_read_back() -> None:
    design = Design(300, "year", 4, -1)
    assert read_design(str(design)) == design
    assert read_design("n=300 by=month floor=4 seed=0") is None
    assert read_design("") is None


def test_samples_do_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    one, other = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    one.write_text("\n".join(line(i, ["a"] if i % 3 else []) for i in range(30)) + "\n", "utf-8")
    other.write_text("\n".join(line(i) for i in range(30, 90)) + "\n", "utf-8")
    for name, paths in (("x", [one, other]), ("y", [other, one])):
        assert sample(paths, tmp_path / f"{name}.csv", Design(20, "none")) == 20
    assert (tmp_path / "x.csv").read_bytes() == (tmp_path / "y.csv").read_bytes()
    sample([one, other], tmp_path / "z.csv", Design(20, "none", seed=1))
    assert (tmp_path / "x.csv").read_bytes() != (tmp_path / "z.csv").read_bytes()


def test_a_sample_opens_in_excel_and_hides_the_predictions(tmp_path: Path) -> None:
    path, output = tmp_path / "x.jsonl", tmp_path / "s.csv"
    path.write_text(line(0, ["a"], text="=1+1", document="-d") + "\n" + line(1) + "\n", "utf-8")
    sample([path], output, Design(2, "none"))
    assert output.read_bytes().startswith(b"\xef\xbb\xbf")
    with output.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows["p0"]["text"] == "'=1+1"
    assert rows["p0"]["document"] == "'-d"
    assert rows["p0"]["themes"] == ""
    assert not {"predicted", "scores", "stratum"} & {*rows["p0"]}
    with pytest.raises(OutputError, match="exists"):
        sample([path], output, Design(2, "none"))
    with pytest.raises(OutputError, match=r"known: \.csv, \.jsonl"):
        sample([path], tmp_path / "s.xlsx", Design(2, "none"))


@pytest.mark.parametrize(("encoding", "delimiter"), [
    ("utf-8-sig", ","), ("gb18030", ","), ("utf-8", ";"), ("utf-8", "\t")])
def test_labels_are_read_however_excel_saved_them(tmp_path: Path, encoding: str,
                                                  delimiter: str) -> None:
    path, output = write(tmp_path / "x.jsonl"), tmp_path / "s.csv"
    sample([path], output, Design(20, "none"))
    fill(output, "无", encoding, delimiter)
    found = read_labels(output, read_annotated([path], "none"))
    assert len(found.rows) == 20
    assert found.judged.any(axis=0).tolist() == [True, False]
    assert found.judged[:, 0].tolist() == [int(row) % 4 == 0 for row in found.rows]


def test_labels_as_json_lines_tell_none_from_not_yet(tmp_path: Path) -> None:
    path, output = write(tmp_path / "x.jsonl"), tmp_path / "s.jsonl"
    sample([path], output, Design(20, "none"))
    rows = [json.loads(one) for one in output.read_text("utf-8").splitlines()]
    for row in rows[:5]:
        row["themes"] = []
    output.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    found = read_labels(output, read_annotated([path], "none"))
    assert (len(found.rows), found.empty) == (5, 15)


def test_labels_report_every_problem(tmp_path: Path) -> None:
    path, output = write(tmp_path / "x.jsonl"), tmp_path / "s.jsonl"
    good = {"id": "p0", "document": "d0", "themes": ["a"], "sample_prob": 0.5,
            "design": str(Design(20, "none"))}
    bad = [good | {"themes": ["c"]}, good | {"id": "p77"}, good | {"sample_prob": 0}, {"id": "p0"}]
    output.write_text("\n".join(map(json.dumps, bad)), "utf-8")
    annotated = read_annotated([path], "none")
    with pytest.raises(LabelsError) as error:
        read_labels(output, annotated)
    assert [problem.line for problem in error.value.problems] == [1, 2, 3, 4]
    output.write_text(json.dumps(good), "utf-8")
    with pytest.raises(LabelsError, match=r"stands for 2 paragraphs, but the annotated files hold 40"):
        read_labels(output, annotated)


def test_the_mean_of_a_stratum_by_hand() -> None:
    yes = np.array([True, False, False, False])
    mean, size = stratum_mean(yes, np.array([3.0, 1.0, 1.0, 1.0]), np.arange(4))
    assert mean == 0.5
    assert size <= 36 / 12  # (sum of w)² / sum of w²
    mean, size = stratum_mean(~yes & False, np.ones(4), np.arange(4))
    assert (mean, size) == (0.0, 4.0)
    # two documents of two: 4 / (1 + 0.3 (2 - 1)) labels at most
    assert stratum_mean(yes & False, np.ones(4), np.array([0, 0, 1, 1]))[1] == pytest.approx(4 / 1.3)
    assert stratum_mean(yes[:0], np.ones(0), np.arange(0)) == (0.0, 0.0)


def test_posteriors_of_known_parts() -> None:
    draws = combine(np.array([0.25, 0.75]), np.array([1.0, 0.0]), np.array([1e9, 1e9]),
                    np.random.default_rng(0))
    assert draws.mean() == pytest.approx(0.25, abs=1e-4)
    unknown = combine(np.array([1.0]), np.array([0.0]), np.array([0.0]), np.random.default_rng(0))
    assert unknown.mean() == pytest.approx(0.5, abs=0.02)  # Jeffreys' prior alone


def test_a_share_is_that_of_the_strata_weighed_by_their_size() -> None:
    predicted = np.zeros((1000, 1), dtype=bool)
    predicted[:200] = True
    truth = predicted.copy()
    truth[:100] = False  # half of what is predicted is wrong
    rows = np.arange(0, 1000, 10)
    labels = HandLabels(rows, truth[rows], np.full(100, 0.1), 0, Design(100, "none"))
    share = corrected_shares(table(predicted), labels)[0][0]
    assert share.share is not None
    assert share.share.value == pytest.approx(0.2 * 0.5)
    assert share.share.low < 0.1 < share.share.high
    assert (share.paragraphs, share.tagged, share.labels) == (1000, 200, 100)
    assert plain_shares(table(predicted))[0].share is None


def test_too_few_labels_give_no_number() -> None:
    predicted = np.zeros((100, 1), dtype=bool)
    predicted[:50] = True
    for rows in (np.arange(0, 100, 10), np.arange(50, 90)):  # ten in all; none predicted
        labels = HandLabels(rows, predicted[rows], np.full(len(rows), 0.1), 0, Design(10, "none"))
        assert corrected_shares(table(predicted), labels)[0][0].share is None


def test_a_change_has_its_own_interval() -> None:
    predicted = np.zeros((800, 1), dtype=bool)
    predicted[:40] = predicted[400:600] = True
    annotated = table(predicted, "year", [0] * 400 + [1] * 400)
    rows = np.arange(0, 800, 4)
    labels = HandLabels(rows, predicted[rows], np.full(200, 0.25), 0, Design(200, "year"))
    change = corrected_shares(annotated, labels)[1][0]
    assert (change.first, change.last) == ("2010", "2011")
    assert change.difference.value == pytest.approx(0.5 - 0.1)
    assert 0.3 < change.difference.low < 0.4 < change.difference.high < 0.45


def test_from_sample_to_share_to_table_for_r(tmp_path: Path,
                                             capfd: pytest.CaptureFixture[str]) -> None:
    path, output = write(tmp_path / "x.jsonl", 400), tmp_path / "s.csv"
    sample([path], output, Design(120, "year"))
    fill(output)
    report_shares([path], "year", output, plot=tmp_path / "t.svg", table=tmp_path / "r.csv", json=True)
    found = json.loads(capfd.readouterr().out)
    assert found["corrected"]
    assert [(one["theme"], one["group"]) for one in found["shares"]] == [
        ("a", "2010"), ("a", "2020"), ("b", "2010"), ("b", "2020")]
    assert [one["share"]["value"] for one in found["shares"][:2]] == pytest.approx([0.25, 0.25])
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 400
    assert sum(row["label_a"] != "NA" for row in rows) == 120
    assert all(float(row["sample_prob"]) > 0 for row in rows)
    assert {row["predicted_a"] for row in rows} == {"0", "1"}
    svg = (tmp_path / "t.svg").read_text("utf-8")
    assert svg.startswith("<svg")
    assert "style=" not in svg
    with pytest.raises(OutputError, match="exists"):
        report_shares([path], "year", output, plot=tmp_path / "t.svg")


def test_without_labels_it_says_that_nothing_is_corrected(tmp_path: Path,
                                                          capfd: pytest.CaptureFixture[str]) -> None:
    report_shares([write(tmp_path / "x.jsonl")], "region", plot=tmp_path / "t.svg")
    written = capfd.readouterr().out
    assert "Not corrected." in written
    assert "北京" in written
    assert "25.0%" in written


def test_too_few_labels_are_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, output = write(tmp_path / "x.jsonl"), tmp_path / "s.csv"
    sample([path], output, Design(12, "none"))
    fill(output)
    report_shares([path], "document", output)
    assert "too few labels" in capfd.readouterr().out


def labelled(random: np.random.Generator, share: float, count: int, per_document: int,
             alike: float) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Labels of a stratum, and their documents, whose own shares are beta around `share`."""
    cluster = np.repeat(np.arange(-(-count // per_document)), per_document)[:count]
    scale = (1 - alike) / alike if alike else 1e9
    shares = random.beta(share * scale, (1 - share) * scale, cluster.max() + 1)
    return random.random(count) < shares[cluster], cluster


def coverage(prevalence: float, count: int, runs: int, per_document: int = 1,
             alike: float = 0.0) -> float:
    """How often the interval holds the truth: a tagger of sensitivity 0.7 and specificity 0.99,
    half of the labels drawn where it says yes and half where it says no.
    """
    random = np.random.default_rng(7)
    tagged = prevalence * 0.7 + (1 - prevalence) * 0.01
    shares = (prevalence * 0.7 / tagged, prevalence * 0.3 / (1 - tagged))
    found = np.empty((runs, 2, 2))
    for run in range(runs):
        for stratum, share in enumerate(shares):
            yes, cluster = labelled(random, share, count // 2, per_document, alike)
            found[run, stratum] = stratum_mean(yes, np.ones(len(yes)), cluster)
    parts = np.tile([tagged, 1 - tagged], (runs, 1))
    draws = combine(parts, found[..., 0], found[..., 1], random, draws=1000)
    low, high = np.percentile(draws, [2.5, 97.5], axis=1)
    return float(((low <= prevalence) & (prevalence <= high)).mean())


@pytest.mark.parametrize(("per_document", "alike"), [(1, 0.0), (3, 0.1)])
@pytest.mark.parametrize("prevalence", [0.01, 0.1])
def test_intervals_hold_what_they_promise(prevalence: float, per_document: int,
                                          alike: float) -> None:
    assert coverage(prevalence, 100, 400, per_document, alike) >= PROMISE


@pytest.mark.slow
@pytest.mark.parametrize(("per_document", "alike"), [(1, 0.0), (3, 0.1), (5, 0.2)])
@pytest.mark.parametrize("count", [50, 100, 300])
@pytest.mark.parametrize("prevalence", [0.01, 0.03, 0.1, 0.3])
def test_intervals_hold_what_they_promise_everywhere(prevalence: float, count: int,
                                                     per_document: int, alike: float) -> None:
    assert coverage(prevalence, count, 2000, per_document, alike) >= PROMISE


@pytest.mark.slow
@pytest.mark.parametrize("count", [50, 100, 300])
def test_one_sample_serves_all_themes(count: int) -> None:
    random = np.random.default_rng(0)
    prevalence, size, runs = np.array([0.01, 0.03, 0.1, 0.3]), 6000, 300
    documents = random.integers(0, 600, size)
    shares = random.beta(prevalence * 9, (1 - prevalence) * 9, (600, 4))
    truth = random.random((size, 4)) < shares[documents]
    predicted = random.random((size, 4)) < np.where(truth, 0.7, 0.01)
    annotated = table(predicted, documents=documents.tolist())
    design = Design(count, "none")
    chance = probabilities(annotated, design)
    held = np.zeros(4)
    for _ in range(runs):
        rows = draw(annotated, design, random.permutation(size).astype(np.uint64))
        known = HandLabels(rows, truth[rows], chance[rows], 0, design)
        for theme, one in enumerate(corrected_shares(annotated, known)[0]):
            assert one.share is not None
            held[theme] += one.share.low <= truth[:, theme].mean() <= one.share.high
    assert (held / runs >= PROMISE).all()
