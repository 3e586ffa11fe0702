"""Files that `tagger annotate` wrote -> which paragraph has which theme, in small arrays."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagger.errors import ReadingError
from tagger.evaluation.bands import year_of

By = Literal["year", "region", "document", "none"]
ALL, UNKNOWN = "all", "unknown"
ADVICE = "name .jsonl or .jsonl.gz files that `tagger annotate` wrote"


class Line(msgspec.Struct, frozen=True):
    """What is read of a line; `date` and `region` may have been added to it."""

    id: str
    document: str
    text: str
    themes: tuple[str, ...]
    scores: dict[str, float]
    kind: str = "body"
    date: str | int | None = None
    region: str | None = None

    @property
    def year(self) -> str:
        """The year of the date, else of the document's name; `unknown` without one."""
        return str(year_of(str(self.date or ""), self.document) or UNKNOWN)

    def group(self, by: By) -> str:
        """The group that the paragraph belongs to."""
        if by == "year":
            return self.year
        if by == "region":
            return self.region or UNKNOWN
        return self.document if by == "document" else ALL


@dataclass(frozen=True, slots=True)
class Annotated:
    """Body paragraphs: their groups, documents and predicted themes, row by row.

    `keys`: hashes that stand for document and id, shape (paragraphs,). `predicted`: shape
    (paragraphs, themes). `group_of` and `document_of` number `groups` (sorted) and documents.
    """

    ids: tuple[str, ...]
    by: By
    keys: NDArray[np.uint64]
    predicted: NDArray[np.bool_]
    groups: tuple[str, ...]
    group_of: NDArray[np.int64]
    document_of: NDArray[np.int64]


def key(document: str, paragraph: str, seed: str = "") -> int:
    """A 64-bit hash of a paragraph's document and id; another one for every seed."""
    text = f"{seed}\0{document}\0{paragraph}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def lines(paths: Sequence[Path]) -> Iterator[Line]:
    """Body paragraphs, file by file. Raises ReadingError at the first line that is damaged."""
    decoder = msgspec.json.Decoder(Line)
    for path in paths:
        number = 0
        try:
            with _open(path) as file:
                for line in file:
                    number += 1  # counts on where a line cannot be unpacked
                    found = decoder.decode(line)
                    if found.kind == "body":
                        yield found
        except (msgspec.MsgspecError, UnicodeError, RecursionError, EOFError, zlib.error,
                gzip.BadGzipFile) as error:
            raise ReadingError(str(path), "damaged", f"line {number:,}: {error}",
                               ADVICE) from None
        except OSError as error:
            raise ReadingError(str(path), "unreadable", str(error.strerror), ADVICE) from None


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.GzipFile(path))
    return path.open("rb")


def read_annotated(paths: Sequence[Path], by: By) -> Annotated:
    """Read all body paragraphs. Raises ReadingError if there are none or one comes twice."""
    ids: tuple[str, ...] = ()
    keys: list[int] = []
    predicted = bytearray()
    groups: dict[str, int] = {}
    documents: dict[str, int] = {}
    group_of: list[int] = []
    document_of: list[int] = []
    for line in lines(paths):
        ids = ids or tuple(line.scores)
        if tuple(line.scores) != ids:
            raise ReadingError(line.document, "damaged", f"paragraph {line.id} has scores for "
                               f"{', '.join(line.scores)}, others for {', '.join(ids)}",
                               "annotate all files with one model")
        keys.append(key(line.document, line.id))
        predicted.extend(theme in line.themes for theme in ids)
        group_of.append(groups.setdefault(line.group(by), len(groups)))
        document_of.append(documents.setdefault(line.document, len(documents)))
    names = ", ".join(str(path) for path in paths)
    if not keys:
        raise ReadingError(names, "empty", "no body paragraph", ADVICE)
    if len(set(keys)) < len(keys):
        raise ReadingError(names, "damaged", f"{len(keys) - len(set(keys))} paragraphs come twice",
                           "name every annotated file once")
    order = sorted(groups)
    rank = np.array([order.index(name) for name in groups])
    table = np.frombuffer(predicted, dtype=bool).reshape(len(keys), len(ids))
    return Annotated(ids, by, np.array(keys, dtype=np.uint64), table, tuple(order),
                     rank[group_of], np.array(document_of))
