"""Charts as SVG text: small, the same bytes each time, and readable in print.

Styles stand in attributes, not in `style`, so that a strict Content-Security-Policy shows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# told apart by the colour-blind (Okabe & Ito 2008); dashes tell them apart in black and white
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#a6498a", "#8a6d00", "#4a4a4a", "#3a9bd9", "#7a3b12")
DASHES = ("", "6 2", "2 2", "8 2 2 2", "4 3", "1 2", "10 3", "5 1 1 1")
GREY = "#9aa0a6"
FONT = "'Helvetica Neue', Arial, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 26, 40
LEGEND_LINE = 16


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from `low` to `high` with ticks (place, label)."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points (x, y), with whiskers from `low` to `high` if these are given."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    colour: str = COLOURS[0]
    dash: str = ""
    dots: bool = False
    joined: bool = True


UNIT = Axis("", 0.0, 1.0, tuple((i / 5, f"{i / 5:.1f}") for i in range(6)))


def axis(label: str, like: Axis = UNIT) -> Axis:
    """The axis from 0 to 1 (or another) under a label."""
    return Axis(label, like.low, like.high, like.ticks)


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot of lines on two axes. `diagonal` for y = x, `verticals` for places on x."""

    title: str
    x: Axis
    y: Axis
    lines: Sequence[Line]
    diagonal: bool = False
    verticals: Sequence[float] = ()
    legend: bool = False
    width: int = 300
    height: int = 240

    def svg(self, at: tuple[int, int] | None = None) -> str:
        """The chart as an SVG element, at a place within another one if that is given."""
        tall = self.tall
        place = "" if at is None else f' x="{at[0]}" y="{at[1]}"'
        parts = [_begin(self.width, tall, place), f"<title>{escape(self.title)}</title>",
                 _text(LEFT, 14, self.title, 'font-size="12" font-weight="600"'),
                 *self._axes()]
        if self.diagonal:
            parts.append(self._path([self.x.low, self.x.high], [self.y.low, self.y.high],
                                    f'stroke="{GREY}" stroke-dasharray="3 3"'))
        parts += [self._path([x, x], [self.y.low, self.y.high],
                             'stroke="#444" stroke-dasharray="1 2"') for x in self.verticals]
        for line in self.lines:
            parts += self._draw(line)
        if self.legend:
            parts += self._legend()
        return "\n".join([*parts, "</svg>"])

    @property
    def tall(self) -> int:
        """Height with the legend."""
        return self.height + (LEGEND_LINE * len(self.lines) if self.legend else 0)

    def _x(self, value: float) -> float:
        inside = self.width - LEFT - RIGHT
        return LEFT + inside * (value - self.x.low) / (self.x.high - self.x.low)

    def _y(self, value: float) -> float:
        inside = self.height - TOP - BOTTOM
        return TOP + inside * (self.y.high - value) / (self.y.high - self.y.low)

    def _axes(self) -> list[str]:
        bottom, right = self._y(self.y.low), self.width - RIGHT
        parts = []
        for value, label in self.y.ticks:
            y = self._y(value)
            parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#e3e6e8"/>')
            parts.append(_text(LEFT - 6, y + 4, label, 'text-anchor="end"'))
        for value, label in self.x.ticks:
            x = self._x(value)
            parts.append(f'<path d="M{x:.1f} {bottom:.1f}v4" stroke="#666"/>')
            parts.append(_text(x, bottom + 16, label, 'text-anchor="middle"'))
        parts.append(f'<path d="M{LEFT} {TOP}V{bottom:.1f}H{right}" stroke="#666" fill="none"/>')
        parts.append(_text((LEFT + right) / 2, self.height - 6, self.x.label,
                           'text-anchor="middle" fill="#555"'))
        parts.append(f'<g transform="translate(11 {(TOP + bottom) / 2:.1f}) rotate(-90)">'
                     + _text(0, 0, self.y.label, 'text-anchor="middle" fill="#555"') + "</g>")
        return parts

    def _path(self, x: Sequence[float], y: Sequence[float], look: str) -> str:
        points = " ".join(f"{self._x(a):.1f},{self._y(b):.1f}" for a, b in zip(x, y, strict=True))
        return f'<polyline points="{points}" fill="none" {look}/>'

    def _draw(self, line: Line) -> list[str]:
        dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
        parts = []
        if line.joined:
            parts.append(self._path(line.x, line.y,
                                    f'stroke="{line.colour}" stroke-width="1.7"{dash}'))
        for x, low, high in zip(line.x, line.low, line.high, strict=False):
            parts.append(f'<path d="M{self._x(x):.1f} {self._y(low):.1f}V{self._y(high):.1f}" '
                         f'stroke="{line.colour}" stroke-width="1.2"/>')
        if line.dots:
            parts += [f'<circle cx="{self._x(x):.1f}" cy="{self._y(y):.1f}" r="2.8" '
                      f'fill="{line.colour}"/>' for x, y in zip(line.x, line.y, strict=True)]
        return parts

    def _legend(self) -> list[str]:
        parts = []
        for i, line in enumerate(self.lines):
            y = self.height + LEGEND_LINE * i + 6
            dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
            parts.append(f'<path d="M{LEFT} {y}h26" stroke="{line.colour}" stroke-width="2"'
                         f"{dash}/>")
            parts.append(_text(LEFT + 34, y + 4, line.name, ""))
        return parts


def _begin(width: int, height: int, place: str = "") -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg"{place} width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" font-family="{FONT}" font-size="11" '
            'fill="#222">')


def _text(x: float, y: float, text: str, look: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'


def side_by_side(charts: Sequence[Chart], columns: int, caption: str = "") -> str:
    """Charts of one size in rows, as one SVG on white, with a caption below."""
    width, tall = charts[0].width, charts[0].tall
    rows = -(-len(charts) // columns)
    total = (width * min(columns, len(charts)), tall * rows + (24 if caption else 0))
    inner = [chart.svg((width * (i % columns), tall * (i // columns)))
             for i, chart in enumerate(charts)]
    return "\n".join([
        _begin(*total), f'<rect width="{total[0]}" height="{total[1]}" fill="#fff"/>', *inner,
        _text(LEFT, total[1] - 8, caption, 'fill="#555"'), "</svg>"])


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a forest plot: a label, and (value, low, high) for each tagger."""

    label: str
    values: Sequence[tuple[float, float, float]]


def forest(title: str, names: Sequence[str], rows: Sequence[Row], low: float = 0.0) -> str:
    """Values with their intervals, a row a theme and a colour a tagger, on a scale up to 1."""
    width, label, band = 640, 150, 12 * len(names) + 12
    bottom = 30 + band * len(rows)
    height = bottom + 26 + LEGEND_LINE

    def x(value: float) -> float:
        return label + (width - label - 16) * (max(value, low) - low) / (1 - low)

    parts = [_begin(width, height), f"<title>{escape(title)}</title>",
             _text(0, 14, title, 'font-size="12" font-weight="600"')]
    for tick in range(round(low * 10), 11):
        parts.append(f'<path d="M{x(tick / 10):.1f} 24V{bottom}" stroke="#e3e6e8"/>')
        parts.append(_text(x(tick / 10), bottom + 14, f"{tick / 10:.1f}", 'text-anchor="middle"'))
    for i, row in enumerate(rows):
        top = 30 + band * i
        parts.append(_text(label - 10, top + band / 2, row.label, 'text-anchor="end"'))
        for j, (value, left, right) in enumerate(row.values):
            y, colour = top + 6 + 12 * j, COLOURS[j % len(COLOURS)]
            parts.append(f'<path d="M{x(left):.1f} {y}H{x(right):.1f}" stroke="{colour}" '
                         f'stroke-width="2"/><circle cx="{x(value):.1f}" cy="{y}" r="3.4" '
                         f'fill="{colour}"/>')
    for j, name in enumerate(names):
        at = label + 110 * j
        parts.append(f'<circle cx="{at + 4}" cy="{height - 8}" r="3.4" '
                     f'fill="{COLOURS[j % len(COLOURS)]}"/>')
        parts.append(_text(at + 14, height - 4, name, ""))
    return "\n".join([*parts, "</svg>"])
