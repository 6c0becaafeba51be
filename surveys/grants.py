"""What lets a device answer without a network: a signed word of the office, and the day on which an answer counts.

A form that is filled in out of signal cannot carry a token of its own submission, for many answers may be given on
one copy of it. It carries a grant: which survey, which version, which unit, through which channel, and the day on
which it was made. The grant says nothing of the person or the device; every answer makes a random id there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from surveys import signed
from surveys.definition import Channel, Survey
from surveys.keys import Keys

DAYS_AFTER_CLOSE = 90
"""How long answers that were given without a network are taken after their survey has closed."""
_PURPOSE = "offline grant"


@dataclass(frozen=True)
class Grant:
    """What may be answered: one version of a survey for one unit.

    `kiosk` names the kiosk that it was made for, and `since` is the day on which that kiosk's pass was given out.
    """

    survey: str
    version: int
    unit: str
    issued: date
    kiosk: str = ""
    since: date | None = None

    @property
    def channel(self) -> Channel:
        """The channel that its answers came through."""
        return "kiosk" if self.kiosk else "web"


def sign(keys: Keys, grant: Grant) -> str:
    """The grant as a device carries it."""
    since = [grant.since.isoformat()] if grant.since else []
    content: Sequence[str | int] = (
        grant.survey,
        grant.version,
        grant.unit,
        grant.issued.isoformat(),
        grant.kiosk,
        *since,
    )
    return signed.sign(keys, _PURPOSE, content)


def read(keys: Keys, text: str) -> Grant | None:
    """The grant that was signed here, None for anything else."""
    found = signed.read(keys, _PURPOSE, text)
    if found is None:
        return None
    survey, version, unit, issued, kiosk, *since = map(str, found)
    begun = date.fromisoformat(since[0]) if since else None
    return Grant(survey, int(version), unit, date.fromisoformat(issued), kiosk, begun)


def is_over(survey: Survey, today: date) -> bool:
    """Whether answers to the survey are not taken any more, however they were given."""
    return survey.closed is not None and today > survey.closed + timedelta(days=DAYS_AFTER_CLOSE)


def day_of(grant: Grant, survey: Survey, told: date | None, today: date) -> date:
    """The day on which an answer was given, as far as it is known.

    The device tells it, and its clock may be wrong. So the day is never after today, never after the survey's last
    day, and, within these, never before the grant was made; where the device tells none, it is the last of these days.
    """
    last = min(today, survey.closed or today)
    first = min(grant.issued, last)
    return max(first, min(told or last, last))
