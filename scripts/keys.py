"""The keys with which the office signs what others carry: what stands, and a new one."""

from datetime import UTC, datetime
from pathlib import Path

import click

from scripts.options import Command, database, open_store
from surveys import ring, rotation
from surveys.responses import today


@click.group()
def main() -> None:
    """Show the keys that sign forms, receipts, devices and kiosks, and change them.

    The master key, the key to contacts and the keys of backups are others, and stay.
    """


@main.command(cls=Command)
@database()
def show(database: Path) -> None:
    """Tell since when each key signs, by the name that it has in the audit."""
    open_store(database).close()
    for link in rotation.standing(database, today()) or ():
        state = "alone" if link.alone else "those before are honoured"
        click.echo(f"{rotation.name_of(link.key)}  since {link.since.isoformat()}, {state}")
    if not rotation.standing(database, today()):
        click.echo("the master key signs: there was no rotation yet")


@main.command(cls=Command)
@click.option(
    "--at-once", is_flag=True, help="Honour nothing that was signed before, and sign everybody out: after a leak."
)
@database()
def rotate(at_once: bool, database: Path) -> None:
    """Let a new key sign from now on, beside a server that runs.

    What residents and kiosks hold stays good until its own end, at the longest for 500 days. With --at-once it ends
    now: open forms ask to be sent once more, kiosks need a new address, answers that wait on devices are not taken any
    more, and everybody at the desk signs in again.
    """
    with open_store(database) as store:
        done = rotation.rotate(store, database, datetime.now(UTC), at_once=at_once)
    click.echo(f"key {done.name} signs from now on; {_honoured(done)}")
    click.echo(f"put a copy of {ring.path_of(database)} with the other keys")


def _honoured(done: rotation.Rotated) -> str:
    if done.honoured:
        return f"{done.honoured} before it {'is' if done.honoured == 1 else 'are'} honoured on"
    return f"nothing signed before is taken any more, and {done.sessions} sessions of staff have ended"


if __name__ == "__main__":
    main()
