"""The key to contacts, in the hands of reviewers: each has a pair of his own, its private half shut by his password.

The office's contact key is sealed to a reviewer's public half. So one who holds the key, or the file that was
put away, can hand it on without knowing a password, and nothing that is stored opens it alone.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace

from surveys.errors import StaffError, StoreError
from surveys.keys import Keys, new_pair, open_sealed, public_half, seal_to
from surveys.passwords import COST, Cost, key_from_password, new_salt
from surveys.second_factor import decrypt, encrypt

_CONTEXT = "contact key of "


@dataclass(frozen=True)
class Locker:
    """What is stored for one reviewer: his pair, the private half shut, and the sealed contact key if he has it."""

    salt: bytes
    cost: str
    public: bytes
    private: bytes
    contact: bytes | None = None


def make_locker(keys: Keys, staff: str, password: str, cost: Cost = COST) -> Locker:
    """A new pair for a reviewer, shut by his password; it holds no contact key yet."""
    private, public = new_pair()
    return _shut(keys, staff, Locker(b"", "", public, b""), private, (password, cost))


def wrap_contact_key(keys: Keys, staff: str, locker: Locker, contact_key: bytes) -> Locker:
    """Put the contact key (32 bytes) into a reviewer's locker; StoreError if it is not the office's."""
    if public_half(contact_key) != keys.contact:
        raise StoreError("this contact key does not belong to this office: name the file that was made with it")
    return replace(locker, contact=seal_to(locker.public, contact_key, _CONTEXT + staff))


def unlock_contact_key(keys: Keys, staff: str, locker: Locker, password: str) -> bytes | None:
    """The contact key, opened with the reviewer's password; None if nobody shared it with him, StoreError if shut."""
    if locker.contact is None:
        return None
    return open_sealed(locker.contact, _open(keys, staff, locker, password), _CONTEXT + staff)


def rewrap(keys: Keys, staff: str, locker: Locker, passwords: tuple[str, str], cost: Cost = COST) -> Locker:
    """The locker shut by the new one of two passwords (old, new); what it holds stays."""
    return _shut(keys, staff, locker, _open(keys, staff, locker, passwords[0]), (passwords[1], cost))


def shut_for_session(token: str, staff: str, contact_key: bytes) -> bytes:
    """The contact key as a session's row keeps it: only the token opens it, and that is not stored."""
    return encrypt(_session_key(token), contact_key, staff)


def open_for_session(token: str, staff: str, shut: bytes | None) -> bytes:
    """The contact key of a session; StaffError says how to come by it."""
    if shut is None:
        raise StaffError(
            "this session does not open contacts: ask another reviewer to share the key with you, "
            "or have it done with python -m scripts.staff share, and sign in again"
        )
    return decrypt(_session_key(token), shut, staff)


def _session_key(token: str) -> bytes:
    return hmac.new(token.encode(), b"contact key", hashlib.sha256).digest()


def _shut(keys: Keys, staff: str, locker: Locker, private: bytes, by: tuple[str, Cost]) -> Locker:
    password, cost = by
    salt = new_salt()
    shut = encrypt(key_from_password(keys, staff, password, salt, cost), private, staff)
    return replace(locker, salt=salt, cost=str(cost), private=shut)


def _open(keys: Keys, staff: str, locker: Locker, password: str) -> bytes:
    key = key_from_password(keys, staff, password, locker.salt, Cost.parse(locker.cost))
    return decrypt(key, locker.private, staff)
