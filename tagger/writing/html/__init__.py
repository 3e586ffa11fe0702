"""HTML: documents to read, with their themes in the margin; one page, or a folder with an index."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tagger.writing.form import Options, brought_along, documents
from tagger.writing.html.counts import Counts, Entry
from tagger.writing.html.index import index_page
from tagger.writing.html.page import Turn, document_page
from tagger.writing.lines import Line, Lines
from tagger.writing.place import new_folder

# What one page holds: a browser stays quick, and a person can read to the end
PAGE_DOCUMENTS = 50
PAGE_PARAGRAPHS = 3_000
LISTED_DOCUMENTS = 5_000  # in the index one by one; of more than these each page is listed


def write(lines: Lines, place: Path, options: Options) -> None:
    """Write one page, or for many documents pages in a folder, and an index of them."""
    pages = _Ahead(_pages(lines))
    folder = place.is_dir()
    if not folder and pages.following is None:
        place.write_text(document_page(pages.current or [], options, Turn()), encoding="utf-8")
        return
    with ExitStack() as stack:
        inside, prefix, index = place, "", "index.html"
        if not folder:
            beside = brought_along(options.output, "_pages")
            assert beside is not None  # noqa: S101  # a file's name has an end
            inside = stack.enter_context(new_folder(beside))
            prefix, index = f"{beside.name}/", f"../{options.output.name}"
        listed = _write_pages(pages, inside, index, options)
        target = place / "index.html" if folder else place
        target.write_text(index_page(listed.rows(), listed.counts, prefix, options),
                          encoding="utf-8")


@dataclass(slots=True)
class _Listed:
    """What the index tells: all counts, and an entry a page and a document."""

    counts: Counts = field(default_factory=Counts)
    pages: list[Entry] = field(default_factory=list)
    documents: list[Entry] = field(default_factory=list)

    def rows(self) -> list[Entry]:
        """The documents, or the pages where there are too many of them."""
        return self.pages if len(self.documents) > LISTED_DOCUMENTS else self.documents

    def add(self, page: list[list[Line]], link: str, options: Options) -> None:
        """List a page."""
        whole = Counts()
        for number, document in enumerate(page):
            counts = Counts.of(document, options)
            whole.add(counts)
            if len(self.documents) <= LISTED_DOCUMENTS:
                first = document[0]
                self.documents.append(Entry(first.title or first.document, first.document,
                                            f"{link}#d{number}", counts))
        self.counts.add(whole)
        first, last = page[0][0], page[-1][0]
        self.pages.append(Entry(first.document, f"… {last.document}", link, whole))


def _write_pages(pages: "_Ahead", folder: Path, index: str, options: Options) -> _Listed:
    listed = _Listed()
    number = 0
    while pages.current is not None:
        number += 1
        name = f"{number:05d}.html"
        turn = Turn(index, f"{number - 1:05d}.html" if number > 1 else None,
                    f"{number + 1:05d}.html" if pages.following is not None else None, number)
        text = document_page(pages.current, options, turn)
        (folder / name).write_text(text, encoding="utf-8")
        listed.add(pages.current, name, options)
        pages.turn()
    return listed


def _pages(lines: Iterable[Line]) -> Iterator[list[list[Line]]]:
    """Documents in pages; one that is too long goes on on the next page."""
    page: list[list[Line]] = []
    paragraphs = 0
    for document in documents(lines):
        for start in range(0, len(document), PAGE_PARAGRAPHS):
            piece = document[start:start + PAGE_PARAGRAPHS]
            full = len(page) >= PAGE_DOCUMENTS or paragraphs + len(piece) > PAGE_PARAGRAPHS
            if page and full:
                yield page
                page, paragraphs = [], 0
            page.append(piece)
            paragraphs += len(piece)
    if page:
        yield page


class _Ahead:
    """The page at hand, and the one after it."""

    def __init__(self, pages: Iterator[list[list[Line]]]) -> None:
        self._pages = pages
        self.current = next(pages, None)
        self.following = next(pages, None)

    def turn(self) -> None:
        """Go on to the next page."""
        self.current, self.following = self.following, next(self._pages, None)
