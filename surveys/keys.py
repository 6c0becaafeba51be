"""The office's secrets: one master key, and the pair that seals what a resident leaves to be called back.

They lie beside the database in files that only their owner may read. All purposes are derived from the
master key, so there is one thing to keep and one to lose.
"""

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from surveys.errors import StoreError

_SEAL = (KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True)
class Keys:
    """The master key (32 bytes) and the public half of the contact seal (32 bytes)."""

    master: bytes = field(repr=False)
    contact: bytes

    def code(self, purpose: str, *parts: bytes | str) -> bytes:
        """A 32-byte HMAC over the parts, different for each purpose."""
        mac = hmac.new(self.master, purpose.encode(), hashlib.sha256)
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            mac.update(len(data).to_bytes(8, "big") + data)
        return mac.digest()

    def seal(self, text: str, context: str) -> bytes:
        """Encrypt so that only the holder of the contact key can read it (HPKE, RFC 9180)."""
        public = X25519PublicKey.from_public_bytes(self.contact)
        return Suite(*_SEAL).encrypt(text.encode(), public, context.encode())


def unseal(sealed: bytes, contact_key: bytes, context: str) -> str:
    """Read what `Keys.seal` wrote, with the private half (32 bytes) and the same context."""
    private = X25519PrivateKey.from_private_bytes(contact_key)
    return Suite(*_SEAL).decrypt(sealed, private, context.encode()).decode()


def key_paths(database: Path) -> tuple[Path, Path, Path]:
    """Where a database's master key, contact public key and contact private key lie."""
    return (
        database.with_suffix(".key"),
        database.with_suffix(".contact.pub"),
        database.with_suffix(".contact.key"),
    )


def load_keys(database: Path, *, create: bool) -> Keys:
    """The keys beside the database; made with it, and never made anew for a database that lost them."""
    master, public, private = key_paths(database)
    if not master.exists():
        if not create:
            raise StoreError(f"the key {master} is missing: put back the copy that was kept with {database}")
        _write_new(master, os.urandom(32))
    if not public.exists():
        pair = X25519PrivateKey.generate()
        _write_new(private, pair.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
        _write_new(public, pair.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    return Keys(master.read_bytes(), public.read_bytes())


def _write_new(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
