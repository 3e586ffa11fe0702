"""W3C Web Annotation: a line of JSON-LD for each theme of a paragraph."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from tagger.records import DIGITS
from tagger.writing.form import Options
from tagger.writing.lines import Line, Lines
from tagger.writing.packed import open_packed

# What the vocabulary has no word for
CONTEXT = ["http://www.w3.org/ns/anno.jsonld",
           {"score": "urn:tagger:score", "weight": "urn:tagger:weight"}]
AROUND = 20  # letters before and after a quotation

_encode = msgspec.json.Encoder().encode


def write(lines: Lines, place: Path, options: Options) -> None:
    """Write an annotation a theme, its evidence as places inside the paragraph."""
    with open_packed(place, options.output.name) as file:
        for line in lines:
            for theme in line.themes:
                file.write(_encode(_annotation(line, theme)) + b"\n")


def _annotation(line: Line, theme: str) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "id": f"urn:tagger:{quote(line.id)}:{quote(theme)}",
        "type": "Annotation",
        "motivation": "tagging",
        "creator": {"type": "Software", "name": line.model},
        "score": round(line.scores[theme], DIGITS),
        "body": {"type": "TextualBody", "purpose": "tagging", "value": theme,
                 "format": "text/plain"},
        "target": [_target(line, _paragraph(line)), *_evidence(line, theme)],
    }


def _target(line: Line, selectors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "SpecificResource", "source": _reference(line.document),
            "selector": selectors}


def _reference(name: str) -> str:
    """A relative IRI that leads to the document, whatever signs are in its name."""
    path = quote(name, safe="/!:")
    # else `a:b.txt` has the scheme `a`, and `//a/b` the host `a`
    return f"./{path}" if ":" in path.partition("/")[0] or path.startswith("//") else path


def _paragraph(line: Line) -> list[dict[str, Any]]:
    return [{"type": "TextPositionSelector", "start": line.start, "end": line.end},
            {"type": "TextQuoteSelector", "exact": line.text}]


def _evidence(line: Line, theme: str) -> Iterator[dict[str, Any]]:
    for found in line.evidence:
        if found.theme == theme:
            place: list[dict[str, Any]] = [
                {"type": "TextPositionSelector", "start": line.start + found.start,
                 "end": line.start + found.end},
                {"type": "TextQuoteSelector", "exact": found.text,
                 "prefix": line.text[max(0, found.start - AROUND):found.start],
                 "suffix": line.text[found.end:found.end + AROUND]}]
            yield {**_target(line, place), "weight": round(found.weight, DIGITS)}
