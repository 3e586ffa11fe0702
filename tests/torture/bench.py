"""What the sections share: where runs take place, how they are compared, and what went wrong."""

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from child import bytes_of, fresh, run

Files = dict[str, bytes]


@dataclass
class Section:
    """A row of the table: what was done how often, and what went wrong."""

    name: str
    trials: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    hostile: list[tuple[str, ...]] = field(default_factory=list)

    def check(self, right: bool, what: str) -> None:
        if not right:
            self.wrong.append(what)


@dataclass(frozen=True)
class Bench:
    """Where it happens, on which inputs, and how much of it."""

    folder: Path
    inputs: Path
    model: Path
    short: bool
    rng: random.Random

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def said(self) -> str:
        return self.log.read_text()


@dataclass(frozen=True)
class Trial:
    """A command that is stopped and given again, and what must come of it.

    `before`: files that stand there when it begins, which --force replaces.
    """

    bench: Bench
    output: str
    more: tuple[str, ...]
    expected: Files
    before: Files

    @classmethod
    def of(cls, bench: Bench, output: str, *more: str) -> "Trial":
        """The command, after a run that nobody disturbs."""
        before: Files = {}
        if "--force" in more:
            first = cls(bench, output, (*more, "--exclude", "*.txt"), {}, {})
            assert first.undisturbed() == 3, bench.said()
            before = published(bench.work)
        trial = cls(bench, output, more, {}, before)
        assert trial.undisturbed() == 3, bench.said()
        return cls(bench, output, more, published(bench.work), before)

    @property
    def command(self) -> list[str]:
        return ["annotate", str(self.bench.inputs), "-o", self.output, "-m", str(self.bench.model),
                *self.more]

    def undisturbed(self) -> int:
        self.begin()
        return run(self.command, self.bench.work, log=self.bench.log)

    def begin(self) -> Path:
        """An empty place to work in, but for what stood there before."""
        where = fresh(self.bench.work)
        for name, data in self.before.items():
            path = where / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return where

    def check_nothing_half_written(self, section: Section, what: str) -> None:
        """Under the output's name stands the new one, or what was there before."""
        found = self._of_output(published(self.bench.work))
        section.check(found in (self._of_output(self.before), self._of_output(self.expected)),
                      f"{what}: a half-written output")

    def _of_output(self, files: Files) -> Files:
        return {name: data for name, data in files.items()
                if name == self.output or name.startswith(f"{self.output}/")}

    def check_resumed(self, section: Section, what: str) -> None:
        """Give the same command again, and compare what is there then."""
        status = run(self.command, self.bench.work, log=self.bench.log)
        said = self.bench.said()
        # 1: it was killed when all was done, and refuses to replace the output
        whole = status == 1 and "--force replaces" in said
        section.check(status == 3 or whole, f"{what}: status {status}: {said[-300:]}")
        if whole:
            section.notes["whole already"] += 1
        else:
            section.notes["gone on" if "going on" in said else "begun anew"] += 1
        found = published(self.bench.work)
        section.check(found == self.expected, f"{what}: other bytes: {differing(found, self.expected)}")
        left = left_over(self.bench.work, self.output)
        section.check(not left, f"{what}: left over: {left}")


def published(where: Path) -> Files:
    return {name: data for name, data in bytes_of(where).items() if not name.startswith(".")}


def left_over(where: Path, output: str) -> list[str]:
    """Hidden files beside those in which a run with failures is kept."""
    kept = {f".{output}.part", f".{output}.journal"}
    return [name for name in bytes_of(where) if name.startswith(".") and name not in kept]


def differing(found: Files, expected: Files) -> list[str]:
    """The first difference of each file that differs."""
    told = []
    for name in sorted(found.keys() | expected.keys()):
        ours, theirs = found.get(name, b""), expected.get(name, b"")
        if ours != theirs:
            at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
                      min(len(ours), len(theirs)))
            told.append(f"{name} at {at}: {ours[at:at + 60]!r} for {theirs[at:at + 60]!r}")
    return told
