"""Accounts of the desk: the first administrator, and all that is done with the machine at hand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import segno

from scripts.options import Command, database, definitions, definitions_in, open_or_make, open_store
from surveys import staff
from surveys.accounts import Guard, Standing, find, standings
from surveys.codes import grouped
from surveys.duties import ROLES, Account, Post, opens_contacts, post_of
from surveys.errors import HuiyinError
from surveys.keys import key_paths, load_keys, read_key
from surveys.staff import ONE_TIME_LASTS, PARTS, Issued

_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
_NAME = click.argument("name")
_TITLE = click.option("--title", help="The role's name that residents are shown.  [default: NAME]")
_ROLE = click.option(
    "--role", "roles", multiple=True, required=True, metavar="ROLE", help=f"One of {', '.join(ROLES)}; may be repeated."
)
_UNIT = click.option("--unit", metavar="CODE", help="The unit of a handler or reviewer.")
_CONTACT_KEY = click.option(
    "--contact-key", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The private key to contacts, for a reviewer.  [default: the file beside the database, if it is there]",
)  # fmt: skip


@contextmanager
def guard_at(path: Path, *, create: bool = False) -> Iterator[Guard]:
    """The accounts of a database, which is made if `create`."""
    if create:
        with open_or_make(path) as (store, keys):
            yield Guard(store, keys)
    else:
        with open_store(path) as store:
            yield Guard(store, load_keys(path, create=False))


def contact_key_at(database: Path, named: Path | None) -> bytes | None:
    """The key to contacts from the file that was named, or from beside the database, or None."""
    path = named or key_paths(database)[2]
    return read_key(path) if path.exists() else None


def qr_text(url: str) -> str:
    """A QR code in half blocks, light on dark as terminals are, with the quiet border that readers need."""
    rows = [[not dark for dark in row] for row in segno.make(url, error="l", micro=False).matrix_iter(border=3)]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(_HALVES[pair] for pair in zip(*both, strict=True)) for both in pairs)


def tell(issued: Issued) -> None:
    """Print what is told once."""
    click.echo(f"account {issued.account.name}: {post_text(issued.account.post)}")
    if issued.password:
        lasts = f"good for {ONE_TIME_LASTS.days} days"
        click.echo(f"one-time password, to be changed at the first sign-in, {lasts}: {issued.password}")
    if issued.url:
        click.echo(f"for the authenticator program: {issued.url}\n{qr_text(issued.url)}")
    if issued.recovery:
        click.echo("recovery codes, each good once in place of the authenticator's code:")
        click.echo("\n".join(f"  {grouped(code)}" for code in issued.recovery))
    click.echo("this is shown once: hand it over in person, and keep no copy")


def post_text(post: Post) -> str:
    """Roles and unit in one line."""
    return ", ".join(sorted(post.roles)) + (f" of {post.unit}" if post.unit else "")


def state_text(standing: Standing) -> str:
    """What an administrator should know of an account."""
    told = ["disabled" if standing.account.disabled else "open"]
    told += ["one-time password"] if standing.one_time else []
    told += [f"{standing.recovery_left} recovery codes"]
    if opens_contacts(standing.account.post.roles):
        told += ["opens contacts" if standing.opens_contacts else "opens no contacts yet"]
    return ", ".join(told)


def warn_without_key(account: Account, contact: bytes | None) -> None:
    """Say how a reviewer comes by the key to contacts if this command had none to give."""
    if contact is None and opens_contacts(account.post.roles):
        click.echo(
            f"{account.name} cannot open contacts yet: another reviewer shares the key at the desk, or fetch the file "
            f"that was put away and run .venv/bin/python -m scripts.staff share {account.name} --contact-key FILE",
            err=True,
        )


@click.group()
def main() -> None:
    """Add, disable, enable and reset the accounts of the desk.

    Each act stands in the audit as one of the system.
    """


@main.command(cls=Command)
@_NAME
@_TITLE
@database()
def first_admin(name: str, title: str | None, database: Path) -> None:
    """Add the first administrator, who adds the others at the desk.

    A database that does not exist yet is made. Refused once there is an administrator.
    """
    now = datetime.now(UTC)
    with guard_at(database, create=True) as guard:
        tell(staff.add_first_admin(guard, name, title or name, now))


@main.command(cls=Command)
@_NAME
@_TITLE
@_ROLE
@_UNIT
@_CONTACT_KEY
@database()
@definitions()
def add(
    name: str,
    title: str | None,
    roles: Sequence[str],
    unit: str | None,
    contact_key: Path | None,
    database: Path,
    definitions: Path,
) -> None:
    """Add an account: one-time password, authenticator and recovery codes are printed once.

    A reviewer gets the key to contacts too. A database that does not exist yet is made.
    """
    now, post = datetime.now(UTC), post_of(roles, unit, definitions_in(definitions).units)
    with guard_at(database, create=True) as guard:
        contact = contact_key_at(database, contact_key) if opens_contacts(post.roles) else None
        issued = staff.add(guard, None, name, title or name, post, now, contact)
    tell(issued)
    warn_without_key(issued.account, contact)


@main.command(cls=Command)
@_NAME
@database()
def disable(name: str, database: Path) -> None:
    """Shut an account and end its sessions; refused for the last administrator."""
    with guard_at(database) as guard:
        account = staff.disable(guard, None, find(guard, name).id, datetime.now(UTC))
    click.echo(f"{account.name}: disabled, and signed out everywhere")


@main.command(cls=Command)
@_NAME
@database()
def enable(name: str, database: Path) -> None:
    """Open a shut account again; one that was tried too often is let in at once."""
    with guard_at(database) as guard:
        account = staff.enable(guard, None, find(guard, name).id, datetime.now(UTC))
    click.echo(f"{account.name}: open")


@main.command(cls=Command)
@_NAME
@click.option("--password", "parts", flag_value="password", multiple=True, help="A new one-time password.")
@click.option("--totp", "parts", flag_value="totp", multiple=True, help="A new secret for the authenticator program.")
@click.option("--recovery", "parts", flag_value="recovery", multiple=True, help="Ten new recovery codes.")
@_CONTACT_KEY
@database()
def reset(name: str, parts: Sequence[staff.Part], contact_key: Path | None, database: Path) -> None:
    """Give an account new secrets, all of them or those named, and end its sessions.

    With the password a reviewer loses the key to contacts, unless its file is there.
    """
    now, wanted = datetime.now(UTC), parts or PARTS
    with guard_at(database) as guard:
        account = find(guard, name)
        anew = "password" in wanted and opens_contacts(account.post.roles)
        contact = contact_key_at(database, contact_key) if anew else None
        tell(staff.reset(guard, None, account.id, wanted, now, contact))
    if anew:
        warn_without_key(account, contact)


@main.command(cls=Command)
@_NAME
@_CONTACT_KEY
@database()
def share(name: str, contact_key: Path | None, database: Path) -> None:
    """Hand the key to contacts to a reviewer, who has it from the next sign-in on."""
    with guard_at(database) as guard:
        contact = contact_key_at(database, contact_key)
        if contact is None:
            raise HuiyinError("no key to contacts beside the database: name the file with --contact-key")
        account = staff.share_contact_key(guard, None, find(guard, name).id, contact, datetime.now(UTC))
    click.echo(f"{account.name}: opens contacts from the next sign-in on")


@main.command(cls=Command)
@_NAME
@_ROLE
@_UNIT
@database()
@definitions()
def roles(name: str, roles: Sequence[str], unit: str | None, database: Path, definitions: Path) -> None:
    """Give an account other roles in place of those it has, and end its sessions."""
    post = post_of(roles, unit, definitions_in(definitions).units)
    with guard_at(database) as guard:
        account = staff.set_post(guard, None, find(guard, name).id, post, datetime.now(UTC))
    click.echo(f"{account.name}: {post_text(account.post)}")


@main.command("list", cls=Command)
@database()
def list_accounts(database: Path) -> None:
    """List the accounts: name, title, roles and how they stand, parted by tabs."""
    with open_store(database) as store:
        for one in standings(store):
            click.echo("\t".join([one.account.name, one.account.title, post_text(one.account.post), state_text(one)]))


if __name__ == "__main__":
    main()
