"""Suggestions: two steps to a case, its two codes, and looking it up."""

import re
from typing import Any

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient

from portal.config import Config
from portal.limits import Limiter
from portal.state import Portal
from surveys import cases, keys, personal
from tests.portal.conftest import contents, rows, token_in, with_config

WISH = "请在北门装一盏路灯。\n晚上看不见台阶。"


def sent(client: FlaskClient, **changes: str) -> dict[str, str]:
    token = token_in(client.get("/suggest").text)
    return {"_token": token, "category": "suggestion", "unit": "chengdong", "text": WISH, "contact": "", **changes}


def codes_in(page: str) -> tuple[str, str]:
    number, secret = (re.sub(r"\D", "", found) for found in re.findall(r'class="code">([\d ]+)<', page))
    assert (len(number), len(secret)) == (10, 20)
    return number, secret


def test_emergencies_are_named_before_anything_is_sent(client: FlaskClient) -> None:
    page = client.get("/suggest").text
    for number in ("110", "119", "120", "96110", "12389"):
        assert f'href="tel:{number}"' in page
    assert page.index("tel:110") < page.index("<form")


def test_every_category_is_offered_with_its_hint(client: FlaskClient, here: Portal) -> None:
    page = client.get("/suggest?lang=en").text
    for category in here.definitions.categories.values():
        assert f'value="{category.code}"' in page
        assert category.text["en"] in page


def test_a_link_can_bring_category_and_unit(client: FlaskClient) -> None:
    page = client.get("/suggest?category=follow-up&unit=chengdong").text
    assert 'value="follow-up" checked' in page
    assert 'value="chengdong" selected' in page


def test_two_steps_open_a_case(client: FlaskClient, here: Portal) -> None:
    data = sent(client)
    step = client.post("/suggest", data=data)
    assert step.status_code == 200
    assert "第 2 步" in step.text
    assert WISH in step.text
    assert rows(here, "SELECT count(*) FROM cases")[0][0] == 0
    receipt = client.post("/suggest/send", data=data)
    assert receipt.status_code == 200
    number, secret = codes_in(receipt.text)
    assert [tuple(row) for row in rows(here, "SELECT number, category, unit, channel, day FROM cases")] == [
        (number, "suggestion", "chengdong", "web", "2026-11-20")
    ]
    page = client.post("/case", data={"number": number, "secret": secret})
    assert page.status_code == 200
    assert WISH in page.text
    # Friday 20 November: triage by Monday, first reply never before the working day after.
    assert "2026-11-23" in page.text
    assert "2026-11-24" in page.text


HOST = "huiyin.example:8443<wbr>"


@pytest.mark.parametrize(
    ("site", "shown"),
    [(f"https://{HOST[:-5]}", {"zh": HOST, "en": HOST}), (None, {"zh": "本网站 ", "en": "this site, "})],
)
def test_the_receipt_says_where_to_look_the_case_up(config: Config, site: str | None, shown: dict[str, str]) -> None:
    app = with_config(config, site_url=site)
    client = app.test_client()
    for language in ("zh", "en"):
        receipt = client.post(f"/suggest/send?lang={language}", data=sent(client), base_url="https://forged.example")
        assert f'<dd class="address">{shown[language]}/case</dd>' in receipt.text
    app.extensions["portal"].store.close()


def test_the_same_form_sent_again_gives_the_same_codes(client: FlaskClient, here: Portal) -> None:
    data = sent(client)
    assert len({codes_in(client.post("/suggest/send", data=data).text) for _ in range(5)}) == 1
    assert rows(here, "SELECT count(*) FROM cases")[0][0] == 1


def test_the_secret_is_in_no_address_and_not_in_the_store(client: FlaskClient, here: Portal) -> None:
    receipt = client.post("/suggest/send", data=sent(client))
    _, secret = codes_in(receipt.text)
    assert "Location" not in receipt.headers
    assert receipt.headers["Cache-Control"] == "no-store"
    assert secret.encode() not in contents(here)


def test_the_contact_is_sealed(client: FlaskClient, here: Portal) -> None:
    receipt = client.post("/suggest/send", data=sent(client, contact="139 0000 0000"))
    number, _ = codes_in(receipt.text)
    sealed = rows(here, "SELECT sealed FROM case_contacts")[0][0]
    assert b"139" not in sealed
    private = keys.key_paths(here.config.database)[2].read_bytes()
    assert keys.unseal(sealed, private, number) == "139 0000 0000"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"category": ""}, "category", "请选择要说的是哪类事"),
        ({"category": "made-up"}, "category", "请选择要说的是哪类事"),
        ({"unit": "made-up"}, "unit", "请从列出的选项里选一个"),
        ({"text": "  \n"}, "text", "请写下您想说的话"),
        ({"text": "长" * 2001}, "text", "请缩短到 2000 个字以内"),
    ],
)
def test_what_is_missing_is_asked_for(client: FlaskClient, changes: dict[str, str], field: str, sentence: str) -> None:
    data = sent(client, **changes)
    for address in ("/suggest", "/suggest/send"):
        page = client.post(address, data=data)
        assert page.status_code == 422
        assert f'href="#q-{field}"' in page.text
        assert sentence in page.text
        assert data["text"] in page.text


def test_a_contact_too_long_stays_on_its_step(client: FlaskClient) -> None:
    page = client.post("/suggest/send", data=sent(client, contact="1" * 201))
    assert page.status_code == 422
    assert "第 2 步" in page.text


def test_she_can_go_back_and_change_it(client: FlaskClient) -> None:
    page = client.post("/suggest", data={**sent(client), "edit": "1", "contact": "x@y"})
    assert "第 1 步" in page.text
    assert WISH in page.text
    assert 'name="contact" value="x@y"' in page.text


def test_a_flood_of_cases_is_asked_to_wait(app: Flask, here: Portal) -> None:
    app.extensions["portal"] = type(here)(**{**vars(here), "cases_limit": Limiter(per_minute=0, per_hour=0)})
    client = app.test_client()
    page = client.post("/suggest/send", data=sent(client))
    assert page.status_code == 429
    assert WISH in page.text


def case_data(client: FlaskClient) -> dict[str, str]:
    number, secret = codes_in(client.post("/suggest/send", data=sent(client)).text)
    return {"number": number, "secret": secret}


def test_blanks_and_full_width_digits_do_not_matter(client: FlaskClient) -> None:
    data = case_data(client)
    wide = data["number"].translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    typed = {"number": f" {wide[:5]} {wide[5:]}", "secret": "-".join(re.findall("....", data["secret"]))}
    assert client.post("/case", data=typed).status_code == 200


def other_digit(code: str) -> str:
    return code[:3] + str((int(code[3]) + 1) % 10) + code[4:]


@pytest.mark.parametrize(
    ("field", "sentence"), [("number", "编号里有一位数字不对"), ("secret", "密码里有一位数字不对")]
)
def test_a_typo_is_named_and_costs_no_try(app: Flask, here: Portal, field: str, sentence: str) -> None:
    client = app.test_client()
    data = case_data(client)
    app.extensions["portal"] = type(here)(**{**vars(here), "guesses_limit": Limiter(per_minute=1, per_hour=1)})
    for _ in range(3):
        page = client.post("/case", data={**data, field: other_digit(data[field])})
        assert page.status_code == 422
        assert sentence in page.text
    assert client.post("/case", data=data).status_code == 200


@pytest.mark.parametrize(
    ("typed", "number", "secret"),
    [
        ("", "请填写 10 位事项编号", "请填写 20 位查询密码"),
        (" - ", "请填写 10 位事项编号", "请填写 20 位查询密码"),
        ("12345", "这里是 5 位数字，应为 10 位", "这里是 5 位数字，应为 20 位"),
        ("1" * 21, "这里是 21 位数字，应为 10 位", "这里是 21 位数字，应为 20 位"),
        ("abc", "请只填数字", "请只填数字"),
        ("12345678９٣", "请只填数字", "请只填数字"),
    ],
)
def test_what_is_wrong_with_a_code_is_said_as_it_is(client: FlaskClient, typed: str, number: str, secret: str) -> None:
    page = client.post("/case", data={"number": typed, "secret": typed})
    assert page.status_code == 422
    assert f'<p class="error" id="e-number">{number}' in page.text
    assert f'<p class="error" id="e-secret">{secret}' in page.text


def test_guessing_is_slowed_down(app: Flask, here: Portal) -> None:
    client = app.test_client()
    data, other = case_data(client), case_data(client)
    app.extensions["portal"] = type(here)(**{**vars(here), "guesses_limit": Limiter(per_minute=2, per_hour=9)})
    wrong: dict[str, Any] = {"number": data["number"], "secret": other["secret"]}
    assert [client.post("/case", data=wrong).status_code for _ in range(3)] == [422, 422, 429]


def test_wrong_codes_from_a_hall_do_not_shut_out_who_has_the_right_ones(app: Flask, here: Portal) -> None:
    client = app.test_client()
    data, other = case_data(client), case_data(client)
    app.extensions["portal"] = type(here)(**{**vars(here), "guesses_limit": Limiter(per_minute=2, per_hour=9)})
    wrong: dict[str, Any] = {"number": data["number"], "secret": other["secret"]}
    for _ in range(4):
        refused = client.post("/case", data=wrong)
        assert client.post("/case", data=data).status_code == 200
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")


def test_an_unknown_number_and_a_wrong_code_look_the_same(client: FlaskClient) -> None:
    data, other = case_data(client), case_data(client)
    wrong_code = client.post("/case", data={**data, "secret": other["secret"]})
    unknown = client.post("/case", data={"number": "0000000000", "secret": other["secret"]})
    assert (wrong_code.status_code, unknown.status_code) == (422, 422)
    assert wrong_code.text.replace(data["number"], "") == unknown.text.replace("0000000000", "")


IDENTITY, CARD, PHONE = "11010519491231002X", "6222 0212 3456 7894", "139-0000-0000"


@pytest.mark.parametrize(
    ("number", "kind"), [(IDENTITY, "身份证号"), ("6222021234567894", "银行卡号"), (PHONE, "电话号码")]
)
def test_numbers_of_a_person_are_pointed_out_and_stop_nobody(client: FlaskClient, number: str, kind: str) -> None:
    assert personal.find(number), number
    data = sent(client, text=f"我叫 <b>, 号码 {number}。")
    page = client.post("/suggest", data=data)
    assert page.status_code == 200
    assert f"<li>{kind}" in page.text
    assert f"我叫 &lt;b&gt;, 号码 <mark>{number}</mark>。" in page.text
    assert 'href="#edit"' in page.text
    assert client.post("/suggest/send", data=data).status_code == 200


def test_nothing_is_pointed_out_where_there_is_nothing(client: FlaskClient) -> None:
    page = client.post("/suggest", data=sent(client)).text
    assert "<mark>" not in page
    assert 'class="emergency' not in page
    assert 'role="alert"' not in page


def test_danger_shows_the_emergency_numbers_first_and_stops_nobody(client: FlaskClient) -> None:
    data = sent(client, text="楼下有人持刀。")
    page = client.post("/suggest", data=data).text
    for number in ("110", "119", "120"):
        assert 0 < page.index(f'href="tel:{number}"') < page.index("<h1")
    assert client.post("/suggest/send", data=data).status_code == 200


def test_the_qr_code_of_the_receipt_holds_only_the_number(client: FlaskClient) -> None:
    page = client.post("/suggest/send", data=sent(client)).text
    number, _ = codes_in(page)
    drawing = page[page.index("<svg") : page.index("</svg>")]
    assert "style" not in drawing
    assert dark_cells(drawing, 4) == [
        (column, row)
        for row, cells in enumerate(segno.make_qr(number, error="m").matrix)
        for column, cell in enumerate(cells)
        if cell
    ]


def dark_cells(drawing: str, border: int) -> list[tuple[int, int]]:
    """Where the path of the drawing has ink: it moves and draws from left to right, row by row."""
    found, column, row = [], 0, 0
    path = re.findall(r' d="([^"]+)"', drawing)[-1]
    for command, x, y in re.findall(r"([Mmh])(-?[0-9.]+) ?(-?[0-9.]+)?", path):
        if command == "M":
            column, row = int(float(x)), int(float(y))
        elif command == "m":
            column, row = column + int(float(x)), row + int(float(y))
        else:
            found += [(column + step - border, row - border) for step in range(int(x))]
            column += int(x)
    return found


def request_of(client: FlaskClient, **changes: str) -> dict[str, str]:
    return sent(client, category="visit", contact="139 0000 0000", **changes)


def released(here: Portal, number: str) -> str | None:
    found = cases.find(here.store, number, cases.resident(number))
    assert found
    return found.standing.released


def test_she_may_let_the_unit_have_her_contact_when_she_opens_a_request(client: FlaskClient, here: Portal) -> None:
    data = request_of(client)
    step = client.post("/suggest", data=data).text
    assert re.search(r'<input type="checkbox" name="release_to" value="chengdong">', step)
    assert "同意让城东派出所看到" in step
    number, _ = codes_in(client.post("/suggest/send", data=data).text)
    assert released(here, number) is None
    ticked, _ = codes_in(client.post("/suggest/send", data={**data, "release_to": "chengdong"}).text)
    assert (released(here, ticked), ticked != number) == ("chengdong", True)


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "suggestion"},
        {"category": "service-complaint"},
        {"unit": ""},
        {"unit": "chengxi"},
        {"contact": ""},
    ],
)
def test_no_contact_is_released_for_anything_else(client: FlaskClient, here: Portal, changes: dict[str, str]) -> None:
    data = {**request_of(client), **changes, "release_to": "chengdong"}
    number, _ = codes_in(client.post("/suggest/send", data=data).text)
    assert released(here, number) is None
    if changes not in ({"unit": "chengxi"}, {"contact": ""}):
        assert "checkbox" not in client.post("/suggest", data=data).text


def test_the_tick_is_kept_when_she_goes_back_and_is_for_that_unit_alone(client: FlaskClient) -> None:
    data = {**request_of(client), "release_to": "chengdong"}
    assert 'name="release_to" value="chengdong"' in client.post("/suggest", data={**data, "edit": "1"}).text
    assert 'name="release_to" value="chengdong" checked' in client.post("/suggest", data=data).text
    assert 'name="release_to" value="chengxi">' in client.post("/suggest", data={**data, "unit": "chengxi"}).text


def test_the_receipt_can_be_read_in_another_language_by_its_codes_alone(client: FlaskClient, here: Portal) -> None:
    first = client.post("/suggest/send?lang=zh", data=sent(client)).text
    number, secret = codes_in(first)
    assert 'formaction="/case/receipt?lang=en" lang="en">English<' in first
    again = client.post("/case/receipt?lang=en", data={"number": number, "secret": secret})
    assert again.status_code == 200
    assert "Your case is opened" in again.text
    assert codes_in(again.text) == (number, secret)
    assert len(rows(here, "SELECT number FROM cases")) == 1
    wrong = client.post("/case/receipt?lang=en", data={"number": number, "secret": "1" * 20})
    assert wrong.status_code != 200
    assert number not in wrong.text.replace(f'value="{number}"', "")
