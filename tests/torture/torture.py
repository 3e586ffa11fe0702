"""Kills runs, fails their disk, and gives them parsers that hang or die; compares bytes.

python tests/torture/torture.py [--short] [--seed N] [--only SECTION …] [--figures PAGE]
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import child
import figures
from bench import Bench, Section
from sections import LONG, Job, jobs

from tagger.store import shipped

ROOT = Path(__file__).parents[2]
SHOWN = 5  # things that went wrong, of one section


def main() -> int:
    """Do what was asked for and print a table; returns 1 if anything went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--short", action="store_true", help="a minute instead of twenty")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--model", type=Path, default=shipped())
    arguments.add_argument("--only", nargs="*", choices=jobs(), default=list(jobs()))
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="sections at a time")
    arguments.add_argument("--figures", type=Path, help="a page to write the tables into")
    chosen = arguments.parse_args()
    start = time.monotonic()
    child.load_all()
    with tempfile.TemporaryDirectory(prefix="torture.") as folder:
        work = [job for name in chosen.only for job in jobs()[name]]
        sections = _all(work, Path(folder), chosen)
    if chosen.figures:
        figures.write(chosen.figures, sections, time.monotonic() - start, chosen.jobs)
    return 1 if any(section.wrong for section in sections) else 0


def _all(work: Sequence[Job], folder: Path, chosen: argparse.Namespace) -> list[Section]:
    """Do the sections, some at a time; each is told when it is done."""
    shutil.copytree(chosen.model, folder / "governance")
    for name, rows in (("in", 60 if chosen.short else 300), (LONG, 200 if chosen.short else 3_000)):
        child.corpus(folder / name, ROOT / "seeds", 3 if chosen.short else 14, rows,
                     random.Random(chosen.seed))
    _say(f"{'what':<66} {'trials':>6} {'wrong':>5} {'s':>6}  outcomes")
    sections = []
    with ProcessPoolExecutor(chosen.jobs, mp_context=get_context("fork")) as pool:
        waiting = [pool.submit(_one, job, folder, number, chosen)
                   for number, job in enumerate(work)]
        for done in waiting:
            section = done.result()
            sections.append(section)
            _tell(section)
    return sections


def _one(job: Job, folder: Path, number: int, chosen: argparse.Namespace) -> Section:
    own = child.fresh(folder / str(number))
    bench = Bench(own, folder / "in", folder / "governance", chosen.short,
                  random.Random(f"{chosen.seed}-{number}"))
    start = time.monotonic()
    section = job(bench)
    section.seconds = time.monotonic() - start
    shutil.rmtree(own)
    return section


def _tell(section: Section) -> None:
    for row in section.hostile:
        _say("  {:<18} {:>6} MB  {}, {} s, {} MB".format(*row))
    _say(f"{section.name:<66} {section.trials:>6} {len(section.wrong):>5} {section.seconds:>6.1f}  "
         f"{figures.outcomes(section)}")
    for line in section.wrong[:SHOWN]:
        _say(f"    {line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
