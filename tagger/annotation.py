"""Files -> tagged paragraphs, as a stream: find the inputs, read, split, tag."""

import contextlib
import glob
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tagger.errors import ReadingError
from tagger.paragraphs import split
from tagger.reading import read
from tagger.records import DIGITS, Document, Paragraph, TaggedParagraph
from tagger.store import load
from tagger.tagger import Tagged, Tagger

STDIN = "-"


def find_inputs(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Names of all files that the paths stand for: files, folders (recursive), globs, `-`.

    Sorted within a folder or glob; hidden files and folders are passed over, and links to
    folders are not followed. A path that stands for nothing, or a folder that may not be read,
    stays in, so that it is reported.
    """
    names: list[str] = []
    for path in [os.fspath(path) for path in paths]:
        if path == STDIN or os.path.isfile(path):
            names.append(path)
        elif os.path.isdir(path):
            names += _walk(path)
        else:
            found = [name for name in sorted(glob.glob(path, recursive=True))
                     if os.path.isfile(name)]
            names += found or [path]
    return list(dict.fromkeys(names))


def _walk(folder: str) -> Iterator[str]:
    unread: list[str] = []
    for parent, folders, files in os.walk(folder, onerror=lambda e: unread.append(e.filename)):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(parent, name) for name in sorted(files)
                    if not name.startswith("."))
    yield from unread


def annotate(
    paths: Iterable[str | os.PathLike[str]],
    model: Tagger | None = None,
    *,
    furniture: bool = False,
    on_failure: Callable[[ReadingError], None] | None = None,
    text_column: str | None = None,
    id_column: str | None = None,
    encoding: str | None = None,
) -> Iterator[TaggedParagraph]:
    """Read, split and tag files, folders and globs, as a stream in their order.

    Headings and body come out, furniture (navigation, bylines, licence lines) only if asked
    for. An input that cannot be read is given to `on_failure`; without it, ReadingError is
    raised.
    """
    tagger = model or load()
    for name in find_inputs(paths):
        for document in documents(name, text_column, id_column, encoding):
            if not isinstance(document, ReadingError):
                yield from tag_document(document, tagger, furniture=furniture)
            elif on_failure is None:
                raise document
            else:
                on_failure(document)


def documents(name: str, text_column: str | None = None, id_column: str | None = None,
              encoding: str | None = None, *,
              path: Path | None = None) -> Iterator[Document | ReadingError]:
    """The documents of an input, and an error for each one that could not be read.

    It is read from `path`, if it does not lie under its name.
    """
    with contextlib.ExitStack() as stack:
        if path is None:
            path = Path(name) if name != STDIN else stack.enter_context(spooled_stdin())
            name = shown(name)
        readings = read(path, name, text_column=text_column, id_column=id_column,
                        encoding=encoding)
        while True:
            try:
                yield next(readings)
            except StopIteration:
                return
            except ReadingError as error:
                yield error  # a row; the next ones may be sound


def shown(name: str) -> str:
    """A file's name as it stands in records: with slashes, and with codes for odd bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace").replace(os.sep, "/")


@contextlib.contextmanager
def spooled_stdin() -> Iterator[Path]:
    """Standard input as a file, for as long as the block runs."""
    with tempfile.NamedTemporaryFile(prefix="tagger.", suffix=".txt") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield Path(copy.name)


def tag_document(document: Document, tagger: Tagger, *,
                 furniture: bool = False) -> Iterator[TaggedParagraph]:
    """The tagged paragraphs of a document, in order."""
    yield from next(tag_documents([document], tagger, furniture=furniture))


def tag_documents(found: Sequence[Document], tagger: Tagger, *,
                  furniture: bool = False) -> Iterator[Iterator[TaggedParagraph]]:
    """The tagged paragraphs of each document; many small ones at once cost less.

    Those of one document must be taken before those of the next.
    """
    parted = [split(document) for document in found]
    tagged = tagger.tag_many((paragraph.text for paragraphs in parted for paragraph in paragraphs
                              if paragraph.kind != "furniture"),
                             evidence=True, digits=DIGITS)
    for document, paragraphs in zip(found, parted, strict=True):
        yield _records(document, paragraphs, tagged, tagger.name, furniture=furniture)


def _records(document: Document, paragraphs: Sequence[Paragraph], tagged: Iterator[Tagged],
             model: str, *, furniture: bool) -> Iterator[TaggedParagraph]:
    digest = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    for paragraph in paragraphs:
        if paragraph.kind != "furniture":
            yield _record(document, digest, paragraph, next(tagged), model)
        elif furniture:
            yield _record(document, digest, paragraph, _UNTAGGED, model)


_UNTAGGED = Tagged((), {}, True, ())


def _record(document: Document, digest: str, paragraph: Paragraph, tagged: Tagged,
            model: str) -> TaggedParagraph:
    return TaggedParagraph(
        id=f"{digest}-{paragraph.index}", document=document.name, title=document.title,
        index=paragraph.index, kind=paragraph.kind, start=paragraph.start, end=paragraph.end,
        text=paragraph.text, themes=tagged.themes, scores=tagged.scores, sure=tagged.sure,
        evidence=tagged.evidence, model=model)

