"""Ctrl-C: a run ends within a second, keeps what is done, and says in one line how to go on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from tagger.cli import main; main()", "annotate"]
BODY = "网格员每天走访群众，记下谁家有难处、谁家要帮忙。"
SECOND = 1.0
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


def files(folder: Path) -> Path:
    """Many small inputs, some of them read by workers."""
    folder.mkdir()
    for number in range(3000):
        text = f"{BODY}{number}"
        suffix, text = (".html", f"<html><body><p>{text}</p></body></html>") if number % 3 == 0 else (".txt", text)
        (folder / f"{number:04d}{suffix}").write_text(text, "utf-8")
    return folder


def table(folder: Path) -> Path:
    """One large input."""
    folder.mkdir()
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for number in range(120_000):
            file.write(f'{{"text": "{BODY * 3}{number}"}}\n')
    return folder


def long_text(folder: Path) -> Path:
    """One large document, of which nothing is kept before it is done."""
    folder.mkdir()
    (folder / "long.txt").write_text("".join(f"{BODY * 5}{number}\n\n" for number in range(60_000)), "utf-8")
    return folder


def begin(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A run in a session of its own, as a terminal makes one."""
    return subprocess.Popen([*COMMAND, "in", "-o", "out.jsonl", *more], cwd=folder, stderr=subprocess.PIPE, text=True,
                            start_new_session=True)


def at_work(running: subprocess.Popen[str], folder: Path, least: int) -> None:
    """Wait until so many bytes are kept."""
    part = folder / ".out.jsonl.part"
    while not part.exists() or part.stat().st_size < least:
        assert running.poll() is None
        time.sleep(0.005)


def stop(running: subprocess.Popen[str], times: int = 1) -> str:
    """Press Ctrl-C, which reaches all processes of the terminal; what was said."""
    start = time.monotonic()
    for _ in range(times):
        os.killpg(running.pid, signal.SIGINT)
        time.sleep(0.01)
    _, said = running.communicate(timeout=20)
    assert time.monotonic() - start < SECOND
    # A further one may come when Python has given its handler back and is about to end.
    assert running.returncode == 130 or (times > 1 and running.returncode == -signal.SIGINT), said
    return said


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(("make", "least", "kept"), [(files, 50_000, " inputs are done and kept"), (table, 3_000_000, "0 of 1 inputs and a part of 1 more are done and kept"),
                                                     (long_text, 0, "0 of 1 inputs are done and kept")])
def test_once(make: object, least: int, kept: str, jobs: str, tmp_path: Path) -> None:
    make(tmp_path / "in")  # type: ignore[operator]
    running = begin(tmp_path, "-j", jobs)
    at_work(running, tmp_path, least)
    if not least:
        time.sleep(0.7)
    said = stop(running)
    assert said.count("\n") == 1
    assert said.startswith("tagger: stopped; ")
    assert said.endswith(f"{kept}; the same command goes on\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.jsonl.journal", ".out.jsonl.part", "in"]
    if make is table:
        before = (tmp_path / ".out.jsonl.part").read_bytes()
        assert len(before) >= least
        again = begin(tmp_path, "-j", jobs)
        _, said = again.communicate(timeout=100)
        assert again.returncode == 0
        assert "0 of 1 inputs were done before" in said
        with (tmp_path / "out.jsonl").open("rb") as lines:
            documents = [json.loads(line)["document"] for line in lines]
        assert documents == [f"in/rows.jsonl#{number}" for number in range(1, 120_001)]


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, 5])
def test_twice(times: int, tmp_path: Path) -> None:
    files(tmp_path / "in")
    running = begin(tmp_path, "-j", "2")
    at_work(running, tmp_path, 50_000)
    said = stop(running, times)
    assert "Traceback" not in said
    assert "the same command goes on" in said
    again = begin(tmp_path)
    _, said = again.communicate(timeout=100)
    assert again.returncode == 0
    assert "going on" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out.jsonl", "out.jsonl.status.jsonl"]


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.15, 0.25, 0.35, 0.45])
def test_at_the_start(wait: float, tmp_path: Path) -> None:
    files(tmp_path / "in")
    running = begin(tmp_path, "-j", "2")
    time.sleep(wait)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=20)
    assert "stopped" in said or not said or "KeyboardInterrupt" in said  # before the command itself has begun
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.slow
def test_to_standard_output(tmp_path: Path) -> None:
    table(tmp_path / "in")
    running = subprocess.Popen([*COMMAND, "in", "-o", "-", "-j", "1"], cwd=tmp_path, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    assert running.stdout
    running.stdout.read(100_000)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 130
    assert said.decode().startswith("tagger: stopped; what was written is not whole")


@pytest.mark.slow
def test_it_stays_ignored_in_the_background(tmp_path: Path) -> None:
    files(tmp_path / "in")
    running = subprocess.Popen(["sh", "-c", 'trap "" INT; exec "$@"', "sh", *COMMAND, "in", "-o", "out.jsonl"], cwd=tmp_path,
                               stderr=subprocess.PIPE, text=True)
    at_work(running, tmp_path, 1)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=100)
    assert running.returncode == 0
