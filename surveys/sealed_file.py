"""A stream of bytes that only the holder of a private key can read, whole and in order, or not at all.

The file begins with the line `huiyin-sealed 1`, the first 8 bytes of the SHA-256 of the public key that it is for,
and a key of 32 bytes sealed to it (HPKE, 80 bytes); these are the head. Parts of 256 KiB follow, the last one
shorter or empty, each under AES-256-GCM with 16 bytes more. The nonce is the part's number (11 bytes) and 1 for the
last part, 0 for others; the head is associated data. So a file that was cut, lengthened or put together anew is
noticed.
"""

import hashlib
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys.errors import BackupError, StoreError
from surveys.keys import new_pair, open_sealed, public_half, seal_to

MAGIC = b"huiyin-sealed 1\n"
PART = 256 * 1024
_TAG = 16
_NAME = 8
_HEAD = len(MAGIC) + _NAME + 80
_CONTEXT = "huiyin-sealed 1"
_PUBLIC, _PRIVATE = "huiyin-backup-public", "huiyin-backup-private"
_DAMAGED = "is damaged or was cut off: take another copy of it"


def generate() -> tuple[str, str]:
    """A new pair as text: the private key, which leaves the machine, and the public one, which stays."""
    private, public = new_pair()
    return _written(_PRIVATE, private), _written(_PUBLIC, public)


def _written(kind: str, key: bytes) -> str:
    return f"{kind} {key.hex()} {_check(key)}"


def _check(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


def read_public(text: str) -> bytes:
    """The public key (32 bytes) of a line that `generate` wrote; BackupError for anything else."""
    return _read(_PUBLIC, text)


def read_private(text: str) -> bytes:
    """The private key (32 bytes), likewise."""
    return _read(_PRIVATE, text)


def _read(kind: str, text: str) -> bytes:
    parts = text.split()
    if len(parts) != 3 or parts[0] != kind:
        raise BackupError(f"this is no {kind.replace('huiyin-', '').replace('-', ' ')} key: name the file of keygen")
    try:
        key = bytes.fromhex(parts[1])
    except ValueError:
        key = b""
    if len(key) != 32 or _check(key) != parts[2]:
        raise BackupError("this key was copied wrongly: compare it with the file of keygen")
    return key


def name_of(public: bytes) -> str:
    """How a public key is told from others, 16 characters."""
    return _name(public).hex()


def _name(public: bytes) -> bytes:
    return hashlib.sha256(public).digest()[:_NAME]


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


class SealingWriter:
    """Seals what is written to it; `close` writes the last part, without which nobody can read the file."""

    def __init__(self, target: BinaryIO, public: bytes) -> None:
        key = os.urandom(32)
        self._head = MAGIC + _name(public) + seal_to(public, key, _CONTEXT)
        self._cipher = AESGCM(key)
        self._target = target
        self._waiting = bytearray()
        self._number = 0
        target.write(self._head)

    def write(self, data: bytes | memoryview) -> int:
        """Take bytes; whole parts are written on."""
        self._waiting += data
        while len(self._waiting) > PART:
            self._seal(bytes(self._waiting[:PART]), False)
            del self._waiting[:PART]
        return len(data)

    def flush(self) -> None:
        """Nothing: parts are written when they are full."""

    def close(self) -> None:
        """Write the last part; the target stays open."""
        self._seal(bytes(self._waiting), True)
        self._waiting.clear()

    def _seal(self, data: bytes, is_last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, is_last), data, self._head))
        self._number += 1


class OpeningReader:
    """Reads what `SealingWriter` wrote; BackupError for another key, and as soon as a part does not hold."""

    def __init__(self, source: BinaryIO, private: bytes) -> None:
        self._source = source
        self._head = source.read(_HEAD)
        if not self._head.startswith(MAGIC):
            raise BackupError("is no sealed file of this program: name one that scripts.backup wrote")
        if len(self._head) < _HEAD:
            raise BackupError(_DAMAGED)
        self._cipher = AESGCM(self._opened(private))
        self._ahead = source.read(PART + _TAG)
        self._plain = bytearray()
        self._number = 0
        self._ended = False

    def _opened(self, private: bytes) -> bytes:
        wanted = self._head[len(MAGIC) : len(MAGIC) + _NAME]
        if wanted != _name(public_half(private)):
            raise BackupError(
                f"was sealed for the key {wanted.hex()}, and this one is {name_of(public_half(private))}: "
                "name the private key that belongs to it"
            )
        try:
            return open_sealed(self._head[len(MAGIC) + _NAME :], private, _CONTEXT)
        except StoreError as error:
            raise BackupError(_DAMAGED) from error

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer at the end only; all that is left for a negative one."""
        while not self._ended and (size < 0 or len(self._plain) < size):
            self._open_next()
        taken = bytes(self._plain if size < 0 else self._plain[:size])
        del self._plain[: len(taken)]
        return taken

    def _open_next(self) -> None:
        data, self._ahead = self._ahead, self._source.read(PART + _TAG)
        try:
            self._plain += self._cipher.decrypt(_nonce(self._number, not self._ahead), data, self._head)
        except (InvalidTag, ValueError) as error:
            raise BackupError(_DAMAGED) from error
        self._number += 1
        self._ended = not self._ahead
