"""The keys with which the office signs what others carry: what stands, and a new one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from scripts.options import Command, database, open_store
from surveys import contact_rotation, ring, rotation
from surveys.keys import key_paths, read_key
from surveys.responses import today


@click.group()
def main() -> None:
    """Show the keys that sign forms, receipts, devices and kiosks, and change them, or the key to contacts.

    The master key and the keys of backups are others, and stay.
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


@main.command(cls=Command)
@click.option(
    "--private-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The private key that was put away; without it, the one beside the database.",
)
@database()
def rotate_contact(private_key: Path | None, database: Path) -> None:
    """Seal all contacts for a new key, beside a server that runs, as when a key was lost or a reviewer has left.

    Reviewers who held the old key hold the new one; everybody at the desk signs in again. Interrupted, run it once
    more: it finishes what it had begun.
    """
    private = key_paths(database)[2]
    with open_store(database) as store:
        done = contact_rotation.rotate(store, database, lambda: read_key(private_key or private), datetime.now(UTC))
    for line in _sealed(done):
        click.echo(line)
    click.echo(f"put {private} away where the old one was, and take it off this machine")
    click.echo(
        f"one that lay beside it is kept as {private.name}.…: lock it away as long as you keep backups of before"
    )


def _sealed(done: contact_rotation.Rotated) -> Iterator[str]:
    if done.finished:
        yield f"key {done.name}: everything was sealed for it already, and its files are in place now"
        return
    yield f"key {done.name}: contacts sealed for it {done.contacts:,}, reviewers who hold it {done.reviewers}"
    yield f"{done.sessions} sessions of staff have ended"


def _honoured(done: rotation.Rotated) -> str:
    if done.honoured:
        return f"{done.honoured} before it {'is' if done.honoured == 1 else 'are'} honoured on"
    return f"nothing signed before is taken any more, and {done.sessions} sessions of staff have ended"


if __name__ == "__main__":
    main()
