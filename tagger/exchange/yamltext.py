"""A labelled document as people write it in YAML."""

import re
from typing import Any

import yaml

from tagger.labels import LabelledDocument

# Numbers for YAML 1.2, and text for YAML 1.1, by which PyYAML writes: 1e5
_NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+")
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class _Inline(list[str]):
    """A list that YAML shows in one line."""


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: lists indented, no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  # PyYAML's
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # PyYAML writes \x85 and its like as they are, and reads them as ends of lines
    style = '"' if _ODD.search(text) else "'" if _NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Inline, lambda dumper, data: dumper.represent_sequence(
    "tag:yaml.org,2002:seq", data, flow_style=True))


def yaml_text(document: LabelledDocument) -> str:
    """The text of a label file; a key without a value is left out."""
    paragraphs = []
    for paragraph in document.paragraphs:
        fields: dict[str, Any] = {"text": paragraph.text, "themes": _Inline(paragraph.themes)}
        if paragraph.unsure:
            fields["unsure"] = _Inline(paragraph.unsure)
        fields |= {name: value for name in ("trap", "note") if (value := getattr(paragraph, name))}
        paragraphs.append(fields)
    plain = {"id": document.id, "title": document.title, "genre": document.genre,
             "region": document.region, "date": document.date, "paragraphs": paragraphs}
    text: str = yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, sort_keys=False,
                          width=1_000_000_000)
    return text
