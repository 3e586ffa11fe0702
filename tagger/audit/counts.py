"""What a set of labels holds: counts by any trait, and how far keywords can be trusted."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from tagger.labels import LabelledDocument, LabelledParagraph, Labels

Trait = Callable[[LabelledDocument, LabelledParagraph], str]

YEARS = 5  # of one band
LENGTHS = (50, 100, 200, 400)  # letters at which a band of lengths ends


@dataclass(frozen=True, slots=True)
class Count:
    """Documents and paragraphs of one value of a trait; `themes` in the codebook's order."""

    name: str
    documents: int
    paragraphs: int
    themes: tuple[int, ...]
    none: int
    several: int


@dataclass(frozen=True, slots=True)
class KeywordUse:
    """Judged paragraphs that hold a keyword of a theme, that have the theme, and both."""

    holding: int
    positives: int
    both: int

    @property
    def right(self) -> float | None:
        """Share of the paragraphs with a keyword that have the theme; None if there are none."""
        return self.both / self.holding if self.holding else None

    @property
    def found(self) -> float | None:
        """Share of the theme's paragraphs that hold a keyword; None if there are none."""
        return self.both / self.positives if self.positives else None


def everything(_document: LabelledDocument, _paragraph: LabelledParagraph) -> str:
    """The trait that all share."""
    return "all"


def genre(document: LabelledDocument, _paragraph: LabelledParagraph) -> str:
    """The document's genre."""
    return document.genre


def region(document: LabelledDocument, _paragraph: LabelledParagraph) -> str:
    """The document's region."""
    return document.region


def years(document: LabelledDocument, _paragraph: LabelledParagraph) -> str:
    """The band of years that holds the document's date."""
    first = int(document.date[:4]) // YEARS * YEARS
    return f"{first}-{first + YEARS - 1}"


def letters(_document: LabelledDocument, paragraph: LabelledParagraph) -> str:
    """The band of lengths that holds the paragraph."""
    length = len(paragraph.text)
    low = max((end for end in LENGTHS if end <= length), default=0)
    high = min((end for end in LENGTHS if end > length), default=None)
    return f"{low:3}+" if high is None else f"{low:3}-{high - 1}"


def trap(_document: LabelledDocument, paragraph: LabelledParagraph) -> str:
    """The kind of trap that the paragraph is."""
    return paragraph.trap or "no trap"


TRAITS: dict[str, Trait] = {"genre": genre, "years": years, "region": region, "letters": letters,
                            "trap": trap}


def count(labels: Labels, trait: Trait) -> list[Count]:
    """Counts for each value of the trait, in order of the values."""
    parts = _parts(labels, trait)
    return [_count(name, parts[name], labels.codebook.ids) for name in sorted(parts)]


def _parts(labels: Labels,
           trait: Trait) -> dict[str, list[tuple[LabelledDocument, LabelledParagraph]]]:
    parts = defaultdict(list)
    for document in labels.documents:
        for paragraph in document.paragraphs:
            parts[trait(document, paragraph)].append((document, paragraph))
    return parts


def _count(name: str, part: list[tuple[LabelledDocument, LabelledParagraph]],
           ids: tuple[str, ...]) -> Count:
    given = Counter(theme for _, paragraph in part for theme in paragraph.themes)
    sizes = Counter(min(2, len(paragraph.themes)) for _, paragraph in part)
    return Count(name, len({document.id for document, _ in part}), len(part),
                 tuple(given[theme] for theme in ids), sizes[0], sizes[2])


def keyword_use(labels: Labels, trait: Trait) -> dict[str, tuple[KeywordUse, ...]]:
    """For each value of the trait and each theme: how its keywords behave."""
    codebook = labels.codebook
    uses = {}
    for name, part in sorted(_parts(labels, trait).items()):
        held = [(paragraph, codebook.keyword_themes(paragraph.text)) for _, paragraph in part]
        uses[name] = tuple(_use(theme, held) for theme in codebook.ids)
    return uses


def _use(theme: str, held: list[tuple[LabelledParagraph, tuple[str, ...]]]) -> KeywordUse:
    judged = [(theme in words, theme in paragraph.themes) for paragraph, words in held
              if theme not in paragraph.unsure]
    return KeywordUse(sum(holds for holds, _ in judged), sum(has for _, has in judged),
                      sum(holds and has for holds, has in judged))
