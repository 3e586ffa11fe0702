"""Time and memory against size of input, number of themes and number of terms."""

import random
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import command
from benchmarks.table import annotate
from benchmarks.texts import Texts, write_folder, write_lines

SIZES = (1, 4, 16, 64)  # MB
LARGE = (200, 600, 2000)
THEMES = (5, 50, 500)
TERMS = (300, 1000, 3000, 10_000, 30_000, 100_000)
_TERMS_OF_THEMES = 1000
_THEMES_OF_TERMS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """What one size of one thing costs: seconds of the processor, and most memory (MB)."""

    thing: str
    size: float
    seconds: float
    memory: float


def by_size(texts: Texts, scratch: Path, *, large: bool) -> list[Point]:
    """`tagger annotate` of a folder of .txt, and of one file of lines."""
    points = []
    for megabytes in SIZES + (LARGE if large else ()):
        folder, file = scratch / "grown", scratch / "grown.jsonl"
        size = write_folder(folder, texts, megabytes)
        points.append(_annotated("folder of .txt", folder, size, scratch))
        shutil.rmtree(folder)
        size = write_lines(file, texts, megabytes)
        points.append(_annotated("one .jsonl", file, size, scratch))
        file.unlink()
    return points


def _annotated(thing: str, source: Path, megabytes: float, scratch: Path) -> Point:
    output = scratch / "grown-out.jsonl"
    run = command([*annotate(source, output), "--jobs", "1"], watch=True)
    output.unlink()
    return Point(thing, megabytes, run.cpu, run.memory)


def by_model(texts: Texts, scratch: Path) -> list[Point]:
    """`tag_many` with made-up models, each in a process of its own."""
    file = scratch / "texts.txt"
    file.write_text("\n".join(texts.paragraphs), "utf-8")
    sizes = [("themes", themes, themes, _TERMS_OF_THEMES) for themes in THEMES]
    sizes += [("terms", terms, _THEMES_OF_TERMS, terms) for terms in TERMS]
    points = []
    for thing, size, themes, terms in sizes:
        seconds = scratch / "seconds"
        run = command([sys.executable, "-m", "benchmarks.growth", file, str(themes), str(terms),
                       seconds], watch=True)
        points.append(Point(thing, size, float(seconds.read_text()), run.memory))
    return points


def _made_up(file: Path, themes: int, terms: int, seconds: Path) -> None:
    """Tag a file with a made-up model; write how many seconds it took."""
    import numpy as np

    from tagger.interactions import Interactions
    from tagger.tagger import Tagger, Theme
    from tagger.terms import Terms

    chance = random.Random(0)
    strings = sorted(_strings(file, terms, chance))
    weights = np.zeros((2, len(strings), themes))
    weights[:, range(len(strings)), [chance.randrange(themes) for _ in strings]] = 0.5
    model = Tagger("made-up", [Theme(f"theme {i}", "", "", -3.0, 0.5, (0.4, 0.6))
                               for i in range(themes)], Terms(strings, {}), weights,
                   Interactions(np.empty((0, 2), dtype=np.int64), np.empty((0, themes))))
    begin = time.process_time()
    with file.open(encoding="utf-8") as lines:
        for _ in model.tag_many(lines):
            pass
    seconds.write_text(str(time.process_time() - begin))


def _strings(file: Path, count: int, chance: random.Random) -> set[str]:
    """So many strings of two to four letters that stand in the file, as far as it has them."""
    found: set[str] = set()
    pieces = _pieces(file.read_text("utf-8"), chance)
    for _, piece in zip(range(50 * count), pieces, strict=False):
        found.add(piece)
        if len(found) == count:
            break
    return found


def _pieces(text: str, chance: random.Random) -> Iterator[str]:
    while True:
        begin = chance.randrange(len(text) - 4)
        piece = text[begin:begin + chance.choice((2, 2, 2, 3, 4))]
        if piece.isalpha() and not piece.isascii():
            yield piece


if __name__ == "__main__":
    _made_up(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
