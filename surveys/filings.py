"""The site's address, what it has to show of its registration, and whom to tell of a fault: settings of one line."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from surveys.errors import HuiyinError

LONGEST = 60
MOST_CONTACTS = 3
_ICP = re.compile(r"[\u4e00-\u9fff]ICP[备证]\d{6,12}号(-\d{1,4})?")
_POLICE = re.compile(r"[\u4e00-\u9fff]公网安备 ?(\d{14})号")
_PHONE = re.compile(r"\+?\d[\d -]{1,18}\d")
_SITE = re.compile(r"(https?)://((?:\[[0-9a-f:.]{2,45}\]|\w(?:[\w.-]{0,251}\w)?)(?::(\d{1,5}))?)/?", re.IGNORECASE)
_LAST_PORT = 65535
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)


class FilingError(HuiyinError):
    """A number or a contact that cannot be shown; the text says what it must look like."""


@dataclass(frozen=True)
class Place:
    """What is shown and where it leads."""

    text: str
    href: str


def icp(text: str) -> Place:
    """The number of the registration with the ministry of industry, which leads to its register."""
    return Place(
        _matched(_ICP, text, "the number as it was given, as in 京ICP备12345678号-1")[0], "https://beian.miit.gov.cn/"
    )


def police_filing(text: str) -> Place:
    """The number of the registration with the police, which leads to its record."""
    found = _matched(_POLICE, text, "the number as it was given, as in 京公网安备11010102001234号")
    return Place(found[0], f"https://beian.mps.gov.cn/#/query/webSearch?code={found[1]}")


def contacts(text: str) -> tuple[Place, ...]:
    """Telephone numbers and mail addresses, one to three, with a comma between."""
    found = [_contact(one.strip()) for one in re.split("[,，]", text)]
    if len(found) > MOST_CONTACTS:
        raise FilingError(f"names {len(found)} contacts, must be {MOST_CONTACTS} at most")
    return tuple(found)


def site_address(text: str) -> str:
    """Scheme, host and port under which residents reach the site, without a slash at the end; FilingError otherwise.

    It is written into pages, feeds and codes, so nothing that could end a link there is let through.
    """
    found = _SITE.fullmatch(text)
    if found is None or int(found[3] or 0) > _LAST_PORT:
        wanted = "the site's address and no more, as in https://huiyin.example/"
        raise FilingError(f"is {text[:LONGEST]!r}, must be {wanted}: no user name, path, quotes or blanks")
    return f"{found[1].lower()}://{found[2]}"


READERS: Mapping[str, Callable[[str], Place | tuple[Place, ...]]] = {
    "HUIYIN_ICP": icp,
    "HUIYIN_POLICE_FILING": police_filing,
    "HUIYIN_CONTACT": contacts,
}
"""What each setting holds."""


def places(setting: str, text: str) -> tuple[Place, ...]:
    """What a setting shows; FilingError says what it must be."""
    found = READERS[setting](text)
    return (found,) if isinstance(found, Place) else found


def _contact(text: str) -> Place:
    if len(text) <= LONGEST and _MAIL.fullmatch(text):
        return Place(text, f"mailto:{text}")
    wanted = "a telephone number or a mail address, or up to three with commas between, as in 028-12345678"
    return Place(text, "tel:" + re.sub("[ -]", "", _matched(_PHONE, text, wanted)[0]))


def _matched(pattern: re.Pattern[str], text: str, wanted: str) -> re.Match[str]:
    found = pattern.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise FilingError(f"is '{text[:LONGEST]}', must be {wanted}")
    return found
