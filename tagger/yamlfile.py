"""YAML files as checked data: every problem at once, each with its line."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from tagger.errors import LabelsError, Problem

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is some 10 times faster

MAX_BYTES = 8_000_000  # a hand-written file is far smaller; stops a bomb before it is parsed
MAX_DEPTH = 12  # themes.yaml needs 5

# Ends of lines for YAML 1.1, letters for YAML 1.2, and some programs write one and read the other
_DOUBTFUL = re.compile("[\x85\u2028\u2029]")

Place = tuple[str | int, ...]


class Strict(BaseModel):
    """Base of all records read from YAML: no unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


Record = TypeVar("Record", bound=Strict)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """The plain data of one file, and the line of each value by its place in the data."""

    name: str
    value: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int | None:
        """Line of the value at `place`, or of the nearest value that encloses it."""
        for length in range(len(place), -1, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return None

    def problem(self, place: Place, message: str) -> Problem:
        """A problem of the value at `place`."""
        return Problem(self.name, self.line(place), message)


def suggest(word: str, known: Iterable[str]) -> str:
    """Second half of a message on an unknown word: the nearest known one, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(names)}"


def load_yaml(path: Path) -> YamlFile:
    """Read one YAML file as plain data; runs nothing in it, follows no alias.

    Raises LabelsError if it cannot be read, is not UTF-8, is no YAML, uses anchors or
    tags, repeats a key, is nested too deep or is too large.
    """
    name = str(path)
    text = _read_utf8(path, name)
    problems: list[Problem] = []
    try:
        _refuse_unsafe(text, name)
        node = yaml.compose(text, Loader=Loader)
        lines: dict[Place, int] = {}
        value = None if node is None else _plain(node, (), lines, problems, name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        _fail(name, line, f"not valid YAML: {error.problem}; a text that holds `: ` or ` #` "
              "or begins with a sign needs quotes")
    except yaml.YAMLError as error:
        _fail(name, None, f"not valid YAML: {error}".replace("\n", " "))
    if problems:
        raise LabelsError(problems)
    return YamlFile(name, value, lines)


def _fail(name: str, line: int | None, message: str) -> NoReturn:
    raise LabelsError([Problem(name, line, message)])


def _read_utf8(path: Path, name: str) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            _fail(name, None, f"{size:,} bytes; at most {MAX_BYTES:,} are read: split the file")
        data = path.read_bytes()
    except OSError as error:
        _fail(name, None, f"cannot be read: {error.strerror or error}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _fail(name, line, f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}; "
              "save the file as UTF-8")
    doubtful = _DOUBTFUL.search(text)
    if doubtful:
        _fail(name, text.count("\n", 0, doubtful.start()) + 1,
              f"the character U+{ord(doubtful.group()):04X} ends a line for some programs and not "
              f"for others; take it out, or write it as \\u{ord(doubtful.group()):04x} in double "
              "quotes")
    return text


def _refuse_unsafe(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _fail(name, line, "anchors and aliases (`&`, `*`) are not allowed; write the value "
                  "out, or quote a text that begins with one of these signs")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            _fail(name, line, f"value tag `{_short(str(tag))}` is not allowed; put the text in "
                  "quotes")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            _fail(name, line, f"nested more than {MAX_DEPTH} levels deep")


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


_SCALARS = yaml.constructor.SafeConstructor()


def _plain(node: Any, place: Place, lines: dict[Place, int], problems: list[Problem],
           name: str) -> Any:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                problems.append(Problem(name, key_node.start_mark.line + 1,
                                        f"key `{key}` stands twice; keep one"))
            result[key] = _plain(value_node, (*place, key), lines, problems, name)
            lines[*place, key] = key_node.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, i), lines, problems, name)
                for i, item in enumerate(node.value)]
    try:
        return _SCALARS.construct_object(node)
    except (yaml.YAMLError, ValueError):
        problems.append(Problem(name, lines[place], f"value `{node.value}` with tag {node.tag} is "
                                "not plain data; put it in quotes"))
        return None


def validate(model: type[Record], source: YamlFile) -> tuple[Record | None, list[Problem]]:
    """The record that the file holds, or None and all problems of its form."""
    try:
        return model.model_validate(source.value), []
    except ValidationError as error:
        return None, [source.problem(detail["loc"], _explain(detail, model))
                      for detail in error.errors()]


_EXPECTED = {
    "string_type": "text, in quotes if need be",
    "list_type": "a list such as [a, b]",
    "tuple_type": "a list such as [a, b]",
    "model_type": "keys and values",
    "dict_type": "keys and values",
    "model_attributes_type": "keys and values",
}


def _explain(detail: ErrorDetails, model: type[Strict]) -> str:
    where = ".".join(str(part) for part in detail["loc"]) or "the file"
    kind, value = detail["type"], detail["input"]
    if kind == "missing":
        return f"`{where}` is missing; add it"
    if kind == "extra_forbidden":
        return f"unknown key `{detail['loc'][-1]}`; {suggest(str(detail['loc'][-1]), _keys(model))}"
    if kind == "literal_error":
        known = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"`{where}` is `{value}`; {suggest(str(value), known)}"
    if kind in _EXPECTED:
        shown = "nothing" if value is None else f"`{str(value)[:60]}` ({type(value).__name__})"
        return f"`{where}` is {shown}, but must be {_EXPECTED[kind]}"
    return f"`{where}` is `{str(value)[:60]}`: {detail['msg'].removeprefix('Value error, ')}"


def _keys(model: type[BaseModel]) -> list[str]:
    """Keys of a model and of the models inside it, as they are written in YAML."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        found.append(field.alias or name)
        for inner in getattr(field.annotation, "__args__", ()):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found.extend(_keys(inner))
    return found
