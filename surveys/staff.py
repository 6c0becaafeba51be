"""Accounts of the desk: adding, disabling and resetting them, and what keeps their roles apart.

Each act is one transaction with its row in the audit. `by` is the account that acts, None for a command on
the machine.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from surveys import audit, contact_key, duties, passwords, second_factor
from surveys.accounts import Guard, account_of, checked_name, checked_title, locker_row, tries_of
from surveys.duties import Account, Post
from surveys.errors import StaffError
from surveys.store import Connection, ledger, people

Part = Literal["password", "totp", "recovery"]
PARTS: tuple[Part, ...] = ("password", "totp", "recovery")
ONE_TIME_LASTS = timedelta(days=7)


@dataclass(frozen=True)
class Issued:
    """What is told once and never again: a one-time password, the otpauth:// address, recovery codes."""

    account: Account
    password: str | None
    url: str | None
    recovery: tuple[str, ...]


@dataclass(frozen=True)
class _Fresh:
    """New secrets as they are told, and as they are stored."""

    columns: dict[str, object]
    password: str | None = None
    secret: str | None = None
    recovery: tuple[str, ...] = ()


def add(
    guard: Guard, by: Account | None, name: str, title: str, post: Post, now: datetime, contact: bytes | None = None
) -> Issued:
    """Add an account with a one-time password; `contact`, the office's contact key, goes to a new reviewer.

    StaffError if the name is taken or `by` may not.
    """
    return _add(guard, by, (name, title, post), now, contact, lambda _: None)


def add_first_admin(guard: Guard, name: str, title: str, now: datetime) -> Issued:
    """Add the administrator who adds the others; StaffError if there is one."""

    def alone(connection: Connection) -> None:
        if found := [row.name for row in people.accounts(connection) if "admin" in row.roles.split()]:
            raise StaffError(
                f"there is an administrator, {found[0]}: add others with .venv/bin/python -m scripts.staff add, "
                "or let this one in again with .venv/bin/python -m scripts.staff reset"
            )

    guard.store.read(alone)
    return _add(guard, None, (name, title, Post(frozenset({"admin"}))), now, None, alone)


def _add(
    guard: Guard,
    by: Account | None,
    who: tuple[str, str, Post],
    now: datetime,
    contact: bytes | None,
    check: Callable[[Connection], None],
) -> Issued:
    name, title, post = checked_name(who[0]), checked_title(who[1]), who[2]
    _require_manager(by)
    new = Account(secrets.token_hex(8), name, title, post)
    fresh = _fresh(guard, new, PARTS, now)
    locker = _locker(guard, new, fresh, contact)
    values = {"roles": " ".join(sorted(post.roles)), "unit": post.unit, "disabled": 0}
    row = people.StaffRow(id=new.id, name=name, title=title, **values, **fresh.columns)  # type: ignore[arg-type]

    def work(connection: Connection) -> None:
        check(connection)
        if people.account_named(connection, name):
            raise StaffError(f"the name '{name}' is taken: choose another")
        people.add_account(connection, row)
        _store_rest(connection, guard, new, fresh, locker)
        _record(connection, by, "account_add", new, now, roles="+".join(sorted(post.roles)))

    guard.store.write(work)
    return _issued(new, fresh)


def disable(guard: Guard, by: Account | None, staff_id: str, now: datetime) -> Account:
    """Shut an account and end its sessions; StaffError if it is the last administrator."""

    def work(connection: Connection, account: Account) -> None:
        _require_admin_besides(connection, account)
        people.change_account(connection, account.id, disabled=1)
        people.end_sessions(connection, account.id)
        ledger.drop_handed(connection, staff=account.id)
        _record(connection, by, "account_disable", account, now)

    return _change(guard, by, staff_id, work)


def enable(guard: Guard, by: Account | None, staff_id: str, now: datetime) -> Account:
    """Open a shut account again, and let a name that was tried too often in at once."""

    def work(connection: Connection, account: Account) -> None:
        people.change_account(connection, account.id, disabled=0)
        people.forget_tries(connection, bucket=tries_of(guard.keys, account.name))
        _record(connection, by, "account_enable", account, now)

    return _change(guard, by, staff_id, work)


def set_post(guard: Guard, by: Account | None, staff_id: str, post: Post, now: datetime) -> Account:
    """Give an account other roles and end its sessions; nobody gives himself a role."""
    if not duties.may_set_roles(by, staff_id):
        raise StaffError("nobody changes his own roles: ask another administrator")

    def work(connection: Connection, account: Account) -> None:
        if not duties.manages_accounts(post.roles):
            _require_admin_besides(connection, account)
        people.change_account(connection, account.id, roles=" ".join(sorted(post.roles)), unit=post.unit)
        people.end_sessions(connection, account.id)
        ledger.drop_handed(connection, staff=account.id)
        _keep_of_locker(connection, account.id, post)
        _record(connection, by, "account_roles", account, now, roles="+".join(sorted(post.roles)))

    return _change(guard, by, staff_id, work)


def end_sessions(guard: Guard, by: Account | None, staff_id: str, now: datetime) -> Account:
    """Sign an account out everywhere."""

    def work(connection: Connection, account: Account) -> None:
        people.end_sessions(connection, account.id)
        _record(connection, by, "sessions_end", account, now)

    return _change(guard, by, staff_id, work)


def reset(
    guard: Guard,
    by: Account | None,
    staff_id: str,
    parts: Collection[Part],
    now: datetime,
    contact: bytes | None = None,
) -> Issued:
    """Give an account new secrets and end its sessions.

    With its password a reviewer loses the contact key, until another reviewer shares it, or `contact` is given,
    and a handler the contacts that were handed to him, until they are handed over again.
    """
    account = _found(guard, staff_id)
    _require_manager(by)
    fresh = _fresh(guard, account, parts, now)
    locker = _locker(guard, account, fresh, contact)

    def work(connection: Connection, account: Account) -> None:
        if fresh.columns:
            people.change_account(connection, account.id, **fresh.columns)
        people.end_sessions(connection, account.id)
        people.forget_tries(connection, bucket=tries_of(guard.keys, account.name))
        _store_rest(connection, guard, account, fresh, locker)
        _record(connection, by, "account_reset", account, now, parts="+".join(sorted(parts)))

    return _issued(_change(guard, by, staff_id, work), fresh)


def share_contact_key(guard: Guard, by: Account | None, staff_id: str, contact: bytes, now: datetime) -> Account:
    """Hand the contact key to a reviewer, who has it from his next sign-in on.

    `by` is another reviewer, whose session gave the key, or None for who holds the file.
    """
    account = _found(guard, staff_id)
    if not duties.may_share_contacts(by, account):
        raise StaffError("the key to contacts goes from a reviewer to another reviewer: nobody else holds it")

    def work(connection: Connection) -> Account:
        row = people.locker(connection, account.id)
        if row is None:
            raise StaffError(f"'{account.name}' has no locker yet: let him sign in once, then share the key")
        full = contact_key.wrap_contact_key(guard.keys, account.id, contact_key.Locker(*row), contact)
        people.set_locker(connection, account.id, locker_row(full))
        _record(connection, by, "contact_share", account, now)
        return account

    return guard.store.write(work)


def _change(guard: Guard, by: Account | None, staff_id: str, work: Callable[[Connection, Account], None]) -> Account:
    """Change an account as it stands at that moment, and give it as it stands then."""
    _require_manager(by)

    def change(connection: Connection) -> Account:
        work(connection, _require(people.account(connection, staff_id)))
        return _require(people.account(connection, staff_id))

    return guard.store.write(change)


def _found(guard: Guard, staff_id: str) -> Account:
    return _require(guard.store.read(lambda connection: people.account(connection, staff_id)))


def _require(row: people.StaffRow | None) -> Account:
    if row is None:
        raise StaffError("there is no such account: see .venv/bin/python -m scripts.staff list")
    return account_of(row)


def _require_manager(by: Account | None) -> None:
    if by is not None and not duties.manages_accounts(by.roles):
        raise StaffError("only an administrator changes accounts: ask one")


def _require_admin_besides(connection: Connection, account: Account) -> None:
    others = (account_of(row) for row in people.accounts(connection) if row.id != account.id)
    if duties.manages_accounts(account.roles) and not duties.keeps_an_admin(others):
        raise StaffError(f"'{account.name}' is the last administrator: add another one first")


def _fresh(guard: Guard, account: Account, parts: Collection[Part], now: datetime) -> _Fresh:
    columns: dict[str, object] = {}
    password = passwords.one_time_password() if "password" in parts else None
    secret = second_factor.new_secret() if "totp" in parts else None
    if password is not None:
        columns["password"] = passwords.hash_password(guard.keys, account.id, password, guard.cost)
        columns["password_until"] = int((now + ONE_TIME_LASTS).timestamp())
    if secret is not None:
        columns |= {"totp": second_factor.seal_secret(guard.keys, account.id, secret), "totp_step": 0}
    recovery = second_factor.new_recovery_codes() if "recovery" in parts else ()
    return _Fresh(columns, password, secret, recovery)


def _locker(guard: Guard, account: Account, fresh: _Fresh, contact: bytes | None) -> contact_key.Locker | None:
    if fresh.password is None or not duties.has_locker(account.post.roles):
        return None
    empty = contact_key.make_locker(guard.keys, account.id, fresh.password, guard.cost)
    if contact is None or not duties.opens_contacts(account.post.roles):
        return empty
    return contact_key.wrap_contact_key(guard.keys, account.id, empty, contact)


def _keep_of_locker(connection: Connection, staff_id: str, post: Post) -> None:
    """Take the contact key from who is no reviewer any more, and the pair from who needs none."""
    row = people.locker(connection, staff_id)
    if row is not None and not duties.has_locker(post.roles):
        people.set_locker(connection, staff_id, None)
    elif row is not None and not duties.opens_contacts(post.roles):
        people.set_locker(connection, staff_id, row._replace(contact=None))


def _store_rest(
    connection: Connection, guard: Guard, account: Account, fresh: _Fresh, locker: contact_key.Locker | None
) -> None:
    if fresh.recovery:
        proofs = [second_factor.recovery_proof(guard.keys, account.id, code) for code in fresh.recovery]
        people.set_recovery(connection, account.id, proofs)
    if fresh.password is not None:
        people.set_locker(connection, account.id, locker_row(locker) if locker else None)
        ledger.drop_handed(connection, staff=account.id)


def _issued(account: Account, fresh: _Fresh) -> Issued:
    url = second_factor.enrolment_url(fresh.secret, account.name) if fresh.secret else None
    return Issued(account, fresh.password, url, fresh.recovery)


def _record(
    connection: Connection, by: Account | None, act: audit.Act, account: Account, now: datetime, **details: str
) -> None:
    actor, role = (audit.SYSTEM, audit.SYSTEM) if by is None else (by.id, _acting_as(by, act))
    audit.record(connection, audit.Entry(actor, role, act, account.id, details), now)


def _acting_as(by: Account, act: audit.Act) -> str:
    return "reviewer" if act == "contact_share" else "admin" if duties.manages_accounts(by.roles) else "self"
