"""Role by route by object: a number that is changed by hand opens nothing, and no role sees who said what.

Made from the list of routes, so that a new one is tried before anybody thinks of it.
"""

import re
from collections.abc import Iterator

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import accounts
from portal.state import Portal
from surveys import second_factor, sessions
from surveys.store import people
from tests.portal.conftest import rows, token_in
from tests.portal.desk_office import OWN, ROLES, Office
from tests.portal.test_app import ROUTES
from tests.portal.test_hardening_headers import addresses
from tests.portal.test_staff_desk import TABLE

CONTACT = "13800138000"
WORDS = "桥头的信箱早上就满了"
NOWHERE = "1234567890"
CASES = {
    "with the East station": ("intake", "handler", "reviewer", "auditor"),
    "with the West station": ("intake", "other handler", "reviewer", "auditor"),
    "not assigned yet": ("intake", "reviewer", "auditor"),
    "about the East station": ("intake", "reviewer", "auditor"),
    "about the reviewer's bureau": ("intake", "auditor"),
    "closed": ("intake", "handler", "reviewer", "publisher", "auditor"),
}
"""Who may read which case; everybody else must be told what is told of a case that does not exist."""


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    app.test_client_class = FlaskClient  # these pages were linted elsewhere
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


def made(office: Office) -> dict[str, str]:
    """One case of each kind."""
    return {
        "with the East station": office.assigned("chengdong", contact=CONTACT),
        "with the West station": office.assigned("chengxi", contact=CONTACT),
        "not assigned yet": office.opened(contact=CONTACT),
        "about the East station": office.opened("service-complaint", "chengdong", contact=CONTACT),
        "about the reviewer's bureau": office.opened("service-complaint", "chengqu", contact=CONTACT),
        "closed": office.closed(contact=CONTACT),
    }


def asked(office: Office, who: str, method: str, path: str, data: dict[str, str]) -> TestResponse:
    return office.client(who).open(path, method=method, data=data or None)


def told(answer: TestResponse, number: str) -> tuple[int, str, str | None]:
    """What an answer tells, with the number that was asked for taken out."""
    return answer.status_code, answer.text.replace(number, "N"), (answer.location or "").replace(number, "N")


CASE_ROUTES = {key: row for key, row in TABLE.items() if "CASE" in row[0]}


def test_every_route_of_a_case_is_tried() -> None:
    assert len(CASE_ROUTES) == sum("number>" in rule for method, rule in TABLE) + 1  # and the search by number


@pytest.mark.parametrize("who", ROLES)
def test_what_is_not_ones_own_looks_like_what_is_not_there_and_stands_in_no_list(
    office: Office, here: Portal, who: str
) -> None:
    numbers = made(office)
    office.client(who)
    events = rows(here, "SELECT count(*) FROM case_events")
    for (method, rule), (path, data, _) in CASE_ROUTES.items():
        if rule == "/staff/find":
            continue
        there_is_none = told(asked(office, who, method, path.replace("CASE", NOWHERE), data), NOWHERE)
        for kind, number in numbers.items():
            if who not in CASES[kind]:
                found = told(asked(office, who, method, path.replace("CASE", number), data), number)
                assert found == there_is_none, (rule, method, kind)
    assert rows(here, "SELECT count(*) FROM case_events") == events
    client = office.client(who)
    lists = "".join(client.get(page).text for page in ("/staff/", "/staff/cases", "/staff/cases?state=closed"))
    for kind, number in numbers.items():
        status = client.get(f"/staff/case/{number}").status_code
        assert (status == 200) == (who in CASES[kind]), kind
        assert who in CASES[kind] or number not in lists, kind


def readable(office: Office, number: str) -> Iterator[str]:
    for (method, rule), (path, _, _) in TABLE.items():
        if method == "GET" and rule != "/staff/find":
            yield path.replace("CASE", number)


@pytest.mark.parametrize("who", ROLES)
def test_no_page_shows_a_contact_or_joins_words_with_a_rating(office: Office, here: Portal, who: str) -> None:
    visitor = office.app.test_client()
    page = "/s/counter-service?unit=chengdong-hukou"
    sent = {"_token": token_in(visitor.get(page).text), "overall": "1", "better": WORDS}
    assert visitor.post(page, data=sent).status_code == 303
    (row,) = rows(here, "SELECT id FROM responses")
    client = office.client(who)
    for path in readable(office, made(office)["with the East station"]):
        text = client.get(path).text
        assert CONTACT not in text, path
        assert row[0].hex() not in text.lower(), path
        assert WORDS not in text or path.startswith("/staff/themes/"), path


def test_a_post_from_elsewhere_is_refused_at_every_address(app: Flask, office: Office, here: Portal) -> None:
    posts = [path for method, path in addresses() if method == "POST" and path.startswith("/portal/")]
    client = office.client("intake")
    before = rows(here, "SELECT count(*), max(id) FROM audit")
    for path in dict.fromkeys(posts):
        address = path.removeprefix("/portal")
        for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            answer = client.post(address, data={"sent": "1"}, headers=headers)
            assert answer.status_code in (403, 404, 405), (address, headers)
            taken = any(rule for method, rule in ROUTES if method == "POST" and rule == address)
            assert not taken or answer.status_code == 403, address
    assert rows(here, "SELECT count(*), max(id) FROM audit") == before


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_nothing_of_the_desk_is_done_by_another_method_than_its_own(office: Office, here: Portal, method: str) -> None:
    client = office.client("admin")
    other = office.issued("intake").account
    before = rows(here, "SELECT count(*) FROM audit")
    for deed in ("reset", "roles", "disable", "enable", "sign-out"):
        answer = client.open(f"/staff/accounts/{other.id}/{deed}", method=method, data={"sent": "1"})
        assert answer.status_code == 405
    assert client.open("/staff/sign-out", method=method).status_code == 405
    assert rows(here, "SELECT count(*) FROM audit") == before


# Sessions, as the browser has them.


def test_over_tls_the_cookies_have_names_that_only_a_secure_answer_can_set(app: Flask, office: Office) -> None:
    issued = office.issued("intake")
    given = {"name": issued.account.name, "password": issued.password, "code": issued.recovery[0]}
    begun = app.test_client().post("/staff/sign-in", data=given, base_url="https://huiyin.example")
    cookies = begun.headers.getlist("Set-Cookie")
    assert sorted(one.partition("=")[0] for one in cookies) == ["__Secure-huiyin_device", "__Secure-huiyin_staff"]
    assert all("; Secure; HttpOnly; Path=/staff; SameSite=Strict" in one for one in cookies)
    token = re.findall(r"huiyin_staff=([^;]+)", cookies[0])[0]
    for name, status in (("huiyin_staff", "/staff/sign-in"), ("__Secure-huiyin_staff", "/staff/password")):
        sent = {"Cookie": f"{name}={token}"}
        answer = app.test_client(use_cookies=False).get("/staff/", headers=sent, base_url="https://huiyin.example")
        assert answer.location == status


def test_of_two_cookies_of_one_name_none_is_taken(app: Flask, office: Office) -> None:
    token = office.token("intake")
    for sent, location in (
        ((token,), None),
        ((token, "planted"), "/staff/sign-in"),
        (("planted", token), "/staff/sign-in"),
    ):
        header = "; ".join(f"__Secure-huiyin_staff={one}" for one in sent)
        answer = app.test_client(use_cookies=False).get(
            "/staff/", headers={"Cookie": header}, base_url="https://huiyin.example"
        )
        assert answer.location == location


def test_signing_out_everywhere_takes_the_present_password(app: Flask, office: Office) -> None:
    client, elsewhere = office.client("intake"), app.test_client()
    now, account = accounts.now(), office.accounts["intake"]
    with_code = office.here.store.read(lambda connection: people.account(connection, account.id))
    assert with_code
    secret = second_factor.open_secret(office.here.keys, account.id, with_code.totp)
    begun = sessions.sign_in(office.guard, account.name, OWN, pyotp.TOTP(secret).at(now), now)
    elsewhere.set_cookie("huiyin_staff", begun.token, path="/staff")
    assert client.get("/staff/password").text.count("<time datetime=") == 2
    wrong = client.post("/staff/sign-out-everywhere", data={"password": "wrong"})
    assert (wrong.status_code, elsewhere.get("/staff/").status_code) == (422, 200)
    assert client.post("/staff/sign-out-everywhere", data={"password": OWN}).location == "/staff/sign-in"
    assert elsewhere.get("/staff/").location == client.get("/staff/").location == "/staff/sign-in"


def test_a_token_chosen_by_a_stranger_becomes_no_session(app: Flask, office: Office) -> None:
    issued = office.issued("intake")
    client = app.test_client()
    client.set_cookie("huiyin_staff", "chosen-by-a-stranger", path="/staff")
    given = {"name": issued.account.name, "password": issued.password, "code": issued.recovery[0]}
    begun = client.post("/staff/sign-in", data=given)
    assert begun.status_code == 303
    assert "chosen-by-a-stranger" not in str(begun.headers)
    stranger = app.test_client()
    stranger.set_cookie("huiyin_staff", "chosen-by-a-stranger", path="/staff")
    assert stranger.get("/staff/").location == "/staff/sign-in"
