"""The page of a case in a real browser: in its main states, both languages, light and dark, on phone and desktop."""

import re
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from portal import create_app
from portal.config import Config
from tests.browser.conftest import too_small
from tests.browser.test_portal import open_on, press, require_sound, send
from tests.pictures import photo
from tests.portal.conftest import ROOT, TODAY
from tests.portal.test_case_photos import add as with_photos
from tests.portal.test_my_case import PHONE, Bench, declined, proposed, summarised, with_unit

Context = Callable[..., BrowserContext]
TEXT = "路灯不亮。\n" + "https://elsewhere.example/" + "x" * 120


class Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("case")
    definitions = ROOT / "surveys/definitions"
    app = create_app(
        Config(folder / "huiyin.db", definitions, public=folder / "public", minimum_seconds=0, today=TODAY)
    )
    yield app
    app.extensions["portal"].store.close()


@pytest.fixture(scope="module")
def base(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()
    thread.join()


def late(bench: Bench) -> Bench:
    case = with_unit(bench)
    case.set(today=lambda: case.day)
    return case


def joined(bench: Bench) -> Bench:
    other = proposed(bench.another())
    return bench.staff("intake", "merged", into=other.number)


def photographed(bench: Bench) -> Bench:
    with_photos(bench, photo(800, 600), photo(600, 800, "#aa6633"))
    return summarised(bench)


def nothing(_: Page) -> None:
    """The page as it opens."""


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def send_nothing(page: Page) -> None:
    open_all(page)
    press(page, page.locator("form[action*=message] button"))
    expect(page.locator(".error-summary")).to_be_focused()


def withdraw(page: Page) -> None:
    open_all(page)
    page.fill(".offer form[action*=withdraw] textarea", "不用了，打 13800138000。")
    press(page, page.locator(".offer form[action*=withdraw] button"))
    expect(page.locator(".ask h2")).to_be_visible()


def point_out(page: Page) -> None:
    open_all(page)
    page.fill("form[action*=message] textarea", "我的身份证 11010519491231002X。")
    press(page, page.locator("form[action*=message] button"))
    expect(page.locator(".ask mark")).to_be_visible()


def switch_feed_on(page: Page) -> None:
    open_all(page)
    press(page, page.locator("form[action*=feed] button").first)
    expect(page.locator(".feed input")).to_have_value(re.compile(r"/feed/[^/]{32}\.xml$"))


def conflict(page: Page) -> None:
    page.locator("form[action*=message] input[name=sequence]").evaluate("field => field.value = '1'")
    open_all(page)
    page.fill("form[action*=message] textarea", "我的话。")
    press(page, page.locator("form[action*=message] button"))
    expect(page.locator("form[action*=message] textarea")).to_have_value("我的话。")


STATES: dict[str, tuple[Callable[[Bench], Bench], Callable[[Page], None]]] = {
    "with a unit": (late, open_all),
    "with errors": (late, send_nothing),
    "withdrawing": (late, withdraw),
    "moved on": (late, conflict),
    "pointed out": (late, point_out),
    "proposed": (proposed, switch_feed_on),
    "declined": (declined, open_all),
    "summarised": (photographed, nothing),
    "joined": (joined, open_all),
}


def look_up(page: Page, base: str, case: Bench, lang: str) -> None:
    page.goto(f"{base}/case?lang={lang}")
    page.fill("input[name=number]", case.number)
    page.fill("input[name=secret]", case.secret)
    send(page)
    expect(page.locator("h1")).to_have_text(re.compile(r"\d{5} \d{5}"))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", STATES)
def test_every_state_of_a_case_is_accessible_and_fits(app: Flask, base: str, phone: Page, name: str, lang: str) -> None:
    prepare, act = STATES[name]
    case = prepare(Bench(app).opened(category="visit", contact=PHONE, text=TEXT))
    page = open_on(phone, f"{base}/case?lang={lang}")
    look_up(page, base, case, lang)
    act(page)
    assert too_small(page, "main button, main a.button, main summary") == []
    require_sound(page, name, lang)


def test_everything_works_by_keyboard_and_without_scripts(app: Flask, base: str, context: Context) -> None:
    case = proposed(Bench(app).opened())
    page = context(java_script_enabled=False, viewport={"width": 360, "height": 740}).new_page()
    look_up(page, base, case, "zh")
    page.locator(".offer summary").first.focus()
    page.keyboard.press("Enter")
    while "是，解决了" not in page.locator(":focus").inner_text():
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.done")).to_be_visible()
    assert case.last.kind == "confirmed"
    page.reload()
    assert case.last.kind == "confirmed"
    assert len(case.kinds) == 6
    assert page.context.cookies() == []


def test_neither_code_ever_stands_in_the_address(app: Flask, base: str, context: Context) -> None:
    case = Bench(app).opened()
    page = context().new_page()
    look_up(page, base, case, "zh")
    press(page, page.locator(".again button").first)
    assert case.number not in page.url
    assert case.secret not in page.url
