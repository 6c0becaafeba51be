"""The self-check without scripts: a verdict for what was sent, and nothing written anywhere."""

import re
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.config import Config
from portal.state import Portal
from tests.portal.conftest import traces, with_config

POLICE = {"who": "official", "what": "case", "pay": "yes", "secret": "yes", "phone": "no", "code": "no", "first": "no"}


@pytest.mark.parametrize(
    ("lang", "title", "link"),
    [
        ("zh", "很像诈骗：现在就停", "/guides/fake-police/"),
        ("en", "This looks like a scam: stop now", "/en/guides/fake-police/"),
    ],
)
def test_the_verdict_names_signs_and_guides(client: FlaskClient, lang: str, title: str, link: str) -> None:
    asked = client.get(f"/check?lang={lang}").text
    assert len(re.findall("<fieldset", asked)) == 7
    assert f'action="/check?lang={lang}"' in asked
    page = client.post(f"/check?lang={lang}", data=POLICE)
    assert page.status_code == 200
    assert f">{title}</h1>" in page.text
    assert f'href="{link}"' in page.text
    assert f'href="{"" if lang == "zh" else "/en"}/emergency/"' in page.text
    assert page.text.count('<a href="tel:96110">96110</a>') == 2  # the step's, and the one at the foot of each page
    assert "&lt;a" not in page.text
    assert page.text.count(" checked>") == len(POLICE)


def test_nothing_is_stored_and_nothing_is_kept_on_the_way(client: FlaskClient, here: Portal) -> None:
    before = traces(here)
    page = client.post("/check", data=POLICE)
    assert traces(here) == before
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    assert "Location" not in page.headers


def test_answers_in_the_address_are_not_looked_at(client: FlaskClient) -> None:
    assert "verdict" not in client.get("/check?code=yes").text
    assert 'method="post"' in client.get("/check").text


def test_no_answer_at_all_is_asked_for(client: FlaskClient) -> None:
    page = client.post("/check", data={"who": "nobody", "x": "y"})
    assert page.status_code == 422
    assert "请至少答一个问题" in page.text


def test_nothing_found_is_called_no_proof(client: FlaskClient) -> None:
    page = client.post("/check", data={**dict.fromkeys(POLICE, "no"), "who": "seller", "what": "other"})
    assert "没看出信号，但这不说明没事" in page.text


def test_where_nothing_tells_all_guides_are_linked(client: FlaskClient) -> None:
    page = client.post("/check?lang=en", data={**dict.fromkeys(POLICE, "unsure"), "who": "other", "what": "other"}).text
    assert '<a href="/en/guides/">All guides on scams</a>' in page
    assert "Scams that go like this" not in page


def test_what_is_sent_from_another_site_is_refused(client: FlaskClient) -> None:
    assert client.post("/check", data=POLICE, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_an_office_without_the_file_has_no_such_page(config: Config, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(config.definitions, tmp_path / "definitions"))
    (folder / "scam-check.yaml").unlink()
    app = with_config(config, definitions=folder)
    assert app.test_client().get("/check").status_code == 404
    assert app.test_client().post("/check", data=POLICE).status_code == 404
    app.extensions["portal"].store.close()
