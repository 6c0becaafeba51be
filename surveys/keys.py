"""The office's secrets: one master key, and the pair that seals what a resident leaves to be called back.

They lie beside the database in files that only their owner may read. What is stored is derived from the master key,
and so is what others carry, until other keys sign that (`surveys.ring`).
"""

import contextlib
import hmac
import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from surveys import ring
from surveys.errors import StoreError
from surveys.store import holds_data

_SEAL = (KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True)
class Keys:
    """The master key (32 bytes), the public half of the contact seal (32 bytes), and the keys that sign.

    Of these the first one signs, and all are honoured; before the first rotation the master key is the only one.
    """

    master: bytes = field(repr=False)
    contact: bytes
    signing: tuple[bytes, ...] = field(default=(), repr=False)

    def code(self, purpose: str, *parts: bytes | str) -> bytes:
        """A 32-byte HMAC over the parts, different for each purpose, that stays for good: for what is stored."""
        return _code(self.master, purpose, parts)

    def coder(self, purpose: str, *parts: bytes | str) -> Callable[[str], bytes]:
        """What gives `code` of these parts and one more; for very many of them, as it begins only once."""
        begun = hmac.new(self.master, _message(purpose, parts), "sha256")

        def code(last: str) -> bytes:
            one = begun.copy()
            one.update(_sized(last))
            return one.digest()

        return code

    def proofs(self, purpose: str, *parts: bytes | str) -> Iterator[bytes]:
        """The same under each key that is honoured, for what others carry: the first is what is signed now."""
        return (_code(key, purpose, parts) for key in self.signing or (self.master,))

    def seal(self, text: str, context: str) -> bytes:
        """Encrypt so that only the holder of the contact key can read it (HPKE, RFC 9180)."""
        return seal_to(self.contact, text.encode(), context)


def _code(key: bytes, purpose: str, parts: tuple[bytes | str, ...]) -> bytes:
    return hmac.new(key, _message(purpose, parts), "sha256").digest()


def _message(purpose: str, parts: tuple[bytes | str, ...]) -> bytes:
    return b"".join((purpose.encode(), *map(_sized, parts)))


def _sized(part: bytes | str) -> bytes:
    data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
    return len(data).to_bytes(8, "big") + data


def seal_to(public: bytes, data: bytes, context: str) -> bytes:
    """Encrypt for the holder of the private half of `public` (32 bytes); it opens with the same context only."""
    return Suite(*_SEAL).encrypt(data, X25519PublicKey.from_public_bytes(public), context.encode())


def open_sealed(sealed: bytes, private: bytes, context: str) -> bytes:
    """Open what `seal_to` wrote; StoreError if key or context are others."""
    try:
        return Suite(*_SEAL).decrypt(sealed, X25519PrivateKey.from_private_bytes(private), context.encode())
    except (InvalidTag, ValueError) as error:
        raise StoreError("the sealed text does not open with this key: take the key that it was sealed for") from error


def new_pair() -> tuple[bytes, bytes]:
    """A fresh private key and its public half, 32 bytes each."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def public_half(private: bytes) -> bytes:
    """The public key of a private one (32 bytes); StoreError if it is no key."""
    try:
        return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    except ValueError as error:
        raise StoreError("this is no contact key (32 bytes): name the file that was put away") from error


def unseal(sealed: bytes, contact_key: bytes, context: str) -> str:
    """Read what `Keys.seal` wrote, with the private half (32 bytes) and the same context; StoreError if it is shut."""
    return open_sealed(sealed, contact_key, context).decode()


def key_paths(database: Path) -> tuple[Path, Path, Path]:
    """Where a database's master key, contact public key and contact private key lie."""
    return (
        database.with_suffix(".key"),
        database.with_suffix(".contact.pub"),
        database.with_suffix(".contact.key"),
    )


def load_keys(database: Path, *, create: bool) -> Keys:
    """The keys beside the database, made before it if `create`; a database that lost them never gets new ones.

    The private half may be kept elsewhere: nothing here reads it. StoreError names the missing file.
    """
    master, public, private = key_paths(database)
    fresh = create and not holds_data(database)
    if fresh and not master.exists():
        _write_new(master, os.urandom(32))
    if fresh and not public.exists():
        _write_new(private, new_pair()[0])
        _write_new(public, public_half(read_key(private)))
    return Keys(found := read_key(master), read_key(public), _signing(database, found))


def _signing(database: Path, master: bytes) -> tuple[bytes, ...]:
    links = ring.read(ring.path_of(database))
    return ring.honoured(master, links, datetime.now(UTC).date()) if links else ()


def read_key(path: Path) -> bytes:
    """The 32 bytes of a key file; StoreError if it is missing or damaged."""
    try:
        key = path.read_bytes()
    except OSError as error:
        raise StoreError(f"the key {path} cannot be read ({error.strerror}): put back the copy you keep") from error
    if len(key) != 32:
        raise StoreError(f"the key {path} is damaged ({len(key)} bytes in place of 32): put back the copy you keep")
    return key


def copy_keys(source: Path, target: Path) -> list[Path]:
    """Put the keys of one database beside another as well; gives the files that were not there before.

    StoreError if others lie there, and then nothing is put.
    """
    places = (*key_paths(source), ring.path_of(source)), (*key_paths(target), ring.path_of(target))
    found = {there: here.read_bytes() for here, there in zip(*places, strict=True) if here.exists()}
    for there, key in found.items():
        if there.exists() and there.read_bytes() != key:
            raise StoreError(f"{there} is another key: name a folder without keys in HUIYIN_KEYS")
    missing = [there for there in found if not there.exists()]
    for there in missing:
        _write_new(there, found[there])
    return missing


def _write_new(path: Path, data: bytes) -> None:
    """Write a key whole or not at all; one that is there already, or comes first, stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_durably(draft, path, data)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    except OSError as error:
        advice = "name a folder that can be written"
        raise StoreError(f"the key {path} cannot be made ({error.strerror}): {advice}") from error
    finally:
        draft.unlink(missing_ok=True)


def _write_durably(draft: Path, path: Path, data: bytes) -> None:
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "wb") as file:
        ring.hand_over(handle, path)
        file.write(data)
        file.flush()
        os.fsync(handle)
