"""Runs at the edges: disks, links, streams and workers that are not as they should be."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from conftest import ROOT, run
from hypothesis import given
from hypothesis import strategies as st

from tagger.errors import OutputError, ReadingError
from tagger.reading import limits, rows
from tagger.reading.lines import clean
from tagger.reading.source import Source
from tagger.runs import disk, pool, work
from tagger.runs.journal import journal_of, part_of
from tagger.runs.pool import NOWHERE, Pool
from tagger.runs.records import Piece, Task
from tagger.runs.run import Listener, Stopped
from tagger.tagger import Tagger
from tagger.writing.place import new_folder

TAGGER = [sys.executable, "-c", "from tagger.cli import main; main()", "annotate"]
BODY = "网格员每天走访群众，记下谁家有难处、谁家要帮忙。"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    for number in range(3):
        (made / f"{number}.txt").write_text(f"{BODY}{number}\n", "utf-8")
    return made


def states(output: Path) -> list[dict[str, object]]:
    decode = msgspec.json.Decoder(dict[str, object]).decode
    return [decode(line) for line in output.with_name(f"{output.name}.status.jsonl").read_bytes().splitlines()]


def command(folder: Path, line: str) -> tuple[int, str]:
    """A line of the shell, in which "$@" is the command."""
    done = subprocess.run(["sh", "-c", line, "sh", *TAGGER], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


# ---------------------------------------------------------------- streams and exit statuses


@pytest.mark.slow
@pytest.mark.parametrize(("line", "status", "said"), [
    ('"$@" in -o - > /dev/full', 1, "-: cannot be written: No space left on device"),
    ('"$@" in -o - >&-', 1, "-: standard output is closed"),
    ('"$@" in -o out.jsonl 0<&- >&- 2>&-', 0, ""),
    ('mkdir gone; cd gone; rmdir ../gone; "$@" ../in -o out.jsonl', 1, "cannot be written: No such file"),
    ('"$@" in -o "$(printf "长%.0s" $(seq 83)).jsonl"', 1, "File name too long"),
    ('"$@" in -o in/0.txt/out.jsonl', 1, "cannot be written"),
    ('"$@" in -o out.jsonl --include "*.pdf"', 1, "3 inputs filtered out"),
    ('mkdir empty; "$@" empty -o out.jsonl', 1, "0 of 0 inputs read"),
    (': > in/9.txt; "$@" in -o - > out', 3, "3 of 4 inputs read"),
])
def test_whatever_the_streams_are_there_is_no_traceback(line: str, status: int, said: str, folder: Path, tmp_path: Path) -> None:
    found, stderr = command(tmp_path, line)
    assert (found, "Traceback" in stderr) == (status, False), stderr
    assert said in stderr


def test_an_output_of_before_stays_if_nothing_can_be_read(folder: Path, tmp_path: Path, model: Tagger) -> None:
    out = tmp_path / "out.jsonl"
    run(folder, out, model)
    before = out.read_bytes()
    for path in folder.iterdir():
        path.write_bytes(b"")
    assert run(folder, out, model, force=True).notes == [f"{out} of before is left as it was"]
    assert out.read_bytes() == before


# ---------------------------------------------------------------- files


def test_a_link_in_the_place_of_a_runs_own_file_is_not_followed(folder: Path, tmp_path: Path, model: Tagger) -> None:
    (tmp_path / "precious").write_text("precious")
    out = tmp_path / "out.jsonl"
    for path in (journal_of(out), part_of(out), tmp_path / ".out.jsonl.lines", tmp_path / ".out.jsonl.status"):
        path.symlink_to("precious")
        with pytest.raises(OutputError, match="cannot be written"):
            run(folder, out, model)
        path.unlink(missing_ok=True)
    assert (tmp_path / "precious").read_text() == "precious"
    run(folder, out, model)


def test_a_journal_that_was_removed_while_it_was_waited_for_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    first = disk.open_locked(path)

    def end() -> None:
        time.sleep(0.2)
        path.unlink()
        os.close(first)

    ending = threading.Thread(target=end)
    ending.start()
    second = disk.open_locked(path)
    ending.join()
    assert os.path.samestat(os.fstat(second), path.stat())
    with path.open() as third, pytest.raises(BlockingIOError):
        fcntl.flock(third, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(second)


@pytest.mark.parametrize("length", [-1, 10**15, 2**62])
def test_a_row_of_no_possible_length_ends_the_journal(length: int, folder: Path, tmp_path: Path, model: Tagger) -> None:
    out = tmp_path / "out.jsonl"

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Stopped):
        run(folder, out, model, Listener(stop))
    journal = journal_of(out)
    header, row, *_ = journal.read_bytes().splitlines(keepends=True)
    found = msgspec.json.decode(row)
    journal.write_bytes(header + msgspec.json.encode({**found, "length": length}) + b"\n")
    assert run(folder, out, model).unread == 0


@pytest.mark.parametrize("stop", ["amid", "at the end"])
def test_status_rows_are_the_same_wherever_a_table_was_stopped(stop: str, tmp_path: Path, model: Tagger,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PIECE_BYTES", 1)
    monkeypatch.setattr(work, "BATCH_LETTERS", 1)
    table = tmp_path / "in.jsonl"
    table.write_text("".join(f'{{"text": "{BODY}{number}"}}\n' for number in range(5)), "utf-8")
    run(table, tmp_path / "whole.jsonl", model)
    out = tmp_path / "out.jsonl"
    kept = 0
    last = work._Collector.last
    piece = work._Collector.piece

    def counting(collector: work._Collector, *status: object) -> Piece:
        nonlocal kept
        kept += 1
        if stop == "amid" and kept == 3:
            raise KeyboardInterrupt
        return piece(collector, *status)  # type: ignore[arg-type]

    def ending(collector: work._Collector) -> Piece:
        if stop == "at the end":
            raise KeyboardInterrupt
        return last(collector)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work._Collector, "piece", counting)
        patch.setattr(work._Collector, "last", ending)
        with pytest.raises(Stopped, match="0 of 1 inputs and a part of 1 more are done and kept"):
            run(table, out, model)
    run(table, out, model)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert states(out) == states(tmp_path / "whole.jsonl")


def test_two_folders_change_places_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / ("长" * 70)
    for text in ("old", "new"):
        with new_folder(place) as part:
            (part / "a").write_text(text)
        if text == "old" and sys.platform == "linux":
            monkeypatch.setattr(Path, "rename", lambda *_: pytest.fail("two steps"))
    assert (place / "a").read_text() == "new"
    assert list(tmp_path.iterdir()) == [place]


def test_pages_of_before_go_when_there_are_none_now(folder: Path, tmp_path: Path, model: Tagger,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagger.writing.html.PAGE_DOCUMENTS", 1)
    out = tmp_path / "out.html"
    run(folder, out, model)
    assert len(list((tmp_path / "out_pages").iterdir())) == 3
    (folder / "1.txt").unlink()
    (folder / "2.txt").unlink()
    run(folder, out, model, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out.html", "out.html.status.jsonl"]


# ---------------------------------------------------------------- inputs


def test_a_folder_that_may_not_be_read_is_reported(folder: Path, tmp_path: Path, model: Tagger,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "secret").mkdir()
    scandir, access = os.scandir, os.access

    def scanning(path: str) -> object:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scanning)
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("secret") and access(path, mode))
    assert run(folder, tmp_path / "out.jsonl", model).unread == 1
    found = states(tmp_path / "out.jsonl")[-1]
    assert (Path(str(found["input"])).name, found["reason"], found["detail"]) == ("secret", "unreadable", "this folder may not be read")


def test_a_file_over_the_bound_is_refused_unread(folder: Path, tmp_path: Path, model: Tagger) -> None:
    with (folder / "9.jsonl").open("wb") as file:
        file.truncate(limits.MAX_STREAM_BYTES + 1)
    start = time.monotonic()
    assert run(folder, tmp_path / "out.jsonl", model).unread == 1
    assert time.monotonic() - start < 5
    assert states(tmp_path / "out.jsonl")[-1]["reason"] == "too large"


def test_many_rows_of_one_id_take_no_longer_than_others() -> None:
    names = rows.Names(Source("t", Path("t")))
    start = time.monotonic()
    taken = [names.take("a", 0) for _ in range(50_000)]
    assert time.monotonic() - start < 5
    assert taken[:3] == ["t#a", "t#a.2", "t#a.3"]
    assert len(set(taken)) == 50_000


def test_a_document_of_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_LINES", 10)
    assert clean("t", "行\n" * 10)
    with pytest.raises(ReadingError, match="11 lines, over the limit of 10"):
        clean("t", "行\n" * 11)


# ---------------------------------------------------------------- workers


class Silent:
    """Work that dies when it has done its block, and does not say of which task."""

    def __call__(self, tasks: list[Task], _: work.Clock) -> Iterator[Piece]:
        done = list(tasks)
        if any(task.name == "die" for task in done):
            os._exit(5)
        yield from (Piece(task.index, status="done") for task in done)


@pytest.mark.parametrize("names", [["die"], ["fine", "die"], ["die", "die"], ["fine"] * 70 + ["die"] + ["fine"] * 200 + ["die"]])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_worker_that_does_not_say_where_it_died_costs_one_input(names: list[str], jobs: int) -> None:
    tasks = [Task(index, name, "x") for index, name in enumerate(names)]
    with Pool(jobs, Silent(), 60) as workers:  # type: ignore[arg-type]
        found = [piece for pieces, _ in workers.run(tasks) for piece in pieces]
    assert {piece.index: piece.status for piece in found} == {
        index: "crashed" if name == "die" else "done" for index, name in enumerate(names)}
    assert len(found) == len(names)


class Line:
    """A pipe that holds whatever is sent."""

    def __init__(self) -> None:
        self.held: list[bytes] = []

    def send_bytes(self, data: bytes) -> None:
        self.held.append(data)

    def recv_bytes(self) -> bytes:
        return self.held.pop(0)


@given(st.lists(st.one_of(st.integers(0, 2500), st.none()), max_size=60))
def test_messages_arrive_whole_and_in_order_however_late_they_are_read(sizes: list[int | None]) -> None:
    """Numbers are the bytes of a message sent, None is one read; the memory they share has 1,000."""
    pipe, clock, shared = Line(), [0.0] * 4, memoryview(bytearray(1000))
    outlet = pool._Outlet(pipe, clock, shared)  # type: ignore[arg-type]
    worker = pool._Worker(None, pipe, clock, shared)  # type: ignore[arg-type]
    sent, received = [], []
    for number, size in enumerate(sizes):
        if size is not None:
            sent.append([Piece(number, lines=bytes([number]) * size)])
            outlet.send(pool.Message(sent[-1], through=False))
        elif pipe.held:
            received.append(worker.receive().pieces)
    while pipe.held:
        received.append(worker.receive().pieces)
    assert received == sent


def test_messages_do_not_go_through_the_pipe_while_they_are_read() -> None:
    pipe, clock, shared = Line(), [0.0] * 4, memoryview(bytearray(1000))
    outlet = pool._Outlet(pipe, clock, shared)  # type: ignore[arg-type]
    worker = pool._Worker(None, pipe, clock, shared)  # type: ignore[arg-type]
    for number in range(50):
        outlet.send(pool.Message([Piece(number, lines=bytes(300))], through=False))
        assert len(pipe.held[0]) < 50
        worker.receive()


def test_a_worker_is_excused_for_as_long_as_nobody_looked() -> None:
    now = time.monotonic()
    worker = pool._Worker(None, None, [0.0, now - 5, 1.0], memoryview(b""))  # type: ignore[arg-type]
    assert worker.is_late()
    assert not worker.is_late(paused=60.0)
    worker.clock[1] = now - 1  # another document
    assert worker.is_late()
    worker.clock[1] = 0.0
    assert not worker.is_late()
    assert NOWHERE < 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="stops and continues processes")
def test_a_run_that_is_put_to_sleep_times_nobody_out(tmp_path: Path) -> None:
    inputs = tmp_path / "in"
    inputs.mkdir()
    for number in range(3000):
        (inputs / f"{number}.html").write_text(f"<html><body><p>{BODY}{number}</p></body></html>", "utf-8")
    running = subprocess.Popen([*TAGGER, "in", "-o", "out.jsonl", "-j", "2", "--timeout", "1"], cwd=tmp_path,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    while not part_of(tmp_path / "out.jsonl").exists():
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGSTOP)
    time.sleep(2.5)
    os.killpg(running.pid, signal.SIGCONT)
    assert running.wait(timeout=100) == 0


@pytest.mark.slow
def test_a_model_that_changed_is_noticed(folder: Path, tmp_path: Path) -> None:
    """With the same name, too."""
    model = tmp_path / "governance"
    shutil.copytree(ROOT / "models" / "governance", model)
    for number in range(400):
        (folder / f"{number}.html").write_text(f"<html><body><p>{BODY}{number}</p></body></html>", "utf-8")
    running = subprocess.Popen([*TAGGER, "in", "-o", "out.jsonl", "-m", str(model)], cwd=tmp_path, stderr=subprocess.DEVNULL)
    while not part_of(tmp_path / "out.jsonl").exists() or not part_of(tmp_path / "out.jsonl").stat().st_size:
        time.sleep(0.005)
    running.kill()
    running.wait()
    manifest = model / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8") + "\n", "utf-8")
    status, said = command(tmp_path, f'"$@" in -o out.jsonl -m {model}')
    assert status == 0, said
    assert "made with other settings: manifest" in " ".join(said.split())
