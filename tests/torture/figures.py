"""The figures of a run of all sections, as tables in a page of the documentation."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import Section

BEGIN, END = "<!-- torture: begin -->", "<!-- torture: end -->"


def write(page: Path, sections: Sequence[Section], seconds: float, workers: int) -> None:
    """Put the tables between the two marks of the page."""
    text = page.read_text("utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    page.write_text(f"{text[:begin]}\n{_tables(sections, seconds, workers)}{text[end:]}", "utf-8")


def _tables(sections: Sequence[Section], seconds: float, workers: int) -> str:
    trials = sum(section.trials for section in sections)
    wrong = sum(len(section.wrong) for section in sections)
    head = (f"As of {datetime.now(UTC):%Y-%m-%d}, {platform.system()}, Python "
            f"{platform.python_version()}, {os.cpu_count()} cores: {trials:,} trials, {wrong:,} "
            f"wrong, in {seconds / 60:.0f} minutes with {workers} at a time.\n")
    rows = ((section.name, f"{section.trials:,}", str(len(section.wrong)),
             f"{section.seconds:.0f}", outcomes(section)) for section in sections)
    hostile = [row for section in sections for row in section.hostile]
    return "\n".join([
        head, _table(("what", "trials", "wrong", "seconds", "outcomes"), rows),
        "Hostile inputs; memory is that of the largest process, some 80 MB of it Python's own:\n",
        _table(("input", "MB", "outcome", "seconds", "peak MB"), hostile)])


def outcomes(section: Section) -> str:
    """How often what came of it."""
    return ", ".join(f"{count:,} {what}" for what, count in section.notes.most_common())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([re.sub(r"([|<>])", r"\\\1", cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
