"""Reading aloud, with voices that stand in for those of a device: a browser under test has none."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import violations
from tests.browser.test_site import GUIDE, open_page

OpenContext = Callable[..., BrowserContext]
DEVICE = """voices => {
    window.said = [];
    let last = null;
    class Words { constructor(text) { this.text = text; } }
    const device = {
        getVoices: () => voices,
        cancel() { last = null; },
        speak(words) { last = words; said.push([words.text, words.lang]); },
        next() { last.onend(); },
    };
    Object.defineProperty(window, "SpeechSynthesisUtterance", { value: Words });
    Object.defineProperty(window, "speechSynthesis", { value: device });
}"""
CHINESE, ENGLISH = {"lang": "zh_CN", "localService": True}, {"lang": "en-GB", "localService": True}
CANTONESE = {"lang": "zh-HK", "localService": True, "default": True}
FAR = {"lang": "zh-CN", "localService": False, "default": True}


def listener(context: OpenContext, *voices: dict[str, object]) -> tuple[Page, list[str]]:
    """A page on a device with these voices, and what the browser complains about."""
    opened = context(viewport={"width": 360, "height": 740})
    opened.add_init_script(f"({DEVICE})({json.dumps(voices)})")
    return open_page(opened)


def said(page: Page) -> list[str]:
    texts: list[str] = page.evaluate("said.map(([text]) => text)")
    return texts


@pytest.mark.parametrize("voices", [(), (ENGLISH,), (FAR,), (CANTONESE,)], ids=["none", "other", "far", "Cantonese"])
def test_nothing_is_offered_without_a_voice_of_the_language_on_the_device(
    context: OpenContext, site_url: str, voices: tuple[dict[str, object], ...]
) -> None:
    page, _ = listener(context, *voices)
    page.goto(f"{site_url}/{GUIDE}")
    expect(page.locator(".speak")).to_be_hidden()


def test_paragraphs_are_read_one_by_one_marked_paused_and_stopped(context: OpenContext, site_url: str) -> None:
    page, complaints = listener(context, FAR, CANTONESE, CHINESE)
    asked: list[str] = []
    page.goto(f"{site_url}/{GUIDE}", wait_until="networkidle")
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="读给我听").click()
    heading = page.get_by_role("heading", level=1)
    assert page.evaluate("said") == [[heading.inner_text().replace("\n", ""), "zh_CN"]]
    expect(page.locator(".spoken")).to_have_text(heading.inner_text())
    page.evaluate("speechSynthesis.next()")
    expect(page.locator(".spoken")).to_have_text(page.locator(".lead").inner_text())
    assert violations(page) == []
    page.get_by_role("button", name="暂停").click()
    page.get_by_role("button", name="接着读").click()
    assert said(page)[1] == said(page)[2]
    page.evaluate("while (document.querySelector('.spoken')) { speechSynthesis.next(); }")
    expect(page.get_by_role("button", name="读给我听")).to_be_visible()
    expect(page.get_by_role("button", name="不读了")).to_be_hidden()
    read = "".join(said(page)[2:])
    shown = page.locator("article").evaluate("one => one.innerText")
    assert len(read) > 0.9 * len("".join(shown.split()))
    page.get_by_role("button", name="读给我听").click()
    page.get_by_role("button", name="不读了").click()
    expect(page.locator(".spoken")).to_have_count(0)
    assert (asked, complaints) == ([], [])


def test_numbers_to_dial_are_read_digit_by_digit_and_others_are_not(context: OpenContext, site_url: str) -> None:
    page, _ = listener(context, CHINESE, ENGLISH)
    everything = (
        "document.querySelector('[data-go]').click(); while (document.querySelector('.spoken')) speechSynthesis.next();"
    )
    for root, dialled in (("", ("幺幺零", "九六幺幺零")), ("en/", ("1 1 0", "9 6 1 1 0"))):
        page.goto(f"{site_url}/{root}emergency/")
        words = "第 110 条，罚 120 元。打 12389 或者 028-12345678。" if not root else "Pay 120 yuan. Call 12389 or 110."
        page.locator("article .lead").evaluate("(one, words) => { one.textContent = words; }", words)
        page.evaluate(everything)
        text = "\n".join(said(page))
        assert all(number in text for number in dialled)
        assert "96110" not in text
        assert "罚 120 元" in text if not root else "120 yuan" in text
        assert ("打 幺二三八九 或者 零二八幺二三四五六七八" if not root else "1 2 3 8 9") in text


def test_the_voice_stops_when_the_page_is_left(context: OpenContext, site_url: str) -> None:
    page, _ = listener(context, CHINESE)
    page.goto(f"{site_url}/{GUIDE}")
    page.get_by_role("button", name="读给我听").click()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert page.evaluate("document.querySelector('.spoken')") is None
    with pytest.raises(Exception, match="null"):
        page.evaluate("speechSynthesis.next()")
