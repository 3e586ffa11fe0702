"""Runs that survive: gone on with after any stop, and one bad file costs itself."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, run

from tagger.annotation import find_inputs
from tagger.errors import OutputError, TaggerError
from tagger.records import TaggedParagraph
from tagger.runs import pool, work
from tagger.runs.journal import journal_of, part_of
from tagger.runs.pool import Pool
from tagger.runs.records import Piece, Task
from tagger.runs.repeats import BANDS, Repeats, prints_of
from tagger.runs.run import Done, Listener, Stopped, settings_for
from tagger.runs.work import Work
from tagger.tagger import Tagger

TORTURE = ROOT / "tests" / "torture"
BODY = "网格员每天走访群众，记下谁家有难处、谁家要帮忙。"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    for number in range(6):
        (made / f"{number}.txt").write_text(f"{BODY}\n\n第{number}天，调解员化解了两家的矛盾纠纷，大家都很高兴。\n", "utf-8")
    return made


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def states(output: Path) -> dict[str, str]:
    return {Path(str(row["input"])).name: str(row["status"])
            for row in rows(output.with_name(f"{output.name}.status.jsonl"))}


def failures(output: Path) -> list[dict[str, object]]:
    return rows(output.with_name(f"{output.name}.failures.jsonl"))


class Stop:
    """Stops a run as Ctrl-C would, when so many inputs are done."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.said: list[str] = []

    def progress(self, done: Done) -> None:
        if done.inputs == self.after:
            raise KeyboardInterrupt

    @property
    def listener(self) -> Listener:
        return Listener(self.progress, self.said.append)


@pytest.fixture
def piecewise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document is tagged, and kept, by itself."""
    monkeypatch.setattr(work, "BATCH_LETTERS", 1)
    monkeypatch.setattr(work, "PIECE_BYTES", 1)


# ---------------------------------------------------------------- resuming


@pytest.mark.usefixtures("piecewise")
def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(folder: Path, tmp_path: Path, model: Tagger) -> None:
    run(folder, tmp_path / "whole.jsonl", model)
    out = tmp_path / "out.jsonl"
    with pytest.raises(Stopped, match="3 of 6 inputs are done and kept; the same command goes on"):
        run(folder, out, model, Stop(3).listener)
    assert not out.exists()
    again = Stop(99)
    run(folder, out, model, again.listener)
    assert again.said == ["going on: 3 of 6 inputs were done before"]
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out.jsonl", "out.jsonl.status.jsonl"]


@pytest.mark.usefixtures("piecewise")
def test_what_is_done_is_known_by_content(folder: Path, tmp_path: Path, model: Tagger) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(Stopped):
        run(folder, out, model, Stop(4).listener)
    (folder / "1.txt").write_text("红袖标志愿者在街口巡逻，一天也没有落下过。\n", "utf-8")
    os.utime(folder / "2.txt", (1, 1))  # the time is another, the content is not
    (folder / "3.txt").unlink()
    again = Stop(99)
    run(folder, out, model, again.listener)
    assert again.said == ["going on: 3 of 5 inputs were done before, 1 others are gone",
                          "1 inputs have changed since, and were done anew"]
    run(folder, tmp_path / "whole.jsonl", model)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.usefixtures("piecewise")
def test_another_option_begins_anew_and_is_said(folder: Path, tmp_path: Path, model: Tagger) -> None:
    with pytest.raises(Stopped):
        run(folder, tmp_path / "out.jsonl", model, Stop(3).listener)
    again = Stop(99)
    run(folder, tmp_path / "out.jsonl", model, again.listener, furniture=True)
    assert again.said == ["a run begun before is not gone on with, since it was made with other settings: furniture False → True"]


@pytest.mark.usefixtures("piecewise")
@pytest.mark.parametrize("damage", ["journal cut", "part cut", "part changed", "journal torn", "part gone"])
def test_only_what_hashes_right_is_taken_over(damage: str, folder: Path, tmp_path: Path, model: Tagger) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(Stopped):
        run(folder, out, model, Stop(5).listener)
    journal, part = journal_of(out), part_of(out)
    if damage == "journal cut":
        journal.write_bytes(journal.read_bytes()[:-40])
    elif damage == "part cut":
        part.write_bytes(part.read_bytes()[:-700])
    elif damage == "part changed":
        part.write_bytes(part.read_bytes().replace("群众".encode(), "羣眾".encode()))
    elif damage == "journal torn":
        journal.write_bytes(journal.read_bytes() + b"\0" * 4096)
    else:
        part.unlink()
    run(folder, out, model)
    run(folder, tmp_path / "whole.jsonl", model)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.usefixtures("piecewise")
def test_a_table_is_gone_on_with_inside(tmp_path: Path, model: Tagger) -> None:
    table = tmp_path / "in.jsonl"
    table.write_text("".join(f'{{"text": "第{n}天，{BODY}"}}\n' if n % 7 else "torn\n" for n in range(1, 41)), "utf-8")
    run(table, tmp_path / "whole.jsonl", model)
    counted = 0
    add = work._Collector.take

    def counting(self: work._Collector, *args: object) -> None:
        nonlocal counted
        counted += 1
        if counted == 12:
            raise KeyboardInterrupt
        add(self, *args)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work._Collector, "take", counting)
        with pytest.raises(Stopped):
            run(table, tmp_path / "out.jsonl", model)
        assert counted == 12
        summary = run(table, tmp_path / "out.jsonl", model)
    assert counted == 12 + 35 - 11  # eleven were kept
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert summary.failed == 5
    assert states(tmp_path / "out.jsonl") == {"in.jsonl": "partial"}
    assert (tmp_path / "out.jsonl.failures.jsonl").read_bytes() == (tmp_path / "whole.jsonl.failures.jsonl").read_bytes()


def test_two_runs_at_one_output_do_not_mix(folder: Path, tmp_path: Path, model: Tagger,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagger.runs.disk.PATIENCE", 0.1)
    out = tmp_path / "out.jsonl"

    def meanwhile(_: Done) -> None:
        with pytest.raises(OutputError, match="another run is at work there"):
            run(folder, out, model)

    run(folder, out, model, Listener(meanwhile))
    assert len(rows(out)) == 12


# ---------------------------------------------------------------- failures


def test_every_input_has_a_status_row_and_every_failure_its_reason(folder: Path, tmp_path: Path, model: Tagger) -> None:
    (folder / "1.txt").write_bytes(b"")
    (folder / "rows.csv").write_text('id,text\n1,"网格员走访。"\n2,"a","b"\n', "utf-8")
    (folder / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    out = tmp_path / "out.jsonl"
    summary = run(folder, out, model, exclude=("5.*",))
    assert states(out) == {"0.txt": "done", "1.txt": "failed", "2.txt": "done", "3.txt": "done", "4.txt": "done",
                           "5.txt": "filtered", "old.doc": "failed", "rows.csv": "partial"}
    assert [(Path(str(row["input"])).name, row["reason"], bool(row["advice"])) for row in failures(out)] == [
        ("1.txt", "empty", False), ("old.doc", "unknown type", True), ("rows.csv#2", "damaged", True)]
    assert (summary.inputs, summary.unread, summary.filtered, summary.failed) == (8 - 1, 2, 1, 3)
    status = rows(tmp_path / "out.jsonl.status.jsonl")[0]
    assert (status["documents"], status["paragraphs"], status["encoding"]) == (1, 2, "utf-8")
    assert len(str(status["sha256"])) == 64


def test_failures_are_tried_again_and_put_in_their_place(folder: Path, tmp_path: Path, model: Tagger) -> None:
    sound = (folder / "1.txt").read_bytes()
    run(folder, tmp_path / "whole.jsonl", model)
    (folder / "1.txt").write_bytes(b"")
    (folder / "3.txt").rename(tmp_path / "3.txt")
    os.mkfifo(folder / "3.txt")
    out = tmp_path / "out.jsonl"
    assert run(folder, out, model).unread == 2
    (folder / "1.txt").write_bytes(sound)
    assert run(folder, out, model, retry_failures=True).unread == 1
    (folder / "3.txt").unlink()
    (tmp_path / "3.txt").rename(folder / "3.txt")
    tried = Stop(99)
    assert run(folder, out, model, tried.listener, retry_failures=True).unread == 0
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not (tmp_path / "out.jsonl.failures.jsonl").exists()
    assert not journal_of(out).exists()
    with pytest.raises(OutputError, match="nothing to try again"):
        run(folder, out, model, retry_failures=True)
    assert not journal_of(out).exists()


@pytest.mark.usefixtures("piecewise")
def test_a_strict_run_stops_at_the_first_failure_and_keeps_what_is_done(folder: Path, tmp_path: Path, model: Tagger) -> None:
    (folder / "3.txt").write_bytes(b"")
    out = tmp_path / "out.jsonl"
    with pytest.raises(TaggerError, match=r"3\.txt: empty: .*; 3 of 6 inputs are done and kept"):
        run(folder, out, model, strict=True)
    assert not out.exists()
    (folder / "3.txt").write_text(BODY, "utf-8")
    again = Stop(99)
    run(folder, out, model, again.listener, strict=True)
    assert again.said[0].startswith("going on: ")
    assert set(states(out).values()) == {"done"}


def test_an_output_that_exists_is_safe_until_the_new_one_is_whole(folder: Path, tmp_path: Path, model: Tagger) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("precious")
    with pytest.raises(OutputError, match="exists; --force replaces it"):
        run(folder, out, model)
    with pytest.raises(Stopped):
        run(folder, out, model, Stop(6).listener, force=True)
    assert out.read_text() == "precious"
    with pytest.raises(OutputError, match="exists"):
        run(folder, out, model)
    run(folder, out, model, force=True)
    assert len(rows(out)) == 12


def test_what_a_run_writes_it_does_not_read(folder: Path, model: Tagger) -> None:
    out = folder / "out.jsonl"
    run(folder, out, model)
    first = out.read_bytes()
    (folder / "out.jsonl.failures.jsonl").write_text("{}")
    run(folder, out, model, force=True)
    assert out.read_bytes() == first
    assert len(states(out)) == 6


def test_odd_things_in_a_folder_cost_themselves_only(folder: Path, tmp_path: Path, model: Tagger) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "up").symlink_to(folder)
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "two\nlines.txt").write_text(BODY, "utf-8")
    odd = os.path.join(os.fsencode(folder), b"\xff\xfe.txt")
    Path(os.fsdecode(odd)).write_text(BODY, "utf-8")
    out = tmp_path / "out.jsonl"
    start = time.monotonic()
    run(folder, out, model, jobs=2)
    assert time.monotonic() - start < 10
    found = states(out)
    assert [name for name, status in found.items() if status == "failed"] == ["loop.txt", "pipe.txt", "zero.txt"]
    assert {"two\nlines.txt", "\\xff\\xfe.txt"} <= {name for name, status in found.items() if status == "done"}
    assert {Path(str(row["document"])).name for row in rows(out)} >= {"two\nlines.txt", "\\xff\\xfe.txt"}


def test_a_file_that_changes_while_it_is_read_fails(folder: Path, tmp_path: Path, model: Tagger,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    from tagger.annotation import documents as read


    def shrinking(name: str, *args: object, **keywords: object) -> Iterator[object]:
        if name.endswith("2.txt"):
            os.truncate(name, 30)
        yield from read(name, *args, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(work, "documents", shrinking)
    out = tmp_path / "out.jsonl"
    run(folder, out, model)
    assert [row["reason"] for row in failures(out)] == ["changed"]
    assert states(out)["2.txt"] == "failed"


def test_a_fault_of_the_program_costs_one_input(folder: Path, tmp_path: Path, model: Tagger,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    tag = model.tag_many

    def stumbling(texts: Iterator[str], **keywords: bool) -> object:
        found = list(texts)
        if any("第2天" in text for text in found):
            raise ZeroDivisionError("oh")
        return tag(found, **keywords)

    monkeypatch.setattr(model, "tag_many", stumbling)
    out = tmp_path / "out.jsonl"
    run(folder, out, model)
    assert [(row["reason"], row["detail"]) for row in failures(out)] == [("error", "ZeroDivisionError: oh")]
    assert len(rows(out)) == 10


# ---------------------------------------------------------------- workers


@pytest.mark.parametrize("batch", [1, 50_000])
def test_the_same_bytes_with_any_number_of_workers(batch: int, tmp_path: Path, model: Tagger,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "BATCH_LETTERS", batch)
    seen = set()
    for jobs in (1, 2, 3):
        out = tmp_path / f"{jobs}.jsonl"
        run(ROOT / "seeds", out, model, jobs=jobs)
        seen.add(out.read_bytes() + (tmp_path / f"{jobs}.jsonl.status.jsonl").read_bytes())
    assert len(seen) == 1


def test_workers_can_be_spawned_too(folder: Path, model: Tagger) -> None:
    names = find_inputs([folder])
    tasks = [Task(index, name, name) for index, name in enumerate(names)]
    doing = Work(model, settings_for(model, None), None)
    with Pool(1, doing, 60, method="spawn") as workers:
        found = [piece for pieces, _ in workers.run(tasks) for piece in pieces]
    assert {piece.index: piece.lines for piece in found} == {piece.index: piece.lines for piece in doing(tasks)}


class Moody:
    """Work that does what the name of its task says."""

    def __call__(self, tasks: list[Task], clock: work.Clock) -> Iterator[Piece]:
        for task in tasks:
            clock(task)
            if task.name == "die":
                os._exit(5)
            if task.name == "hang":
                time.sleep(60)
            if task.name == "once" and not Path(task.path).exists():
                Path(task.path).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            clock(None)
            yield Piece(task.index, status="done")


def test_a_dead_worker_costs_the_input_it_was_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "risky", lambda _: True)
    monkeypatch.setattr(pool, "RECYCLE", 20)
    names = ["fine"] * 40
    names[3], names[17], names[30], names[31] = "die", "hang", "once", "die"
    tasks = [Task(index, name, str(tmp_path / "mark")) for index, name in enumerate(names)]
    with Pool(2, Moody(), 0.5) as workers:  # type: ignore[arg-type]
        found = [piece for pieces, _ in workers.run(tasks) for piece in pieces]
    assert sorted(piece.index for piece in found) == list(range(40))
    ended = {names[piece.index]: (piece.status, piece.failures[0].reason if piece.failures else "") for piece in found}
    assert ended == {"fine": ("done", ""), "die": ("crashed", "reader died"), "hang": ("timed out", "time"), "once": ("done", "")}


def test_workers_that_cannot_begin_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_bound_memory", lambda: os._exit(9))
    with Pool(2, Moody(), 1) as workers, pytest.raises(TaggerError, match="died before they could begin"):  # type: ignore[arg-type]
        list(workers.run([Task(0, "fine", "")]))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_ends_within_a_second_and_leaves_no_worker(how: signal.Signals, tmp_path: Path) -> None:
    inputs = tmp_path / "in"
    inputs.mkdir()
    page = f"<html><body><p>{BODY}</p></body></html>"
    for number in range(4000):
        (inputs / f"{number}.html").write_text(page.replace("每天", f"{number}次"), "utf-8")
    command = [sys.executable, "-c", "from tagger.cli import main; main()", "annotate", "in", "-o", "out.jsonl", "-j", "2"]
    running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    journal = tmp_path / ".out.jsonl.journal"
    while not journal.exists() or journal.stat().st_size < 5000:
        assert running.poll() is None
        time.sleep(0.01)
    workers = [int(pid) for pid in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()]
    assert len(workers) == 2
    running.send_signal(how)
    start = time.monotonic()
    _, said = running.communicate(timeout=10)
    assert time.monotonic() - start < 1.5
    assert running.returncode == (130 if how == signal.SIGINT else -how)
    if how == signal.SIGINT:
        assert "are done and kept; the same command goes on" in said
        assert "Traceback" not in said
    time.sleep(0.2)
    assert not any(alive(pid) for pid in workers)
    assert not (tmp_path / "out.jsonl").exists()


# ---------------------------------------------------------------- repeats


def paragraph(text: str, kind: str = "body") -> TaggedParagraph:
    return TaggedParagraph("x-0", "d", "", 0, kind, 0, len(text), text, (), {}, True, (), "m")  # type: ignore[arg-type]


def exact(text: str, kind: str = "body") -> int:
    return int.from_bytes(prints_of([paragraph(text, kind)], near=False), "little")


def test_what_is_a_repeat() -> None:
    assert exact(BODY) == exact(f" {BODY[:5]}\u3000\n{BODY[5:]} ") != 0
    assert exact(BODY) != exact(f"{BODY}。")
    assert exact(BODY[:19]) == exact(BODY, "heading") == 0


def test_prints_do_not_depend_on_neighbours() -> None:
    texts = [BODY, "短", BODY * 3, "甲" * 25, "第三天，调解员化解了两家的矛盾纠纷，大家都很高兴。"]
    together = prints_of([paragraph(text) for text in texts], near=True)
    assert together == b"".join(prints_of([paragraph(text)], near=True) for text in texts)
    assert len(together) == 8 * (1 + BANDS) * len(texts)


def test_near_repeats_are_marked_if_asked_for(tmp_path: Path, model: Tagger) -> None:
    text = ("各村各社区要组织网格员逐户走访，把独居老人、出租房屋和消防通道的情况登记清楚，发现隐患当天上报、当天处理，"
            "处理不了的报镇综治办协调解决，每月{}日前把台账交到镇里汇总，年底统一考核，结果在公示栏里张榜公布。")
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(f"{text.format(number + 1)}\n\n{BODY}{number}\n\n{text.format(7)}\n", "utf-8")
    out = tmp_path / "out.jsonl"
    assert run(tmp_path, out, model).repeats == 4
    assert run(tmp_path, out, model, force=True, near=True).repeats == 9
    found = rows(out)
    first = found[0]["id"]
    assert [row["repeat_of"] for row in found if "各村" in str(row["text"])] == [None] + [first] * 9
    assert not any(row["repeat_of"] for row in found if "各村" not in str(row["text"]))


def firsts(repeats: Repeats, prints: Sequence[int], places: Sequence[int]) -> list[int]:
    found = repeats.first(np.array(prints, dtype=np.uint64), np.array(places, dtype=np.int64))
    return [int(place) for place in found]


@pytest.mark.parametrize("on_disk", [1, 5, 1000])
@pytest.mark.parametrize("recent", [1, 3, 1000])
def test_the_first_of_all_is_named_however_many_there_are(recent: int, on_disk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagger.runs.repeats._RECENT", recent)
    monkeypatch.setattr("tagger.runs.repeats._SORTED", on_disk)
    prints = [7, 0, 9, 7, 2**64 - 1, 0, 9, 7, 2**64 - 1, 5, 2**63, 1] * 3
    places = list(range(100, 100 + len(prints)))
    repeats = Repeats(tmp_path)
    found = [first for at in range(0, len(prints), 4) for first in firsts(repeats, prints[at:at + 4], places[at:at + 4])]
    first: dict[int, int] = {}
    assert found == [first.setdefault(key, place) if key else place for key, place in zip(prints, places, strict=True)]
    assert not list(tmp_path.iterdir())


def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    repeats = Repeats(tmp_path, most=2)
    assert firsts(repeats, [1, 2, 1], [10, 20, 30]) == [10, 20, 10]
    assert repeats.full
    assert firsts(repeats, [3, 1, 3], [40, 50, 60]) == [40, 10, 60]


def test_repeats_are_marked_or_left_out(folder: Path, tmp_path: Path, model: Tagger) -> None:
    assert run(folder, tmp_path / "all.jsonl", model).repeats == 5
    found = rows(tmp_path / "all.jsonl")
    first = next(row["id"] for row in found if row["text"] == BODY)
    assert [row["repeat_of"] for row in found] == [None, None] + [first, None] * 5
    summary = run(folder, tmp_path / "few.jsonl", model, skip_repeats=True)
    assert (summary.repeats, summary.skipped) == (5, True)
    assert rows(tmp_path / "few.jsonl") == [row for row in found if row["repeat_of"] is None]
    assert [row["repeats"] for row in rows(tmp_path / "few.jsonl.status.jsonl")] == [0, 1, 1, 1, 1, 1]


# ---------------------------------------------------------------- torture


@pytest.mark.slow
def test_a_short_torture() -> None:
    done = subprocess.run([sys.executable, TORTURE / "torture.py", "--short"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_progress_tells_how_far_it_is(folder: Path, tmp_path: Path, model: Tagger) -> None:
    seen: list[Done] = []
    (folder / "1.txt").write_bytes(b"")
    run(folder, tmp_path / "out.jsonl", model, Listener(seen.append))
    assert all(later.inputs == before.inputs + 1 for before, later in pairwise(seen))
    assert seen[-1].inputs == seen[-1].all_inputs == 6
    assert seen[-1].bytes == seen[-1].all_bytes > 0
    assert seen[-1].failed == 1
