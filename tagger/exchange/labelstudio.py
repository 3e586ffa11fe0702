"""Label Studio: a list of tasks with annotations, in its own JSON."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from tagger.errors import Problem
from tagger.exchange.row import Found, Row, made, meta
from tagger.reading import encodings
from tagger.reading.source import Source


def read(path: Path) -> Iterator[Found]:
    """Yield the rows. Raises ReadingError if the file cannot be read."""
    source = Source(str(path), path)
    text, _ = encodings.decode(source.name, source.data(), None, None)
    try:
        for line, task in _elements(text.removeprefix("\ufeff")):
            yield _from_task(path, line, task)
    except (json.JSONDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        yield Problem(str(path), line, f"not a list of tasks in JSON: {error}; export the project "
                      "as JSON, not as JSON-MIN or CSV")


def _elements(text: str) -> Iterator[tuple[int, Any]]:
    """The elements of a JSON list, each with the line where it begins."""
    decoder = json.JSONDecoder()
    space = re.compile(r"\s*")
    place = _end_of(space, text, 0)
    if text[place:place + 1] != "[":
        raise json.JSONDecodeError("Expecting a list", text, place)
    place = _end_of(space, text, place + 1)
    line, counted = 1, 0
    while text[place:place + 1] != "]":
        line, counted = line + text.count("\n", counted, place), place
        element, place = decoder.raw_decode(text, place)
        yield line, element
        place = _end_of(space, text, place)
        if text[place:place + 1] not in {",", "]"}:
            raise json.JSONDecodeError("Expecting ',' or ']'", text, place)
        if text[place] == ",":
            place = _end_of(space, text, place + 1)


def _end_of(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def _from_task(path: Path, line: int, task: Any) -> Found:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        return Problem(str(path), line, "a task without `data`; export the project as JSON")
    judged = task.get("annotations")
    if not isinstance(judged, list) or not all(isinstance(one, dict) for one in judged):
        return Problem(str(path), line, "a task without a list of `annotations`")
    chosen = [_chosen(one) for one in judged if not one.get("was_cancelled")]
    if not chosen:
        return None
    if any(set(other) != set(chosen[0]) for other in chosen):
        told = " / ".join(", ".join(one) or "none" for one in chosen)
        return Problem(str(path), line, f"its {len(chosen)} annotations differ ({told}); settle "
                       "them, and keep one")
    return made(path, line, data.get("text"), chosen[0], data)


def _chosen(annotation: Mapping[str, Any]) -> list[Any]:
    result = annotation.get("result")
    found: list[Any] = []
    for region in result if isinstance(result, list) else []:
        if isinstance(region, dict) and region.get("type") == "choices":
            value = region.get("value")
            choices = value.get("choices") if isinstance(value, dict) else None
            found += choices if isinstance(choices, list) else [choices]
    return found


def write(found: Iterable[Row], file: TextIO) -> None:
    """Write the rows."""
    comma = "[\n"
    for row in found:
        result = [{"from_name": "theme", "to_name": "text", "type": "choices",
                   "value": {"choices": list(row.themes)}}] if row.themes else []
        task = {"data": {"text": row.text, "unsure": list(row.unsure), **meta(row)},
                "annotations": [{"result": result}]}
        file.write(comma + json.dumps(task, ensure_ascii=False))
        comma = ",\n"
    file.write("\n]\n")
