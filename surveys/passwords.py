"""Passwords: what is asked of them, how they are checked, and the key that only a password gives.

argon2id with 64 MiB, 3 passes and 4 lanes, the second choice of RFC 9106: about a quarter of a second on two
cores. Every password goes through the master key first, so that a copy of the database alone gives no
attacker anything to try passwords against, and a hash moved to another account fits nobody.
"""

import base64
import hashlib
import itertools
import os
import re
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

from surveys.errors import StaffError
from surveys.keys import Keys

MIN_LENGTH = 12
MAX_LENGTH = 200
MIN_DIFFERENT = 5
MIN_OWN = 8
"""How many characters must be left without easy words and runs such as 12345 or aaaa."""
EASY_WORDS = (
    "password", "passw0rd", "huiyin", "admin", "police", "welcome", "letmein", "iloveyou", "dragon", "monkey", "qwerty",
    "asdfgh", "zxcvbn", "1qaz2wsx", "1q2w3e4r", "qazwsx", "abc123", "gongan", "jingcha", "paichusuo", "shequ", "woaini",
    "5201314", "1314520", "mima", "回音", "密码", "公安", "警察", "派出所", "社区", "居民", "我爱你", "管理员",
)  # fmt: skip
"""Words that tell little: of this place, its trade, and what is tried first everywhere."""
COMMON = Path(__file__).with_name("common_passwords.txt")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
# A flood of tries may not take more memory than two of them at a time.
_TURN = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Cost:
    """What one try of a password costs: memory in KiB, passes over it, lanes."""

    memory: int
    passes: int
    lanes: int

    def hasher(self) -> PasswordHasher:
        """The argon2id hasher of this cost."""
        return PasswordHasher(self.passes, self.memory, self.lanes)

    def __str__(self) -> str:
        return f"m={self.memory},t={self.passes},p={self.lanes}"

    @classmethod
    def parse(cls, text: str) -> "Cost":
        """Read what `str` wrote."""
        memory, passes, lanes = (int(part.partition("=")[2]) for part in text.split(","))
        return cls(memory, passes, lanes)


COST = Cost(memory=65_536, passes=3, lanes=4)


def check_new_password(password: str, name: str) -> None:
    """StaffError if a password is too easily guessed: length counts, kinds of characters do not."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise StaffError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters: take a sentence of a few words")
    if len(set(password)) < MIN_DIFFERENT:
        raise StaffError(f"a password has at least {MIN_DIFFERENT} different characters: take a sentence")
    if name.casefold() in password.casefold():
        raise StaffError("the account's name may not stand in its password: take a sentence without it")
    if _own_part(password) < MIN_OWN:
        raise StaffError("a password of easy words and rows of keys is guessed first: take a sentence of your own")
    if is_common(password):
        raise StaffError("a password that many people took is tried first: take a sentence of your own")


def is_common(password: str) -> bool:
    """Whether many people took it: as it is, written twice, or with digits and signs before or behind it."""
    word = _folded(password)
    half = word[: len(word) // 2]
    core = _EDGES.sub("", word)
    tried = {word, core, *([half] if word == half * 2 else [])}
    return any(_digest(one) in _common() for one in tried)


@cache
def _common() -> frozenset[str]:
    lines = COMMON.read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def _digest(word: str) -> str:
    return hashlib.sha256(b"common password " + word.encode()).hexdigest()[:8]


def _folded(password: str) -> str:
    return unicodedata.normalize("NFKC", password).casefold()


def _own_part(password: str) -> int:
    """How many characters are left once easy words and runs are taken for nothing."""
    left = _folded(password)
    for word in EASY_WORDS:
        left = left.replace(word, "")
    steps = [ord(later) - ord(one) for one, later in itertools.pairwise(left)]
    return len(left) - sum(step in (-1, 0, 1) for step in steps)


def one_time_password() -> str:
    """A random password to be handed over once: 20 letters and digits (100 bits), in groups of 5."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(20))
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))


def hash_password(keys: Keys, staff: str, password: str, cost: Cost = COST) -> str:
    """The argon2id hash to store, with its cost and salt in it."""
    with _TURN:
        return cost.hasher().hash(_pepper(keys, "staff password", staff, password))


def password_fits(keys: Keys, staff: str, stored: str, password: str) -> bool:
    """Whether the password gives the stored hash; takes as long for a wrong one as for the right one."""
    try:
        with _TURN:
            return PasswordHasher().verify(stored, _pepper(keys, "staff password", staff, password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str, cost: Cost) -> bool:
    """Whether a hash was made at another cost, so that it is made anew at the next sign-in."""
    return cost.hasher().check_needs_rehash(stored)


def key_from_password(keys: Keys, staff: str, password: str, salt: bytes, cost: Cost = COST) -> bytes:
    """A 32-byte key that needs the password and the master key; its salt is not that of the stored hash."""
    secret = _pepper(keys, "staff lock", staff, password)
    with _TURN:
        return hash_secret_raw(secret, salt, cost.passes, cost.memory, cost.lanes, 32, Type.ID)


def new_salt() -> bytes:
    """16 random bytes."""
    return os.urandom(16)


def no_password(cost: Cost = COST) -> str:
    """A hash in the form of a stored one that no password gives, so that an unknown name costs the same time."""
    salt, found = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19${cost}${salt}${found}"


def _pepper(keys: Keys, purpose: str, staff: str, password: str) -> bytes:
    # The same letters can be typed as different code points, on different keyboards.
    return keys.code(purpose, staff, unicodedata.normalize("NFKC", password))
