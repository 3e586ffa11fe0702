"""The data card of a set of labels: `python -m tagger.datacard LABELS -o labels/README.md`.

Figures stand between two markers and are written anew; prose around them stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from tagger.audit import counts
from tagger.audit.outside import read_texts
from tagger.audit.vocabulary import bigrams, known, profile, type_token, words
from tagger.candidates import fold_all
from tagger.corpus import corpus_of
from tagger.errors import OutputError, TaggerError
from tagger.evaluation.gold import Gold, load_gold
from tagger.evaluation.metrics import f1, hits
from tagger.labels import Labels, load_labels
from tagger.tagger import Tagger
from tagger.training import Settings, train_corpus

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)  # of the documents: points of the learning curve
SEEDS = 3

TEMPLATE = f"""# The labels: a data card

Invented Chinese documents, cut into paragraphs, each paragraph labelled with the themes of
`themes.yaml`. Licence: CC0 1.0; do with them what you like.

## How they were made

The documents were written and labelled with the help of a language model: genre by genre, and by
the codebook, paragraph by paragraph. Second labels were drawn blind, from text and codebook alone.
People and places are invented; provinces, large cities, national bodies and national events may
be real ones.

No real document was copied: `tests/test_borrowed.py` fails where a paragraph shares 16 or more
letters in a row with real text held outside the project, not counting the set phrases of
`set_phrases.txt`.

Paragraphs that are there to mislead are marked with their kind of `trap`, in a closed set, so that
models can be compared on it. Hard ones written after it was closed have the kind in their `note`
alone (`mention：…`); `python benchmarks/traps.py labels` says how many of both are right. A theme
on which the codebook leaves a paragraph open is `unsure`: neither trained on nor counted.

## What they are not

A sample of anything. How often a theme stands here says nothing about how often it stands in
real text, and a figure measured on these paragraphs is worth less than one measured on real ones.

## Figures

{BEGIN}
{END}
"""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Micro-F1 on gold of models trained on so many documents, one for each seed."""

    documents: int
    scores: tuple[float, ...]


def learning_curve(labels: Labels, gold: Gold, jobs: int) -> list[CurvePoint]:
    """Micro-F1 on gold of models trained on growing random parts of the documents.

    A seed draws the documents and the folds of calibration; each part holds the smaller ones.
    """
    corpus = corpus_of(labels)
    number = len(labels.documents)
    owners = np.repeat(np.arange(number), [len(one.paragraphs) for one in labels.documents])
    points = []
    for size in sorted({max(2, round(share * number)) for share in SHARES}):
        scores = []
        for seed in range(SEEDS):
            drawn = np.random.default_rng(seed).permutation(number)[:size]
            part = corpus.rows(np.flatnonzero(np.isin(owners, drawn)))
            model = train_corpus(part, labels, Settings(seed=seed), jobs).tagger()
            scores.append(_micro_f1(model, gold))
        points.append(CurvePoint(size, tuple(scores)))
    return points


def _micro_f1(model: Tagger, gold: Gold) -> float:
    thresholds = np.array([theme.threshold for theme in model.themes])
    given = 1 / (1 + np.exp(-model.log_odds(gold.texts))) >= thresholds
    return float(f1(hits(gold.judged, given).sum(axis=(0, 1))))


def figures(labels: Labels, real: Sequence[str] | None = None, gold: Gold | None = None,
            jobs: int = 1) -> str:
    """All figures of the card, as Markdown."""
    texts = [paragraph.text for paragraph in labels.paragraphs]
    folded = fold_all(texts)
    tokens = words(labels.codebook, folded)
    parts = [_counts(labels), _keywords(labels), _profiles(texts, real),
             "### Words\n\n" + table(["words read", "different words"],
                                     [[f"{n:,}", f"{kinds:,}"] for n, kinds in type_token(tokens)])]
    if real is not None:
        outside = fold_all(real)
        shares = {"pairs of letters": known(bigrams(outside), bigrams(folded)),
                  "words": known(words(labels.codebook, outside), tokens)}
        parts.append("### What of the real text stands here too\n\n" + table(
            ["", "of different ones", "of all occurrences"],
            [[name, f"{share.kinds:.1%}", f"{share.occurrences:.1%}"]
             for name, share in shares.items()]))
    if gold is not None:
        parts.append(_curve(learning_curve(labels, gold, jobs), gold))
    return "\n\n".join(parts)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _counts(labels: Labels) -> str:
    head = ["documents", "paragraphs", *labels.codebook.ids, "none", "two or more"]
    total = counts.count(labels, counts.everything)
    whole = f"{total[0].documents:,} documents, {total[0].paragraphs:,} paragraphs"
    parts = [f"{whole}; labels sha256 {labels.sha256()[:12]}."]
    for name, trait in counts.TRAITS.items():
        rows = [[row.name.strip(), *map(str, (row.documents, row.paragraphs, *row.themes, row.none,
                                              row.several))]
                for row in [*counts.count(labels, trait), *total]]
        parts.append(f"### By {name}\n\n" + table([name, *head], rows))
    return "\n\n".join(parts)


def _keywords(labels: Labels) -> str:
    uses = counts.keyword_use(labels, counts.genre) | counts.keyword_use(labels, counts.everything)
    rows = [[name, *(f"{_share(use.right)} / {_share(use.found)}" for use in row)]
            for name, row in uses.items()]
    return ("### Keywords\n\nShare of the paragraphs with a keyword that have the theme / share of "
            "the theme's paragraphs that hold a keyword.\n\n"
            + table(["genre", *labels.codebook.ids], rows))


def _share(share: float | None) -> str:
    return "·" if share is None else f"{share:.2f}"


def _profiles(texts: Sequence[str], real: Sequence[str] | None) -> str:
    shown = {"here": profile(texts)} | ({} if real is None else {"real text": profile(real)})
    rows = [["paragraphs", *(f"{one.texts:,}" for one in shown.values())],
            ["letters", *(f"{one.letters:,}" for one in shown.values())]]
    rows += [[f"letters of a paragraph, {name}", *(str(one.lengths[i]) for one in shown.values())]
             for i, name in enumerate(("first decile", "median", "last decile"))]
    rows += [[sign, *(f"{one.signs[sign]:.1f}" for one in shown.values())]
             for sign in shown["here"].signs]
    note = "" if real is None else " Real text is held outside the project."
    return (f"### Lengths and signs\n\nSigns in each 1,000 letters.{note}\n\n"
            + table(["", *shown], rows))


def _curve(points: Sequence[CurvePoint], gold: Gold) -> str:
    rows = [[str(point.documents), f"{np.mean(point.scores):.3f}",
             f"{min(point.scores):.3f} - {max(point.scores):.3f}"] for point in points]
    return ("### Learning curve\n\nMicro-F1 of models trained on random parts of the documents, on "
            f"{len(gold.texts)} paragraphs of real text held outside the project; mean and range "
            f"of {SEEDS} draws.\n\n" + table(["documents", "micro-F1", "range"], rows))


def fill(card: str, name: str, written: str) -> str:
    """The card with its figures replaced. Raises OutputError where the markers are missing."""
    before, begin, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise OutputError(f"{name}: no place for the figures; put the lines `{BEGIN}` and `{END}` "
                          "where they belong, or name another file")
    return f"{before}{BEGIN}\n\n{written}\n\n{END}{after}"


def write_card(labels: Sequence[Path], output: Path, real: Path | None = None,
               gold: Path | None = None, jobs: int = 1) -> None:
    """Write the card, or the figures anew where it exists.

    Raises LabelsError for inputs and OutputError for an output that cannot be used.
    """
    read = load_labels(labels)
    try:
        card = output.read_text(encoding="utf-8") if output.exists() else TEMPLATE
        fill(card, str(output), "")
        written = figures(read, read_texts(real) if real else None,
                          load_gold(gold, read.codebook.ids) if gold else None, jobs)
        output.write_text(fill(card, str(output), written), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{output}: cannot be written: {error}") from None


def main(
    labels: Annotated[list[Path], typer.Argument(help="Label files or folders.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The card.")] = Path(
        "labels/README.md"),
    real: Annotated[Path | None, typer.Option(help=".jsonl of real text to compare with.")] = None,
    gold: Annotated[Path | None, typer.Option(help="Gold for a learning curve.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Worker processes.")] = 1,
) -> None:
    """Write the data card of labels; prose outside its markers stays."""
    try:
        write_card(labels, output, real, gold, jobs)
    except TaggerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
