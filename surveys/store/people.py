"""Statements over staff: accounts, recovery codes, lockers, sessions, and how often signing in was tried."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, CursorResult, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import staff, staff_lockers, staff_recovery, staff_sessions, staff_tries


class StaffRow(NamedTuple):
    """An account as it is stored; `roles` parted by blanks, `password_until` set for a one-time password."""

    id: str
    name: str
    title: str
    roles: str
    unit: str | None
    disabled: int
    password: str
    password_until: int | None
    totp: bytes
    totp_step: int


class LockerRow(NamedTuple):
    """A reviewer's pair, and the contact key if it was shared with him."""

    salt: bytes
    cost: str
    public: bytes
    private: bytes
    contact: bytes | None


class SessionRow(NamedTuple):
    """A session; times in seconds since 1970."""

    token: bytes
    staff: str
    started: int
    seen: int
    contact: bytes | None


def add_account(connection: Connection, row: StaffRow) -> None:
    """Store a new account; id and name must be free."""
    connection.execute(insert(staff), row._asdict())


def account(connection: Connection, staff_id: str) -> StaffRow | None:
    """The account with that id, or None."""
    return _one(connection, staff.c.id == staff_id)


def account_named(connection: Connection, name: str) -> StaffRow | None:
    """The account with that name, or None."""
    return _one(connection, staff.c.name == name)


def _one(connection: Connection, condition: Any) -> StaffRow | None:
    row = connection.execute(select(staff).where(condition)).first()
    return StaffRow(*row) if row else None


def accounts(connection: Connection) -> tuple[StaffRow, ...]:
    """Every account, by name."""
    return tuple(StaffRow(*row) for row in connection.execute(select(staff).order_by(staff.c.name)))


def change_account(connection: Connection, staff_id: str, **values: object) -> None:
    """Set columns of an account."""
    connection.execute(update(staff).where(staff.c.id == staff_id).values(**values))


def spend_step(connection: Connection, staff_id: str, step: int) -> bool:
    """Mark a step of the clock as used; False if it, or a later one, was used before."""
    condition = (staff.c.id == staff_id) & (staff.c.totp_step < step)
    return _changed(connection.execute(update(staff).where(condition).values(totp_step=step)))


def set_recovery(connection: Connection, staff_id: str, proofs: Iterable[bytes]) -> None:
    """Put new recovery codes in place of all the old ones."""
    connection.execute(delete(staff_recovery).where(staff_recovery.c.staff == staff_id))
    connection.execute(insert(staff_recovery), [{"staff": staff_id, "proof": proof} for proof in proofs])


def recovery(connection: Connection, staff_id: str) -> frozenset[bytes]:
    """The recovery codes that are left."""
    statement = select(staff_recovery.c.proof).where(staff_recovery.c.staff == staff_id)
    return frozenset(connection.execute(statement).scalars())


def spend_recovery(connection: Connection, staff_id: str, proof: bytes) -> bool:
    """Use a recovery code up; False if it was used before."""
    condition = (staff_recovery.c.staff == staff_id) & (staff_recovery.c.proof == proof)
    return _changed(connection.execute(delete(staff_recovery).where(condition)))


def locker(connection: Connection, staff_id: str) -> LockerRow | None:
    """A reviewer's locker, or None."""
    table = staff_lockers
    columns = (table.c.salt, table.c.cost, table.c.public, table.c.private, table.c.contact)
    row = connection.execute(select(*columns).where(table.c.staff == staff_id)).first()
    return LockerRow(*row) if row else None


def set_locker(connection: Connection, staff_id: str, row: LockerRow | None) -> None:
    """Put a locker in place of the old one; None takes it away."""
    connection.execute(delete(staff_lockers).where(staff_lockers.c.staff == staff_id))
    if row is not None:
        connection.execute(insert(staff_lockers), {"staff": staff_id, **row._asdict()})


def contact_lockers(connection: Connection) -> list[tuple[str, LockerRow]]:
    """The lockers that hold the key to contacts, each with its account's id."""
    table = staff_lockers.c
    statement = select(staff_lockers).where(table.contact.is_not(None)).order_by(table.staff)
    rows = connection.execute(statement).mappings()
    return [(row["staff"], LockerRow(*(row[name] for name in LockerRow._fields))) for row in rows]


def add_session(connection: Connection, row: SessionRow) -> None:
    """Begin a session."""
    connection.execute(insert(staff_sessions), row._asdict())


def session(connection: Connection, token: bytes) -> SessionRow | None:
    """The session of a token's digest, or None."""
    row = connection.execute(select(staff_sessions).where(staff_sessions.c.token == token)).first()
    return SessionRow(*row) if row else None


def touch_session(connection: Connection, token: bytes, seen: int) -> None:
    """Note when a session was last used."""
    connection.execute(update(staff_sessions).where(staff_sessions.c.token == token).values(seen=seen))


def end_session(connection: Connection, token: bytes) -> None:
    """End one session."""
    connection.execute(delete(staff_sessions).where(staff_sessions.c.token == token))


def end_sessions(connection: Connection, staff_id: str) -> int:
    """End every session of an account; returns how many."""
    return connection.execute(delete(staff_sessions).where(staff_sessions.c.staff == staff_id)).rowcount


def sessions_of(connection: Connection, staff_id: str) -> tuple[SessionRow, ...]:
    """The sessions of an account, the oldest first."""
    own = staff_sessions.c
    wanted = select(staff_sessions).where(own.staff == staff_id).order_by(own.started)
    return tuple(SessionRow(*row) for row in connection.execute(wanted))


def end_all_sessions(connection: Connection) -> int:
    """End every session of everybody; returns how many."""
    return connection.execute(delete(staff_sessions)).rowcount


def end_old_sessions(connection: Connection, started: int, seen: int) -> int:
    """End the sessions that began before `started` or were last used before `seen`; returns how many."""
    return connection.execute(delete(staff_sessions).where(_is_old(started, seen))).rowcount


def count_old_sessions(connection: Connection, started: int, seen: int) -> int:
    """How many sessions `end_old_sessions` would end."""
    return connection.execute(select(func.count()).where(_is_old(started, seen))).scalar_one()


def _is_old(started: int, seen: int) -> ColumnElement[bool]:
    return (staff_sessions.c.started < started) | (staff_sessions.c.seen < seen)


def tries(connection: Connection, bucket: bytes, period: int) -> int:
    """How often was tried in a period."""
    table = staff_tries
    statement = select(table.c.n).where((table.c.bucket == bucket) & (table.c.period == period))
    return connection.execute(statement).scalar() or 0


def add_tries(connection: Connection, bucket: bytes, period: int, n: int) -> None:
    """Count `n` more tries; below zero takes them back."""
    statement = insert(staff_tries).values(bucket=bucket, period=period, n=n)
    wanted = statement.on_conflict_do_update(
        index_elements=["bucket", "period"], set_={"n": staff_tries.c.n + statement.excluded.n}
    )
    connection.execute(wanted)


def forget_tries(connection: Connection, *, bucket: bytes | None = None, before: int | None = None) -> int:
    """Forget the tries of a bucket, or of all periods before one; returns how many rows went."""
    condition = staff_tries.c.bucket == bucket if before is None else staff_tries.c.period < before
    return connection.execute(delete(staff_tries).where(condition)).rowcount


def count_old_tries(connection: Connection, before: int) -> int:
    """How many rows of tries `forget_tries` would take of periods before one."""
    return connection.execute(select(func.count()).where(staff_tries.c.period < before)).scalar_one()


def _changed(result: CursorResult[Any]) -> bool:
    return result.rowcount == 1
