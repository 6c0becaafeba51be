"""Reading accounts: under which name, with what roles, and how they stand."""

import re
import unicodedata
from dataclasses import dataclass

from surveys import contact_key, duties
from surveys.duties import Account, Post
from surveys.errors import StaffError
from surveys.keys import Keys
from surveys.passwords import COST, Cost
from surveys.store import Connection, Store, people

NAME_LENGTH = 40


@dataclass(frozen=True)
class Guard:
    """What stands before the desk: the store, its keys, and what one try of a password costs."""

    store: Store
    keys: Keys
    cost: Cost = COST


@dataclass(frozen=True)
class Standing:
    """An account with what an administrator should know of it."""

    account: Account
    one_time: bool
    recovery_left: int
    opens_contacts: bool


def normal(name: str) -> str:
    """A login name as it is compared: letters of one width, no capitals."""
    return unicodedata.normalize("NFKC", name).strip().casefold().encode("utf-8", "replace").decode()


def checked_name(name: str) -> str:
    """A login name as it is stored; StaffError if it is none."""
    found = normal(name)
    if not (2 <= len(found) <= NAME_LENGTH and re.fullmatch(r"[\w.-]+", found)):
        raise StaffError(f"'{name}' is no name: take 2 to {NAME_LENGTH} letters, digits, dots and dashes, no blanks")
    return found


def checked_title(title: str) -> str:
    """What residents are shown of an account; StaffError if it is empty or long."""
    found = " ".join(title.split())
    if not 1 <= len(found) <= NAME_LENGTH or not found.isprintable():
        raise StaffError(f"the title '{title}' cannot be shown: write the desk's name in at most {NAME_LENGTH} letters")
    return found


def account_of(row: people.StaffRow) -> Account:
    """The account in a stored row."""
    roles = frozenset(role for role in row.roles.split() if duties.is_role(role))
    return Account(row.id, row.name, row.title, Post(roles, row.unit), bool(row.disabled))


def tries_of(keys: Keys, name: str) -> bytes:
    """Under what the tries of a name are counted: not the name, for people type passwords in its place."""
    return keys.code("staff tries", normal(name))


def find(guard: Guard, name: str) -> Account:
    """The account with that name; StaffError if there is none."""
    row = guard.store.read(lambda connection: people.account_named(connection, normal(name)))
    if row is None:
        raise StaffError(f"there is no account '{name}': see .venv/bin/python -m scripts.staff list")
    return account_of(row)


def standings(store: Store) -> tuple[Standing, ...]:
    """Every account, by name."""

    def work(connection: Connection) -> tuple[Standing, ...]:
        return tuple(_standing(connection, row) for row in people.accounts(connection))

    return store.read(work)


def _standing(connection: Connection, row: people.StaffRow) -> Standing:
    locker = people.locker(connection, row.id)
    left = len(people.recovery(connection, row.id))
    return Standing(account_of(row), row.password_until is not None, left, bool(locker and locker.contact))


def locker_row(locker: contact_key.Locker) -> people.LockerRow:
    """A locker as it is stored."""
    return people.LockerRow(locker.salt, locker.cost, locker.public, locker.private, locker.contact)
