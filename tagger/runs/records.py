"""What travels in a run: tasks to the workers, pieces back, rows to the journal."""

from typing import Literal

import msgspec

Status = Literal["", "done", "partial", "failed", "timed out", "crashed", "filtered"]
"""How an input ended; "" while more of it is to come."""

TROUBLED = ("partial", "failed", "timed out", "crashed")


class Failure(msgspec.Struct, frozen=True, omit_defaults=False):
    """An input, or a row of one, that could not be read: why, and what to do about it."""

    input: str
    reason: str
    detail: str
    advice: str = ""


class Settings(msgspec.Struct, frozen=True):
    """All that decides what bytes an input gives."""

    tagger: str
    model: str
    manifest: str
    furniture: bool = False
    text_column: str | None = None
    id_column: str | None = None
    encoding: str | None = None
    near: bool = False


class Task(msgspec.Struct, frozen=True):
    """An input to be done; `sha256`, `items` and `number` tell what a run before did of it.

    If the content is still the same, `number` pieces are kept, which hold `items` (documents,
    `documents` of them, and rows that could not be read); all of it, if it was `whole`.
    """

    index: int
    name: str
    path: str
    size: int = 0
    sha256: str = ""
    items: int = 0
    documents: int = 0
    number: int = 0
    whole: bool = False

    def anew(self) -> "Task":
        """The same input, nothing of which is kept."""
        return Task(self.index, self.name, self.path, self.size)


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """Some of what an input gave: lines, counts of what is in them, and how it ended if it did.

    Piece 0 begins an input and undoes earlier pieces. `same`: nothing changed since a run
    before, whose pieces hold.
    """

    index: int
    number: int = 0
    sha256: str = ""
    status: Status = ""
    same: bool = False
    lines: bytes = b""
    lines_sha256: str = ""
    documents: int = 0
    kinds: dict[str, int] = {}
    themes: dict[str, int] = {}
    failures: tuple[Failure, ...] = ()
    encoding: str | None = None


class Row(msgspec.Struct, frozen=True, tag_field="row", tag="piece", omit_defaults=True):
    """A piece as the journal knows it: where its lines lie."""

    input: str
    number: int
    sha256: str
    status: Status
    offset: int
    length: int
    lines_sha256: str
    size: int = 0
    documents: int = 0
    kinds: dict[str, int] = {}
    themes: dict[str, int] = {}
    failures: tuple[Failure, ...] = ()
    encoding: str | None = None


class Header(msgspec.Struct, frozen=True, tag_field="row", tag="run"):
    """The first row. `fresh`: no output stood there when the run began."""

    format: int
    settings: Settings
    fresh: bool


class Written(msgspec.Struct, frozen=True, tag_field="row", tag="written"):
    """The output is whole and takes its name next."""


class Finished(msgspec.Struct, frozen=True, tag_field="row", tag="finished"):
    """All is done; the journal stays for the failures, which can be tried again."""


TIMEOUT = 60.0  # seconds for a document of a risky format


class Options(msgspec.Struct, frozen=True):
    """How a run is done; what decides its bytes stands in its Settings.

    `form`, `long` and `csv_safe` are those of `writing.convert`; 0 `jobs` are as many as pay.
    """

    force: bool = False
    strict: bool = False
    retry_failures: bool = False
    skip_repeats: bool = False
    jobs: int = 0
    timeout: float = TIMEOUT
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    form: str | None = None
    long: bool = False
    csv_safe: bool = True


def unheard(_: object) -> None:
    """Tell nobody."""
