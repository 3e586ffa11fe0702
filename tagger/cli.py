"""Commands: arguments in, messages and exit codes out.

Everything heavy is imported inside the command that needs it, so that `--help` is quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tagger.errors import LabelsError, TaggerError

if TYPE_CHECKING:
    from tagger.annotation import Summary

FAILED, USAGE, SOME_FAILED = 1, 2, 3

app = typer.Typer(
    name="tagger",
    help="Reads Chinese news and government reports and says, paragraph by paragraph, "
         "which governance themes each one is about.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Force = Annotated[bool, typer.Option("--force", "-f", help="Replace an output that exists.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", help="Worker processes; 0 = one a core.")]
LabelPaths = Annotated[list[Path], typer.Argument(metavar="LABELS...",
                                                  help="Label files or folders.")]


@app.command()
def annotate(
    paths: Annotated[list[str], typer.Argument(
        metavar="PATH...", help="Files, folders (read through), globs in quotes, or - for stdin.")],
    output: Annotated[Path, typer.Option(
        "--output", "-o", help=".jsonl, .jsonl.gz or .csv; - for JSON lines on stdout.")],
    model: Annotated[Optional[Path], typer.Option(
        "--model", "-m", help="Model folder; the shipped model if none is named.")] = None,
    force: Force = False,
    furniture: Annotated[bool, typer.Option(
        "--furniture", help="Also write navigation, bylines and the like, untagged.")] = False,
    text_column: Annotated[Optional[str], typer.Option(
        help="Column of the text in .csv and .jsonl.")] = None,
    id_column: Annotated[Optional[str], typer.Option(
        help="Column of the id in .csv and .jsonl.")] = None,
    encoding: Annotated[Optional[str], typer.Option(
        help="Encoding of all inputs, where it cannot be told (big5, say).")] = None,
) -> None:
    """Tag the paragraphs of files; a table of documents and themes at the end."""
    from tagger.annotation import annotate_to, find_inputs
    from tagger.progress import Progress
    from tagger.store import load

    tagger = load(model)
    names = find_inputs(paths)
    with Progress(len(names)) as progress:
        summary = annotate_to(output, names, tagger, force=force, furniture=furniture,
                              text_column=text_column, id_column=id_column, encoding=encoding,
                              progress=progress.step)
    _report(summary, [(theme.id, theme.zh) for theme in tagger.themes], output)
    if summary.failures:
        raise typer.Exit(FAILED if len(summary.failures) == len(names) else SOME_FAILED)


@app.command()
def train(
    labels: LabelPaths,
    output: Annotated[Path, typer.Option("--output", "-o", help="Model folder to write.")],
    model_version: Annotated[str, typer.Option(help="Version of the model.")] = "1.0.0",
    force: Force = False,
    jobs: Jobs = 0,
) -> None:
    """Train a model from hand labels; the same labels give the same bytes."""
    from tagger.labels import load_labels
    from tagger.training import train as train_model

    read = load_labels(labels)
    trained = train_model(read, jobs=_workers(jobs))
    trained.save(output, model_version, force=force)
    typer.echo(f"{output}: {len(trained.terms)} terms, from {len(read.paragraphs)} paragraphs in "
               f"{len(read.documents)} documents")


@app.command()
def evaluate(
    labels: Annotated[Optional[list[Path]], typer.Argument(
        metavar="[LABELS...]", help="Labels to cross-validate on.")] = None,
    model: Annotated[Optional[Path], typer.Option(
        "--model", "-m", help="Model to score on --gold; else the shipped one.")] = None,
    gold: Annotated[Optional[Path], typer.Option(
        "--gold", "-g", help="Outside gold: .yaml, or .jsonl with text and themes.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    jobs: Jobs = 0,
) -> None:
    """Measure: by cross-validation on labels, or a finished model on outside gold.

    The keyword list of the codebook stands beside every figure.
    """
    from tagger.evaluation import report

    if gold is not None and not labels:
        report.print_report(report.on_gold(model, gold), json=json)
    elif labels and gold is None and model is None:
        report.print_report(report.on_labels(labels, _workers(jobs)), json=json)
    else:
        typer.echo("tagger: name either LABELS to cross-validate on, or --gold FILE (and --model "
                   "DIR) to score a model", err=True)
        raise typer.Exit(USAGE)


@app.command()
def info(
    model: Annotated[Optional[Path], typer.Argument(
        help="Model folder; the shipped model if none is named.")] = None,
) -> None:
    """Show a model's card: themes, training data, settings, strongest terms."""
    from tagger.card import print_card

    print_card(model)


@app.command()
def check(
    labels: LabelPaths,
    suspects: Annotated[bool, typer.Option(
        "--suspects", help="Also train, and list labels that are likely wrong.")] = False,
    jobs: Jobs = 0,
) -> None:
    """Check label files, count what is in them, and judge whether a model can learn from them.

    Exit status 1 where the gate at the end names something as failed.
    """
    from tagger.audit import audit, print_audit

    found = audit(labels, suspects=suspects, jobs=_workers(jobs))
    print_audit(found)
    if not found.passed:
        raise typer.Exit(FAILED)


@app.command()
def agreement(
    first: Annotated[Path, typer.Argument(help="Labels: a folder, .yaml or .jsonl.")],
    second: Annotated[Path, typer.Argument(help="Other labels of the same paragraphs.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Compare two sets of labels of the same paragraphs: F1, alpha, and every difference."""
    from tagger.agreement import compare, print_comparison

    print_comparison(compare(first, second), json=json)


def _workers(jobs: int) -> int:
    import os

    return jobs or os.cpu_count() or 1


def _report(summary: "Summary", themes: list[tuple[str, str]], output: Path) -> None:
    from tagger.progress import print_summary

    print_summary(summary, themes, output)


def main() -> None:
    """Run a command; an error that the user can cure becomes a message, not a traceback."""
    try:
        app()
    except LabelsError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(FAILED) from None
    except TaggerError as error:
        typer.echo(f"tagger: {error}", err=True)
        raise SystemExit(FAILED) from None
    except KeyboardInterrupt:
        typer.echo("tagger: stopped; nothing half-written is left", err=True)
        raise SystemExit(130) from None
