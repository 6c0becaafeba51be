"""Reply cards: batches to print and hand out, ranges to make void, and what came of each batch."""

import contextlib
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from scripts.card_sheets import Sheet
from scripts.options import Command, database, definitions, definitions_in, open_or_make, open_store
from scripts.typesetting import families, require_font
from surveys import cards, codes, filings
from surveys.cards import Reason
from surveys.definition import LANGUAGES, Definitions
from surveys.errors import HuiyinError
from surveys.keys import Keys
from surveys.responses import period_of, today
from surveys.store import Store
from surveys.store.cards import BatchRow, surveys_with_cards, unfinished

_BOTH = "both"


class Site(click.ParamType[str]):
    """The address under which residents reach the site."""

    name = "URL"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Scheme and host alone, or a usage error."""
        try:
            return filings.site_address(value)
        except filings.FilingError as error:
            self.fail(str(error), param, ctx)


@contextlib.contextmanager
def _folder(out: Path) -> Iterator[None]:
    """A new or empty folder for the files; what was written is taken away again if anything goes wrong."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise HuiyinError(f"{out} is not empty: name a new folder, so that no batch is mixed with another")
    made = not out.exists()
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        yield
    except BaseException:
        for path in out.iterdir():
            path.unlink()
        if made:
            out.rmdir()
        raise


def _write(path: Path, data: bytes) -> None:
    """Write a new file that its owner alone can read, down to the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def print_batch(store: Store, keys: Keys, known: Definitions, wanted: BatchRow, out: Path, site: str, lang: str) -> str:
    """Draw a batch, write its files, then let its cards count; gives its digits.

    Until the last step none of the cards answers: an interruption leaves no batch, or cards that never will.
    """
    languages = LANGUAGES if lang == _BOTH else (lang,)
    survey = cards.issuable(known, wanted.survey, wanted.unit, date.fromisoformat(wanted.day))
    require_font(families())
    with _folder(out):
        batch, drawn = cards.prepare(store, keys, wanted.n)
        try:
            row = wanted._replace(batch=batch)
            sheet = Sheet(row, drawn, survey, known.units[row.unit], site, languages)
            _write(out / f"cards-{batch}.csv", sheet.csv().encode())
            _write(out / f"cards-{batch}.pdf", sheet.pdf())
            cards.issue(store, row)
        except BaseException:
            cards.discard(store, batch)
            raise
    return batch


def batch_lines(store: Store, now: date) -> Iterator[str]:
    """A line for each batch, parted by tabs: what it is for and what its cards have come to."""
    found: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for count in cards.counts(store, period_of(now)):
        found.setdefault((count.batch, count.day, count.survey, count.unit), {})[count.figure] = count.n
    yield "\t".join(("batch", "issued on", "survey", "unit", "issued", "used", "void", "left"))
    for key, figures in sorted(found.items()):
        issued, used, void = (figures.get(name, 0) for name in ("issued", "used", "void"))
        yield "\t".join([*key, *map(str, (issued, used, void, issued - used - void))])
    for batch, number in store.read(unfinished):
        yield f"{batch}\tinterrupted before it was issued: its {number} cards answer nothing, destroy what was printed"


@click.group()
def main() -> None:
    """Issue reply cards, make some of them void, and list what came of them."""


@main.command(cls=Command)
@click.option("--survey", required=True, metavar="KEY", help="The survey that the cards answer.")
@click.option("--unit", required=True, metavar="CODE", help="The unit that they are about.")
@click.option("--count", required=True, type=click.IntRange(1, cards.MOST), help="How many cards.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new or empty folder for the files.")
@click.option("--lang", type=click.Choice([_BOTH, *LANGUAGES]), default=_BOTH, show_default=True, help="On the cards.")
@click.option(
    "--site-url", type=Site(), envvar="HUIYIN_SITE_URL", show_envvar=True, help="The site's public address, for links."
)
@database()
@definitions()
def issue(
    survey: str, unit: str, count: int, out: Path, lang: str, site_url: str | None, database: Path, definitions: Path
) -> None:
    """Make a batch: a PDF to print, cut and fold, and a CSV with numbers and secrets for a print shop.

    Both files hold the secrets: only their owner can read them. Destroy them once the cards are printed. A
    database that does not exist yet is made.
    """
    if site_url is None:
        raise HuiyinError(
            "a card carries a QR code that leads to its form, and the site's address is not known: "
            "set HUIYIN_SITE_URL or --site-url, as in https://huiyin.example/"
        )
    known = definitions_in(definitions, database)
    wanted = BatchRow("", survey, unit, today().isoformat(), count)
    with open_or_make(database) as (store, keys):
        is_first = survey not in store.read(surveys_with_cards)
        batch = print_batch(store, keys, known, wanted, out, site_url, lang)
    click.echo(f"batch {batch}: {count:,} cards for {survey} at {unit}; wrote cards-{batch}.pdf and .csv to {out}")
    click.echo("both hold the secrets: print, then destroy the files and keep no copy")
    if is_first:
        click.echo(
            f"these are the first cards of {survey}: from {wanted.day[:7]} on, ratings given on the web without a card "
            "no longer count in its headline and stand in the report by themselves; paper and telephone still count"
        )


@main.command(cls=Command)
@click.option("--from", "first", required=True, metavar="NUMBER", help="The first card's number.")
@click.option("--to", "last", metavar="NUMBER", help="The last card's number.  [default: the first one's]")
@click.option("--reason", required=True, type=click.Choice(cards.REASONS), help="Why.")
@database()
def void(first: str, last: str | None, reason: Reason, database: Path) -> None:
    """Make the cards from one number to another void, as far as they have not been used."""
    with open_store(database) as store:
        number = cards.void(store, codes.typed(first), codes.typed(last or first), reason, today())
    click.echo(f"{number:,} {'card is' if number == 1 else 'cards are'} void now ({reason})")


@main.command("list", cls=Command)
@database()
def listing(database: Path) -> None:
    """List every batch: issued, used, void, and left."""
    with open_store(database) as store:
        click.echo("\n".join(batch_lines(store, today())))


if __name__ == "__main__":
    main()
