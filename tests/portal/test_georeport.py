"""Open311 GeoReport v2: read by a client that is not ours, posted without a name, and telling what is public alone."""

import re
from collections.abc import Iterator
from datetime import date
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import jsonschema
import pytest
import xmltodict
from flask import Flask
from flask.testing import FlaskClient
from georeport import GeoReport
from werkzeug.test import TestResponse

from portal.georeport import KEY_LENGTHS
from portal.georeport_public import MOST_DAYS
from portal.limits import Limiter
from portal.state import Portal
from surveys import cases
from surveys.cases import resident
from tests.portal.conftest import ROOT, contents, rows
from tests.surveys.case_office import PUBLISHER, Desk

API = "/open311/v2"
WISH = "请在北门装一盏路灯。"
SUMMARY = "东门的路灯修好了。\n\n---\n\nThe street lamp at the east gate works again."
KEY = "k" * 22
TEXT, MAYBE = {"type": "string"}, {"type": ["string", "null"]}
REQUEST = {
    "type": "object",
    "required": ["service_request_id", "status"],
    "properties": {
        "service_request_id": TEXT,
        "status": {"enum": ["open", "closed"]},
        **dict.fromkeys(("status_notes", "service_name", "service_code", "description", "agency_responsible"), MAYBE),
        **dict.fromkeys(("requested_datetime", "updated_datetime", "expected_datetime", "service_notice"), MAYBE),
        **dict.fromkeys(("address", "address_id", "zipcode", "lat", "long", "media_url"), MAYBE),
    },
    "additionalProperties": False,
}
"""The shapes of the standard's tables, written down from its text."""
SERVICE = {
    "type": "object",
    "required": ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"],
    "properties": {
        **dict.fromkeys(("service_code", "service_name", "description", "group"), TEXT),
        "metadata": {"type": "boolean"},
        "type": {"enum": ["realtime", "batch", "blackbox"]},
        "keywords": MAYBE,
    },
    "additionalProperties": False,
}
DEFINITION = {
    "type": "object",
    "required": ["service_code", "attributes"],
    "properties": {
        "service_code": TEXT,
        "attributes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["variable", "code", "datatype", "required", "order", "description", "values"],
                "properties": {
                    "datatype": {"enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]},
                    "values": {"type": "array", "items": {"type": "object", "required": ["key", "name"]}},
                },
            },
        },
    },
}


def listed(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


@pytest.fixture
def desk(here: Portal) -> Desk:
    return Desk(here.store, here.keys, date(2026, 9, 1))


def agreed(desk: Desk, **opening: str) -> str:
    number = desk.closed(text=WISH, **opening)
    case = desk.do(number, PUBLISHER, "summarised", SUMMARY)
    desk.do(number, resident(number), "consented", summary=str(case.standing.summary))
    return number


def post(client: FlaskClient, form: str = "json", **fields: str) -> TestResponse:
    sent = {
        "service_code": "suggestion",
        "description": WISH,
        **{key.replace("__", "["): v for key, v in fields.items()},
    }
    return client.post(f"{API}/requests.{form}?lang=en", data={key: value for key, value in sent.items() if value})


def codes_of(answer: TestResponse) -> tuple[str, str]:
    (told,) = answer.json or [{}]
    number = re.search(r"Case number: ([\d ]+)\.", told["service_notice"])
    secret = re.search(r"Secret code: ([\d ]+)\.", told["service_notice"])
    assert number is not None
    assert secret is not None
    assert number[1].replace(" ", "") == told["service_request_id"]
    return told["service_request_id"], secret[1].replace(" ", "")


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{API}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_client_that_is_not_ours_reads_all_there_is(form: str, address: str, desk: Desk, here: Portal) -> None:
    agreed(desk, category="suggestion")
    agreed(desk, category="suggestion", unit="east")
    late = [desk.opened().number, desk.opened().number]
    client = GeoReport(address, output_format=form)
    assert [one["service_code"] for one in client.get_service_list()] == list(here.definitions.categories)
    definition = client.get_service_definition("suggestion")
    assert definition["service_code"] == "suggestion"
    found = client.get_service_requests(status="open")
    assert {one["service_request_id"] for one in found} == set(late)
    told = client.get_service_request(late[0])
    assert (told["status"], told["service_code"], told["description"]) == ("open", None, None)
    closed = client.get_service_requests(status="closed", start_date="2026-09-01T00:00:00Z", service_code="suggestion")
    assert [one["description"] for one in closed] == ["东门的路灯修好了。"] * 2
    assert client.get_service_request(closed[0]["service_request_id"]) == closed[0]


def test_answers_have_the_shapes_of_the_standard(client: FlaskClient, desk: Desk) -> None:
    agreed(desk, category="suggestion")
    desk.opened()
    shapes = {"services": listed(SERVICE), "services/visit": DEFINITION, "requests": listed(REQUEST)}
    for name, schema in shapes.items():
        answer = client.get(f"{API}/{name}.json")
        assert (answer.status_code, answer.content_type) == (200, "application/json; charset=utf-8")
        jsonschema.validate(answer.json, schema)
    made = {"type": "array", "minItems": 1, "maxItems": 1, "items": {"required": ["service_request_id"]}}
    jsonschema.validate(post(client).json, made)


def test_xml_and_json_say_the_same(client: FlaskClient, desk: Desk) -> None:
    agreed(desk, category="suggestion")
    for name, (root, each) in {
        "services": ("services", "service"),
        "requests": ("service_requests", "request"),
    }.items():
        address = f"{API}/{name}.{{}}?start_date=2026-09-01T00:00:00Z"
        plain = client.get(address.format("json")).json or []
        answer = client.get(address.format("xml"))
        assert answer.content_type == "text/xml; charset=utf-8"
        assert answer.data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
        found = xmltodict.parse(answer.data, force_list=(each,))[root][each]
        assert found == [{key: "true" if value is True else value for key, value in one.items()} for one in plain]
    discovery = xmltodict.parse(client.get(f"{API}/discovery.xml").data)["discovery"]
    told = client.get(f"{API}/discovery.json").json or {}
    assert told["endpoints"][0]["url"] == discovery["endpoints"]["endpoint"]["url"] == API
    assert discovery["endpoints"]["endpoint"]["formats"]["format"] == ["text/xml", "application/json"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", told["changeset"])


def test_every_service_names_the_numbers_to_call(client: FlaskClient) -> None:
    for language in ("zh", "en"):
        for one in client.get(f"{API}/services.json?lang={language}").json or []:
            assert [number for number in ("110", "119", "120") if number not in one["description"]] == []


def test_a_post_opens_a_case_whose_codes_open_it(client: FlaskClient, here: Portal) -> None:
    answer = post(client, **{"attribute[unit]": "chengdong"}, address_string="北门 3 号楼旁")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "Location" not in answer.headers
    number, secret = codes_of(answer)
    case = cases.look_up(here.store, here.keys, number, secret)
    assert case is not None
    assert (case.category, case.unit, case.channel, case.language) == ("suggestion", "chengdong", "other", "en")
    assert case.events[0].text == f"{WISH}\n\nPlace: 北门 3 号楼旁"
    assert "Kept as words of the report, which whoever works on it reads: address_string." in answer.text
    assert "address_string" not in post(client).text
    assert WISH.encode() in contents(here)
    assert secret.encode() not in contents(here)


def test_nothing_of_a_person_or_a_map_is_kept_and_the_answer_says_so(client: FlaskClient, here: Portal) -> None:
    personal = {"first_name": "Wang", "last_name": "Zhaodi", "email": "wang@zhaodi.example", "phone": "13800138000"}
    more = {"device_id": "tt222111", "account_id": "a123456", "lat": "39.9042", "long": "116.4074"}
    media = {"media_url": "https://pictures.example/1.jpg", "address_id": "x545483", "attribute[WHISPAWN]": "w123456"}
    answer = post(client, **personal, **more, **media)
    (notice,) = [one["service_notice"] for one in answer.json or []]
    told = notice.rpartition(": ")[2].rstrip(".").split(", ")
    assert told == sorted([*personal, *more, "media_url", "address_id", "other fields"])
    stored = contents(here)
    for value in {**personal, **more, **media}.values():
        assert value.encode() not in stored
    assert rows(here, "SELECT count(*) FROM case_contacts")[0][0] == 0
    assert "Not kept" not in post(client, api_key="x", jurisdiction_id="here.example").text


def test_words_of_danger_stop_nobody_and_bring_the_numbers_first(client: FlaskClient, here: Portal) -> None:
    answer = post(client, description="楼下有人持刀。")
    number, secret = codes_of(answer)
    (notice,) = [one["service_notice"] for one in answer.json or []]
    assert notice.index("110") < notice.index("Case number")
    case = cases.look_up(here.store, here.keys, number, secret)
    assert case is not None
    assert cases.find(here.store, number, resident(number)) is not None
    assert rows(here, f"SELECT calm FROM case_board WHERE number = '{number}'")[0][0] == 0


def test_one_key_is_one_case(client: FlaskClient, here: Portal) -> None:
    first = codes_of(post(client, idempotency_key=KEY))
    assert codes_of(post(client, idempotency_key=KEY)) == first
    sent = {"service_code": "suggestion", "description": WISH}
    by_header = client.post(f"{API}/requests.json?lang=en", data=sent, headers={"Idempotency-Key": KEY})
    assert codes_of(by_header) == first
    assert codes_of(post(client, idempotency_key=KEY, description="别的事。")) != first
    assert len({codes_of(post(client)) for _ in range(3)}) == 3
    assert rows(here, "SELECT count(*) FROM cases")[0][0] == 5
    assert post(client, idempotency_key="1").status_code == 400


WRONG: list[tuple[dict[str, str], int, str]] = [
    ({"service_code": ""}, 400, "Give a service_code"),
    ({"service_code": "potholes"}, 404, "no such service_code"),
    ({"description": ""}, 400, "description: Write what you want to tell us"),
    ({"description": " ", "address_string": "北门"}, 400, "description: Write what you want to tell us"),
    ({"description": "长" * 2001}, 400, "description: Shorten this to 2000 characters"),
    ({"description": "长" * 1999, "address_string": "北门"}, 400, "description: Shorten this"),
    ({"attribute[unit]": "nowhere"}, 400, "attribute[unit]: Choose one of the entries shown"),
]


def test_what_is_wrong_with_a_post_is_said_in_its_format(client: FlaskClient, here: Portal) -> None:
    for fields, status, words in WRONG:
        plain, xml = post(client, **fields), post(client, "xml", **fields)
        assert (plain.status_code, xml.status_code) == (status, status)
        (error,) = plain.json or []
        assert error["code"] == status
        assert words in error["description"]
        found = xmltodict.parse(xml.data)["errors"]["error"]
        assert found == {"code": str(status), "description": error["description"]}
    assert rows(here, "SELECT count(*) FROM cases")[0][0] == 0


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "nothing.json", 404, None),
        ("GET", "requests/1/2.xml", 404, None),
        ("DELETE", "requests.json", 405, {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "services.xml", 405, {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_an_unknown_address_or_method_is_answered_in_the_format_that_was_asked_for(
    client: FlaskClient, method: str, path: str, status: int, allow: set[str] | None
) -> None:
    answer = client.open(f"{API}/{path}", method=method, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    found = (answer.json or [])[0] if path.endswith("json") else xmltodict.parse(answer.data)["errors"]["error"]
    assert int(found["code"]) == status
    assert ("services.xml" if status == 404 else "POST") in found["description"]
    assert answer.headers.get("Allow") == (", ".join(sorted(allow)) if allow else None)
    assert answer.content_type.startswith("application/json" if path.endswith("json") else "text/xml")


def test_the_page_of_another_site_cannot_post_and_a_program_can(client: FlaskClient) -> None:
    sent = {"service_code": "suggestion", "description": WISH}
    for header in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post(f"{API}/requests.json", data=sent, headers=header)
        assert (answer.status_code, [one["code"] for one in answer.json or []]) == (403, [403])
    assert client.post(f"{API}/requests.json", data=sent).status_code == 200


def test_a_flood_is_asked_to_wait_as_at_the_form(app: Flask, here: Portal) -> None:
    app.extensions["portal"] = type(here)(**{**vars(here), "cases_limit": Limiter(per_minute=1, per_hour=1)})
    client = app.test_client()
    assert post(client).status_code == 200
    answer = post(client, "xml")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert xmltodict.parse(answer.data)["errors"]["error"]["code"] == "429"


def test_a_case_that_is_not_public_looks_like_none(client: FlaskClient, desk: Desk, here: Portal) -> None:
    desk.day = here.today()
    number = codes_of(post(client))[0]
    answers = [client.get(f"{API}/requests/{one}.json") for one in (number, "0000000000", "x")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert (client.get(f"{API}/requests.json").json, number in client.get(f"{API}/requests.xml").text) == ([], False)


def test_an_overdue_case_tells_what_the_public_list_tells(client: FlaskClient, desk: Desk) -> None:
    number = desk.opened(category="complaint", text=WISH).number
    (told,) = client.get(f"{API}/requests/{number}.json?lang=en").json or []
    assert {key: value for key, value in told.items() if value is not None} == {
        "service_request_id": number,
        "status": "open",
        "status_notes": "Overdue by 79 days: triage",
        "expected_datetime": "2026-09-02T00:00:00+08:00",
    }
    assert client.get(f"{API}/requests.json?service_code=complaint").json == []
    assert client.get(f"{API}/requests.json?status=closed").json == []


def test_no_number_stands_beside_a_summary_and_a_late_one_tells_months_only(client: FlaskClient, desk: Desk) -> None:
    number = agreed(desk, category="suggestion")
    (told,) = client.get(f"{API}/requests.json?start_date=2026-09-01T00:00:00Z&lang=en").json or []
    assert number not in str(told)
    assert (told["service_code"], told["status"]) == ("suggestion", "closed")
    assert told["description"] == "The street lamp at the east gate works again."
    assert told["requested_datetime"] == "2026-09-01T00:00:00+08:00"
    assert WISH not in str(told)


def test_filters_hold_dates_to_ninety_days(client: FlaskClient, desk: Desk) -> None:
    agreed(desk, category="suggestion")
    asked = {
        "": 1,
        "start_date=2026-09-01T00:00:00Z&end_date=2026-11-30T00:00:00Z": 1,
        "end_date=2026-08-31": 0,
        "start_date=2026-10-01T08:00:00%2B08:00": 0,
        "status=open": 0,
        "status=open,closed&service_code=visit,suggestion": 1,
        "service_code=visit": 0,
    }
    for query, count in asked.items():
        assert len(client.get(f"{API}/requests.json?{query}").json or []) == count, query
    for query in ("start_date=yesterday", "start_date=2026-01-01&end_date=2026-11-01", "end_date=2026-02-30"):
        assert client.get(f"{API}/requests.json?{query}").status_code == 400, query


def test_what_is_public_is_looked_up_once_a_minute(client: FlaskClient, desk: Desk) -> None:
    assert client.get(f"{API}/requests.json").json == []
    desk.opened()
    assert client.get(f"{API}/requests.json").json == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_names_every_address_and_every_field(language: str) -> None:
    written = (ROOT / "content" / language / "handbook" / "open311.md").read_text(encoding="utf-8")
    for address in re.findall(r"\| `(?:GET|POST) ([a-z0-9/]+)", written):
        assert address.partition("/")[0] in {"discovery", "services", "requests"}
    assert all(f"`{name}`" in written for name in ("service_request_id", "service_code", "status", "start_date"))
    assert {str(KEY_LENGTHS[0]), str(KEY_LENGTHS[-1]), str(cases.TEXT_LIMIT), str(MOST_DAYS)} <= set(
        re.findall(r"\d+", written.replace(",", ""))
    )
