"""Links to the photos of a case: for one photo, for some minutes, with nothing in them that could be read."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import url_for

from portal.state import Portal

LINK_SECONDS = 600


def _secret(here: Portal) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in here.keys.proofs("photo link")])


def link_to(here: Portal, number: str, position: int) -> str:
    """The address of one photo; case number and position are encrypted in it."""
    token = _secret(here).encrypt(f"{number} {position}".encode()).decode()
    return url_for("case_photos.show", token=token, lang=None)


def read_link(here: Portal, token: str) -> tuple[str, int] | None:
    """Case number and position, or None for a link that was not made here or has ended."""
    try:
        number, position = _secret(here).decrypt(token.encode(), ttl=LINK_SECONDS).decode().split()
    except (InvalidToken, ValueError):
        return None
    return number, int(position)
