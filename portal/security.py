"""What keeps the forms honest without watching anyone: signed tokens, same-origin posts, headers."""

import hashlib
import hmac
import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Request, Response, abort, request
from itsdangerous import BadSignature, URLSafeSerializer

from surveys.keys import Keys

TOKEN_DAYS = 30
_compact = json.JSONEncoder(separators=(",", ":")).encode

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
"""What answers to requests over TLS add: for a year, browsers ask in no other way."""


@dataclass(frozen=True)
class FormToken:
    """What a form carries in place of a session: a random id for the submission, what it asks, when it was made."""

    id: bytes
    subject: str
    version: int
    issued: int

    def age(self) -> float:
        """Seconds since the form was made."""
        return time.time() - self.issued


class SignedLists:
    """Signs lists of one purpose so that they fit into an address, in the form of `URLSafeSerializer`.

    Its keys are derived once: doing that for each word is most of what that library's signing costs.
    """

    def __init__(self, keys: Keys, purpose: str) -> None:
        newest_first = [*keys.proofs(purpose)]
        self._serializer = URLSafeSerializer(newest_first[::-1], signer_kwargs={"digest_method": hashlib.sha256})
        signer = self._serializer.make_signer(self._serializer.salt)
        self._keys = [signer.derive_key(key) for key in newest_first]

    def dumps(self, content: Sequence[object]) -> str:
        """The content with its proof."""
        payload = urlsafe_b64encode(_compact(content).encode()).rstrip(b"=")
        return f"{payload.decode()}.{_proof(self._keys[0], payload)}"

    def loads(self, text: str) -> list[Any]:
        """The content; BadSignature if it was not signed here."""
        payload, _, proof = text.rpartition(".")
        if text.isascii() and any(hmac.compare_digest(_proof(key, payload.encode()), proof) for key in self._keys):
            if text.startswith("."):  # a long list that the library compressed
                return list(self._serializer.loads(text))
            return list(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
        raise BadSignature(text)


def _proof(key: bytes, payload: bytes) -> str:
    return urlsafe_b64encode(hmac.new(key, payload, "sha256").digest()).rstrip(b"=").decode()


class TokenSigner:
    """Signs and reads form tokens with the keys of the office that sign; what older ones signed is read too."""

    def __init__(self, keys: Keys) -> None:
        self._tokens = SignedLists(keys, "form token")
        self._receipts = SignedLists(keys, "receipt")

    def new(self, subject: str, version: int) -> str:
        """A token for a form that is shown now."""
        return self.new_with_id(subject, version)[0]

    def new_with_id(self, subject: str, version: int) -> tuple[str, bytes]:
        """The same, and the random id (16 bytes) in it."""
        made = os.urandom(16)
        return self._tokens.dumps([urlsafe_b64encode(made).decode(), subject, version, int(time.time())]), made

    def read(self, text: str, subject: str) -> FormToken | None:
        """The token, or None if it is not ours, not for this form, or older than `TOKEN_DAYS`."""
        try:
            random_id, found, version, issued = self._tokens.loads(text)
            token = FormToken(urlsafe_b64decode(random_id), found, version, issued)
        except (BadSignature, ValueError, TypeError):
            return None
        fits = token.subject == subject and token.age() < TOKEN_DAYS * 86400
        return token if fits else None

    def sign_receipt(self, *parts: str) -> str:
        """What a receipt page may show, signed so that a link cannot claim what was not stored."""
        return self._receipts.dumps(parts)

    def read_receipt(self, text: str) -> list[str] | None:
        """The parts of a receipt, or None if it was not signed here."""
        try:
            return self._receipts.loads(text)
        except BadSignature:
            return None


def is_same_origin(request: Request) -> bool:
    """Whether a post came from our own pages; browsers that send neither header are let in."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or origin in (f"http://{request.host}", f"https://{request.host}")


def refuse_foreign_posts() -> None:
    """Before each request: a post from another site is refused."""
    if request.method not in ("GET", "HEAD") and not is_same_origin(request):
        abort(403)


def add_headers(response: Response) -> Response:
    """The headers of every portal page unless it has stricter ones; nothing is kept by caches on the way."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
