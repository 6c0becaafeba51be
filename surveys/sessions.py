"""Signing in with a password and a second factor, and the sessions that come of it and end by themselves.

An unknown name, a wrong password and a wrong code take the same time and give the same answer. Each try is
counted before it is looked at, so that many at once get no more tries than one after the other. No number of tries
shuts the desk for other names, and who has signed in on a device before has tries there that no stranger uses up.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from surveys import audit, codes, contact_key, devices, duties, passwords, second_factor
from surveys.accounts import Guard, account_of, locker_row, normal, tries_of
from surveys.contact_key import Locker, Opened
from surveys.duties import Account, Role
from surveys.errors import SignInError, StaffError, ThrottledError
from surveys.responses import SHANGHAI
from surveys.store import Connection, people

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCH = timedelta(minutes=1)
"""How old the note of a session's last use may be; so most requests write nothing."""
PERIOD = timedelta(minutes=15)
TRIES_PER_NAME = 5
_REFUSED = (
    "name, password or code do not fit, or the account is shut: try again with the next code, or ask an administrator"
)
_NOBODY = "0" * 16


@dataclass(frozen=True)
class Session:
    """Someone at the desk; the token is his alone and is stored nowhere."""

    token: str = field(repr=False)
    account: Account
    started: datetime
    must_change: bool
    shut_keys: bytes | None = field(repr=False)

    @property
    def roles(self) -> frozenset[Role]:
        """What the session may do: nothing until a one-time password was changed."""
        return frozenset() if self.must_change else self.account.roles

    def contact_key(self) -> bytes:
        """The office's contact key, of a reviewer's session only; StaffError says how to come by it."""
        if not duties.opens_contacts(self.roles):
            raise StaffError("only a reviewer's session opens contacts")
        key = contact_key.open_for_session(self.token, self.account.id, self.shut_keys).contact
        if key is None:
            raise StaffError(
                "this session does not open contacts: ask another reviewer to share the key with you, "
                "or have it done with .venv/bin/python -m scripts.staff share, and sign in again"
            )
        return key

    def own_key(self) -> bytes:
        """The private half of one's own pair, of a handler's session, for contacts handed to him; or StaffError."""
        if "handler" not in self.roles:
            raise StaffError("only a handler's session opens a contact that was handed over")
        return contact_key.open_for_session(self.token, self.account.id, self.shut_keys).private


@dataclass(frozen=True)
class _Factor:
    """The second factor that fits, to be spent in the transaction that begins the session."""

    step: int | None = None
    proof: bytes | None = None

    def spend(self, connection: Connection, staff_id: str) -> bool:
        if self.step is not None:
            return people.spend_step(connection, staff_id, self.step)
        return self.proof is not None and people.spend_recovery(connection, staff_id, self.proof)


@dataclass(frozen=True)
class Brought:
    """What a browser brings to the sign-in: the token of its last session, and the mark of a device that is known."""

    previous: str | None = field(default=None, repr=False)
    device: str | None = field(default=None, repr=False)


_NOTHING = Brought()


def sign_in(guard: Guard, name: str, password: str, code: str, now: datetime, brought: Brought = _NOTHING) -> Session:
    """Begin a session with a fresh token; `code` is the authenticator's or a recovery code, each good once.

    The browser's session before is ended. SignInError never says what was wrong; ThrottledError after too many
    tries of the name, until the period is over.
    """
    buckets = _buckets(guard, name, brought.device)
    failed = _take_try(guard, name, buckets, now)
    row, proofs = guard.store.read(lambda connection: _load(connection, name))
    known = row or _nobody(guard)
    fits = passwords.password_fits(guard.keys, known.id, known.password, password)
    factor = _second_factor(guard, known, proofs, code, now)
    if row is None or not fits or factor is None or not _is_open(row, now):
        raise SignInError(_REFUSED)
    return _begin(guard, row, password, factor, now, (brought.previous, failed, buckets))


def _buckets(guard: Guard, name: str, device: str | None) -> Sequence[bytes]:
    """Where tries of the name are counted: on a known device there first, and then with those of everybody."""
    nonce = devices.nonce_of(guard.keys, name, device)
    here = [] if nonce is None else [guard.keys.code("staff tries here", normal(name), nonce)]
    return [*here, tries_of(guard.keys, name)]


def resume(guard: Guard, token: str, now: datetime) -> Session | None:
    """The session of a token, or None once it ended: 30 minutes unused, 12 hours old, signed out, reset, disabled."""
    digest = _digest(guard, token)
    at = int(now.timestamp())

    def work(connection: Connection) -> tuple[people.SessionRow, people.StaffRow] | None:
        row = people.session(connection, digest)
        owner = people.account(connection, row.staff) if row else None
        return (row, owner) if row and owner else None

    found = guard.store.read(work)
    if found is None or not _lives(found[0], at) or found[1].disabled:
        return None
    if at - found[0].seen >= TOUCH.total_seconds():
        guard.store.write(lambda connection: people.touch_session(connection, digest, at))
    return _session(token, *found)


def sign_out(guard: Guard, session: Session, now: datetime) -> None:
    """End a session."""

    def work(connection: Connection) -> None:
        people.end_session(connection, _digest(guard, session.token))
        audit.record(connection, _own_act(session.account, "sign_out"), now)

    guard.store.write(work)


def open_since(guard: Guard, session: Session, now: datetime) -> tuple[datetime, ...]:
    """When the sessions of one's own began that have not ended, the oldest first."""
    rows = guard.store.read(lambda connection: people.sessions_of(connection, session.account.id))
    return tuple(datetime.fromtimestamp(row.started, SHANGHAI) for row in rows if _lives(row, int(now.timestamp())))


def sign_out_everywhere(guard: Guard, session: Session, password: str, now: datetime) -> int:
    """End all one's own sessions, this one too, and tell how many; SignInError if the password does not fit."""
    row, buckets = _proved(guard, session.account, password, now)

    def work(connection: Connection) -> int:
        _forget_tries(connection, buckets)
        audit.record(connection, _own_act(session.account, "sessions_end"), now)
        return people.end_sessions(connection, row.id)

    return guard.store.write(work)


def change_password(guard: Guard, session: Session, old: str, new: str, now: datetime) -> Session:
    """Change one's own password, end all one's sessions and begin a new one; what one's locker holds stays.

    SignInError if the old password does not fit, StaffError if the new one is too easily guessed.
    """
    account = session.account
    passwords.check_new_password(new, account.name)
    if old == new:
        raise StaffError("the new password is the old one: take another")
    row, buckets = _proved(guard, account, old, now)
    locker, opened, _ = _opened(guard, row, old)
    shut = contact_key.rewrap(guard.keys, row.id, locker, opened, new, guard.cost) if locker and opened else None
    stored = passwords.hash_password(guard.keys, row.id, new, guard.cost)
    token, begun = _new_session(guard, row, opened, now)

    def work(connection: Connection) -> None:
        _require_unchanged(connection, row)
        if people.session(connection, _digest(guard, session.token)) is None:
            raise SignInError("the session has ended: sign in again")
        people.change_account(connection, row.id, password=stored, password_until=None)
        if shut:  # a key shared since stays: it is sealed to the pair, not to the password
            current = people.locker(connection, row.id)
            contact = current.contact if current else None
            people.set_locker(connection, row.id, locker_row(shut)._replace(contact=contact))
        people.end_sessions(connection, row.id)
        people.add_session(connection, begun)
        _forget_tries(connection, buckets)
        audit.record(connection, _own_act(account, "password_change"), now)

    guard.store.write(work)
    return _session(token, begun, row._replace(password_until=None))


def _proved(guard: Guard, account: Account, password: str, now: datetime) -> tuple[people.StaffRow, Sequence[bytes]]:
    """The account as it is stored once its password was typed anew, and where the tries of that are counted."""
    buckets = [guard.keys.code("staff tries within", account.id)]  # strangers fill the name's, never this one
    _take_try(guard, account.name, buckets, now)
    row, _ = guard.store.read(lambda connection: _load(connection, account.name))
    if row is None or not passwords.password_fits(guard.keys, row.id, row.password, password):
        raise SignInError("the present password does not fit: try again, or ask an administrator for a new one")
    return row, buckets


def _take_try(guard: Guard, name: str, buckets: Sequence[bytes], now: datetime) -> int:
    """Count one try in the first bucket with room, and tell how many of it went before in this period."""
    period = _period(now)

    def work(connection: Connection) -> int | None:
        people.forget_tries(connection, before=period)
        for bucket in buckets:
            mine = people.tries(connection, bucket, period)
            if mine < TRIES_PER_NAME:
                people.add_tries(connection, bucket, period, 1)
                return mine
        if mine == TRIES_PER_NAME:  # once a period, however many are refused
            people.add_tries(connection, bucket, period, 1)
            row = people.account_named(connection, normal(name))
            entry = audit.Entry("nobody", "nobody", "sign_in_throttled", row.id if row else "unknown")
            audit.record(connection, entry, now)
        return None

    before = guard.store.write(work)
    if before is None:
        wait = int((period + 1) * PERIOD.total_seconds() - now.timestamp()) + 1
        raise ThrottledError(f"too many tries: wait {-(-wait // 60)} minutes, or ask an administrator", wait)
    return before


def _load(connection: Connection, name: str) -> tuple[people.StaffRow | None, frozenset[bytes]]:
    row = people.account_named(connection, normal(name))
    return row, people.recovery(connection, row.id if row else _NOBODY)


def _nobody(guard: Guard) -> people.StaffRow:
    """An account that nobody has, on which an unknown name is tried at the same cost."""
    secret = second_factor.seal_secret(guard.keys, _NOBODY, second_factor.new_secret())
    shut = passwords.no_password(guard.cost)
    return people.StaffRow(_NOBODY, "", "", "", None, 1, shut, None, secret, 0)


def _second_factor(
    guard: Guard, row: people.StaffRow, proofs: frozenset[bytes], code: str, now: datetime
) -> _Factor | None:
    given = codes.typed(code)
    secret = second_factor.open_secret(guard.keys, row.id, row.totp)
    step = second_factor.matching_step(secret, given, now, row.totp_step)
    proof = second_factor.recovery_proof(guard.keys, row.id, given)
    if step is not None:
        return _Factor(step=step)
    return _Factor(proof=proof) if proof in proofs else None


def _is_open(row: people.StaffRow, now: datetime) -> bool:
    lapsed = row.password_until is not None and row.password_until < now.timestamp()
    return not row.disabled and not lapsed


def _begin(
    guard: Guard,
    row: people.StaffRow,
    password: str,
    factor: _Factor,
    now: datetime,
    context: tuple[str | None, int, Sequence[bytes]],
) -> Session:
    previous, failed, buckets = context
    locker, opened, fresh = _opened(guard, row, password)
    outdated = passwords.is_outdated(row.password, guard.cost)
    renewed = passwords.hash_password(guard.keys, row.id, password, guard.cost) if outdated else None
    token, begun = _new_session(guard, row, opened, now)
    kind = "totp" if factor.step is not None else "recovery"

    def work(connection: Connection) -> None:
        _require_unchanged(connection, row)
        if not factor.spend(connection, row.id):
            raise SignInError(_REFUSED)
        if renewed:
            people.change_account(connection, row.id, password=renewed)
        if locker and fresh and people.locker(connection, row.id) is None:
            people.set_locker(connection, row.id, locker_row(locker))
        if previous is not None:
            people.end_session(connection, _digest(guard, previous))
        people.end_old_sessions(connection, begun.started - _seconds(LONGEST), begun.seen - _seconds(IDLE))
        people.add_session(connection, begun)
        _forget_tries(connection, buckets)
        audit.record(connection, _own_act(account_of(row), "sign_in", by=kind, failed=failed), now)

    guard.store.write(work)
    return _session(token, begun, row)


def _require_unchanged(connection: Connection, row: people.StaffRow) -> None:
    """What was checked outside the transaction must still be so in it."""
    now = people.account(connection, row.id)
    if now is None or now.disabled or (now.password, now.totp) != (row.password, row.totp):
        raise SignInError(_REFUSED)


def _forget_tries(connection: Connection, buckets: Sequence[bytes]) -> None:
    for bucket in buckets:
        people.forget_tries(connection, bucket=bucket)


def _opened(guard: Guard, row: people.StaffRow, password: str) -> tuple[Locker | None, Opened | None, bool]:
    """The account's locker with what is in it; a fresh one (True) where its role needs one and there is none."""
    found = guard.store.read(lambda connection: people.locker(connection, row.id))
    if found is None and not duties.has_locker(account_of(row).roles):
        return None, None, False
    locker = Locker(*found) if found else contact_key.make_locker(guard.keys, row.id, password, guard.cost)
    return locker, contact_key.open_locker(guard.keys, row.id, locker, password), found is None


def _new_session(
    guard: Guard, row: people.StaffRow, opened: Opened | None, now: datetime
) -> tuple[str, people.SessionRow]:
    token, at = secrets.token_urlsafe(32), int(now.timestamp())
    shut = contact_key.shut_for_session(token, row.id, opened) if opened else None
    return token, people.SessionRow(_digest(guard, token), row.id, at, at, shut)


def _session(token: str, row: people.SessionRow, owner: people.StaffRow) -> Session:
    started = datetime.fromtimestamp(row.started, SHANGHAI)
    return Session(token, account_of(owner), started, owner.password_until is not None, row.contact)


def _lives(row: people.SessionRow, at: int) -> bool:
    """A clock that was set back, too, ends a session and never lengthens it."""
    return abs(at - row.seen) < _seconds(IDLE) and abs(at - row.started) < _seconds(LONGEST)


def _digest(guard: Guard, token: str) -> bytes:
    return guard.keys.code("staff session", token)


def _own_act(account: Account, act: audit.Act, **details: str | int) -> audit.Entry:
    return audit.Entry(account.id, "self", act, account.id, details)


def _period(now: datetime) -> int:
    return int(now.timestamp() // PERIOD.total_seconds())


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
