"""What keeps the forms honest without watching anyone: signed tokens, same-origin posts, headers."""

import base64
import hashlib
import os
import time
from dataclasses import dataclass

from flask import Request, Response, abort, request
from itsdangerous import BadSignature, URLSafeSerializer

from surveys.keys import Keys

TOKEN_DAYS = 30

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


class TokenSigner:
    """Signs and reads form tokens with the keys of the office that sign; what older ones signed is read too."""

    def __init__(self, keys: Keys) -> None:
        self._serializer = _serializer(keys, "form token")
        self._receipts = _serializer(keys, "receipt")

    def new(self, subject: str, version: int) -> str:
        """A token for a form that is shown now."""
        return self.new_with_id(subject, version)[0]

    def new_with_id(self, subject: str, version: int) -> tuple[str, bytes]:
        """The same, and the random id (16 bytes) in it."""
        made = os.urandom(16)
        random_id = base64.urlsafe_b64encode(made).decode()
        return str(self._serializer.dumps([random_id, subject, version, int(time.time())])), made

    def read(self, text: str, subject: str) -> FormToken | None:
        """The token, or None if it is not ours, not for this form, or older than `TOKEN_DAYS`."""
        try:
            random_id, found, version, issued = self._serializer.loads(text)
            token = FormToken(base64.urlsafe_b64decode(random_id), found, version, issued)
        except (BadSignature, ValueError, TypeError):
            return None
        fits = token.subject == subject and token.age() < TOKEN_DAYS * 86400
        return token if fits else None

    def sign_receipt(self, *parts: str) -> str:
        """What a receipt page may show, signed so that a link cannot claim what was not stored."""
        return str(self._receipts.dumps(parts))

    def read_receipt(self, text: str) -> list[str] | None:
        """The parts of a receipt, or None if it was not signed here."""
        try:
            return list(self._receipts.loads(text))
        except BadSignature:
            return None


def _serializer(keys: Keys, purpose: str) -> URLSafeSerializer:
    oldest_first = [*keys.proofs(purpose)][::-1]
    return URLSafeSerializer(oldest_first, signer_kwargs={"digest_method": hashlib.sha256})


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
