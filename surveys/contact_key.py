"""The key to contacts, in the hands of reviewers: each has a pair of his own, its private half shut by his password.

The office's contact key is sealed to a reviewer's public half. So one who holds the key, or the file that was
put away, can hand it on without knowing a password, and nothing that is stored opens it alone. A handler has
such a pair too, and never the office's key: single contacts are sealed to him.
"""

import hashlib
import hmac
from dataclasses import dataclass, field, replace

from surveys.errors import StaffError, StoreError
from surveys.keys import Keys, new_pair, open_sealed, public_half, seal_to
from surveys.passwords import COST, Cost, key_from_password, new_salt
from surveys.second_factor import decrypt, encrypt

_CONTEXT = "contact key of "
_SESSION = "keys of "
_KEY_BYTES = 32


@dataclass(frozen=True)
class Locker:
    """What is stored for one account: its pair, the private half shut, and the sealed contact key of a reviewer."""

    salt: bytes
    cost: str
    public: bytes
    private: bytes
    contact: bytes | None = None


@dataclass(frozen=True)
class Opened:
    """What a password opens: the private half of one's pair (32 bytes), and the contact key if it was shared."""

    private: bytes = field(repr=False)
    contact: bytes | None = field(default=None, repr=False)


def make_locker(keys: Keys, staff: str, password: str, cost: Cost = COST) -> Locker:
    """A new pair for an account, shut by its password; it holds no contact key yet."""
    private, public = new_pair()
    return _shut(keys, staff, Locker(b"", "", public, b""), private, (password, cost))


def wrap_contact_key(keys: Keys, staff: str, locker: Locker, contact_key: bytes) -> Locker:
    """Put the contact key (32 bytes) into a reviewer's locker; StoreError if it is not the office's."""
    if public_half(contact_key) != keys.contact:
        raise StoreError("this contact key does not belong to this office: name the file that was made with it")
    return replace(locker, contact=sealed_for(staff, locker.public, contact_key))


def sealed_for(staff: str, public: bytes, contact_key: bytes) -> bytes:
    """The contact key for a reviewer's eyes alone: it opens with the private half of his pair."""
    return seal_to(public, contact_key, _CONTEXT + staff)


def open_locker(keys: Keys, staff: str, locker: Locker, password: str) -> Opened:
    """What the account's password opens; StoreError if it is another's, or the master key is."""
    key = key_from_password(keys, staff, password, locker.salt, Cost.parse(locker.cost))
    private = decrypt(key, locker.private, staff)
    contact = open_sealed(locker.contact, private, _CONTEXT + staff) if locker.contact else None
    return Opened(private, contact)


def rewrap(keys: Keys, staff: str, locker: Locker, opened: Opened, password: str, cost: Cost = COST) -> Locker:
    """The opened locker shut by a new password; what it holds stays."""
    return _shut(keys, staff, locker, opened.private, (password, cost))


def shut_for_session(token: str, staff: str, opened: Opened) -> bytes:
    """The keys as a session's row keeps them: only the token opens them, and that is not stored."""
    return encrypt(_session_key(token), opened.private + (opened.contact or b""), _SESSION + staff)


def open_for_session(token: str, staff: str, shut: bytes | None) -> Opened:
    """The keys of a session; StaffError if it began without, or by another version: sign in again."""
    if shut is None:
        raise StaffError("this session holds no keys: sign in again")
    try:
        keys = decrypt(_session_key(token), shut, _SESSION + staff)
    except StoreError as error:
        raise StaffError("the keys of this session do not open: sign in again") from error
    return Opened(keys[:_KEY_BYTES], keys[_KEY_BYTES:] or None)


def _session_key(token: str) -> bytes:
    return hmac.new(token.encode(), b"contact key", hashlib.sha256).digest()


def _shut(keys: Keys, staff: str, locker: Locker, private: bytes, by: tuple[str, Cost]) -> Locker:
    password, cost = by
    salt = new_salt()
    shut = encrypt(key_from_password(keys, staff, password, salt, cost), private, staff)
    return replace(locker, salt=salt, cost=str(cost), private=shut)
