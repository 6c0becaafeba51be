"""Photos over the web: added after the case is filed, refused without loss, seen by whom they are for."""

import re
import time
from collections.abc import Sequence
from io import BytesIO

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.ctx import RequestContext
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.test import TestResponse

from portal import accounts, case_photos, photo_links
from portal.bodies import WholeBodies
from portal.state import Portal
from surveys import photos, picture_worker, pictures
from tests import pictures as made
from tests.portal.conftest import ROOT, rows
from tests.portal.desk_office import Office
from tests.portal.test_my_case import Bench, answered, closed, offered, summarised
from tests.portal.test_suggest import codes_in

BLUE, RED, GREEN, GREY = (made.photo(shade=shade) for shade in ("blue", "red", "green", "grey"))


@pytest.fixture
def bench(app: Flask) -> Bench:
    return Bench(app).opened()


def multipart(fields: dict[str, str], sent: Sequence[bytes]) -> tuple[bytes, str]:
    """A body as browsers make it, and its type; the client of the tests would put a large one on a disk."""
    heads = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    heads += [(f'name="photos"; filename="照片 {place}.jpg"', data) for place, data in enumerate(sent, 1)]
    parts = (b"--x\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), data) for head, data in heads)
    return b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x"


def add(bench: Bench, *sent: bytes, **fields: str) -> TestResponse:
    body, kind = multipart({"number": bench.number, "secret": bench.secret, **fields}, sent)
    return bench.app.test_client().post(f"/case/photos?lang={bench.lang}", data=body, content_type=kind)


def links(page: str) -> list[str]:
    return re.findall(r'<img class="photo" src="([^"]+)"', page)


def stored(bench: Bench) -> int:
    (found,) = rows(bench.here, "SELECT count(*) FROM case_photos")[0]
    return int(found)


def test_photos_are_added_and_stand_on_the_page(bench: Bench) -> None:
    page = add(bench, BLUE, made.told_on())
    assert page.status_code == 200
    assert "照片已经存到您的事项里" in page.text
    assert bench.kinds == ["received", "photo", "photo"]
    assert "您加了照片 2。" in page.text
    assert len(links(page.text)) == 2
    assert "最多 1 张" in page.text
    images = [image for (image,) in rows(bench.here, "SELECT image FROM case_photos ORDER BY position")]
    assert not any(b"Exif" in image or b"Telephone" in image for image in images)


def test_no_photo_is_written_to_a_disk_as_it_was_sent(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(f"tempfile.{name}", refuse)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", refuse)
    assert add(bench, made.noise(900, 900)).status_code == 200
    assert stored(bench) == 1


def test_from_the_receipt_she_gets_the_receipt_again_with_both_codes(bench: Bench) -> None:
    for sent, status in (((BLUE,), 200), ((b"no",), 422), ((), 422)):
        page = add(bench, *sent, receipt="1")
        assert page.status_code == status
        assert codes_in(page.text) == (bench.number, bench.secret)
    assert "最多 3 张，已经存下 1 张" in page.text
    assert 'href="#q-photos"' in page.text


def test_the_same_post_again_stores_nothing_twice(bench: Bench) -> None:
    for _ in range(2):
        assert add(bench, BLUE, RED, GREEN).status_code == 200
    assert (stored(bench), bench.kinds.count("photo")) == (3, 3)
    assert 'id="q-photos"' not in bench.page()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ((), "Choose a photo first"),
        ((BLUE, b"%PDF-1.7"), "“照片 2.jpg” cannot be read as a photo"),
        ((BLUE, made.bomb()), "“照片 2.jpg” is too large"),
        ((b"\xff\xd8\xff" + bytes(pictures.FILE_LIMIT),), "is too large"),
        ((BLUE, RED, GREEN, GREY), "A case holds 3 photos at most"),
    ],
)
def test_what_cannot_be_kept_is_told_and_nothing_is_stored(
    bench: Bench, sent: tuple[bytes, ...], words: str, lang: str
) -> None:
    bench.lang = lang
    page = add(bench, *sent)
    assert page.status_code == 422
    assert 'href="#q-photos"' in page.text
    assert (words in page.text) == (lang == "en")
    assert (stored(bench), bench.kinds) == (0, ["received"])


def test_a_fourth_is_refused(bench: Bench) -> None:
    add(bench, BLUE, RED)
    page = add(bench, GREEN, GREY)
    assert page.status_code == 422
    assert "最多 3 张照片" in page.text
    assert stored(bench) == 2


def test_a_case_that_is_over_takes_none(bench: Bench) -> None:
    closed(bench)
    assert add(bench, BLUE).status_code == 409
    assert "加照片" not in bench.page()
    assert stored(bench) == 0


def test_other_codes_add_and_show_nothing(bench: Bench) -> None:
    other = bench.another()
    for wrong in ({"secret": other.secret}, {"number": "0000000000"}, {"secret": ""}):
        assert add(bench, BLUE, **wrong).status_code == 422
    assert stored(bench) == 0
    assert bench.app.test_client().get("/case/photos").status_code == 405


def test_only_these_posts_may_be_large(bench: Bench, client: FlaskClient) -> None:
    large = {"number": bench.number, "secret": bench.secret, "text": "长" * 400_000}
    assert client.post("/case/message", data=large).status_code == 413
    too_large = client.post("/case/photos?lang=en", environ_overrides={"CONTENT_LENGTH": str(case_photos.BODY + 1)})
    assert too_large.status_code == 413
    assert "These photos are too large together" in too_large.text
    whole = add(bench, *(made.noise(1800, 1800) for _ in range(3)))
    assert whole.status_code == 200


def test_large_bodies_have_places_of_their_own_until_they_are_done_with(app: Flask) -> None:
    bodies = WholeBodies(8, {"case_photos.add": 10_000_000})
    bodies.install(app)

    def sent(path: str) -> RequestContext:
        return app.test_request_context(path, method="POST", data=b"x")

    for _ in range(3):
        with sent("/case/photos"):
            bodies.take()
    with sent("/case/photos"):
        bodies.take()
        with sent("/case/photos"):
            bodies.take()
            with sent("/case"):
                bodies.take()
            with sent("/case/photos"), pytest.raises(ServiceUnavailable):
                bodies.take()
    with sent("/case/photos"):
        bodies.take()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_and_the_privacy_page_tell_the_limits_as_they_are(language: str) -> None:
    operate = (ROOT / f"content/{language}/handbook/operate.md").read_text(encoding="utf-8")
    assert case_photos.BODY <= 31 * 1024 * 1024
    assert "client_max_body_size 31m" in operate
    assert (picture_worker.MEMORY, pictures.FILE_LIMIT) == (768 * 1024 * 1024, 10 * 1024 * 1024)
    assert {"768 MB", "10 MB", str(picture_worker.CPU_SECONDS)} <= set(re.findall(r"\d+ MB|\d+", operate))
    privacy = (ROOT / f"content/{language}/about/privacy.md").read_text(encoding="utf-8")
    assert photos.PHOTO_LIMIT == 3
    assert {"zh": "最多三张", "en": "three at most"}[language] in privacy


class TestLinks:
    def test_a_link_shows_its_photo_and_no_cache_keeps_it(self, bench: Bench) -> None:
        page = add(bench, BLUE).text
        client = bench.app.test_client()
        shown = client.get(links(page)[0])
        assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
        assert Image.open(BytesIO(shown.data)).format == "JPEG"
        assert shown.headers["Cache-Control"] == "private, no-store"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in shown.headers

    def test_no_code_can_be_read_from_it(self, bench: Bench) -> None:
        import base64

        link = links(add(bench, BLUE).text)[0]
        token = base64.urlsafe_b64decode(link.rsplit("/", 1)[1])
        assert bench.number.encode() not in token
        assert bench.number not in link

    def test_it_ends_after_some_minutes(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        link = links(add(bench, BLUE).text)[0]
        later = time.time() + photo_links.LINK_SECONDS + 2
        monkeypatch.setattr(time, "time", lambda: later)
        assert bench.app.test_client().get(link).status_code == 404

    def test_one_that_was_not_made_here_leads_nowhere(self, client: FlaskClient) -> None:
        foreign = Fernet(Fernet.generate_key()).encrypt(b"1 1").decode()
        for token in ("x", "", "é", "gAAAAA==", foreign):
            assert client.get(f"/photo/{token}").status_code == 404, token


class TestConsent:
    def test_each_photo_has_a_tick_and_none_is_ticked(self, bench: Bench) -> None:
        add(bench, BLUE, RED)
        page = summarised(bench).page()
        ticks = re.findall(r'<input type="checkbox" name="photo" value="(\d)"( checked)?', page)
        assert ticks == [("1", ""), ("2", "")]
        bench.does("consent")
        assert photos.published(bench.here.store, bench.number) == ()
        bench.does("refuse")
        bench.does("consent", photo="2")
        assert bench.last.data["photos"] == "2"
        assert len(photos.published(bench.here.store, bench.number)) == 1
        bench.does("refuse")
        assert photos.published(bench.here.store, bench.number) == ()

    def test_a_photo_that_there_is_not_cannot_be_ticked(self, bench: Bench) -> None:
        add(bench, BLUE)
        assert summarised(bench).post("consent", photo="2").status_code == 409
        assert bench.case.standing.published_summary is None

    def test_another_tab_with_other_ticks_is_not_told_that_it_is_done(self, bench: Bench) -> None:
        add(bench, BLUE)
        seen = str(len(summarised(bench).case.events))
        bench.does("consent", photo="1")
        assert bench.post("consent", photo="1", sequence=seen).status_code == 200
        assert bench.post("consent", sequence=seen).status_code == 409
        assert offered(bench.page()) >= {"refuse"}


class TestAtTheDesk:
    @pytest.fixture
    def office(self, app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
        made = Office(app, here)
        monkeypatch.setattr(accounts, "guard", lambda: made.guard)
        return made

    def test_who_reads_the_case_sees_its_photos(self, bench: Bench, office: Office) -> None:
        add(bench, BLUE)
        answered(bench)
        statuses = {
            who: office.client(who).get(f"/staff/case/{bench.number}/photo/1").status_code
            for who in ("handler", "other handler", "intake", "reviewer", "publisher", "auditor", "admin")
        }
        refused = {"other handler": 404, "publisher": 404, "auditor": 403, "admin": 403}
        assert statuses == {"handler": 200, "intake": 200, "reviewer": 200, **refused}
        page = office.client("handler").get(f"/staff/case/{bench.number}").text
        (link,) = links(page)
        shown = office.client("handler").get(link)
        assert (shown.content_type, shown.headers["Cache-Control"]) == ("image/jpeg", "private, no-store")
        assert links(office.client("auditor").get(f"/staff/case/{bench.number}").text) == []
        assert office.client("handler").get(f"/staff/case/{bench.number}/photo/2").status_code == 404
