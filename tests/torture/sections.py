"""The sections: kills, failing operations, parsers that die, a full disk, hostile inputs."""

import itertools
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import badreader
import hostile
from bench import Bench, Section, Trial, published
from child import KILLED, fresh, run, run_and_kill, run_measured
from faults import KILLS

PEAK = 2_300  # MB of one process: the bound of a worker, and what the system maps
SLOWEST = 30.0  # seconds for one hostile input, whose time-out is 10

LONG = "long"  # inputs of runs that are killed at random, so that most kills fall amid work

Job = Callable[[Bench], Section]

# The output, options, and how many kills.
KILLED_RUNS = (("out.jsonl", ("-j", "1"), 100), ("out.jsonl", ("-j", "2"), 100),
               ("out.csv", ("-j", "2", "--skip-repeats"), 40))
# The output, options, and the faults that each of its operations meets in turn.
# A folder holds two files a document, each of which is written and synced.
FEW = ("--include", "000-*", "--include", "05[01345]*")
ALL_FAULTS = ("kill", "torn", "power", "ENOSPC", "EIO", "ENOSPC+")
OPERATED_RUNS = (
    ("out.jsonl", ("-j", "1"), ALL_FAULTS),
    ("out.csv", ("-j", "1", "--force"), ALL_FAULTS),
    ("out", ("-j", "1", "--format", "brat", "--force", *FEW), ("kill", "power", "ENOSPC")),
    ("out.html", ("-j", "1", *FEW), ("kill", "power", "ENOSPC")),
    ("out.labelstudio.json", ("-j", "1"), ("kill", "ENOSPC")),
)


def random_kills(bench: Bench, output: str, more: tuple[str, ...], kills: int) -> Section:
    """SIGKILL at random moments, some runs more than once."""
    section = Section(f"SIGKILL at random moments, `{output}` {' '.join(more)}")
    trial = Trial.of(replace(bench, inputs=bench.inputs.with_name(LONG)), output, *more)
    start = time.monotonic()
    trial.undisturbed()
    whole = time.monotonic() - start
    while section.trials < (5 if bench.short else kills):
        where = trial.begin()
        before = section.trials
        for _ in range(bench.rng.choice((1, 1, 2, 3))):
            moment = bench.rng.uniform(0, whole)
            section.trials += run_and_kill(trial.command, where, moment) == KILLED
            trial.check_nothing_half_written(section, f"kill {section.trials}")
        if section.trials > before:
            trial.check_resumed(section, f"kill {section.trials}")
    return section


def every_operation(bench: Bench, output: str, more: tuple[str, ...], kind: str) -> Section:
    """A fault at every operation on files in turn, until a run ends before it comes."""
    section = Section(f"{kind} at every operation, `{output}` {' '.join(more[:-len(FEW)] if more[-1] in FEW else more)}")
    trial = Trial.of(bench, output, *more)
    for number in itertools.count(1, 7 if bench.short else 1):
        fault = f"{kind.rstrip('+')}@{number}{'+' if kind.endswith('+') else ''}"
        if not _strikes(trial, section, fault, number):
            return section
        section.trials += 1
        trial.check_nothing_half_written(section, fault)
        trial.check_resumed(section, fault)
    raise AssertionError


def _strikes(trial: Trial, section: Section, fault: str, number: int) -> bool:
    """A run with a fault; returns whether the fault came before its end."""
    bench = trial.bench
    status = run(trial.command, trial.begin(), fault, bench.log)
    if fault.startswith(KILLS):
        section.check(status in {KILLED, 3}, f"{fault}: status {status}")
        return status == KILLED
    said = bench.said()
    operations = Path(f"{bench.log}.operations").read_text().splitlines()
    section.check("Traceback" not in said, f"{fault}: a traceback: {said[-2000:]}")
    if number > len(operations):
        section.check(status == 3, f"{fault}: status {status}")
        return False
    section.check(status in {1, 3}, f"{fault}: status {status}: {said[-300:]}")
    section.notes["said and stopped" if status == 1 else "made no difference"] += 1
    return True


def parsers(bench: Bench) -> Section:
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
    section = Section("parsers that hang or die at random, -j 1 and -j 2", trials=2 * count)
    outputs = set()
    for jobs in ("1", "2"):
        work = fresh(bench.work)
        status = run(["annotate", str(where), "-o", "out.jsonl", "-j", jobs, "--timeout", "0.7",
                      "-m", str(bench.model)], work, log=bench.log)
        section.check(status == 3, f"status {status}: {bench.said()[-500:]}")
        found = Counter((row["status"], row["reason"]) for row in states_in(work))
        section.check(found == expected, f"counts {found} instead of {expected}")
        section.notes.update({f"{status} {reason}".strip(): n for (status, reason), n in found.items()})
        outputs.add((work / "out.jsonl").read_bytes())
    section.check(len(outputs) == 1, "other bytes with more workers")
    return section


def full_disk(bench: Bench) -> Section:
    """A file system too small for the run: said, nothing half-written, gone on with room."""
    section = Section("a full file system, 32 kB larger each time")
    trial = Trial.of(bench, "out.jsonl", "-j", "2")
    where = fresh(bench.work)
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(where)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        section.notes["no file system may be mounted here: see ENOSPC+"] = 1
        return section
    try:
        for size in itertools.count(128, 128 if bench.short else 32):
            subprocess.run(["mount", "-o", f"remount,size={size}k", str(where)], check=True)
            status = run(trial.command, where, log=bench.log)
            if status == 3:
                break
            section.trials += 1
            said = bench.said()
            section.check(status == 1 and "No space left" in said and "Traceback" not in said,
                          f"{size} kB: status {status}: {said[-300:]}")
            trial.check_nothing_half_written(section, f"{size} kB")
        section.notes[f"whole at {size} kB"] = 1
        section.check(published(where) == trial.expected, "other bytes")
    finally:
        subprocess.run(["umount", str(where)], check=False)
    return section


def states_in(work: Path) -> list[dict[str, str]]:
    """The status rows of a run."""
    path = work / "out.jsonl.status.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def hostile_inputs(bench: Bench) -> Section:
    """Each hostile input by itself, then all of them and a sound one in one run."""
    section = Section("hostile inputs, each by itself and all at once")
    where = fresh(bench.folder / "hostile")
    hostile.odd_places(where)
    (where / "sound.txt").write_text("网格员每天走访群众。\n", "utf-8")
    for name, make in hostile.FILES.items():
        if not bench.short or name.startswith(("laughs", "loop", "deep", "up")):
            make(where / name)
    for path in [path for path in sorted(where.iterdir()) if path.name in hostile.FILES]:
        _one_hostile(bench, section, path)
    work = fresh(bench.work)
    status = run(["annotate", str(where), "-o", "out.jsonl", "-j", "2", "--timeout", "10", "-m", str(bench.model)],
                 work, log=bench.log)
    names = {row["input"] for row in states_in(work)}
    section.check(status == 3 and len(names) == len(list(where.iterdir())) - 1, f"all: status {status}, {len(names)} rows")
    return section


def _one_hostile(bench: Bench, section: Section, path: Path) -> None:
    section.trials += 1
    work = fresh(bench.work)
    start = time.monotonic()
    status, peak = run_measured(["annotate", str(path), "-o", "out.jsonl", "-j", "1", "--timeout", "10", "-m",
                                 str(bench.model)], work, bench.log)
    seconds = time.monotonic() - start
    said = bench.said()
    section.check(status in {0, 1, 3} and "Traceback" not in said, f"{path.name}: status {status}: {said[-500:]}")
    section.check(peak < PEAK and seconds < SLOWEST, f"{path.name}: {seconds:.1f} s, {peak} MB")
    rows = states_in(work)
    section.check(len(rows) == 1, f"{path.name}: {len(rows)} status rows")
    for row in rows:
        section.notes[row["status"]] += 1
        outcome = f"{row['status']}: {row['reason']}: {row['detail'][:70]}" if row["reason"] else row["status"]
        section.hostile.append((path.name, f"{path.stat().st_size / 1e6:.1f}", outcome, f"{seconds:.1f}", str(peak)))


def jobs() -> dict[str, list[Job]]:
    """What there is to do, by the name it is asked for."""
    linux = sys.platform == "linux"
    return {
        "hostile": [hostile_inputs],
        "kills": [partial(random_kills, output=output, more=more, kills=kills)
                  for output, more, kills in KILLED_RUNS],
        "operations": [partial(every_operation, output=output, more=more, kind=kind)
                       for output, more, kinds in OPERATED_RUNS for kind in kinds
                       if linux or kind != "power"],
        "parsers": [parsers],
        "disk": [full_disk],
    }
