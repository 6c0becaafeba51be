"""What the desks for answers have not finished of a month, told before publishing settles it for good."""

from collections.abc import Iterator

import click

from surveys import exclusions, themes
from surveys.definition import Definitions
from surveys.store import Store
from surveys.store.answers import is_closed


def warn_of_waiting(store: Store, known: Definitions, month: str) -> None:
    """Say on standard error what waits for a decision or for its themes; nothing of a published month."""
    if not store.read(lambda connection: is_closed(connection, month)):
        for sentence in (*_proposals(store, month), *_texts(store, known, month)):
            click.echo(f"warning: {month}: {sentence}", err=True)


def _proposals(store: Store, month: str) -> Iterator[str]:
    waiting = sum(batch.decision is None for batch in exclusions.proposals(store, month))
    if waiting:
        what = "1 proposal" if waiting == 1 else f"{waiting} proposals"
        yield f"{what} to leave answers out not decided yet: once the month is published their answers count"


def _texts(store: Store, known: Definitions, month: str) -> Iterator[str]:
    found = themes.progress_of(store, known, month) if known.themes else ()
    left = sum(one.texts - one.coded for one in found)
    if left:
        texts = f"{sum(one.texts for one in found):,}"
        yield f"{left:,} of {texts} texts not sorted by theme: once the month is published they never are"
