"""What was measured -> RESULTS.md and growth.svg."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.growth import Point
from benchmarks.measuring import Figure, Run, Series
from benchmarks.table import Row
from benchmarks.texts import Texts

PACKAGES = ("tagger", "numpy", "msgspec", "scikit-learn", "jieba", "rjieba", "fasttext-community")


def write(folder: Path, texts: Texts, rounds: int, rows: Sequence[Row], speeds: dict[str, Series],
          starts: dict[str, list[Run]], profile: dict[str, dict[str, Figure]],
          points: Sequence[Point]) -> None:
    """Write the results; the figures are all from this run."""
    plot(folder / "growth.svg", points)
    parts = [
        "# Results\n\nWritten by `make bench`; not to be changed by hand.\n",
        _machine(),
        (f"Texts: {texts.name}, {texts.megabytes:.1f} MB in {len(texts.paragraphs):,} paragraphs. "
         f"{rounds} rounds after one that does not count: median (lowest – highest). A ratio is "
         "taken in each round; speeds are by processor time, starts and workers by the clock.\n"),
        "## What was to be reached\n", _table(
            ("work", "reached", "goal", ""),
            ([row.work, f"{_figure(row.figure)} {row.unit}",
              f"{'at most' if row.most else 'at least'} {row.goal:g} {row.unit}",
              "yes" if row.reached else "**no**"] for row in rows)),
        "## Speeds\n", _table(
            ("", "MB/s", "MB read in a round"),
            ([name, _figure(Figure.of(series.speeds())), f"{series.megabytes:.1f}"]
             for name, series in speeds.items())),
        "## Starts\n", _table(
            ("", "seconds"),
            ([name, _figure(Figure.of([run.wall for run in runs]))]
             for name, runs in starts.items())),
        "## Where the time goes\n",
        *(f"{name}, {texts.megabytes:.1f} MB:\n\n" + _table(
            ("stage", "milliseconds"),
            ([stage, f"{1000 * figure.median:.0f}"] for stage, figure in stages.items()))
          for name, stages in profile.items()),
        "## Growth\n\n![Time and memory against size, themes and terms](growth.svg)\n",
        ("Sizes in MB, by `tagger annotate` with one worker; `themes` and `terms` are numbers of "
         "made-up models, which tag all the texts, each in a process of its own.\n"),
        _table(("", "size", "seconds", "memory, MB"),
               ([point.thing, f"{point.size:,.0f}", f"{point.seconds:.2f}",
                 f"{point.memory:,.0f}"] for point in points)),
    ]
    (folder / "RESULTS.md").write_text("\n".join(parts), "utf-8")


def _figure(figure: Figure) -> str:
    return f"{_digits(figure.median)} ({_digits(figure.low)} – {_digits(figure.high)})"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    memory = psutil.virtual_memory().total / 2**30
    return (f"{datetime.now(UTC):%Y-%m-%d}. {_processor()}, {os.cpu_count()} cores, "
            f"{memory:.0f} GB; {platform.system()}, {platform.python_implementation()} "
            f"{platform.python_version()}; {versions}.\n")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    return found.group(1).strip() if found else platform.machine()


def plot(file: Path, points: Sequence[Point]) -> None:
    """Draw seconds and memory against each thing that grows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    mpl.rcParams["svg.hashsalt"] = "tagger"  # the same ids in each drawing
    things = {"input, MB": ("folder of .txt", "one .jsonl"), "themes": ("themes",),
              "terms": ("terms",)}
    canvas = Canvas(figsize=(10, 5.5), layout="constrained")
    axes = canvas.subplots(2, len(things), sharex="col")
    for column, (label, names) in enumerate(things.items()):
        for name in names:
            chosen = [point for point in points if point.thing == name]
            sizes = [point.size for point in chosen]
            axes[0, column].plot(sizes, [point.seconds for point in chosen], "o-", label=name)
            axes[1, column].plot(sizes, [point.memory for point in chosen], "o-", label=name)
        for axis in axes[:, column]:
            axis.set_xscale("log")
            axis.grid(alpha=0.3)
        axes[0, column].set_yscale("log")
        axes[1, column].set_ylim(bottom=0)
        axes[1, column].set_xlabel(label)
    axes[0, 0].legend()
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("memory, MB")
    canvas.savefig(file, metadata={"Date": None})
