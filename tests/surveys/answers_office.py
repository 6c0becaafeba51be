"""Answers of the sample office, in bulk, and accounts of the people who look after them."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from itertools import count

from surveys.definition import Channel, Definitions, load
from surveys.duties import Account, Role, post_of
from surveys.keys import Keys
from surveys.responses import Answer, Response, open_period, to_row
from surveys.store import Connection, Store
from surveys.store.answers import add_responses
from surveys.store.exclusion_batches import Cell
from tests.conftest import ROOT

OFFICE: Definitions = load(ROOT / "surveys/definitions")
SURVEY = "counter-service"
UNIT = "chengdong"
TODAY = date(2026, 11, 20)
DAY = date(2026, 11, 10)
WORDS = "窗口中午没有人，请安排值班。"
_number = count(1)


def account(role: Role, unit: str | None = None, name: str = "") -> Account:
    """An account of one role; reviewers and handlers sit in the bureau unless told otherwise."""
    own = unit or ("chengqu" if role in ("handler", "reviewer") else None)
    return Account(f"id-{name or role}", name or role, role, post_of([role], own, OFFICE.units))


PUBLISHER = account("publisher")
REVIEWER = account("reviewer")


def cell(day: date = DAY, unit: str = UNIT, channel: str = "web", basis: str = "open") -> Cell:
    """Where the answers of one day stand."""
    return Cell(SURVEY, unit, channel, basis, day.isoformat(), day.isoformat()[:7])


class Answers:
    """A store of answers that a test fills."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self.store = store
        self.keys = keys

    def add(
        self,
        levels: Iterable[str],
        text: str = "",
        *,
        day: date = DAY,
        unit: str = UNIT,
        channel: Channel = "web",
        basis: str = "open",
        more: Mapping[str, Answer] | None = None,
    ) -> list[bytes]:
        """One answer set for each level, all with the same words; gives their ids."""
        made = [
            Response(
                self.keys.code("test", str(next(_number)))[:16], SURVEY, 1, unit, channel, basis, "zh",  # type: ignore[arg-type]
                day, {"overall": level, **(more or {})}, {"better": text} if text else {},
            )
            for level in levels
        ]  # fmt: skip
        self.store.write(partial(_add, made))
        return [one.id for one in made]

    def usual_days(self, a_day: int, days: int = 20, **changes: str) -> None:
        """Some answers on each of the days before DAY."""
        for back in range(1, days + 1):
            self.add("5" * a_day, day=DAY - timedelta(days=back), **changes)  # type: ignore[arg-type]


def _add(made: list[Response], connection: Connection) -> None:
    rows = [(to_row(one, open_period(connection, one.day)), dict(one.texts)) for one in made]
    add_responses(connection, rows)
