"""The admin gives out addresses for kiosks at the desk: each holds, stands in the audit, and is shown once."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts
from portal.state import Portal
from tests.portal.conftest import rows
from tests.portal.desk_office import Office

WHERE = "chengdong-hukou counter-service"


@pytest.fixture
def admin(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made.client("admin")


def test_an_address_that_was_given_out_sets_up_its_kiosk(admin: FlaskClient, client: FlaskClient, here: Portal) -> None:
    page = admin.post("/staff/kiosks", data={"kiosk": WHERE, "sent": "1"}).text
    (address,) = re.findall(r"<code>(http[^<]+)</code>", page)
    parts = urlsplit(unescape(address))
    kiosk = client.get(f"{parts.path}?{parts.query}")
    assert kiosk.status_code == 200
    assert "城东派出所户籍窗口" in kiosk.text
    told = rows(here, "SELECT role, details FROM audit WHERE act = 'kiosk_issue'")
    assert [tuple(row) for row in told] == [("admin", '{"survey":"counter-service","unit":"chengdong-hukou"}')]
    listed = admin.get("/staff/kiosks").text
    assert "<code>" not in listed
    assert re.search(r"<td>\d{4}-\d\d-\d\d</td><td>[^<]+<span class=.place.>城东派出所户籍窗口</span>", listed)


def test_only_a_kiosk_that_can_be_set_up_gets_an_address(admin: FlaskClient, here: Portal) -> None:
    offered = re.findall(r'<option value="([^"]+)"', admin.get("/staff/kiosks").text)
    assert WHERE in offered
    for wanted in ("", "nowhere counter-service", "chengdong-hukou visit"):
        assert wanted not in offered
        refused = admin.post("/staff/kiosks", data={"kiosk": wanted, "sent": "1"})
        assert refused.status_code == 422
        assert "请选择评价器放在哪里" in refused.text
    assert rows(here, "SELECT 1 FROM audit WHERE act = 'kiosk_issue'") == []
