"""What keeps the forms honest without watching anyone: signed tokens, same-origin posts, limits in memory."""

import base64
import hashlib
import hmac
import ipaddress
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass

from flask import Request, Response, abort, request
from itsdangerous import BadSignature, URLSafeSerializer

from surveys.keys import Keys

TOKEN_DAYS = 30
_HOUR = 3600
_MOST_ADDRESSES = 100_000

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


class Limiter:
    """Counts posts by address for an hour at most, and never keeps an address.

    Keys are HMAC(address) under a random key that is thrown away every hour together with the counts.
    Limits are wide enough for a hall or a counter behind one address.
    """

    def __init__(self, per_minute: int, per_hour: int) -> None:
        self._limits = (per_minute, per_hour)
        self._lock = threading.Lock()
        self._hour = -1
        self._minute = -1
        self._renew(time.monotonic())

    def _renew(self, now: float) -> None:
        if int(now // _HOUR) != self._hour:
            self._hour, self._key = int(now // _HOUR), os.urandom(32)
            self._in_hour: Counter[bytes] = Counter()
        if int(now // 60) != self._minute:
            self._minute = int(now // 60)
            self._in_minute: Counter[bytes] = Counter()

    def allows(self, address: str | None, *, count: bool = True) -> bool:
        """Whether one more post from the address is within the limits; counts it unless told not to."""
        return self.allows_name(_network(address), count=count)

    def allows_name(self, name: str, *, count: bool = True) -> bool:
        """The same for a name that is no address, such as a kiosk's."""
        with self._lock:
            self._renew(time.monotonic())
            key = self._key_of(name)
            if self._in_minute[key] >= self._limits[0] or self._in_hour[key] >= self._limits[1]:
                return False
            if count:
                self._in_minute[key] += 1
                self._in_hour[key] += 1
            return True

    def _key_of(self, name: str) -> bytes:
        key = hmac.digest(self._key, name.encode(), "sha256")[:16]
        # A flood from ever new addresses shares one count instead of filling the memory.
        return key if key in self._in_hour or len(self._in_hour) < _MOST_ADDRESSES else b""


def _network(address: str | None) -> str:
    """The address, or the /64 of an IPv6 one, which a single home has whole; IPv4 in IPv6 is IPv4."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def add_headers(response: Response) -> Response:
    """The headers of every portal page unless it has stricter ones; nothing is kept by caches on the way."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
