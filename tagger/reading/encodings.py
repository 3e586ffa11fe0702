"""Bytes to text, strictly: a wrong guess is an error, never a replacement character."""

import codecs
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from tagger.errors import ReadingError

Chunks = Callable[[], Iterable[bytes]]

# The longer mark first: UTF-32-LE begins with the mark of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Files of other types under a text file's name.
_OTHER_TYPES = (
    (b"%PDF-", "a PDF", "name it .pdf"),
    (b"PK\x03\x04", "a zip or Office file", "name it .docx if it is one, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "save it as .docx"),
    (b"{\\rtf", "an RTF file", "save it as .docx"),
    (b"\x1f\x8b", "a gzip file", "add .gz to its name"),
    (b"From: <Saved by", "a page saved as MHTML", "save the page as .html"),
    (b"MIME-Version:", "a page saved as MHTML", "save the page as .html"),
)

# GB18030 contains the others, and pages marked gb2312 use its characters.
_READ_AS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "ascii": "utf-8",
}

# Declared by server defaults, not by the authors of Chinese pages; and they
# accept any bytes, so believing them would turn Chinese into nonsense.
_NOT_BELIEVED = {"iso8859-1", "cp1252", "latin-1"}

# Python's codecs that turn letters into other letters, and no file is written in.
_NO_ENCODINGS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}

_SAMPLE_BYTES = 200_000
_GUESS_BYTES = 20_000

# Shares of everyday and of frequent characters among the non-ASCII ones. Of 1,200
# real paragraphs none had less than 0.92 and 0.26, traditional Chinese in GBK has
# 0.69 and 0.36; Big5 read as GB18030 has 0.24 and 0.01, cut UTF-8 0.17 and 0.00.
_LEAST_EVERYDAY = 0.5
_LEAST_FREQUENT = 0.1

# The most frequent characters of Chinese, simplified and traditional.
_FREQUENT = frozenset(
    "的一是不了在有人我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下"
    "自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部"
    "其些主样理心本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关"
    "点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月"
    "這個們來為國說時會對過發後裡經學現當沒動還進實與長機問體見業關點應產將兩間從開"
    "，。、：；“”（）《》！？　省市县区镇乡村社委党员"
)


@dataclass(frozen=True, slots=True)
class _Fault:
    """The first byte that does not fit an encoding."""

    codec: str
    offset: int
    byte: int
    cut: bool = False

    def __str__(self) -> str:
        return f"byte 0x{self.byte:02X} at offset {self.offset:,} is not {self.codec.upper()}"


def decode(name: str, data: bytes, asked: str | None, declared: str | None) -> tuple[str, str]:
    """Give the text of `data` and the encoding it was read by.

    Raises ReadingError when no encoding fits for certain.
    """
    codec = detect(name, lambda: (data,), asked, declared)
    return str(data, codec), codec


def detect(name: str, chunks: Chunks, asked: str | None, declared: str | None) -> str:
    """Name the encoding that reads all of `chunks` strictly.

    Raises ReadingError when none does for certain, and for binary data.
    """
    head = _sample(chunks, 0)
    _refuse_other_types(name, head)
    candidates = _candidates(name, head, asked, declared)
    if not candidates[0].startswith(("utf-16", "utf-32")):
        _refuse_binary(name, chunks)
    faults = []
    for codec in candidates:
        fault = _first_fault(chunks, codec)
        if fault:
            faults.append(fault)
        elif asked or codec != "gb18030" or looks_chinese(_odd(chunks, faults)):
            return codec
    raise _unknown(name, _odd(chunks, faults), faults, asked)


def looks_chinese(sample: bytes) -> bool:
    """Say whether bytes that decode as GB18030 also read like Chinese.

    Big5, Shift-JIS, Latin-1 and broken UTF-8 often decode too, into rare characters.
    """
    text = sample.decode("gb18030", errors="ignore")
    counts = Counter(character for character in text if character > "\x7f")
    total = counts.total()
    if not total:
        return True
    everyday = sum(n for character, n in counts.items() if character in _everyday())
    frequent = sum(n for character, n in counts.items() if character in _FREQUENT)
    return everyday >= _LEAST_EVERYDAY * total and frequent >= _LEAST_FREQUENT * total


@cache
def _everyday() -> frozenset[str]:
    """Give GB2312's punctuation, full-width forms and 3,755 characters of level 1."""
    rows = [*range(0xA1, 0xA4), *range(0xB0, 0xD8)]
    cells = (bytes((row, cell)) for row in rows for cell in range(0xA1, 0xFF))
    text = "".join(cell.decode("gb2312", errors="ignore") for cell in cells)
    return frozenset(text) | _FREQUENT


def _candidates(
    name: str, sample: bytes, asked: str | None, declared: str | None
) -> tuple[str, ...]:
    if asked:
        return (_codec(name, asked),)
    for mark, codec in _MARKS:
        if sample.startswith(mark):
            return (codec,)
    believed = _believed(declared)
    return tuple(dict.fromkeys(("utf-8", *believed, "gb18030")))


def _codec(name: str, asked: str) -> str:
    found = _lookup(asked)
    if found is None:
        advice = "encodings in use are utf-8, gb18030, big5 and utf-16"
        raise ReadingError(name, "encoding", f"no encoding is named {asked!r}", advice)
    return _READ_AS.get(found, found)


def _believed(declared: str | None) -> tuple[str, ...]:
    found = _lookup(declared or "")
    return () if found is None or found in _NOT_BELIEVED else (_READ_AS.get(found, found),)


def _lookup(called: str) -> str | None:
    """Give Python's name of an encoding, if there is one that files are written in."""
    try:
        codec = codecs.lookup(called).name
        # Codecs such as `base64` turn bytes into bytes.
        "".encode(codec)
    except (LookupError, ValueError, TypeError):
        return None
    return None if codec in _NO_ENCODINGS else codec


def _odd(chunks: Chunks, faults: Sequence[_Fault]) -> bytes:
    """Take the bytes from the first one on that is not UTF-8: the ones in doubt."""
    return _sample(chunks, faults[0].offset)


def _sample(chunks: Chunks, start: int) -> bytes:
    """Take some bytes from the line on that holds the byte at `start`."""
    sample = b""
    before = 0
    for chunk in chunks():
        inside = max(0, start - before)
        # From the start of the line, so that no character is halved.
        inside = chunk.rfind(b"\n", 0, inside) + 1 if not sample else 0
        if before + len(chunk) > start:
            sample += chunk[inside : inside + _SAMPLE_BYTES]
        if len(sample) >= _SAMPLE_BYTES:
            break
        before += len(chunk)
    return sample[:_SAMPLE_BYTES]


def _refuse_other_types(name: str, head: bytes) -> None:
    for start, what, advice in _OTHER_TYPES:
        if head.startswith(start):
            raise ReadingError(name, "unknown type", f"this is {what}, not text", advice)


def _refuse_binary(name: str, chunks: Chunks) -> None:
    before = 0
    for chunk in chunks():
        at = chunk.find(b"\0")
        if at >= 0:
            detail = f"byte 0x00 at offset {before + at:,}: this is not text"
            raise ReadingError(
                name, "damaged", detail, "if it is UTF-16, ask for the encoding utf-16-le"
            )
        before += len(chunk)


def _first_fault(chunks: Chunks, codec: str) -> _Fault | None:
    decoder = codecs.getincrementaldecoder(codec)()
    before = 0
    held = chunk = b""
    ended = False
    try:
        for chunk in chunks():
            decoder.decode(chunk)
            before += len(held) + len(chunk)
            held = decoder.getstate()[0]
            before -= len(held)
        chunk = b""
        ended = True
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return _Fault(codec, before + error.start, (held + chunk)[error.start], ended)
    except UnicodeError:  # a codec that does not say where: UTF-16 without its mark
        return _Fault(codec, before, (held + chunk)[0])
    return None


def _unknown(name: str, sample: bytes, faults: Sequence[_Fault], asked: str | None) -> ReadingError:
    detail = "; ".join(map(str, faults)) or "no encoding fits"
    if not asked and not any(fault.codec == "gb18030" for fault in faults):
        detail += "; read as GB18030 it makes no sense"
    guess = _guess(sample)
    if faults and faults[0].cut and faults[0].codec == "utf-8":
        detail = f"it ends amid a character, at offset {faults[0].offset:,}"
        return ReadingError(name, "damaged", detail, "get the whole file again")
    advice = "find out the encoding it was written in and ask for it"
    if guess and guess != asked:
        advice = f"it may be {guess}: ask for that encoding if so"
    return ReadingError(name, "encoding", detail, advice)


def _guess(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415  # 60 ms, for errors only

    best = from_bytes(sample[:_GUESS_BYTES]).best()
    return best.encoding if best else None
