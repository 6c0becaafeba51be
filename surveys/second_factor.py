"""The second factor: a code of the clock (RFC 6238), or one of ten recovery codes, each good for one sign-in."""

import hmac
import os
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys import codes
from surveys.errors import StoreError
from surveys.keys import Keys

ISSUER = "回音 Huiyin"
STEP_SECONDS = 30
WINDOW = 1
"""How many steps a telephone's clock may be early or late."""
RECOVERY_CODES = 10
RECOVERY_LENGTH = 16
_NONCE = 12


def new_secret() -> str:
    """A shared secret of 160 bits, in base 32 as authenticator programs take it."""
    return pyotp.random_base32()


def enrolment_url(secret: str, name: str) -> str:
    """The otpauth:// address that an authenticator program reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def seal_secret(keys: Keys, staff: str, secret: str) -> bytes:
    """The secret as it is stored: AES-256-GCM under a key made from the master key, bound to the account."""
    return encrypt(keys.code("staff totp"), secret.encode(), staff)


def open_secret(keys: Keys, staff: str, sealed: bytes) -> str:
    """Read what `seal_secret` wrote; StoreError if it belongs to another account or another master key."""
    return decrypt(keys.code("staff totp"), sealed, staff).decode()


def matching_step(secret: str, code: str, now: datetime, used: int) -> int | None:
    """The step of the clock that gives the code and is later than the last one `used`, or None."""
    step = int(now.timestamp()) // STEP_SECONDS
    maker = pyotp.TOTP(secret)
    found = [near for near in range(step - WINDOW, step + WINDOW + 1) if _same(maker.generate_otp(near), code)]
    return found[-1] if found and found[-1] > used else None


def new_recovery_codes() -> tuple[str, ...]:
    """Ten codes of 16 digits, the last one a check digit."""
    return tuple(codes.with_check_digit(os.urandom(32), RECOVERY_LENGTH) for _ in range(RECOVERY_CODES))


def recovery_proof(keys: Keys, staff: str, code: str) -> bytes:
    """What is stored of a recovery code: an HMAC, bound to the account."""
    return keys.code("staff recovery", staff, code)


def encrypt(key: bytes, data: bytes, context: str) -> bytes:
    """AES-256-GCM with a random nonce in front."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, context.encode())


def decrypt(key: bytes, sealed: bytes, context: str) -> bytes:
    """Read what `encrypt` wrote; StoreError with another key or context, or when a bit has changed."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise StoreError("a sealed secret of an account does not open: put back the keys that belong to it") from error


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))
