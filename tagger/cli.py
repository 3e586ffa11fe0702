"""Commands: arguments in, messages and exit codes out.

Everything heavy is imported inside the command that needs it, so that `--help` is quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Optional

import typer

from tagger.errors import LabelsError, TaggerError

if TYPE_CHECKING:
    from tagger.runs.summary import Summary

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
AnnotatedPaths = Annotated[list[Path], typer.Argument(
    metavar="ANNOTATED...", help=".jsonl or .jsonl.gz files that `tagger annotate` wrote.")]
By = Literal["year", "region", "document", "none"]


@app.command()
def annotate(
    paths: Annotated[list[str], typer.Argument(
        metavar="PATH...", help="Files, folders (read through), globs in quotes, or - for stdin.")],
    output: Annotated[Path, typer.Option(
        "--output", "-o", help="What to write; its name says the format. - is JSON lines on "
                               "stdout.")],
    model: Annotated[Optional[Path], typer.Option(
        "--model", "-m", help="Model folder; the shipped model if none is named.")] = None,
    force: Force = False,
    furniture: Annotated[bool, typer.Option(
        "--furniture", help="Also write navigation, bylines and the like, untagged.")] = False,
    text_column: Annotated[Optional[str], typer.Option(
        help="Column of the text in tables and JSON lines.")] = None,
    id_column: Annotated[Optional[str], typer.Option(
        help="Column of the id in tables and JSON lines.")] = None,
    encoding: Annotated[Optional[str], typer.Option(
        help="Encoding of all inputs, where it cannot be told (big5, say).")] = None,
    include: Annotated[Optional[list[str]], typer.Option(
        metavar="PATTERN", help="Only files with such names: '*.html'; may be repeated.")] = None,
    exclude: Annotated[Optional[list[str]], typer.Option(
        metavar="PATTERN", help="No files with such names; may be repeated.")] = None,
    retry_failures: Annotated[bool, typer.Option(
        "--retry-failures", help="Do again what failed in the run before, only that.")] = False,
    strict: Annotated[bool, typer.Option(
        "--strict", help="Stop at the first failure.")] = False,
    skip_repeats: Annotated[bool, typer.Option(
        "--skip-repeats", help="Leave out paragraphs that stood in the run before.")] = False,
    near_repeats: Annotated[bool, typer.Option(
        "--near-repeats", help="Near repeats count as repeats too.")] = False,
    jobs: Annotated[int, typer.Option(
        "--jobs", "-j", min=0, help="Worker processes; 0 = as many as pay.")] = 0,
    timeout: Annotated[float, typer.Option(
        min=0.1, help="Seconds for a PDF, Word file or web page.")] = 60,
    form: Annotated[Optional[str], typer.Option(
        "--format", help="Format, where the output's name does not say it.")] = None,
    long: Annotated[bool, typer.Option(
        "--long", help="A row a paragraph and theme, in tables.")] = False,
    csv_safe: Annotated[bool, typer.Option(
        help="Make cells safe that a spreadsheet would run.")] = True,
) -> None:
    """Tag the paragraphs of files; a table of documents and themes at the end.

    A run that was stopped goes on where it was when it is started again.
    """
    from tagger.annotation import find_inputs
    from tagger.progress import Progress
    from tagger.runs.records import Options
    from tagger.runs.run import Listener, annotate_to, settings_for
    from tagger.runs.stopping import STATUS, stopping
    from tagger.store import load

    with stopping():
        try:
            tagger = load(model)
            settings = settings_for(tagger, model, furniture=furniture, text_column=text_column,
                                    id_column=id_column, encoding=encoding, near=near_repeats)
            options = Options(force, strict, retry_failures, skip_repeats, jobs, timeout,
                              tuple(include or ()), tuple(exclude or ()), form, long, csv_safe)
            with Progress() as progress:
                summary = annotate_to(output, find_inputs(paths), tagger, settings, model=model,
                                      options=options,
                                      listener=Listener(progress.step, progress.say))
        except KeyboardInterrupt as stopped:
            said = str(stopped) or "stopped; the same command goes on"
            typer.echo(f"tagger: {said}", err=True)
            raise typer.Exit(STATUS) from None
    _report(summary, [(theme.id, theme.zh) for theme in tagger.themes], output)
    if summary.failed or not summary.wrote:
        raise typer.Exit(SOME_FAILED if summary.wrote else FAILED)


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
    against: Annotated[Optional[Path], typer.Option(
        help="Another model folder to compare with on --gold.")] = None,
    to: Annotated[Optional[Path], typer.Option(
        "--report", help="Also write one HTML page: curves, terms, every error.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    force: Force = False,
    jobs: Jobs = 0,
) -> None:
    """Measure: by cross-validation on labels, or a finished model on outside gold.

    The keyword list of the codebook stands beside every figure.
    """
    from tagger.evaluation import report

    if gold is not None and not labels:
        report.report_gold(model, gold, against, json=json, to=to, force=force)
    elif labels and gold is None and model is None and against is None:
        report.report_labels(labels, _workers(jobs), json=json, to=to, force=force)
    else:
        typer.echo("tagger: name either LABELS to cross-validate on, or --gold FILE (and --model "
                   "DIR, --against DIR) to score a model", err=True)
        raise typer.Exit(USAGE)


@app.command()
def sample(
    paths: AnnotatedPaths,
    output: Annotated[Path, typer.Option("--output", "-o", help=".csv (for Excel) or .jsonl.")],
    size: Annotated[int, typer.Option("--number", "-n", min=1, help="Paragraphs to draw.")] = 300,
    by: Annotated[By, typer.Option(help="As many for each year, region or document.")] = "none",
    floor: Annotated[int, typer.Option(min=1, help="At least so many of each stratum.")] = 5,
    seed: Annotated[int, typer.Option(help="Another number draws other paragraphs.")] = 0,
    force: Force = False,
) -> None:
    """Draw paragraphs to label by hand, each with its known probability of being drawn.

    Fill in the column `themes`: ids joined by ; or none.
    """
    from tagger.share.design import Design
    from tagger.share.sample import sample as write_sample

    count = write_sample(paths, output, Design(size, by, floor, seed), force=force)
    typer.echo(f"{output}: {count} paragraphs; fill in `themes` (ids joined by ;, or none), then "
               f"tagger share … --labels {output}")


@app.command()
def share(
    paths: AnnotatedPaths,
    by: Annotated[By, typer.Option(help="Shares of each year, region or document.")] = "none",
    labels: Annotated[Optional[Path], typer.Option(
        help="A sample of the same files, filled in by hand: corrects, and gives intervals.")]
    = None,
    plot: Annotated[Optional[Path], typer.Option(help="Also draw the trend, as .svg.")] = None,
    export: Annotated[Optional[Path], typer.Option(
        help="Also write a .csv for R's package dsl; needs --labels.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    force: Force = False,
) -> None:
    """Which share of the paragraphs has each theme, with valid intervals if there are labels."""
    from tagger.share.report import report_shares

    if export is not None and labels is None:
        typer.echo("tagger: --export needs --labels; `tagger sample` draws what to label", err=True)
        raise typer.Exit(USAGE)
    report_shares(paths, by, labels, plot=plot, table=export, json=json, force=force)


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


labels_app = typer.Typer(no_args_is_help=True, help="Hand labels from and to other tools.")
app.add_typer(labels_app, name="labels")


@labels_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(
        help=".csv (text, themes joined by ;), .jsonl of doccano or .json of Label Studio.")],
    output: Annotated[Path, typer.Option(
        "--output", "-o", help="Folder of labels, with the codebook themes.yaml in it.")],
    genre: Annotated[str, typer.Option(help="Genre, where the file gives none.")] = "",
    region: Annotated[str, typer.Option(help="Region, where the file gives none.")] = "",
    date: Annotated[str, typer.Option(help="Date, where the file gives none.")] = "",
    force: Force = False,
) -> None:
    """Turn labels made in another tool into label files."""
    from tagger.exchange import import_labels

    done = import_labels(file, output, genre=genre, region=region, date=date, force=force)
    skipped = f"; {done.skipped} tasks that nobody judged are left out" if done.skipped else ""
    typer.echo(f"{output}: {done.paragraphs} paragraphs in {done.documents} documents{skipped}")


@labels_app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of labels.")],
    output: Annotated[Path, typer.Option(
        "--output", "-o", help=".csv, .jsonl (doccano) or .json (Label Studio).")],
    force: Force = False,
) -> None:
    """Write label files as one file for another tool."""
    from tagger.exchange import export_labels

    typer.echo(f"{output}: {export_labels(folder, output, force=force)} paragraphs")


def _workers(jobs: int) -> int:
    import os

    return jobs or os.cpu_count() or 1


def _report(summary: "Summary", themes: list[tuple[str, str]], output: Path) -> None:
    from tagger.progress import print_summary

    print_summary(summary, themes, output)


def _open_streams() -> None:
    """Open nothing in the place of streams that are closed, or files would take their numbers."""
    import os
    import sys

    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def main() -> None:
    """Run a command; an error that the user can cure becomes a message, not a traceback."""
    _open_streams()
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
