"""Tagged paragraphs -> files that people use; each appears under its name only when whole.

A run spools JSON lines; `convert` writes them in the format that the output's name or
`form` stands for. A format's module is imported when that format comes up.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from tagger.errors import OutputError
from tagger.writing.form import Form, Options, Theme, brought_along
from tagger.writing.lines import Lines
from tagger.writing.packed import PACKINGS
from tagger.writing.place import new_file, new_folder, remove

__all__ = ["FORMS", "STDOUT", "Theme", "check_output", "convert", "goes_with", "may_go_with"]

STDOUT = Path("-")
LINES = (".jsonl", *(f".jsonl{packing}" for packing in PACKINGS))


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: its module, the ends of names it goes by, and what it is written as.

    `meant`: an end of name means this format without being told. `folder`: the ends of
    names in a folder of it, which is written where the name has no end. `beside`: the end
    of what a file of it brings along.
    """

    module: str
    ends: tuple[str, ...]
    meant: bool = True
    folder: tuple[str, ...] = ()
    beside: str = ""
    needs: str = ""


FORMS = {
    "jsonl": Kind("jsonlines", LINES),
    "csv": Kind("csvfile", (".csv",)),
    "xlsx": Kind("xlsx", (".xlsx",)),
    "parquet": Kind("parquet", (".parquet",), needs="pyarrow"),
    "html": Kind("html", (".html", ".htm"), folder=(".html",), beside="_pages"),
    "labelstudio": Kind("labelstudio", (".labelstudio.json", ".json"), meant=False,
                        beside=".xml"),
    "doccano": Kind("doccano", LINES, meant=False),
    "brat": Kind("brat", (), folder=(".txt", ".ann", ".conf")),
    "w3c": Kind("w3c", LINES, meant=False),
    "attributes": Kind("attributes", LINES, meant=False),
}


def check_output(path: Path, form: str | None = None, force: bool = False) -> str:
    """The format that a path and `form` mean, a name in FORMS.

    Raises OutputError if there is none, or the output exists (unless `force`) or must not
    be replaced.
    """
    found = _form(path, form)
    if path == STDOUT:
        return found
    needed = FORMS[found].needs
    if needed and find_spec(needed) is None:
        raise OutputError(f"{path}: {found} needs {needed}, which is not installed; "
                          f"pip install 'tagger[{found}]', or write .jsonl")
    _refuse(path, FORMS[found], force=force)
    beside = brought_along(path, FORMS[found].beside)
    if beside is not None and os.path.lexists(beside) and not force:
        raise OutputError(f"{beside} exists, which goes with {path}; --force replaces both")
    return found


def goes_with(path: Path, form: str | None = None) -> Path | None:
    """What is written beside an output and belongs to it, if anything.

    Raises OutputError if path and `form` mean no format.
    """
    return brought_along(path, FORMS[_form(path, form)].beside)


def may_go_with(path: Path) -> list[Path]:
    """What may lie beside an output, whatever format it is of."""
    name = path.name.lower()
    found = (brought_along(path, kind.beside) for kind in FORMS.values()
             if kind.ends and name.endswith(kind.ends))
    return [beside for beside in found if beside is not None]


def _form(path: Path, form: str | None) -> str:
    if form is not None and form not in FORMS:
        raise OutputError(f"unknown format {form!r}; known: {', '.join(FORMS)}")
    if path == STDOUT:
        if form not in {None, "jsonl"}:
            raise OutputError(f"-: standard output is JSON lines only; name a file for {form}")
        return "jsonl"
    name = path.name.lower()
    if form is None:
        if name.endswith(".labelstudio.json"):
            return "labelstudio"
        meant = [known for known, kind in FORMS.items() if kind.meant and name.endswith(kind.ends)
                 and kind.ends]
        if meant:
            return meant[0]
        ends = ", ".join(end for kind in FORMS.values() if kind.meant for end in kind.ends)
        raise OutputError(f"{path}: unknown output type; known: {ends}, .labelstudio.json, and "
                          f"by --format {', '.join(FORMS)}")
    kind = FORMS[form]
    if not (name.endswith(kind.ends) and kind.ends) and not (kind.folder and not path.suffix):
        named = [*kind.ends, *(["a folder"] if kind.folder else [])]
        raise OutputError(f"{path}: {form} is written to {' or '.join(named)}")
    return form


def _refuse(path: Path, kind: Kind, *, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if not force:
        raise OutputError(f"{path} exists; --force replaces it")
    if not path.is_dir():
        if not path.is_file():
            raise OutputError(f"{path} is neither a file nor a folder; name another")
        return
    if not kind.folder or path.suffix:
        raise OutputError(f"{path} is a folder; name a file in it")
    others = sorted(str(found.relative_to(path)) for found in path.rglob("*")
                    if not found.is_dir() and not found.name.endswith(kind.folder))
    if others:
        raise OutputError(f"{path} holds what was not written here: {', '.join(others[:5])}; "
                          "name another folder")


def _number(path: Path | None) -> int | None:
    """What tells a file or folder from another of the same name."""
    try:
        return path.lstat().st_ino if path else None
    except OSError:
        return None


def convert(part: Path, output: Path, themes: Sequence[Theme], *, form: str | None = None,
            long: bool = False, csv_safe: bool = True, force: bool = False) -> None:
    """Write the JSON lines of a run as the format that `output` or `form` stands for.

    Raises OutputError if the output exists (unless `force`), a line is not whole, or the
    disk fails; then nothing is left under the name that was not there before.
    """
    kind = FORMS[check_output(output, form, force)]
    module = cast("Form", import_module(f"tagger.writing.{kind.module}"))
    options = Options(output, tuple(themes), long, csv_safe)
    beside = brought_along(output, kind.beside)
    old = _number(beside)
    as_folder = bool(kind.folder) and not output.name.lower().endswith(kind.ends or "/")
    try:
        with (new_folder if as_folder else new_file)(output) as place:
            module.write(Lines(part), place, options)
        if beside is not None and old is not None and _number(beside) == old:
            remove(beside)  # it went with the output of before, and the new one has none
    except OSError as error:
        raise OutputError(f"{output}: cannot be written: {error.strerror or error}") from None
