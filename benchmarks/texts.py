"""What is read: paragraphs of real news where they are at hand, else of seeds/."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tagger

ROOT = Path(__file__).parents[1]
NEWS = ROOT.parent / "shared" / "real" / "news.txt"
MEGABYTE = 1_000_000
SEED_BYTES = 12 * MEGABYTE  # seeds are repeated to so many


@dataclass(frozen=True, slots=True)
class Texts:
    """Paragraphs, and what to call them in a report."""

    name: str
    paragraphs: list[str]

    @property
    def megabytes(self) -> float:
        """Size as UTF-8."""
        return sum(len(text.encode()) for text in self.paragraphs) / MEGABYTE

    def sample(self, megabytes: float) -> "Texts":
        """Every n-th paragraph, so that about so much is left: slow peers need no more."""
        step = max(1, round(self.megabytes / megabytes))
        return Texts(self.name, self.paragraphs[::step])


def read_texts(path: Path | None) -> Texts:
    """Paragraphs of a text file, one a line; of the news beside the checkout, or of seeds/."""
    if path or NEWS.exists():
        lines = (path or NEWS).read_text("utf-8").splitlines()
        return Texts("lines of --text" if path else "real news", [line for line in lines if line])
    seeds = [paragraph.text for paragraph in tagger.annotate([ROOT / "seeds"])]
    once = sum(len(text.encode()) for text in seeds)
    return Texts("seeds/, repeated", seeds * (SEED_BYTES // once + 1))


def endless(texts: Texts) -> Iterator[str]:
    """The paragraphs again and again, each round marked, so that no paragraph comes twice.

    The mark stands before the last letter: how a line begins and ends decides what it is.
    """
    turn = 0
    while True:
        for text in texts.paragraphs:
            yield f"{text[:-1]}（第{turn}次）{text[-1:]}" if turn else text
        turn += 1


def write_folder(folder: Path, texts: Texts, megabytes: float, each: float = 0.1) -> float:
    """Files of text in a folder, `each` so large together so large; returns their megabytes."""
    folder.mkdir(parents=True)
    paragraphs = endless(texts)
    total, number = 0, 0
    while total < megabytes * MEGABYTE:
        size, lines = 0, []
        while size < each * MEGABYTE:
            lines.append(next(paragraphs))
            size += len(lines[-1].encode()) + 1
        (folder / f"{number:06}.txt").write_text("\n".join(lines) + "\n", "utf-8")
        total, number = total + size, number + 1
    return total / MEGABYTE


def write_lines(file: Path, texts: Texts, megabytes: float) -> float:
    """One file of JSON lines with so much text; returns its megabytes."""
    import msgspec

    total = 0
    with file.open("wb") as out:
        for text in endless(texts):
            total += out.write(msgspec.json.encode({"text": text}) + b"\n")
            if total >= megabytes * MEGABYTE:
                return total / MEGABYTE
    raise AssertionError
