"""Markdown (.md), with front matter and HTML in it."""

from collections.abc import Iterator
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tagger.reading import encodings, limits, lines, web
from tagger.reading.source import Source
from tagger.records import Document

# markdown-it drops what lies deeper than 20 without a word: nine lists in a list.
_DEEPEST = 19


def documents(source: Source) -> Iterator[Document]:
    """Yield the one document of a Markdown file.

    Raises ReadingError when it cannot be read.
    """
    data = source.data(limits.MAX_MARKDOWN_BYTES)
    text, encoding = encodings.decode(source.name, data, source.encoding, None)
    title, text = _front_matter(lines.clean(source.name, text))
    root = web.parse(source, f"<body>{_html(source, lines.rejoin(text))}</body>")
    yield lines.document(source.name, web.content_blocks(root), title, encoding)


def _html(source: Source, text: str) -> str:
    # Indented text is Chinese prose far more often than code.
    parser = MarkdownIt("commonmark", {"breaks": True}).enable("table").disable("code")
    tokens = parser.parse(text)
    if any(token.level >= _DEEPEST for token in tokens):
        raise source.error("too large", "lists or quotations nested too deep")
    _keep_numbers(tokens)
    return str(parser.renderer.render(tokens, parser.options, {}))


def _keep_numbers(tokens: list[Token]) -> None:
    """Put the numbers of list items back into their text: "1. " begins a heading."""
    number = ""
    for token in tokens:
        if token.type == "list_item_open":
            number = f"{token.info}{token.markup} " if token.info else ""
        elif token.type == "inline" and number and token.children is not None:
            token.children.insert(0, Token("text", "", 0, content=number))
            number = ""


def _front_matter(text: str) -> tuple[str, str]:
    """Part the title in the front matter from the text below it."""
    handler = YAMLHandler()
    if not handler.detect(text):
        return "", text
    try:
        matter, below = handler.split(text)
        fields = _load(matter)
    except (ValueError, yaml.YAMLError, RecursionError):
        # What is no front matter is text, such as a rule above the first paragraph.
        return "", text
    return str(fields.get("title") or ""), below


def _load(matter: str) -> dict[Any, Any]:
    if len(matter) > limits.MAX_FRONT_MATTER_CHARACTERS:
        raise ValueError
    fields = yaml.load(matter, Loader=_PlainLoader)  # noqa: S506  # a SafeLoader, and less
    if not isinstance(fields, dict):
        raise yaml.YAMLError
    return fields


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases, which can grow without bound."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError
        return super().compose_node(parent, index)
