"""Words of the office that others carry and bring back: a list, and the proof that it was signed here."""

import base64
import binascii
import hmac
import json
from collections.abc import Sequence

from surveys.keys import Keys


def sign(keys: Keys, purpose: str, content: Sequence[str | int]) -> str:
    """The content with its proof, fit for an address; what is signed for one purpose is not read for another."""
    payload = _encode(json.dumps(list(content), ensure_ascii=False, separators=(",", ":")).encode())
    return f"{payload}.{_encode(next(keys.proofs(purpose, payload)))}"


def read(keys: Keys, purpose: str, text: str) -> list[object] | None:
    """The content that was signed here for the purpose, None for anything else."""
    payload, _, proof = text.partition(".")
    given = proof.encode("utf-8", "replace")
    if not any(hmac.compare_digest(_encode(one).encode(), given) for one in keys.proofs(purpose, payload)):
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        return None
    return found if isinstance(found, list) else None


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
