"""Kills runs, fails their disk, and gives them parsers that hang or die; compares bytes.

python tests/torture/torture.py [--short] [--seed N] [--only SECTION …]
"""

import argparse
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import badreader
import hostile
from child import KILLED, bytes_of, corpus, fresh, run, run_and_kill, run_measured

from tagger.store import shipped

ROOT = Path(__file__).parents[2]
OUT = "out"
PEAK = 2_300  # MB of one process: the bound of a worker, and what the system maps
SLOWEST = 60.0  # seconds


@dataclass
class Section:
    """A line of the table: what was done how often, and what went wrong."""

    name: str
    trials: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def check(self, right: bool, what: str) -> None:
        if not right:
            self.wrong.append(what)


@dataclass(frozen=True)
class Bench:
    """Where it happens, and how much of it."""

    folder: Path
    short: bool
    rng: random.Random

    @property
    def inputs(self) -> Path:
        return self.folder / "in"

    @property
    def model(self) -> Path:
        return self.folder / "governance"

    def command(self, output: str, *more: str) -> list[str]:
        return ["annotate", str(self.inputs), "-o", output, "-m", str(self.model), *more]

    def reference(self, output: str, *more: str) -> dict[str, bytes]:
        """What a run that nobody disturbs leaves; the journal of a run with failures aside."""
        where = fresh(self.folder / "reference")
        status = run(self.command(output, *more), where, log=self.folder / "log")
        assert status == 3, (self.folder / "log").read_text()
        return published(where)


def published(where: Path) -> dict[str, bytes]:
    return {name: data for name, data in bytes_of(where).items() if not name.startswith(".")}


def left_over(where: Path, output: str) -> list[str]:
    """Hidden files beside those in which a run with failures is kept."""
    kept = {f".{output}.part", f".{output}.journal"}
    return [name for name in bytes_of(where) if name.startswith(".") and name not in kept]


def resume(bench: Bench, section: Section, where: Path, output: str, expected: dict[str, bytes],
           more: tuple[str, ...], what: str) -> None:
    """Give the same command again, and compare what is there then."""
    status = run(bench.command(output, *more), where, log=bench.folder / "log")
    said = (bench.folder / "log").read_text()
    # 1: it was killed when all was done, and refuses to replace the output
    section.check(status == 3 or (status == 1 and "--force replaces" in said),
                  f"{what}: status {status}: {said[-300:]}")
    if status == 3:
        section.notes["gone on" if "going on" in said else "begun anew"] += 1
    section.check(published(where) == expected, f"{what}: other bytes: {differing(published(where), expected)}")
    section.check(not left_over(where, output), f"{what}: left over: {left_over(where, output)}")


def differing(found: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    return [name for name in found.keys() | expected.keys()
            if found.get(name) != expected.get(name)]


# --------------------------------------------------------------------- sections


def random_kills(bench: Bench) -> Iterator[Section]:
    """SIGKILL at random moments, some runs more than once."""
    for output, more, kills in (("out.jsonl", ("-j", "1"), 100), ("out.jsonl", ("-j", "2"), 100),
                                ("out.csv", ("-j", "2", "--skip-repeats"), 40)):
        section = Section(f"SIGKILL at random moments, {output} {' '.join(more)}")
        expected = bench.reference(output, *more)
        start = time.monotonic()
        run(bench.command(output, *more), fresh(bench.folder / "timing"))
        whole = time.monotonic() - start
        killed = 0
        while killed < (5 if bench.short else kills):
            where = fresh(bench.folder / "work")
            for _ in range(bench.rng.choice((1, 1, 2, 3))):
                if run_and_kill(bench.command(output, *more), where,
                                bench.rng.uniform(0, whole)) == KILLED:
                    killed += 1
                section.check(OUT not in published(where) or published(where)[output] ==
                              expected[output], "a half-written output")
            section.trials = killed
            resume(bench, section, where, output, expected, more, f"kill {killed}")
        yield section


def every_operation(bench: Bench) -> Iterator[Section]:
    """SIGKILL at every operation in turn, and each operation failing in turn."""
    for output, more in (("out.jsonl", ("-j", "1")), ("out.csv", ("-j", "1"))):
        expected = bench.reference(output, *more)
        for kind in ("kill", "torn", "ENOSPC", "EIO", "ENOSPC+"):
            if bench.short and (output, kind) not in {("out.jsonl", "kill"), ("out.jsonl", "ENOSPC")}:
                continue
            section = Section(f"{kind} at every file operation, {output}")
            for number in itertools.count(1, 5 if bench.short else 1):
                fault = f"{kind.rstrip('+')}@{number}{'+' if kind.endswith('+') else ''}"
                if one_operation(bench, section, output, more, fault, expected):
                    break
                section.trials += 1
            yield section


def one_operation(bench: Bench, section: Section, output: str, more: tuple[str, ...], fault: str,
                  expected: dict[str, bytes]) -> bool:
    """One fault, and the same command again; returns whether the run ended before the fault."""
    where = fresh(bench.folder / "work")
    log = bench.folder / "log"
    status = run(bench.command(output, *more), where, fault, log)
    if fault.startswith(("kill", "torn")):
        if status != KILLED:
            section.check(status == 3, f"{fault}: status {status}")
            return True
    else:
        said = log.read_text()
        operations = Path(f"{log}.operations").read_text().splitlines()
        if int(fault.partition("@")[2].rstrip("+")) > len(operations):
            section.check(status == 3, f"{fault}: status {status}")
            return True
        section.check("Traceback" not in said, f"{fault}: a traceback: {said[-2000:]}")
        section.check(status in {1, 3}, f"{fault}: status {status}: {said[-300:]}")
        section.notes["said and stopped" if status == 1 else "made no difference"] += 1
    section.check(output not in published(where) or published(where)[output] == expected[output],
                  f"{fault}: a half-written output")
    resume(bench, section, where, output, expected, more, fault)
    return False


def parsers(bench: Bench) -> Iterator[Section]:
    """Readers that hang, exit, run out of memory, overflow the stack: exact counts of each."""
    badreader.register()
    where = fresh(bench.folder / "bad")
    count = 16 if bench.short else 200
    causes: list[str] = []
    for number in range(count):
        odd = bench.rng.choice(badreader.CAUSES) if number % 4 == 0 else "fine"
        causes.append(odd)
        text = f"{odd}\n网格员{number}号每天走访群众，调解员化解了矛盾纠纷。"
        (where / f"{number:04d}.bad").write_text(text, "utf-8")
    expected = Counter(badreader.EXPECTED[cause] for cause in causes)
    outputs = set()
    for jobs in ("1", "2"):
        section = Section(f"parsers that hang or die, -j {jobs}", trials=count)
        work = fresh(bench.folder / "work")
        status = run(["annotate", str(where), "-o", "out.jsonl", "-j", jobs, "--timeout", "0.7",
                      "-m", str(bench.model)], work, log=bench.folder / "log")
        section.check(status == 3, f"status {status}: {(bench.folder / 'log').read_text()[-500:]}")
        found = Counter((row["status"], row["reason"]) for row in states_in(work))
        section.check(found == expected, f"counts {found} instead of {expected}")
        section.notes.update({f"{status} {reason}".strip(): n for (status, reason), n in found.items()})
        outputs.add((work / "out.jsonl").read_bytes())
        yield section
    section.check(len(outputs) == 1, "other bytes with more workers")


def full_disk(bench: Bench) -> Iterator[Section]:
    """A file system too small for the run: said, nothing half-written, gone on with room."""
    section = Section("a full disk (tmpfs)")
    where = fresh(bench.folder / "small")
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(where)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        section.notes["no file system may be mounted here: see ENOSPC+ above"] = 1
        yield section
        return
    try:
        expected = bench.reference("out.jsonl", "-j", "2")
        for size in itertools.count(128, 128 if bench.short else 32):
            subprocess.run(["mount", "-o", f"remount,size={size}k", str(where)], check=True)
            status = run(bench.command("out.jsonl", "-j", "2"), where, log=bench.folder / "log")
            said = (bench.folder / "log").read_text()
            if status == 3:
                break
            section.trials += 1
            section.check(status == 1 and "No space left" in said and "Traceback" not in said,
                          f"{size} kB: status {status}: {said[-300:]}")
            section.check("out.jsonl" not in published(where), f"{size} kB: a half-written output")
        section.notes[f"whole at {size} kB"] = 1
        section.check(published(where) == expected, "other bytes")
    finally:
        subprocess.run(["umount", str(where)], check=False)
    yield section


def states_in(work: Path) -> list[dict[str, str]]:
    """The status rows of a run."""
    path = work / "out.jsonl.status.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def hostile_inputs(bench: Bench) -> Iterator[Section]:
    """Each hostile input by itself, then all of them and a sound one in one run."""
    section = Section("hostile inputs")
    where = fresh(bench.folder / "hostile")
    hostile.odd_places(where)
    (where / "sound.txt").write_text("网格员每天走访群众。\n", "utf-8")
    for name, make in hostile.FILES.items():
        if not bench.short or name.startswith(("laughs", "loop", "deep", "up")):
            (where / name).write_bytes(make())
    for path in [path for path in sorted(where.iterdir()) if path.name in hostile.FILES]:
        section.trials += 1
        work = fresh(bench.folder / "work")
        start = time.monotonic()
        status, peak = run_measured(["annotate", str(path), "-o", "out.jsonl", "-j", "1", "--timeout", "10", "-m",
                                     str(bench.model)], work, bench.folder / "log")
        seconds = time.monotonic() - start
        said = (bench.folder / "log").read_text()
        section.check(status in {0, 1, 3} and "Traceback" not in said, f"{path.name}: status {status}: {said[-500:]}")
        section.check(peak < PEAK and seconds < SLOWEST, f"{path.name}: {seconds:.1f} s, {peak} MB")
        rows = states_in(work)
        section.check(len(rows) == 1, f"{path.name}: {len(rows)} status rows")
        for row in rows:
            section.notes[row["status"]] += 1
            say(f"  {path.name:<18} {path.stat().st_size / 1e6:>6.1f} MB {seconds:>5.1f} s {peak:>5} MB  "
                f"{row['status']} {row['reason']}: {row['detail'][:70]}")
    work = fresh(bench.folder / "work")
    status = run(["annotate", str(where), "-o", "out.jsonl", "-j", "2", "--timeout", "10", "-m", str(bench.model)],
                 work, log=bench.folder / "log")
    names = {row["input"] for row in states_in(work)}
    section.check(status == 3 and len(names) == len(list(where.iterdir())) - 1, f"all: status {status}, {len(names)} rows")
    yield section


SECTIONS: dict[str, Callable[[Bench], Iterator[Section]]] = {
    "kills": random_kills, "operations": every_operation, "parsers": parsers, "disk": full_disk,
    "hostile": hostile_inputs,
}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Do what was asked for and print a table; returns 1 if anything went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--short", action="store_true")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--model", type=Path, default=shipped())
    arguments.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    chosen = arguments.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="torture.") as folder:
        bench = Bench(Path(folder), chosen.short, random.Random(chosen.seed))
        shutil.copytree(chosen.model, bench.model)
        corpus(bench.inputs, ROOT / "seeds", 3 if chosen.short else 14,
               60 if chosen.short else 300, bench.rng)
        say(f"{'what':<58} {'trials':>6} {'wrong':>5} {'s':>6}  outcome")
        for name in chosen.only:
            start = time.monotonic()
            for section in SECTIONS[name](bench):
                now = time.monotonic()
                notes = ", ".join(f"{count} {what}" for what, count in section.notes.most_common())
                say(f"{section.name:<58} {section.trials:>6} {len(section.wrong):>5} "
                      f"{now - start:>6.1f}  {notes}")
                for line in section.wrong[:5]:
                    say(f"    {line}")
                wrong += len(section.wrong)
                start = now
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
