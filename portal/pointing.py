"""Numbers that tell who somebody is, pointed out in what she wrote before it is sent."""

from collections.abc import Iterator, Sequence

from surveys import personal

Pieces = tuple[tuple[str, str], ...]


def pieces(written: str) -> Pieces:
    """The text in pieces, each behind the kind of number that it is, '' for all else."""
    return tuple(_pieces(written))


def _pieces(written: str) -> Iterator[tuple[str, str]]:
    end = 0
    for found in personal.find(written):
        yield "", written[end : found.start]
        yield found.kind, written[found.start : found.end]
        end = found.end
    yield "", written[end:]


def kinds(found: Sequence[tuple[str, str]]) -> frozenset[str]:
    """What kinds of numbers are among the pieces."""
    return frozenset(kind for kind, _ in found if kind)
