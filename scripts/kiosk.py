"""Give out the address that sets up a kiosk at a counter."""

from pathlib import Path
from urllib.parse import quote

import click

from scripts.cards import Site
from scripts.options import Command, database, definitions, definitions_in, open_store
from surveys import kiosks
from surveys.audit import by_system, record
from surveys.keys import load_keys
from surveys.responses import today


@click.command(cls=Command)
@click.option("--unit", required=True, metavar="CODE", help="The unit whose counter it stands at.")
@click.option("--survey", metavar="KEY", help="The survey, where several have a question for kiosks.")
@click.option(
    "--site-url",
    type=Site(),
    default="http://127.0.0.1:8000",
    show_default=True,
    help="The address that residents use.",
)
@database()
@definitions()
def main(unit: str, survey: str | None, site_url: str, database: Path, definitions: Path) -> None:
    """Print the address for one kiosk; open it on the tablet, once.

    Each kiosk gets an address of its own. It ends after 400 days; to end all of a unit's addresses earlier, set
    `kiosks_since` in units.yaml to the first day whose addresses hold.
    """
    with open_store(database) as store:
        keys = load_keys(database, create=False)
        asked = kiosks.survey_for(definitions_in(definitions, database), unit, survey, today())
        given = kiosks.new_pass(asked.key, unit, today())
        entry = by_system("kiosk_issue", given.name, survey=asked.key, unit=unit)
        store.write(lambda connection: record(connection, entry))
    click.echo(f"{site_url}/portal/kiosk/{quote(unit)}?k={kiosks.sign(keys, given)}")


if __name__ == "__main__":
    main()
