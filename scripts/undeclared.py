"""Units that have not declared what others did: until they have, a survey's total stays unknown."""

from collections.abc import Iterator, Sequence

import click

from scripts.account import Account
from scripts.ratings import SurveyMonth
from surveys.declared import declarations
from surveys.definition import Definitions
from surveys.office import OFFERED, SERVED
from surveys.store import Store

_SHOWN = 20


def warn_of_undeclared(store: Store, known: Definitions, months: Sequence[SurveyMonth], period: str) -> None:
    """Name on standard error the rated units that still keep a total unknown, where others have declared theirs."""
    found = store.read(lambda connection: declarations(connection, [period]))
    for sentence in _sentences(Account(period, months, known, declared=found)):
        click.echo(f"warning: {period}: {sentence}", err=True)


def _sentences(account: Account) -> Iterator[str]:
    for month in account.months:
        for figure, one in ((OFFERED, account.offered(month)), (SERVED, account.served(month))):
            if one.whole is not None and one.missing:
                more = f" and {len(one.missing) - _SHOWN:,} more" if len(one.missing) > _SHOWN else ""
                units = ", ".join(one.missing[:_SHOWN])
                yield f"the total '{figure}' of {month.key} stays unknown until it is declared for {units}{more} too"
