"""themes.yaml -> Codebook: what each theme means, and the keyword list."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from tagger.errors import LabelsError, Problem
from tagger.yamlfile import Strict, YamlFile, load_yaml, suggest, validate

LONGEST = 100  # letters of a word


def _one_word(word: str) -> str:
    # a model's files hold words in lines and between |
    if (not 1 <= len(word) <= LONGEST or word != word.strip()
            or not {*"|\n\r\x00"}.isdisjoint(word)):
        raise ValueError(f"a word must have 1 to {LONGEST} letters, not begin or end with a space, "
                         "and hold no `|` and no line break; mend it or take it out")
    return word


Word = Annotated[str, AfterValidator(_one_word)]
ClassWords = Annotated[tuple[Annotated[Word, Field(min_length=2)], ...], Field(strict=False)]


class Example(Strict):
    """A text, and the themes that the codebook gives it."""

    text: str = Field(min_length=1)
    themes: tuple[str, ...] = Field(strict=False)


class Theme(Strict):
    """One theme of the codebook."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    included: tuple[str, ...] = Field(alias="in", strict=False, min_length=1)
    excluded: tuple[str, ...] = Field(alias="out", strict=False)
    keywords: tuple[Word, ...] = Field(strict=False, min_length=1)
    examples: tuple[Example, ...] = Field(strict=False, default=())

    @field_validator("keywords")
    @classmethod
    def _different(cls, keywords: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(keywords)) < len(keywords):
            raise ValueError("keywords must be different")
        return keywords


class Codebook(Strict):
    """The themes in the order of all columns, dictionary words, classes, and the known genres.

    `classes`: words that say alike what a paragraph is about, by the name of the class.
    """

    version: str
    title: str
    unit: str = ""
    question: str = ""
    themes: tuple[Theme, ...] = Field(strict=False, min_length=1)
    words: tuple[str, ...] = Field(strict=False, default=())
    classes: dict[str, ClassWords] = Field(default_factory=dict)
    genres: dict[str, str] = Field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        """Theme ids, in order."""
        return tuple(theme.id for theme in self.themes)

    def keyword_themes(self, text: str) -> tuple[str, ...]:
        """Themes of which a keyword stands in the text: the baseline for every claim."""
        return tuple(theme.id for theme in self.themes
                     if any(word in text for word in theme.keywords))


def load_codebook(path: Path) -> Codebook:
    """Read themes.yaml. Raises LabelsError with every problem in it."""
    source = load_yaml(path)
    codebook, problems = validate(Codebook, source)
    if codebook is not None:
        problems = _check(codebook, source)
    if codebook is None or problems:
        raise LabelsError(problems)
    return codebook


def _check(codebook: Codebook, source: YamlFile) -> list[Problem]:
    problems = []
    for i, theme in enumerate(codebook.themes):
        if theme.id in codebook.ids[:i]:
            problems.append(source.problem(("themes", i, "id"), f"theme `{theme.id}` stands twice"))
        for j, example in enumerate(theme.examples):
            problems += unknown_themes(example.themes, codebook.ids, source,
                                       ("themes", i, "examples", j, "themes"))
    taken = {word: f"keyword of `{theme.id}`" for theme in codebook.themes
             for word in theme.keywords}
    for name, words in codebook.classes.items():
        for i, word in enumerate(words):
            if word in taken:
                problems.append(source.problem(("classes", name, i), f"`{word}` stands twice: it "
                                               f"is a {taken[word]} too; leave it in one place"))
            taken.setdefault(word, f"word of class `{name}`")
    return problems


def unknown_themes(named: Sequence[str], known: Sequence[str], source: YamlFile,
                   place: tuple[str | int, ...]) -> list[Problem]:
    """A problem for each name that is no theme of the codebook."""
    return [source.problem((*place, i), f"unknown theme `{name}`, {suggest(name, known)}")
            for i, name in enumerate(named) if name not in known]
