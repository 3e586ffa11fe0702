"""The trend of shares as one SVG: a panel a theme, whiskers for the interval."""

from collections.abc import Sequence

from tagger.evaluation.chart import COLOURS, GREY, Axis, Chart, Line, side_by_side
from tagger.share.estimate import Share

COLUMNS = 3
MOST_TICKS = 6
ROOM = 1.15  # above the highest point
STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25)  # between ticks of shares


def trend(shares: Sequence[Share]) -> str:
    """Shares of each theme over the groups; years at their distance, other groups in order."""
    groups = sorted({share.group for share in shares} - {"unknown"})
    years = all(group.isdigit() for group in groups)
    places = {group: float(group) if years else float(i) for i, group in enumerate(groups)}
    themes = list(dict.fromkeys(share.theme for share in shares))
    heights = [share.tagged / share.paragraphs for share in shares]
    heights += [share.share.high for share in shares if share.share is not None]
    y = _shares_axis(min(1.0, max(heights, default=1.0) * ROOM or 1.0))
    charts = [_panel(theme, [share for share in shares if share.theme == theme
                             and share.group in places], places, y) for theme in themes]
    corrected = any(share.share is not None for share in shares)
    caption = ("coloured: corrected by hand labels, with 95 % interval; grey: as tagged"
               if corrected else "as tagged, not corrected")
    return side_by_side(charts, min(COLUMNS, len(charts)), caption) + "\n"


def _shares_axis(high: float) -> Axis:
    step = next((step for step in STEPS if high / step <= MOST_TICKS), STEPS[-1])
    digits = 1 if step < 0.01 else 0
    ticks = tuple((step * i, f"{step * i:.{digits}%}") for i in range(int(high / step) + 1))
    return Axis("share", 0.0, high, ticks)


def _panel(theme: str, shares: Sequence[Share], places: dict[str, float], y: Axis) -> Chart:
    spread = max(places.values()) - min(places.values())
    edge = spread * 0.05 or 1.0
    every = -(-len(places) // MOST_TICKS)
    ticks = tuple((place, group[-10:]) for i, (group, place) in enumerate(places.items())
                  if i % every == 0)
    x = Axis("", min(places.values()) - edge, max(places.values()) + edge, ticks)
    tagged = Line("as tagged", [places[share.group] for share in shares],
                  [share.tagged / share.paragraphs for share in shares], colour=GREY, dash="3 3",
                  dots=True)
    known = [(places[share.group], share.share) for share in shares if share.share is not None]
    corrected = Line("corrected", [place for place, _ in known],
                     [one.value for _, one in known], [one.low for _, one in known],
                     [one.high for _, one in known], COLOURS[0], dots=True)
    return Chart(theme, x, y, [tagged, corrected] if known else [tagged])
