"""Label Studio: tasks with predictions, and the labelling configuration that fits them."""

from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from tagger.records import DIGITS
from tagger.writing.form import Options, brought_along
from tagger.writing.lines import Line, Lines
from tagger.writing.place import new_file

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#7a5195", "#5f6b00")

_encode = msgspec.json.Encoder().encode


def write(lines: Lines, place: Path, options: Options) -> None:
    """Write a list of tasks, a paragraph each, and the configuration beside it as .xml.

    Furniture is left out, since nobody labels it.
    """
    beside = brought_along(options.output, ".xml")
    if beside is not None:
        with new_file(beside) as config:
            config.write_text(configuration(options), encoding="utf-8")
    with place.open("wb") as file:
        file.write(b"[")
        comma = b"\n"
        for line in lines:
            if line.kind != "furniture":
                file.write(comma + _encode(_task(line)))
                comma = b",\n"
        file.write(b"\n]\n")


def configuration(options: Options) -> str:
    """The labelling configuration: themes to choose, and places to mark as their evidence."""
    named = [(quoteattr(theme.id), quoteattr(theme.zh)) for theme in options.themes]
    choices = "\n".join(f"    <Choice value={name} hint={zh}/>" for name, zh in named)
    labels = "\n".join(
        f"    <Label value={name} hint={zh} background=\"{COLOURS[i % len(COLOURS)]}\"/>"
        for i, (name, zh) in enumerate(named))
    return f"""<View>
  <Header value="$title"/>
  <Labels name="evidence" toName="text">
{labels}
  </Labels>
  <Text name="text" value="$text"/>
  <Choices name="theme" toName="text" choice="multiple" showInline="true">
{choices}
  </Choices>
</View>
"""


def _task(line: Line) -> dict[str, Any]:
    return {
        "data": {"text": line.text, "title": line.title, "document": line.document,
                 "index": line.index, "paragraph": line.id},
        "predictions": [{"model_version": line.model, "score": _score(line),
                         "result": _result(line)}],
    }


def _score(line: Line) -> float:
    """How sure the model is, for sorting: of its least certain decision."""
    certain = [max(score, 1 - score) for score in line.scores.values()]
    return round(min(certain, default=0.0), DIGITS)


def _result(line: Line) -> list[dict[str, Any]]:
    chosen = [{"id": f"{line.id}-t", "from_name": "theme", "to_name": "text", "type": "choices",
               "value": {"choices": list(line.themes)}}] if line.themes else []
    marked = [{"id": f"{line.id}-{number}", "from_name": "evidence", "to_name": "text",
               "type": "labels",
               "value": {"start": found.start, "end": found.end, "text": found.text,
                         "labels": [found.theme]}}
              for number, found in enumerate(line.evidence)
              if found.weight > 0 and found.theme in line.themes]
    return [*chosen, *marked]
