"""Browsers in which somebody has signed in before: a mark that opens nothing, and keeps strangers' tries apart."""

import hmac
import secrets

from surveys.accounts import normal
from surveys.keys import Keys

_PURPOSE = "staff device"


def new_mark(keys: Keys, name: str) -> str:
    """A mark for the browser in which somebody of that name has just signed in."""
    nonce = secrets.token_hex(16)
    return f"{nonce}.{next(keys.proofs(_PURPOSE, normal(name), nonce)).hex()}"


def nonce_of(keys: Keys, name: str, mark: str | None) -> str | None:
    """What tells this browser from others of the name, None where it is not known."""
    nonce, _, proof = (mark or "").partition(".")
    given, wanted = proof.encode("utf-8", "replace"), keys.proofs(_PURPOSE, normal(name), nonce)
    return nonce if any(hmac.compare_digest(one.hex().encode(), given) for one in wanted) else None
