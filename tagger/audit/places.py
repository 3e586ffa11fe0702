"""Where paragraphs stand in their files."""

from collections.abc import Sequence
from pathlib import Path

from tagger.labels import Labels
from tagger.yamlfile import load_yaml


def places(paths: Sequence[Path], labels: Labels) -> list[str]:
    """`file:line` of each paragraph of the labels that were read from these paths."""
    files = [file for path in paths
             for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])
             if file.name != "themes.yaml"]
    sources = {source.value["id"]: source for source in map(load_yaml, files)}
    return [f"{sources[document.id].name}:"
            f"{sources[document.id].line(('paragraphs', i, 'text'))}"
            for document in labels.documents for i in range(len(document.paragraphs))]
