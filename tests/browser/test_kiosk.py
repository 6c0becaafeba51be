"""The kiosk on a tablet: large buttons, thanks, back to the question by itself, with and without network or scripts."""

import time
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from surveys import keys, kiosks
from surveys.kiosks import Pass
from tests.browser.conftest import FORM_KEPT, until, violations
from tests.browser.test_queue import stored
from tests.serving import Running, serving

Context = Callable[..., BrowserContext]
UNIT = "chengdong-hukou"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("kiosk"), HUIYIN_TODAY="2026-11-20") as server:
        yield server


def address(server: Running) -> str:
    given = Pass("counter-service", UNIT, date(2026, 11, 20), "a1b2")
    signed = kiosks.sign(keys.load_keys(server.folder / "huiyin.db", create=False), given)
    return f"http://127.0.0.1:{server.port}/portal/kiosk/{UNIT}?k={signed}"


def level(page: Page, value: str) -> None:
    page.locator(f"button[value='{value}']").click()


@pytest.mark.parametrize(
    ("size", "least"),
    [((800, 1280), 150), ((1280, 800), 150), ((768, 1024), 100), ((1024, 768), 150), ((360, 740), 70)],
)
def test_the_buttons_are_large_and_the_page_is_sound(
    context: Context, portal: Running, size: tuple[int, int], least: int
) -> None:
    page = context(locale="zh-CN", viewport={"width": size[0], "height": size[1]}).new_page()
    page.goto(address(portal))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    boxes = [box for button in page.locator(".levels button").all() if (box := button.bounding_box())]
    assert len({(round(box["width"]), round(box["height"])) for box in boxes}) == 1
    assert boxes[0]["height"] >= least
    assert page.locator("h1[data-ready]").count() == 1
    last = page.locator(".apart").bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= size[1]


def test_presses_count_once_with_and_without_a_network_and_leave_no_trace(context: Context, portal: Running) -> None:
    opened = context(locale="zh-CN", viewport={"width": 800, "height": 1280}, has_touch=True)
    page = opened.new_page()
    page.clock.install()
    before = stored(portal)
    page.goto(address(portal))
    until(page, "() => navigator.serviceWorker.controller !== null")
    page.reload()
    until(page, FORM_KEPT)
    level(page, "5")
    expect(page.locator("h1")).to_contain_text("谢谢，已经记下。")
    expect(page.locator("[data-kiosk]")).to_be_hidden()
    assert violations(page) == []
    page.clock.fast_forward(5_000)
    expect(page.locator("[data-kiosk]")).to_be_visible()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    assert stored(portal) == before + 1
    opened.set_offline(True)
    for value in ("1", "dk"):
        page.reload()
        expect(page.locator("h1[data-ready]")).to_be_visible()
        page.locator(f"button[value='{value}']").dblclick()
        expect(page.locator("h1")).to_contain_text("谢谢，已经记下。")
        page.clock.fast_forward(5_000)
    expect(page.locator("[data-waiting]")).to_contain_text("2")
    assert page.evaluate("history.length") <= 2
    assert page.evaluate("document.activeElement === document.body")
    opened.set_offline(False)
    expect(page.locator("[data-waiting]")).to_be_hidden()
    assert stored(portal) == before + 3
    page.evaluate("scrollTo(0, 999)")
    page.clock.fast_forward(60_000)
    assert page.evaluate("scrollY") == 0


def test_without_scripts_the_thanks_lead_back_by_themselves(context: Context, portal: Running) -> None:
    before = stored(portal)
    page = context(locale="en-GB", java_script_enabled=False).new_page()
    page.goto(address(portal))
    level(page, "4")
    expect(page.locator("h1")).to_contain_text("Thank you, it is noted.")
    began = time.monotonic()
    expect(page.locator(".levels")).to_be_visible(timeout=15_000)
    assert time.monotonic() - began > 3
    assert page.url == address(portal)
    assert stored(portal) == before + 1
    page.go_back()
    expect(page.locator("h1")).to_contain_text("Thank you, it is noted.")
