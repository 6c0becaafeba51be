"""Giving out single answer sets: who stands beside whom, so that nobody stands alone. Pure arithmetic."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from surveys.released import FREE_FROM


class Group(NamedTuple):
    """How many answer sets share a unit, the basis on which they count, and whether they came late."""

    unit: str
    basis: str
    late: bool
    n: int


@dataclass(frozen=True)
class Grouping:
    """The groups that keep their unit's name, those that stand under `other`, and those too small even together."""

    named: tuple[Group, ...]
    merged: tuple[Group, ...]
    left_out: tuple[Group, ...]

    @property
    def given(self) -> int:
        """How many answer sets are given out."""
        return sum(group.n for group in (*self.named, *self.merged))


def grouping(groups: Iterable[Group], least: int = FREE_FROM) -> Grouping:
    """Whom each unit's answer sets stand beside: in every line that is told apart stand `least` or more.

    What has fewer is put together with others of its basis and lateness, if need be with the smallest of those that
    have enough; what has too few of these in all is left out.
    """
    alike: dict[tuple[str, bool], list[Group]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: (group.n, group.unit)):
        alike[group.basis, group.late].append(group)
    named, merged, left_out = list[Group](), list[Group](), list[Group]()
    for found in alike.values():
        cut = _cut([group.n for group in found], least)
        if sum(group.n for group in found) < least:
            left_out += found
        else:
            merged += found[:cut]
            named += found[cut:]
    return Grouping(tuple(named), tuple(merged), tuple(left_out))


def _cut(sizes: list[int], least: int) -> int:
    """How many of the ascending sizes go together: all below `least`, and more until they have it."""
    cut = sum(size < least for size in sizes)
    while cut and cut < len(sizes) and sum(sizes[:cut]) < least:
        cut += 1
    return cut
