"""Answers that wait on a device as a file: encrypted there for the office, carried on a stick, opened here.

The file is JSON: `format` ("huiyin-queue"), `version` (1), `public`, `nonce` and `sealed`, each in base64.
`public` is the point (P-256, 65 bytes) that the device made for this one file; with the office's point it gives
the secret (ECDH), and HKDF-SHA-256 makes the key of it: salt = `public` followed by the office's point, info =
"huiyin-queue 1". `sealed` is AES-256-GCM under `nonce` (12 bytes) with the same info as associated data. Inside
stands JSON: `answers`, a list of answer sets as they are sent (see `surveys.offline`). P-256 stands here, and not
X25519 as elsewhere, because every browser that can encrypt knows it.
"""

import base64
import json
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from surveys.errors import HuiyinError
from surveys.keys import Keys

FORMAT = "huiyin-queue"
VERSION = 1
ENDING = ".huiyin"
_CONTEXT = b"huiyin-queue 1"
_DAMAGED = "is damaged: copy it from the stick once more"
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points the curve has."""


def _private(keys: Keys) -> ec.EllipticCurvePrivateKey:
    # 64 bytes brought below the order leave no value more likely than another that anyone could notice.
    long = keys.code("queue file", "1") + keys.code("queue file", "2")
    return ec.derive_private_key(int.from_bytes(long) % (_ORDER - 1) + 1, _CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key(keys: Keys) -> bytes:
    """The office's point (65 bytes), for which devices encrypt; it comes from the master key, as all purposes do."""
    return _point(_private(keys).public_key())


def _key(secret: bytes, theirs: bytes, ours: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, theirs + ours, _CONTEXT).derive(secret)


def seal(public: bytes, answers: Sequence[object]) -> bytes:
    """The file for an office's point, as a device writes it."""
    once = ec.generate_private_key(_CURVE)
    theirs, nonce = _point(once.public_key()), os.urandom(12)
    secret = once.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public))
    plain = json.dumps({"answers": list(answers)}, ensure_ascii=False).encode()
    sealed = AESGCM(_key(secret, theirs, public)).encrypt(nonce, plain, _CONTEXT)
    parts = {"public": theirs, "nonce": nonce, "sealed": sealed}
    content = {"format": FORMAT, "version": VERSION} | {n: base64.b64encode(p).decode() for n, p in parts.items()}
    return json.dumps(content).encode()


def open_file(keys: Keys, data: bytes) -> list[object]:
    """The answer sets of a file; HuiyinError says what is wrong with it and what to do."""
    theirs, nonce, sealed = _parts(data)
    ours = _private(keys)
    try:
        secret = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, theirs))
        plain = AESGCM(_key(secret, theirs, _point(ours.public_key()))).decrypt(nonce, sealed, _CONTEXT)
    except (InvalidTag, ValueError) as error:
        raise HuiyinError(
            "does not open with the key of this database: it was saved for another office, or is damaged; "
            "name that office's --database, or save the file on the device once more"
        ) from error
    return answers_in(plain)


def answers_in(plain: bytes) -> list[object]:
    """The answer sets of what was sealed in a file; HuiyinError if there are none."""
    try:
        answers = json.loads(plain)["answers"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise HuiyinError("is damaged and holds no answers: save the file on the device once more") from error
    if not isinstance(answers, list):
        raise HuiyinError("holds no list of answers: save the file on the device once more")
    return answers


def _parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    try:
        found = json.loads(data)
        kind, version = found["format"], found["version"]
    except RecursionError as error:
        raise HuiyinError(_DAMAGED) from error
    except (ValueError, TypeError, KeyError) as error:
        raise HuiyinError("is no file of waiting answers, or was cut off: copy it from the stick once more") from error
    if not isinstance(kind, str) or not isinstance(version, int):
        raise HuiyinError(_DAMAGED)
    # What a stranger wrote reaches a terminal here.
    if kind != FORMAT:
        raise HuiyinError(f"is no file of waiting answers: it calls itself {kind[:40]!r}")
    if version != VERSION:
        raise HuiyinError(f"is of version {version}, and this program reads {VERSION}: bring the program up to date")
    try:
        theirs, nonce, sealed = (base64.b64decode(found[name], validate=True) for name in ("public", "nonce", "sealed"))
    except (KeyError, TypeError, ValueError) as error:
        raise HuiyinError(_DAMAGED) from error
    return theirs, nonce, sealed
