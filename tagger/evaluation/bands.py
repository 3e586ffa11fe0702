"""Years, year bands and length bands: what figures and shares are broken down by."""

import re

YEARS = 5  # in a band
LENGTHS = (50, 100, 200, 400)  # letters at which a new band begins

# a year, alone or with month and day right behind it (20150408); not inside a longer number
_YEAR = re.compile(r"(?<!\d)(199\d|20[0-2]\d|203[0-5])"
                   r"(?=(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?)?(?!\d))")


def year_of(date: str, document: str) -> int | None:
    """The year of a date, else the one in a document's name.

    A name is a path: the last part of it that holds a year from 1990 to 2035 counts, and
    the first year in it.
    """
    for part in (date, *reversed(document.split("/"))):
        found = _YEAR.search(part)
        if found:
            return int(found[1])
    return None


def year_band(year: int | None) -> str:
    """Five years as one: 2015–2019; empty if there is no year."""
    if year is None:
        return ""
    first = year - year % YEARS
    return f"{first}–{first + YEARS - 1}"


def length_band(text: str) -> str:
    """Letters of a text as one of five bands: 50–99, or 400 and more."""
    for low, high in zip((0, *LENGTHS), LENGTHS, strict=False):
        if len(text) < high:
            return f"{low}–{high - 1}"
    return f"{LENGTHS[-1]} and more"
