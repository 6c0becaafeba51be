"""The kiosk at the counter: set up by the office alone, one press one answer, nothing of it left on the screen."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from types import MappingProxyType

import pytest
from flask.testing import FlaskClient

from portal.state import Portal
from surveys import grants, kiosks
from surveys.definition import Definitions
from surveys.grants import Grant
from surveys.kiosks import Pass
from tests.portal.conftest import ROOT, TODAY, rows

UNIT = "chengdong-hukou"
GIVEN = Pass("counter-service", UNIT, TODAY, "a1b2")


def address(here: Portal, given: Pass = GIVEN, unit: str = UNIT) -> str:
    return f"/kiosk/{unit}?k={kiosks.sign(here.keys, given)}"


def fields(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'name="(_\w+)" value="([^"]*)"', page)}


def test_one_press_is_one_answer_and_the_screen_shows_nothing_of_it(client: FlaskClient, here: Portal) -> None:
    page = client.get(address(here))
    assert page.headers["Cache-Control"] == "no-store"
    assert re.findall(r'<button[^>]* value="(\w+)"', page.text) == ["5", "4", "3", "2", "1", "dk"]
    assert all(word in page.text for word in ("非常满意", "Very satisfied", "不知道", "您满意还是不满意"))
    token = fields(page.text)["_token"]
    for _ in range(2):
        sent = client.post(address(here), data={"_token": token, "overall": "2"})
        assert sent.status_code == 303
    assert rows(here, "SELECT unit, channel, basis, answers FROM responses") == [
        (UNIT, "kiosk", "assisted", '{"overall":"2"}')
    ]
    thanks = client.get(sent.location)
    assert "谢谢，已经记下。" in thanks.text
    assert "checked" not in thanks.text
    assert re.findall(r'http-equiv="refresh" content="5;url=([^"]+)"', thanks.text) == [address(here)]
    assert 'content="60;url=' in page.text


def test_what_the_tablet_keeps_comes_as_a_kiosk_and_no_other_form_does(client: FlaskClient, here: Portal) -> None:
    signed, language, _ = fields(client.get(address(here)).text)["_grant"].split(" ", 2)
    asked = here.definitions.current("counter-service", TODAY)
    assert asked is not None
    assert grants.read(here.keys, signed) == Grant("counter-service", asked.version, UNIT, TODAY, "a1b2", TODAY)
    body = {"id": "0" * 32, "grant": signed, "day": TODAY.isoformat(), "language": language}
    given = {"overall": ["dk"], "better": ["只留一题"]}
    assert client.post("/api/answers", json={**body, "answers": given}).status_code == 200
    assert rows(here, "SELECT answers FROM responses") == [('{"overall":"dk"}',)]
    assert rows(here, "SELECT question FROM response_texts") == []
    assert rows(here, "SELECT channel, basis FROM responses") == [("kiosk", "assisted")]
    web = fields(client.get("/s/visit?unit=chengdong").text)["_grant"].split(" ")[0]
    found = grants.read(here.keys, web)
    assert found is not None
    assert found.channel == "web"


def test_without_the_offices_pass_nothing_is_asked_and_nothing_taken(client: FlaskClient, here: Portal) -> None:
    wrong = [
        f"/kiosk/{UNIT}",
        f"/kiosk/{UNIT}?k=x.y",
        address(here, unit="chengxi-hukou"),
        address(here, replace(GIVEN, issued=TODAY - timedelta(days=401))),
        address(here, replace(GIVEN, survey="visit")),
        address(here, replace(GIVEN, unit="dongyuan"), "dongyuan"),
        f"/kiosk/{UNIT}?k={grants.sign(here.keys, Grant('counter-service', 1, UNIT, TODAY))}",
    ]
    token = fields(client.get(address(here)).text)["_token"]
    for path in wrong:
        assert client.get(path).status_code == 403, path
        assert client.post(path, data={"_token": token, "overall": "5"}).status_code == 403
        assert client.get(path.replace("?", "/thanks?")).status_code in (403, 404)
    assert rows(here, "SELECT id FROM responses") == []


def test_the_office_ends_all_addresses_of_a_unit(here: Portal) -> None:
    ended = here.definitions.units[UNIT]
    units = {**here.definitions.units, UNIT: replace(ended, kiosks_since=TODAY)}
    known: Definitions = replace(here.definitions, units=MappingProxyType(units))
    assert kiosks.asked_at(known, GIVEN, TODAY) is not None
    assert kiosks.asked_at(known, replace(GIVEN, issued=TODAY - timedelta(days=1)), TODAY) is None


def test_a_bad_press_says_to_press_again(client: FlaskClient, here: Portal) -> None:
    token = fields(client.get(address(here)).text)["_token"]
    for data in ({"_token": token}, {"_token": token, "overall": "7"}, {"_token": "x", "overall": "5"}):
        page = client.post(address(here), data=data)
        assert page.status_code == 422
        assert "再按一次" in page.text


@pytest.fixture
def presses(client: FlaskClient, here: Portal) -> Iterator[list[int]]:
    """The statuses of forty presses on one kiosk within a minute."""
    found = []
    for _ in range(40):
        token = fields(client.get(address(here)).text)["_token"]
        found.append(client.post(address(here), data={"_token": token, "overall": "5"}).status_code)
    yield found


def test_one_kiosk_cannot_flood_and_leaves_the_others_alone(
    presses: list[int], client: FlaskClient, here: Portal
) -> None:
    assert (presses.count(303), set(presses)) == (30, {303, 429})
    other = address(here, replace(GIVEN, name="c3d4"))
    token = fields(client.get(other).text)["_token"]
    assert client.post(other, data={"_token": token, "overall": "5"}).status_code == 303


def test_a_kiosk_is_light(client: FlaskClient, here: Portal) -> None:
    page = client.get(address(here))
    linked = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page.text))
    shared = sum((ROOT / "portal/static" / name).stat().st_size for name in linked)
    assert {"kiosk.css", "kiosk.js", "queue.js"} <= linked
    assert len(page.data) + shared <= 30 * 1024
