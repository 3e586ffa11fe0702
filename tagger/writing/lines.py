"""Lines of a finished run, as JSON lines on disk, read back one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tagger.errors import OutputError
from tagger.records import TaggedParagraph

Line = TaggedParagraph


@dataclass(slots=True)
class Lines:
    """The lines of a run, read as a stream, and counted as they are read."""

    part: Path
    count: int = 0

    def __iter__(self) -> Iterator[Line]:
        """Decode line by line. Raises OutputError at one that is not whole."""
        decoder = msgspec.json.Decoder(Line)
        with self.part.open("rb") as file:
            for number, data in enumerate(file, start=1):
                try:
                    line = decoder.decode(data)
                except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                    raise OutputError(f"{self.part}:{number}: not a line of a run: "
                                      f"{error}") from None
                self.count = number
                yield line
