"""Small charts as inline SVG. Colours come from the style sheet by class; each stands beside its own figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 320
HEIGHT = 18


@dataclass(frozen=True)
class Caption:
    """What a chart is called and what it says, for those who do not see it; `id` is unique on the page."""

    id: str
    title: str
    description: str


@dataclass(frozen=True)
class Reach:
    """How far bars of one table go to the left and right of their common line, as shares."""

    left: float
    right: float


def _svg(caption: Caption, body: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    name = caption.id
    return (
        f'<svg class="chart" role="img" aria-labelledby="{name}-t {name}-d" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><title id="{name}-t">{escape(caption.title)}</title>'
        f'<desc id="{name}-d">{escape(caption.description)}</desc>{body}</svg>'
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _sides(levels: Sequence[int], halved: bool) -> tuple[float, float]:
    """Shares left and right of the line; a neutral middle level lies half on each side."""
    n = sum(levels)
    left = levels[0] + levels[1] + (levels[2] / 2 if halved else 0)
    return left / n, (n - left) / n


def reach(rows: Sequence[Sequence[int]], halved: bool) -> Reach:
    """The reach that holds all rows (five counts, worst first), so that their lines stand under one another."""
    sides = [_sides(levels, halved) for levels in rows if sum(levels)]
    return Reach(max((left for left, _ in sides), default=0.5), max((right for _, right in sides), default=0.5))


def diverging_bar(levels: Sequence[int], halved: bool, within: Reach, caption: Caption) -> str:
    """Five levels as one bar: dissatisfied to the left of the line, satisfied to the right."""
    scale = WIDTH / ((within.left + within.right) or 1)
    line = within.left * scale
    left, _ = _sides(levels, halved)
    at, n, parts = line - left * scale, sum(levels), []
    for level, count in enumerate(levels, 1):
        wide = count / n * scale
        if count:
            parts.append(f'<rect class="level-{level}" x="{_number(at)}" y="3" width="{_number(wide)}" height="12"/>')
        at += wide
    parts.append(f'<path class="axis" d="M{_number(min(max(line, 0.5), WIDTH - 0.5))} 0V{HEIGHT}"/>')
    return _svg(caption, "".join(parts))


def interval_line(interval: tuple[float, float], share: float | None, reference: float | None, caption: Caption) -> str:
    """An interval between 0 and 100 percent, the share as a dot, another share as an upright line."""
    low, high = (_number(4 + bound * (WIDTH - 8)) for bound in interval)
    parts = [f'<path class="axis" d="M4 13V16H{WIDTH - 4}V13"/>']
    if reference is not None:
        parts.append(f'<path class="axis" d="M{_number(4 + reference * (WIDTH - 8))} 0V16"/>')
    parts.append(f'<path class="interval" d="M{low} 8H{high}M{low} 4V12M{high} 4V12"/>')
    if share is not None:
        parts.append(f'<circle class="point" cx="{_number(4 + share * (WIDTH - 8))}" cy="8" r="4"/>')
    return _svg(caption, "".join(parts))


def share_bar(share: float, caption: Caption) -> str:
    """A share of the whole width."""
    body = f'<rect class="bar-fill" x="0" y="3" width="{_number(share * WIDTH)}" height="12"/>'
    return _svg(caption, f'{body}<path class="axis" d="M0.5 0V{HEIGHT}"/>')


def swatch(level: int) -> str:
    """The colour of a level, for the head of its column."""
    return (
        '<svg class="swatch" aria-hidden="true" viewBox="0 0 12 12" width="12" height="12">'
        f'<rect class="level-{level}" width="12" height="12"/></svg>'
    )
