"""People at the desk for the tests: accounts with cheap passwords, signed in, and cases as far along as wanted."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

import pyotp
from flask import Flask
from flask.testing import FlaskClient

from portal.state import Portal
from surveys import audit, case_ledger, cases, duties, sessions, staff
from surveys.accounts import Guard
from surveys.case_calls import CALLED, look
from surveys.cases import Act, Case, Kind
from surveys.keys import key_paths
from surveys.passwords import Cost
from surveys.store import Connection

CHEAP = Cost(memory=8, passes=1, lanes=1)
OWN = "湖边的石头桥 很旧 但结实得很"
ROLES: Mapping[str, tuple[str, str | None]] = {
    "intake": ("intake", None),
    "handler": ("handler", "chengdong"),
    "other handler": ("handler", "chengxi"),
    "reviewer": ("reviewer", "chengqu"),
    "publisher": ("publisher", None),
    "auditor": ("auditor", None),
    "admin": ("admin", None),
}
_turn = count(1)


class Office:
    """The desk's people and cases over one app."""

    def __init__(self, app: Flask, here: Portal) -> None:
        self.app, self.here = app, here
        self.guard = Guard(here.store, here.keys, CHEAP)
        self._clients: dict[str, FlaskClient] = {}
        self.accounts: dict[str, duties.Account] = {}

    def issued(self, who: str, *, contact: bool = False) -> staff.Issued:
        """A new account in a role, with its one-time secrets."""
        role, unit = ROLES[who]
        post = duties.post_of([role], unit, self.here.definitions.units)
        key = key_paths(self.here.config.database)[2].read_bytes() if contact else None
        name = f"{role}{next(_turn)}"
        return staff.add(self.guard, None, name, who, post, datetime.now(UTC), key)

    def client(self, who: str, *, contact: bool = False) -> FlaskClient:
        """A browser in which somebody of that role has signed in; 'none' has not."""
        if who not in self._clients:
            client = self._clients[who] = self.app.test_client()
            if who != "none":
                client.set_cookie("huiyin_staff", self.token(who, contact=contact), path="/staff")
        return self._clients[who]

    def token(self, who: str, *, contact: bool = False) -> str:
        """A session of a new account that has chosen its own password."""
        issued = self.issued(who, contact=contact)
        self.accounts[who] = issued.account
        now = datetime.now(UTC)
        assert issued.password
        begun = sessions.sign_in(self.guard, issued.account.name, issued.password, issued.recovery[0], now)
        return sessions.change_password(self.guard, begun, issued.password, OWN, now).token

    def opened(
        self,
        category: str = "documents",
        unit: str | None = None,
        text: str = "路灯不亮。",
        contact: str = "13800138000",
    ) -> str:
        """A new case's number."""
        sent = cases.Submission(next(_turn).to_bytes(16), category, unit, text, contact, "web", "zh")
        return cases.open_case(self.here.store, self.here.keys, self.here.definitions, sent, self.here.today()).number

    def whole(self, number: str) -> Case:
        """The case as nobody may see it."""
        case = self.here.store.read(lambda connection: case_ledger.load(connection, number))
        assert case is not None
        return case

    def do(self, number: str, who: str, kind: Kind, text: str = "", **data: str) -> None:
        """Do one act past the pages."""
        role, unit = ROLES.get(who, (who, None))
        rules = self.here.definitions
        by = cases.resident(number) if who == "resident" else cases.staff(rules, role, f"past-{who}", unit)  # type: ignore[arg-type]
        expected = self.whole(number).standing.sequence
        day = self.here.today()
        if by.role == "reviewer" and kind in CALLED:
            self.look(number, by)
        cases.act(self.here.store, rules, number, by, Act(kind, text, data), day, expected=expected)

    def look(self, number: str, by: cases.Actor) -> None:
        """Open the contact past the pages."""

        def also(connection: Connection, case: Case) -> None:
            audit.record(connection, look(by, case))

        cases.contact_of(self.here.store, number, by, also=also)

    def assigned(self, unit: str = "chengdong", **opening: str) -> str:
        """A case that is with a unit."""
        number = self.opened(**opening)
        self.do(number, "intake", "accepted")
        self.do(number, "intake", "assigned", unit=unit)
        return number

    def proposed(self, **opening: str) -> str:
        """A case whose outcome the East station proposed."""
        number = self.assigned(**opening)
        self.do(number, "handler", "replied", "我们去看看。")
        self.do(number, "handler", "outcome", "修好了。", outcome="on-the-spot")
        return number

    def closed(self, **opening: str) -> str:
        """A case that is closed."""
        number = self.proposed(**opening)
        self.do(number, "resident", "confirmed")
        self.do(number, "reviewer", "closed")
        return number

    def sequence(self, number: str) -> str:
        """The number of its newest event, as a form carries it."""
        return str(self.whole(number).standing.sequence)


def code_of(issued: staff.Issued) -> str:
    """What the authenticator shows now, with a moment of it left."""
    assert issued.url
    if 30 - time.time() % 30 < 2:
        time.sleep(2)
    maker = pyotp.parse_uri(issued.url)
    assert isinstance(maker, pyotp.TOTP)
    return maker.now()
