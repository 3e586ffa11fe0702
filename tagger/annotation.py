"""Files -> tagged paragraphs: find the inputs, read, split, tag, write, count."""

import contextlib
import glob
import hashlib
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tagger.errors import ReadingError
from tagger.paragraphs import split
from tagger.reading import read
from tagger.records import Document, Paragraph, TaggedParagraph
from tagger.store import load
from tagger.tagger import Tagged, Tagger
from tagger.writing import open_output

STDIN = "-"


@dataclass(slots=True)
class Tally:
    """Counts of one input: documents, paragraphs by kind, and by theme."""

    name: str
    documents: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    themes: Counter[str] = field(default_factory=Counter)

    def add(self, paragraph: TaggedParagraph) -> None:
        """Count one paragraph."""
        self.documents.add(paragraph.document)
        self.kinds[paragraph.kind] += 1
        self.themes.update(paragraph.themes or (["none"] if paragraph.kind == "body" else []))


@dataclass(slots=True)
class Summary:
    """What a run did: a tally an input, and each input that could not be read."""

    inputs: int = 0
    tallies: list[Tally] = field(default_factory=list)
    failures: list[ReadingError] = field(default_factory=list)


def find_inputs(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Names of all files that the paths stand for: files, folders (recursive), globs, `-`.

    Sorted within a folder or glob; hidden files and folders are passed over, and links to
    folders are not followed. A path that stands for nothing stays in, so that it is reported.
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
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(parent, name) for name in sorted(files)
                    if not name.startswith("."))


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
              encoding: str | None = None) -> Iterator[Document | ReadingError]:
    """The documents of an input, and an error for each one that could not be read."""
    with contextlib.ExitStack() as stack:
        path = Path(name)
        if name == STDIN:
            copy = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".txt"))
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.flush()
            path = Path(copy.name)
        readings = read(path, name.replace(os.sep, "/"), text_column=text_column,
                        id_column=id_column, encoding=encoding)
        while True:
            try:
                yield next(readings)
            except StopIteration:
                return
            except ReadingError as error:
                yield error  # a row; the next ones may be sound


def tag_document(document: Document, tagger: Tagger, *,
                 furniture: bool = False) -> Iterator[TaggedParagraph]:
    """The tagged paragraphs of a document, in order."""
    paragraphs = split(document)
    digest = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    texts = [paragraph.text for paragraph in paragraphs if paragraph.kind != "furniture"]
    tagged = tagger.tag_many(texts, evidence=True)
    for paragraph in paragraphs:
        if paragraph.kind != "furniture":
            yield _record(document, digest, paragraph, next(tagged), tagger.name)
        elif furniture:
            yield _record(document, digest, paragraph, _UNTAGGED, tagger.name)


_UNTAGGED = Tagged((), {}, True, ())


def _record(document: Document, digest: str, paragraph: Paragraph, tagged: Tagged,
            model: str) -> TaggedParagraph:
    return TaggedParagraph(
        id=f"{digest}-{paragraph.index}", document=document.name, title=document.title,
        index=paragraph.index, kind=paragraph.kind, start=paragraph.start, end=paragraph.end,
        text=paragraph.text, themes=tagged.themes, scores=tagged.scores, sure=tagged.sure,
        evidence=tagged.evidence, model=model)


def annotate_to(
    output: Path,
    names: Sequence[str],
    tagger: Tagger,
    *,
    force: bool = False,
    furniture: bool = False,
    text_column: str | None = None,
    id_column: str | None = None,
    encoding: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Summary:
    """Annotate inputs into one file, which appears when it is whole; returns what was done.

    Raises OutputError if the output exists (unless `force`) or cannot be written.
    """
    summary = Summary(inputs=len(names))
    with open_output(output, [theme.id for theme in tagger.themes], force=force) as output_file:
        for name in names:
            tally = Tally(name)
            for paragraph in annotate([name], tagger, furniture=furniture,
                                      on_failure=summary.failures.append,
                                      text_column=text_column, id_column=id_column,
                                      encoding=encoding):
                output_file.write(paragraph)
                tally.add(paragraph)
            if tally.kinds:
                summary.tallies.append(tally)
            if progress is not None:
                progress(name)
        if len(summary.failures) == len(names):
            output_file.discard()
    return summary
