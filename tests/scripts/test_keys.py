"""New keys that sign, beside a server that runs: what people hold stays good, and after a leak nothing does."""

import json
import re
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from portal.security import TokenSigner
from scripts import keys as command
from surveys import duties, grants, kiosks, responses, sessions, staff
from surveys.accounts import Guard
from surveys.keys import Keys, load_keys
from surveys.store import Store
from tests.portal.conftest import token_in
from tests.portal.desk_office import CHEAP, OWN
from tests.scripts.conftest import run
from tests.serving import Running, serving

FORM = "/portal/s/visit?unit=chengdong"


class Holder:
    """A resident, a device, a kiosk and somebody of the desk, and what each of them holds."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.database = server.folder / "huiyin.db"
        self.cookie = {"Cookie": f"huiyin_staff={self.session()}"}
        self.token, self.receipt = self.form(), self.ask("POST", FORM, self.filled(self.form()))[1]["location"]
        self.grant = grants.sign(self.keys(), grants.Grant("visit", 1, "chengdong", responses.today()))
        given = kiosks.new_pass("counter-service", "chengdong-hukou", responses.today())
        self.kiosk = f"/portal/kiosk/chengdong-hukou?k={kiosks.sign(self.keys(), given)}"

    def keys(self) -> Keys:
        return load_keys(self.database, create=False)

    def session(self) -> str:
        now, post = datetime.now(UTC), duties.post_of(["intake"], None, {})
        with Store.open(self.database) as store:
            guard = Guard(store, self.keys(), CHEAP)
            issued = staff.add(guard, None, "mei", "mei", post, now)
            assert issued.password
            begun = sessions.sign_in(guard, "mei", issued.password, issued.recovery[0], now)
            return sessions.change_password(guard, begun, issued.password, OWN, now).token

    def ask(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        with closing(HTTPConnection("127.0.0.1", self.server.port, timeout=20)) as connection:
            connection.request(method, path, body, {**kind, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()

    def form(self) -> str:
        return token_in(self.ask("GET", FORM)[2])

    def filled(self, token: str) -> str:
        return urlencode({"_token": token, "overall": "2", "better": "早点开门"})

    def statuses(self, turn: int) -> list[int]:
        """What comes of the form, the receipt, the device's answer, the kiosk and the session."""
        queued = {"id": f"{turn:032x}", "grant": self.grant, "language": "zh", "answers": {"overall": ["4"]}}
        as_json = {"Content-Type": "application/json"}
        return [
            self.ask("POST", FORM, self.filled(self.token))[0],
            self.ask("GET", self.receipt)[0],
            self.ask("POST", "/portal/api/answers", json.dumps(queued), as_json)[0],
            self.ask("GET", self.kiosk)[0],
            self.ask("GET", "/portal/staff/", headers=self.cookie)[0],
        ]

    def rotate(self, *options: str) -> str:
        """Rotate beside the server, and wait until its forms carry another proof than those before."""
        result = run(command.main, "rotate", *options, "--database", self.database)
        assert result.exit_code == 0, result.stderr
        until = time.monotonic() + 20
        alone = TokenSigner(Keys(bytes(32), bytes(32), self.keys().signing[:1]))
        while alone.read(self.form(), "visit") is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        return result.stdout


def test_a_running_server_takes_the_new_key_and_honours_what_the_old_one_signed(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        holder = Holder(server)
        good = [303, 200, 200, 200, 200]
        assert holder.statuses(1) == good
        assert re.fullmatch(r"key [0-9a-f]{16} signs from now on; 1 before it is honoured on\n.*\n", holder.rotate())
        assert holder.statuses(2) == good
        stored = server.rows("SELECT count(*) FROM responses")
        told = holder.rotate("--at-once")
        assert "nothing signed before is taken any more, and 1 sessions of staff have ended" in told
        assert holder.statuses(3) == [422, 404, 422, 403, 303]
        assert server.rows("SELECT count(*) FROM responses") == stored
        page = unescape(holder.ask("POST", FORM, holder.filled(holder.token))[2])
        assert "早点开门" in page
        assert holder.ask("POST", FORM, holder.filled(token_in(page)))[0] == 303
        (shown,) = run(command.main, "show", "--database", holder.database).stdout.splitlines()
        assert shown.endswith(", alone")


def test_a_database_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("rotate", "show"):
        result = run(command.main, name, "--database", tmp_path / "huiyin.db")
        assert (result.exit_code, result.stdout) == (1, "")
    assert list(tmp_path.iterdir()) == []


def test_before_the_first_rotation_the_master_key_is_named(database: Path) -> None:
    load_keys(database, create=True)
    Store.open(database, create=True).close()
    assert "the master key signs" in run(command.main, "show", "--database", database).stdout
