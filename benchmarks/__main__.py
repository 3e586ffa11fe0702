"""`python -m benchmarks`: measure all, print the table, write RESULTS.md and growth.svg."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import growth, large, report, stages, table
from benchmarks.texts import read_texts, write_folder


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--text", type=Path, help="a file with a paragraph a line")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", action="store_true",
                        help="inputs of up to 2 GB too, and a night's runs: an hour")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    texts = read_texts(given.text)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        speeds = table.tagging(texts, given.rounds)
        speeds |= table.annotating(texts, given.rounds, scratch)
        starts = table.starting(given.rounds, scratch)
        profile = {"`tag_many`": stages.of_tagging(texts, given.rounds)}
        write_folder(scratch / "staged", texts, texts.megabytes)
        profile["From .txt to JSON lines"] = stages.of_annotating(scratch / "staged", given.rounds)
        sizes = growth.by_size(texts, scratch, large=given.large)
        points = [*sizes, *growth.by_model(texts, scratch)]
    rows = table.rows_of(speeds, starts, [point.memory for point in sizes])
    report.write(given.output, texts, given.rounds, rows, speeds, starts, profile,
                 points)
    for row in rows:
        print(f"{'yes' if row.reached else 'NO ':3}  {row.figure.median:8.3g} {row.unit:2}  "
              f"(goal {row.goal:g})  {row.work}")
    if given.large:
        large.report(texts, 1.0, large.PAGE)


if __name__ == "__main__":
    main()
