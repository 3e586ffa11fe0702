"""`python -m benchmarks.large`: a night's runs, failures mixed in, with counts, time and memory.

One run over 100,000 small files and one over 2 GB of JSON lines, each once to its end, and
once killed on the way and gone on with, which must give the same bytes.
"""

import argparse
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

import msgspec

from benchmarks.measuring import command
from benchmarks.table import TAGGER
from benchmarks.texts import MEGABYTE, ROOT, Texts, endless, read_texts

FILES = 100_000
MEGABYTES = 2_000
MEMORY = 250  # MB, the goal
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- large: begin -->", "<!-- large: end -->"
SOME_FAILED = 3
_FILE_LETTERS = 700  # about 2 kB
_IN_FOLDER = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """An input and what must come of it: the status of each file, the reasons in order."""

    name: str
    path: Path
    megabytes: float
    statuses: dict[str, int]
    failures: list[str]
    documents: int


@dataclass(frozen=True, slots=True)
class Night:
    """What a run took, and what taking it up again after a kill on the way took."""

    source: Source
    seconds: float
    memory: float
    resumed: float
    wrong: list[str]

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        counts = ", ".join(f"{count:,} {status}" for status, count in self.source.statuses.items())
        return (self.source.name, f"{self.source.megabytes:,.0f}", counts,
                f"{len(self.source.failures):,}", f"{self.seconds:.0f}",
                f"{self.source.megabytes / self.seconds:.1f}", f"{self.memory:.0f}",
                f"{self.resumed:.0f}", "; ".join(self.wrong) or "nothing")


HEAD = ("input", "MB", "status rows", "failures listed", "seconds", "MB/s", "peak MB",
        "seconds of the rest after a kill on the way", "wrong")


# Of each thousand files, those that cannot be read: number -> suffix, content and reason.
BROKEN: dict[int, tuple[str, bytes, str]] = {
    7: (".txt", b"", "empty"),
    111: (".doc", b"\xd0\xcf\x11\xe0", "unknown type"),
    222: (".html", b"<div>" * 500 + "网格员".encode(), "too large"),
    333: (".txt", b"\0" * 100, "damaged"),
    444: (".docx", b"PK\x03\x04 torn", "damaged"),
    555: (".txt", b"\xff\x80" * 100, "encoding"),
    666: (".pdf", b"%PDF-1.7 torn", "damaged"),
}
# Of each thousand rows, those that cannot be read: number -> line and reason.
BROKEN_ROWS: dict[int, tuple[bytes, str]] = {
    13: (b'{"text": "torn\n', "damaged"),
    400: (b'{"id": 5}\n', "no text"),
}


def write_files(folder: Path, texts: Texts, count: int) -> Source:
    """So many small files, .txt, .html and .md, some of them broken."""
    paragraphs = endless(texts)
    failures = []
    total = 0
    for number in range(count):
        place = folder / f"{number // _IN_FOLDER:04}"
        if number % _IN_FOLDER == 0:
            place.mkdir(parents=True)
        broken = BROKEN.get(number % _IN_FOLDER)
        if broken:
            suffix, data, reason = broken
            failures.append(reason)
        else:
            suffix, data = _sound(number, paragraphs)
        total += (place / f"{number:06}{suffix}").write_bytes(data)
    statuses = {"done": count - len(failures), "failed": len(failures)}
    return Source(f"{count:,} small files", folder, total / MEGABYTE,
                  {key: value for key, value in statuses.items() if value}, failures,
                  count - len(failures))


def _sound(number: int, paragraphs: Iterator[str]) -> tuple[str, bytes]:
    held: list[str] = []
    while sum(map(len, held)) < _FILE_LETTERS:
        held.append(next(paragraphs))
    if number % 3 == 1:
        body = "".join(f"<p>{text}</p>\n" for text in held)
        return ".html", f"<html><body>\n{body}</body></html>\n".encode()
    return ".md" if number % 10 == 2 else ".txt", "\n\n".join(held).encode()


def write_rows(folder: Path, texts: Texts, megabytes: float) -> Source:
    """One file of JSON lines, some of them broken."""
    folder.mkdir(parents=True)
    paragraphs = endless(texts)
    path = folder / "rows.jsonl"
    failures = []
    total = number = 0
    with path.open("wb") as file:
        while total < megabytes * MEGABYTE:
            number += 1
            broken = BROKEN_ROWS.get(number % 1_000)
            if broken:
                failures.append(broken[1])
            total += file.write(broken[0] if broken else
                                msgspec.json.encode({"text": next(paragraphs)}) + b"\n")
    return Source(f"{total / MEGABYTE:,.0f} MB of JSON lines", path, total / MEGABYTE,
                  {"partial": 1}, failures, number - len(failures))


def nights(texts: Texts, scale: float) -> Iterator[Night]:
    """Both runs, one after the other; their inputs go when they are done."""
    with tempfile.TemporaryDirectory(prefix="large.") as folder:
        scratch = Path(folder)
        for source in (lambda: write_files(scratch / "in", texts, int(FILES * scale)),
                       lambda: write_rows(scratch / "in", texts, MEGABYTES * scale)):
            yield measure(source(), scratch)
            shutil.rmtree(scratch / "in")


def measure(source: Source, scratch: Path) -> Night:
    """Run it to its end, and again with a kill on the way; check all counts."""
    whole, again = scratch / "whole.jsonl", scratch / "again.jsonl"
    run = command(_annotate(source, whole), watch=True, statuses=(SOME_FAILED,))
    wrong = list(_wrong(source, whole))
    killed = subprocess.Popen(list(map(str, _annotate(source, again))),
                              stderr=subprocess.DEVNULL)
    time.sleep(0.4 * run.wall)
    killed.send_signal(signal.SIGKILL)
    if killed.wait() != -signal.SIGKILL:
        wrong.append("it ended before it was killed")
    resumed = command(_annotate(source, again), watch=True, statuses=(SOME_FAILED,))
    wrong += [f"other bytes after a kill: {end or 'output'}"
              for end in ("", ".status.jsonl", ".failures.jsonl")
              if _digest(Path(f"{whole}{end}")) != _digest(Path(f"{again}{end}"))]
    for path in scratch.glob("*.jsonl*"):
        path.unlink()
    return Night(source, run.wall, max(run.memory, resumed.memory), resumed.wall, wrong)


def _annotate(source: Source, output: Path) -> list[str | Path]:
    return [TAGGER, "annotate", source.path, "-o", output, "--force"]


def _wrong(source: Source, output: Path) -> Iterator[str]:
    """What is not as it must be in the output and in the records beside it."""
    statuses: Counter[str] = Counter()
    documents = paragraphs = 0
    for row in _rows(Path(f"{output}.status.jsonl")):
        statuses[row["status"]] += 1
        documents += row["documents"]
        paragraphs += row["paragraphs"]
    if dict(statuses) != source.statuses:
        yield f"statuses {dict(statuses)} instead of {source.statuses}"
    if documents != source.documents:
        yield f"{documents:,} documents instead of {source.documents:,}"
    reasons = (row["reason"] for row in _rows(Path(f"{output}.failures.jsonl")))
    differ = sum(found != meant for found, meant in zip_longest(reasons, source.failures))
    if differ:
        yield f"{differ:,} failures are not those of the {len(source.failures):,} broken inputs"
    bodies = sum(row["kind"] == "body" for row in _rows(output))
    if bodies != paragraphs:
        yield f"{bodies:,} body paragraphs instead of {paragraphs:,}"


def _rows(path: Path) -> Iterator[dict[str, int | str]]:
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as file:
        yield from map(decode, file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(page: Path, done: Sequence[Night]) -> None:
    """Put the figures between the two marks of the page."""
    text = page.read_text("utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    lines = [HEAD, ["---"] * len(HEAD), *(night.cells() for night in done)]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    head = (f"As of {datetime.now(UTC):%Y-%m-%d}, {platform.system()}, Python "
            f"{platform.python_version()}, {os.cpu_count()} cores; memory is that of all processes "
            f"together.\n")
    page.write_text(f"{text[:begin]}\n{head}\n{table}{text[end:]}", "utf-8")


def report(texts: Texts, scale: float, page: Path | None) -> bool:
    """Measure, print, and write into the page if one is given; returns whether all is right."""
    done = []
    for night in nights(texts, scale):
        done.append(night)
        print("; ".join(f"{name}: {cell}" for name, cell in zip(HEAD, night.cells(), strict=True)))
    if page is not None:
        write(page, done)
    return all(not night.wrong and night.memory <= MEMORY for night in done)


def main() -> int:
    """Measure and report; returns 1 if a count is wrong or the memory is too much."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--text", type=Path, help="a file with a paragraph a line")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="0.1: a tenth of the size; only the full size is written down")
    given = parser.parse_args()
    right = report(read_texts(given.text), given.scale, PAGE if given.scale == 1 else None)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
