"""Runs of the command in forked children: loaded once, killed often."""

import importlib
import os
import pkgutil
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from faults import Faults

import tagger.reading
import tagger.runs.pool
import tagger.runs.work
import tagger.writing
import tagger.writing.html
from tagger.cli import main

KILLED = -signal.SIGKILL
LONGEST = 120.0  # seconds for a run that is measured

# So that small inputs come in pieces too, which are sent and kept one by one.
tagger.runs.work.PIECE_BYTES = 8_000
tagger.runs.pool.SEND_SECONDS = 0.0
tagger.writing.html.PAGE_DOCUMENTS = 5


def load_all() -> None:
    """Load what the command loads as it goes: once, before the forks, which halves their time."""
    for package in (tagger.reading, tagger.writing, tagger.runs):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("parquet"):  # takes 30 MB, and no input here needs it
                importlib.import_module(found.name)
    for name in ("tagger.annotation", "tagger.progress", "docx", "frontmatter", "lxml.html",
                 "markdown_it", "pypdfium2"):
        importlib.import_module(name)


def start(arguments: Sequence[str], folder: Path, fault: str = "", log: Path | None = None) -> int:
    """Begin a run in a child process; returns its id."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    status = 99
    try:
        _become(arguments, folder, log)
        faults = Faults(fault)
        faults.install()
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            if log is not None:
                faults.end()
                Path(f"{log}.operations").write_text("\n".join(faults.names))
    finally:
        os._exit(status)


def _become(arguments: Sequence[str], folder: Path, log: Path | None) -> None:
    os.setpgid(0, 0)
    os.chdir(folder)
    sys.argv = ["tagger", *arguments]
    handle = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 2)
    os.dup2(handle, 1)


def end(child: int) -> int:
    """Wait for a child; its exit status, or the signal that killed it, negative."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def run(arguments: Sequence[str], folder: Path, fault: str = "", log: Path | None = None) -> int:
    """Do a run to its end."""
    return end(start(arguments, folder, fault, log))


def run_measured(arguments: Sequence[str], folder: Path, log: Path) -> tuple[int, int]:
    """Do a run to its end; its exit status, and the most memory of its processes, in MB."""
    child = start(arguments, folder, log=log)
    guard = threading.Timer(LONGEST, os.kill, (child, signal.SIGKILL))
    guard.start()
    _, status, used = os.wait4(child, 0)
    guard.cancel()
    return os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024


def run_and_kill(arguments: Sequence[str], folder: Path, after: float) -> int:
    """Do a run, and kill it after so many seconds if it has not ended by then."""
    child = start(arguments, folder)
    deadline = time.monotonic() + after
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(min(0.002, max(0.0, deadline - time.monotonic())))
    os.kill(child, signal.SIGKILL)
    return end(child)


def fresh(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def bytes_of(folder: Path) -> dict[str, bytes]:
    """All files that a run left, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


SENTENCES = ("网格员每天走访群众，记下谁家有难处。", "调解员化解了两家的矛盾纠纷。", "今年小麦又是丰收年，大家都很高兴。",
             "公安机关开展扫黑除恶专项斗争。", "小区装上了人脸识别门禁和监控探头。", "红袖标志愿者在街口巡逻。")


def corpus(folder: Path, seeds: Path, count: int, rows_count: int, rng: random.Random) -> Path:
    """Some inputs of many formats: sound ones, broken ones, repeated ones."""
    fresh(folder)
    sources = sorted(seeds.iterdir())
    texts = [path.read_bytes() for path in sources if path.suffix == ".txt"]
    for number in range(count):
        path = rng.choice(sources)
        shutil.copyfile(path, folder / f"{number:03d}-{path.name}")
    (folder / "050-empty.txt").write_bytes(b"")
    (folder / "051-old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "052-torn.docx").write_bytes(b"PK\x03\x04 torn")
    (folder / "053-rows.csv").write_text('id,text\n1,"网格员每天走访群众。"\n2,"a","b"\n3,"调解员化解矛盾。"\n', "utf-8")
    rows = "".join(f'{{"id": {n}, "text": "第{n}天，{rng.choice(SENTENCES)}{rng.choice(SENTENCES)}"}}\n'
                   for n in range(rows_count))
    (folder / "056-rows.jsonl").write_text(rows.replace('"text": "第7天', '"txt": "第7天'), "utf-8")
    (folder / "054-again.txt").write_bytes(texts[0])
    (folder / "055-again.txt").write_bytes(texts[0])
    return folder
