"""The surveys desk: a file becomes a draft without a restart, is opened and closed, and shows volumes and links."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts, create_app
from portal.config import Config, ConfigError
from portal.state import Portal
from surveys.audit import verify
from surveys.definition import Channel
from surveys.responses import Response, save
from tests.portal.conftest import ROOT, TODAY, LintingClient, rows, token_in
from tests.portal.desk_office import Office

FORM = "/s/visit?unit=chengdong"
Publisher = FlaskClient


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    folder = Path(shutil.copytree(ROOT / "surveys/definitions", tmp_path / "definitions"))
    return replace(config, definitions=folder)


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


@pytest.fixture
def publisher(office: Office) -> FlaskClient:
    return office.client("publisher")


@pytest.fixture
def write(config: Config, here: Portal) -> Callable[[str, str], Path]:
    """Write a file of the folder, and let the portal look without waiting for its second."""

    def put(name: str, words: str) -> Path:
        path = config.definitions / "surveys" / name
        path.write_text(words, "utf-8")
        here.watch.look_again()
        return path

    return put


def drafted(config: Config) -> str:
    """A second version of `visit` with a title of its own and no first day."""
    words = (config.definitions / "surveys/visit.v1.yaml").read_text("utf-8").replace("version: 1", "version: 2")
    return re.sub(r"(?m)^(opened|title):.*\n", "", words) + "title: {zh: 新的走访问卷, en: The new visit}\n"


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(expected|digest)" value="([^"]*)"', page))


def decide(client: FlaskClient, act: str, version: int = 2) -> int:
    path = f"/staff/surveys/visit/{version}/{act}"
    return client.post(path, data=hidden(client.get(path).text)).status_code


def in_force(app: Flask) -> Portal:
    found: Portal = app.extensions["portal"]
    return found


def test_a_new_file_is_a_draft_that_only_the_desk_sees(
    client: FlaskClient, publisher: FlaskClient, config: Config, write: Callable[[str, str], Path]
) -> None:
    before = client.get(FORM + "&lang=en").text
    write("visit.v2.yaml", drafted(config))
    listed = publisher.get("/staff/surveys?lang=en").text
    assert re.search(r'<td class="number">2</td>\s*<td>draft', listed)
    assert token_in(before) != token_in(after := client.get(FORM + "&lang=en").text)
    assert "The new visit" not in after + client.get("/?lang=en").text


def test_opening_and_closing_hold_at_once_and_are_recorded(
    client: FlaskClient, publisher: FlaskClient, here: Portal, config: Config, write: Callable[[str, str], Path]
) -> None:
    write("visit.v2.yaml", drafted(config))
    assert "in place of an older one" in publisher.get("/staff/surveys/visit/2/open?lang=en").text
    assert decide(publisher, "open") == 303
    form = client.get(FORM + "&lang=en").text
    assert "The new visit" in form
    assert "The new visit" in client.get("/?lang=en").text
    assert "version 1 instead" in publisher.get("/staff/surveys/visit/2/close?lang=en").text
    assert decide(publisher, "close") == 303
    assert "The new visit" not in client.get(FORM + "&lang=en").text
    assert decide(publisher, "open") == 303
    assert "The new visit" in client.get(FORM + "&lang=en").text
    record = rows(here, "SELECT survey, version, sequence, act, day FROM survey_openings")
    assert [tuple(row) for row in record] == [
        ("visit", 2, number, act, str(TODAY)) for number, act in enumerate(("open", "close", "open"), 1)
    ]
    acts = rows(here, "SELECT act, object, role FROM audit WHERE act LIKE 'survey_%' ORDER BY id")
    assert [tuple(row) for row in acts] == [
        (f"survey_{act}", "visit.v2", "publisher") for act in ("open", "close", "open")
    ]
    verify(here.store)


def test_closing_loses_nothing_that_somebody_is_writing(
    client: FlaskClient, publisher: FlaskClient, here: Portal, config: Config, write: Callable[[str, str], Path]
) -> None:
    write("visit.v2.yaml", drafted(config))
    decide(publisher, "open")
    token = token_in(client.get(FORM).text)
    for _ in range(2):
        decide(publisher, "close", 2)
        decide(publisher, "close", 1)
    assert client.get(FORM).status_code == 404
    assert client.post(FORM, data={"_token": token, "overall": "4"}).status_code == 303
    assert rows(here, "SELECT version FROM responses")[0][0] == 2


def test_weeks_after_it_closed_what_was_written_is_given_back(
    app: Flask, client: FlaskClient, publisher: FlaskClient, here: Portal, config: Config
) -> None:
    token = token_in(client.get(FORM).text)
    decide(publisher, "close", 1)
    client.get("/")
    app.extensions["portal"] = replace(in_force(app), today=lambda: TODAY + timedelta(days=20))
    answer = client.post(FORM + "&lang=en", data={"_token": token, "overall": "4", "better": "更多 <路灯>"})
    assert answer.status_code == 404
    assert "has closed meanwhile" in answer.text
    assert "更多 &lt;路灯&gt;</textarea>" in answer.text
    assert rows(here, "SELECT count(*) FROM responses")[0][0] == 0


def test_a_second_publisher_who_looked_earlier_is_told(
    office: Office, publisher: FlaskClient, here: Portal, config: Config, write: Callable[[str, str], Path]
) -> None:
    path = "/staff/surveys/visit/2/open"
    write("visit.v2.yaml", drafted(config))
    seen = hidden(publisher.get(path).text)
    write("visit.v2.yaml", drafted(config).replace("The new visit", "Another visit"))
    answer = publisher.post(path + "?lang=en", data=seen)
    assert answer.status_code == 409
    assert "look at the preview again" in answer.text
    assert publisher.post(path, data=hidden(answer.text)).status_code == 303
    assert publisher.post(path, data=seen).status_code == 409
    assert len(rows(here, "SELECT * FROM survey_openings")) == 1


def test_a_faulty_edit_leaves_the_last_good_files_in_force(
    app: Flask,
    client: FlaskClient,
    publisher: FlaskClient,
    config: Config,
    write: Callable[[str, str], Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    good = drafted(config)
    path = write("visit.v2.yaml", good.replace("kind: single", "kind: stars", 1))
    for _ in range(3):
        in_force(app).watch.look_again()
        assert client.get(FORM).status_code == 200
    assert [record.getMessage().count("visit.v2.yaml:") for record in caplog.records] == [1]
    listed = publisher.get("/staff/surveys?lang=en").text
    assert re.search(rf"{re.escape(str(path))}:\d+:\d+: &#39;kind&#39; is &#39;stars&#39;", listed)
    assert publisher.get("/staff/surveys/visit/1/close").status_code == 409
    write("visit.v2.yaml", good)
    assert "stars" not in publisher.get("/staff/surveys").text
    assert decide(publisher, "open") == 303


def test_a_version_whose_words_change_after_it_was_opened_is_pointed_out_and_answers_go_on(
    client: FlaskClient, publisher: FlaskClient, config: Config, write: Callable[[str, str], Path]
) -> None:
    write("visit.v2.yaml", drafted(config))
    decide(publisher, "open")
    assert "visit.v3.yaml" not in publisher.get("/staff/surveys").text
    write("visit.v2.yaml", drafted(config).replace("The new visit", "Another visit"))
    assert "Another visit" in client.get(FORM + "&lang=en").text
    assert "copy the file to visit.v3.yaml" in publisher.get("/staff/surveys").text


def test_a_removed_file_goes_and_the_receipt_of_its_answers_stays(
    client: FlaskClient, publisher: FlaskClient, config: Config, write: Callable[[str, str], Path]
) -> None:
    path = write("visit.v2.yaml", drafted(config))
    decide(publisher, "open")
    sent = client.post(FORM, data={"_token": token_in(client.get(FORM).text), "overall": "5"})
    path.unlink()
    write("README.md", "")
    assert "新的走访问卷" not in client.get(FORM).text
    assert client.get(sent.location).status_code == 200
    assert "put the file back" in publisher.get("/staff/surveys").text


def test_the_portal_looks_at_most_once_a_second(client: FlaskClient, config: Config, here: Portal) -> None:
    client.get(FORM)
    (config.definitions / "surveys/visit.v2.yaml").write_text("nonsense", "utf-8")
    assert not here.watch.is_due()
    assert here.watch.begin()
    assert not here.watch.begin()
    here.watch.end()


def test_the_record_survives_a_restart(
    publisher: FlaskClient, config: Config, write: Callable[[str, str], Path]
) -> None:
    write("visit.v2.yaml", drafted(config))
    decide(publisher, "open")
    again = create_app(config)
    assert "新的走访问卷" in again.test_client().get(FORM).text
    in_force(again).store.close()


def test_the_preview_shows_the_form_as_residents_see_it_and_sends_nothing(
    client: FlaskClient, publisher: FlaskClient
) -> None:
    for lang in ("zh", "en"):
        seen = client.get(f"{FORM}&lang={lang}").text
        shown = publisher.get(f"/staff/surveys/visit/1/preview?lang={lang}").text
        parts = r"<legend>.*?</legend>|<label.*?</label>|<h1>.*?</h1>|<p class=\"hint.*?</p>"
        assert re.findall(parts, shown, re.S) == re.findall(parts, seen, re.S)
        assert "<button disabled>" in shown
        assert not re.search(r"<form [^>]*(action|method)|_token|<button>", shown)
    assert publisher.get("/staff/surveys/visit/9/preview").status_code == 404


def answered(here: Portal, number: int, unit: str, day: date, channel: Channel = "web") -> None:
    save(
        here.store,
        Response(number.to_bytes(16), "visit", 1, unit, channel, "open", "zh", day, {"overall": "1"}, {}),
    )


def test_volumes_tell_how_many_and_never_what(publisher: FlaskClient, here: Portal) -> None:
    for number, (unit, day) in enumerate(
        [("chengdong", TODAY), ("chengdong", TODAY), ("chengxi", date(2026, 11, 3)), ("chengxi", date(2026, 9, 30))]
    ):
        answered(here, number, unit, day)
    assert re.search(r'<td class="number" rowspan="\d">3</td>', publisher.get("/staff/surveys").text)
    page = publisher.get("/staff/surveys/visit?lang=en").text
    assert re.findall(r'<tr><th scope="row">([^<]*)</th><td class="number">(\d+)', page) == [
        ("East Police Station", "2"), ("West Police Station", "1"), ("2026-11-03", "1"), ("2026-11-20", "2"),
    ]  # fmt: skip
    assert re.findall(r"<option[^>]*>(\d{4}-\d\d)", page) == ["2026-11", "2026-10", "2026-09"]
    earlier = publisher.get("/staff/surveys/visit?lang=en&month=2026-09").text
    assert "2026-09: 1 answers" in earlier
    assert "2026-11: 3 answers" in publisher.get("/staff/surveys/visit?lang=en&month=1999-01").text


def test_without_a_public_address_a_sheet_shows_the_path_and_says_so(publisher: FlaskClient) -> None:
    page = publisher.get("/staff/surveys/visit/sheets?unit=chengdong&lang=en").text
    assert "HUIYIN_SITE_URL" in page
    assert "localhost" not in page
    assert ">/s/visit?unit=chengdong<" in page
    assert "<svg" not in page


@pytest.fixture
def known(config: Config, office: Office) -> Iterator[FlaskClient]:
    """A publisher at a portal that knows its public address."""
    app = create_app(replace(config, site_url="https://huiyin.example"))
    app.test_client_class = LintingClient
    client = app.test_client()
    client.set_cookie("huiyin_staff", office.token("publisher"), path="/staff")
    yield client
    in_force(app).store.close()


def test_sheets_and_files_hold_the_code_of_each_units_link(known: FlaskClient) -> None:
    page = known.get("/staff/surveys/visit/sheets?lang=en").text
    links = re.findall(r"https://huiyin\.example/s/visit\?unit=([a-z0-9-]+)", page)
    assert len(links) == page.count("<svg") > 3
    assert "城东派出所" in page
    file = known.get("/staff/surveys/visit/qr/chengdong.svg")
    assert file.mimetype == "image/svg+xml"
    assert file.data.startswith(b"<?xml")
    assert known.get("/staff/surveys/visit/qr/nowhere.svg").status_code == 404
    assert known.get("/staff/surveys/visit/sheets?unit=nowhere").status_code == 404


@pytest.mark.parametrize(
    "address", ["huiyin.example", "https://", "https://huiyin.example/portal", "ftp://x", "https://u@x"]
)
def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    with pytest.raises(ConfigError, match="HUIYIN_SITE_URL"):
        Config.from_environment({"HUIYIN_SITE_URL": address})
    assert Config.from_environment({"HUIYIN_SITE_URL": "https://a.example/"}).site_url == "https://a.example"
