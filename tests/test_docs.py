"""What the documentation says of commands and files is so."""

import re

import pytest
from conftest import ROOT
from typer.main import get_command

from tagger.cli import app

PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("page", PAGES[:2], ids=lambda page: page.name)
def test_every_command_stands_in_both_readmes(name: str, page: object) -> None:
    assert f"tagger {name}" in page.read_text("utf-8")  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: object) -> None:
    text = page.read_text("utf-8")  # type: ignore[attr-defined]
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target  # type: ignore[attr-defined]
