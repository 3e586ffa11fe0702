"""Plain text (.txt)."""

from collections.abc import Iterator

from tagger.reading import encodings, lines
from tagger.reading.source import Source
from tagger.records import Document


def documents(source: Source) -> Iterator[Document]:
    """Yield the one document of a text file.

    Raises ReadingError when it cannot be read.
    """
    text, encoding = encodings.decode(source.name, source.data(), source.encoding, None)
    text = lines.rejoin(lines.clean(source.name, text))
    yield lines.check(Document(source.name, text, encoding=encoding))
