"""Word documents (.docx): paragraphs, tables row by row, text boxes at their anchor."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from tagger.reading import limits, lines
from tagger.reading.lines import Block
from tagger.reading.source import Source
from tagger.reading.zipped import BROKEN
from tagger.records import Document, Kind

Styles = dict[str, Kind]

# What a .doc of old, or a .docx with a password, begins with.
_OLE = b"\xd0\xcf\x11\xe0"
_DOCUMENT = "word/document.xml"

_PARAGRAPH = qn("w:p")
_TABLE = qn("w:tbl")
_ROW = qn("w:tr")
_CELL = qn("w:tc")
_TEXT_BOX = qn("w:txbxContent")
_HEADING_NAMES = ("heading", "title", "subtitle", "标题", "副标题")
_CONTENTS_NAMES = ("toc ", "目录")
_FULL_WIDTH_SPACE = "\u3000"

# Text that is printed, by the element that holds it.
_TEXT = qn("w:t")
_PRINTED = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
# Deleted and moved text, the copy of a text box for old programs, tab stops,
# and the phonetic guide above a character.
_UNPRINTED = frozenset(
    (
        qn("w:del"),
        qn("w:moveFrom"),
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
        qn("w:pPr"),
        qn("w:rPr"),
        qn("w:rt"),
        qn("w:sectPr"),
    )
)


def documents(source: Source) -> Iterator[Document]:
    """Yield the one document of a Word file.

    Raises ReadingError when it cannot be read.
    """
    data = source.data()
    _check_package(source, data)
    try:
        package = docx.Document(io.BytesIO(data))
        blocks = list(_blocks(package.element.body, _style_kinds(package)))
    except MemoryError:
        raise  # of the worker, not of the document
    except Exception as error:
        # python-docx lets KeyError, ValueError and lxml errors out for broken parts.
        detail = f"not a whole Word document: {type(error).__name__}"
        raise source.error("damaged", detail, "save it again as .docx") from error
    yield lines.document(source.name, blocks)


def _check_package(source: Source, data: bytes) -> None:
    if data.startswith(_OLE):
        detail = "an old .doc or a document with a password"
        raise source.error("unknown type", detail, "save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            members = package.infolist()
            _check_sizes(source, members, len(data))
            for member in members:
                _check_member(source, package, member)
    except BROKEN as error:
        detail = f"not a whole Word document: {error}"
        raise source.error("damaged", detail, "save it again as .docx") from None
    if _DOCUMENT not in {member.filename for member in members}:
        raise source.error("unknown type", "a zip file, but not a Word document")


def _check_sizes(source: Source, members: list[zipfile.ZipInfo], packed: int) -> None:
    """Refuse what the table of contents already tells: too many members, or too large."""
    if len(members) > limits.MAX_MEMBERS:
        detail = f"{len(members):,} parts, over the limit of {limits.MAX_MEMBERS:,}"
        raise source.error("too large", detail)
    unpacked = sum(member.file_size for member in members)
    most = limits.unpacked_budget(packed, limits.MAX_FILE_BYTES)
    if unpacked > most:
        detail = f"{unpacked:,} bytes unpacked, over the limit of {most:,} bytes"
        raise source.error("too large", detail)


def _check_member(source: Source, package: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack one part within its budget, since the table of contents can lie."""
    most = limits.unpacked_budget(member.compress_size, limits.MAX_FILE_BYTES)
    if member.file_size > most:
        detail = f"{member.filename} unpacks to {member.file_size:,} bytes, over {most:,}"
        raise source.error("too large", detail)
    if not member.filename.endswith((".xml", ".rels")):
        return
    with package.open(member) as part:
        content = part.read(member.file_size + 1)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        # No program that writes .docx puts entities in it.
        raise source.error("damaged", f"{member.filename} declares entities")


def _blocks(container: Any, styles: Styles) -> Iterator[Block]:
    """Yield the blocks of the body, a cell or a text box, in reading order."""
    for element in container:
        if element.tag == _PARAGRAPH:
            yield from _paragraph(element, styles)
        elif element.tag == _TABLE:
            for row in element.iter(_ROW):
                yield from _row(row, styles)
        elif element.tag not in _UNPRINTED:
            # Content controls, custom XML and tracked insertions wrap blocks.
            yield from _blocks(element, styles)


def _paragraph(element: Any, styles: Styles) -> Iterator[Block]:
    boxes: list[Any] = []
    text = "".join(_printed(element, boxes))
    yield Block(text, _kind(element, styles))
    for box in boxes:
        yield from _blocks(box, styles)


def _printed(element: Any, boxes: list[Any]) -> Iterator[str]:
    """Yield the printed text of a paragraph, and set its text boxes aside."""
    stack = [element]
    while stack:
        part = stack.pop()
        if part.tag == _TEXT:
            yield part.text or ""
        elif part.tag in _PRINTED:
            yield _PRINTED[part.tag]
        elif part.tag == _TEXT_BOX:
            boxes.append(part)
        elif part.tag not in _UNPRINTED:
            stack.extend(reversed(part))


def _row(row: Any, styles: Styles) -> Iterator[Block]:
    """Yield a row of a table as one block, or the blocks of its only cell."""
    cells = [list(_blocks(cell, styles)) for cell in row.iterchildren(_CELL)]
    filled = [[block for block in cell if block.text.strip()] for cell in cells]
    filled = [cell for cell in filled if cell]
    if len(filled) == 1:
        yield from filled[0]
    elif filled:
        texts = (" ".join(block.text.strip() for block in cell) for cell in filled)
        yield Block(_FULL_WIDTH_SPACE.join(text.replace("\n", " ") for text in texts))


def _kind(element: Any, styles: Styles) -> Kind | None:
    properties = element.pPr
    if properties is None:
        return None
    level = properties.find(qn("w:outlineLvl"))
    if level is not None and _is_outlined(level):
        return "heading"
    return None if properties.pStyle is None else styles.get(properties.pStyle.val)


def _is_outlined(level: Any) -> bool:
    # Level 9 is Word's name for body text.
    return str(level.get(qn("w:val"))) in set("012345678")


def _style_kinds(package: Any) -> Styles:
    """Tell the kinds of styles, by their names, their outline levels or what they build on."""
    parents: dict[str, str] = {}
    own: dict[str, Kind] = {}
    for style in package.styles.element.iterchildren(qn("w:style")):
        identity = style.get(qn("w:styleId")) or ""
        based = style.find(qn("w:basedOn"))
        parents[identity] = "" if based is None else based.get(qn("w:val")) or ""
        kind = _style_kind(style)
        if kind:
            own[identity] = kind
    found = ((style, _inherited(style, parents, own)) for style in parents)
    return {style: kind for style, kind in found if kind}


def _style_kind(style: Any) -> Kind | None:
    name = style.find(qn("w:name"))
    named = "" if name is None else str(name.get(qn("w:val"))).lower()
    if named.startswith(_CONTENTS_NAMES):
        return "furniture"
    level = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    outlined = level is not None and _is_outlined(level)
    return "heading" if outlined or named.startswith(_HEADING_NAMES) else None


def _inherited(style: str, parents: dict[str, str], own: dict[str, Kind]) -> Kind | None:
    """Find the kind of a style or of the nearest style that it builds on."""
    seen: set[str] = set()
    while style and style not in seen:
        if style in own:
            return own[style]
        seen.add(style)
        style = parents.get(style, "")
    return None
