"""The table: what was to be reached, and what was."""

import gc
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import tagger
from benchmarks.measuring import Figure, Run, Series, command, in_rounds, ratio, timed
from benchmarks.peers import Cutting, FastText, Peer, ScikitLearn, labelled
from benchmarks.texts import MEGABYTE, Texts, write_folder
from tagger.store import shipped

TAGGER = Path(sys.executable).with_name("tagger")
PEER_MEGABYTES = 1.0  # the peers are slow, and as slow on more
ANNOTATED_MEGABYTES = 144.0  # so much that the start of the command does not decide
LOADS = 10  # of the model, in one measurement
_EMPTY_APP = """
import typer
app = typer.Typer()
@app.command()
def one() -> None: ...
@app.command()
def two() -> None: ...
app()
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure beside its goal: at least so much, or at most."""

    work: str
    figure: Figure
    unit: str
    goal: float
    most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the median reaches the goal."""
        return self.figure.median <= self.goal if self.most else self.figure.median >= self.goal


def tagging(texts: Texts, rounds: int) -> dict[str, Series]:
    """Speed of the tagger and its peers on texts in memory."""
    model = tagger.load()
    sample = texts.sample(PEER_MEGABYTES)
    rows, themes, _ = labelled()
    peers: list[Peer] = [ScikitLearn(rows, themes), FastText(rows, themes), Cutting()]
    gc.collect()
    gc.freeze()  # what the peers learned is not to slow the others, who would not have it beside
    works: dict[str, tuple[float, Callable[[], object]]] = {
        "tagger": (texts.megabytes, lambda: list(model.tag_many(texts.paragraphs))),
        "tagger, with evidence": (
            texts.megabytes, lambda: list(model.tag_many(texts.paragraphs, evidence=True))),
    }
    for peer in peers:
        works[peer.name] = sample.megabytes, partial(peer, sample.paragraphs)
    return in_rounds(works, rounds)


def annotating(texts: Texts, rounds: int, scratch: Path) -> dict[str, Series]:
    """Speed of `tagger annotate` from a folder of .txt to .jsonl, with 1 and 2 workers."""
    folder = scratch / "texts"
    megabytes = write_folder(folder, texts, ANNOTATED_MEGABYTES)
    series: dict[str, Series] = {}
    for turn in range(rounds + 1):
        for jobs in (1, 2):
            run = command([*annotate(folder, scratch / "out.jsonl"), "--jobs", str(jobs)])
            found = series.setdefault(f"tagger annotate -j {jobs}", Series(megabytes))
            if turn:
                found.runs.append(run)
    shutil.rmtree(folder)
    return series


def annotate(source: Path, output: Path) -> list[str | Path]:
    """The command that annotates a folder or file."""
    return [TAGGER, "annotate", source, "-o", output, "--force"]


def starting(rounds: int, scratch: Path) -> dict[str, list[Run]]:
    """What it costs to begin: help, one small file, loading the model."""
    app = scratch / "empty.py"
    app.write_text(_EMPTY_APP, "utf-8")
    small = scratch / "small.txt"
    small.write_text("网格员上门走访。\n" * 20, "utf-8")
    works: dict[str, Callable[[], Run]] = {
        "tagger --help": lambda: command([TAGGER, "--help"]),
        "empty typer app --help": lambda: command([sys.executable, app, "--help"]),
        "tagger annotate of one small .txt": lambda: command(
            [*annotate(small, scratch / "small.jsonl"), "--jobs", "1"]),
        "python -c 'import numpy'": lambda: command([sys.executable, "-c", "import numpy"]),
        f"loading the model {LOADS} times": lambda: timed(
            lambda: [tagger.load() for _ in range(LOADS)]),
    }
    runs: dict[str, list[Run]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            run = work()
            if turn:
                runs[name].append(run)
    return runs


def rows_of(speeds: dict[str, Series], starts: dict[str, list[Run]],
            memory: Sequence[float]) -> list[Row]:
    """The table's rows, from all that was measured."""
    ours = speeds["tagger"].speeds()
    learn = speeds[ScikitLearn.name].speeds()
    one, two = speeds["tagger annotate -j 1"], speeds["tagger annotate -j 2"]
    model = sum(file.stat().st_size for file in shipped().iterdir()) / MEGABYTE
    help_, empty, small, numpy, load = (
        [run.wall for run in runs] for runs in starts.values())
    return [
        Row("tagging, by " + ScikitLearn.name, ratio(ours, learn), "×", 100),
        Row("tagging, by " + FastText.name, ratio(ours, speeds[FastText.name].speeds()), "×", 6),
        Row("tagging, by " + Cutting.name, ratio(ours, speeds[Cutting.name].speeds()), "×", 3),
        Row("tagging with evidence, by tagging without",
            ratio(speeds["tagger, with evidence"].speeds(), ours), "×", 0.5),
        Row(f"`tagger annotate`, .txt to .jsonl, by {ScikitLearn.name} in memory",
            ratio(one.speeds(), learn), "×", 30),
        Row("the same with 2 workers, by 1", ratio(two.speeds(wall=True), one.speeds(wall=True)),
            "×", 1.7),
        Row("most memory of `tagger annotate`, at any size", Figure.of([max(memory)]), "MB", 250,
            most=True),
        Row("`tagger --help`, by an empty typer app", ratio(help_, empty), "×", 1.3, most=True),
        Row("one small .txt, by `python -c 'import numpy'`", ratio(small, numpy), "×", 4,
            most=True),
        Row("loading the model", Figure.of([1000 * wall / LOADS for wall in load]), "ms", 30,
            most=True),
        Row("the model on disk", Figure.of([model]), "MB", 1, most=True),
    ]
