"""A share month by month as inline SVG: intervals, shares, and the same share of all units for reference."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from scripts.charts import Caption

WIDTH, HEIGHT = 400, 172
LEFT, RIGHT, TOP, BOTTOM = 38, 24, 8, 24
LABEL_WIDTH = 58
MONTHS_SHOWN = 24
"""The newest months that a chart shows; the table behind it has all."""


@dataclass(frozen=True)
class TrendPoint:
    """One month: its interval and share as far as they are shown, and the share that it is held against."""

    month: str
    interval: tuple[float, float] | None = None
    share: float | None = None
    reference: float | None = None


def trend(points: Sequence[TrendPoint], caption: Caption) -> str:
    """The newest months from left to right, 0 to 100 percent; '' where none of them has an interval."""
    shown = points[-MONTHS_SHOWN:]
    if not any(point.interval for point in shown):
        return ""
    step = (WIDTH - LEFT - RIGHT) / len(shown)
    body = [*_grid(), *_labels([point.month for point in shown], step)]
    for place, point in enumerate(shown):
        body += _point(point, LEFT + (place + 0.5) * step, min(step, 24) / 2)
    name = caption.id
    return (
        f'<svg class="chart" role="img" aria-labelledby="{name}-t {name}-d" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}"><title id="{name}-t">{escape(caption.title)}</title>'
        f'<desc id="{name}-d">{escape(caption.description)}</desc>{"".join(body)}</svg>'
    )


def _height(share: float) -> str:
    return _number(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _grid() -> Iterator[str]:
    """Lines at 0, 50 and 100 percent."""
    for share, text in ((0.0, "0"), (0.5, "50%"), (1.0, "100%")):
        y = _height(share)
        yield f'<path class="axis" d="M{LEFT} {y}H{WIDTH}"/>'
        yield f'<text x="{LEFT - 5}" y="{y}" dy="4" text-anchor="end">{text}</text>'


def _labels(months: Sequence[str], step: float) -> Iterator[str]:
    """The name of the newest month and of as many before it as there is room for."""
    every = max(1, -int(-LABEL_WIDTH // step))
    for place in range(len(months) - 1, -1, -every):
        x = _number(LEFT + (place + 0.5) * step)
        yield f'<text x="{x}" y="{HEIGHT - 6}" text-anchor="middle">{escape(months[place])}</text>'


def _point(point: TrendPoint, x: float, half: float) -> Iterable[str]:
    at, cap = _number(x), min(half * 0.6, 4)
    if point.reference is not None:
        y = _height(point.reference)
        yield f'<path class="reference" d="M{_number(x - half * 0.8)} {y}H{_number(x + half * 0.8)}"/>'
    if point.interval:
        low, high = (_height(bound) for bound in point.interval)
        ends = "".join(f"M{_number(x - cap)} {y}H{_number(x + cap)}" for y in (low, high))
        yield f'<path class="interval" d="M{at} {low}V{high}{ends}"/>'
    if point.share is not None:
        yield f'<circle class="point" cx="{at}" cy="{_height(point.share)}" r="{_number(min(half * 0.7, 4))}"/>'
