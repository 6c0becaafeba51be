"""The portal in a real browser: by keyboard, without scripts, on phone and desktop, in both languages."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import COLOURS, too_small, violations
from tests.serving import Running, serving

FORM = "/portal/s/counter-service?unit=chengdong-hukou"
WIDTHS = (320, 360, 1280)
Context = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, built_site: Path) -> Iterator[Running]:
    with serving(
        tmp_path_factory.mktemp("portal"), HUIYIN_PUBLIC=str(built_site), HUIYIN_SITE_URL="https://huiyin.example"
    ) as server:
        yield server


@dataclass
class Watched:
    """A page whose console and requests are watched."""

    page: Page
    base: str
    messages: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page


@pytest.fixture
def watch(portal: Running, context: Context) -> Iterator[Callable[..., Watched]]:
    opened: list[Watched] = []

    def open_page(**options: object) -> Watched:
        page = context(**{"locale": "zh-CN", **options}).new_page()
        watched = Watched(page, f"http://127.0.0.1:{portal.port}")
        page.on("console", lambda message: watched.messages.append(message.text))
        page.on("pageerror", lambda error: watched.messages.append(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith(watched.base) else watched.foreign.append(request.url),
        )
        opened.append(watched)
        return watched

    yield open_page
    for watched in opened:
        # A page with errors has status 422, which Chromium notes in the console by itself.
        assert [text for text in watched.messages if "422" not in text and "404" not in text] == []
        assert watched.foreign == []


def press(page: Page, target: Locator) -> None:
    """Press what leads to another page, and wait until all of that has come."""
    with page.expect_navigation():
        target.click()


def send(page: Page) -> None:
    """Press the first button of the page's form."""
    press(page, page.locator("main form button").first)


def error_page(page: Page) -> None:
    send(page)


def contact_step(page: Page) -> None:
    page.locator("main input[name=category]").first.check()
    page.fill("textarea[name=text]", "请在北门装一盏路灯。")
    send(page)


def case_receipt(page: Page) -> None:
    contact_step(page)
    send(page)


def case_page(page: Page) -> None:
    case_receipt(page)
    expect(page.locator(".code")).to_have_count(2)
    number, secret = page.locator(".code").all_inner_texts()
    press(page, page.locator("main a.button").last)
    page.fill("input[name=number]", number)
    page.fill("input[name=secret]", secret)
    send(page)


def receipt(page: Page) -> None:
    page.locator("input[name=overall]").first.check()
    send(page)


def verdict(page: Page) -> None:
    page.locator("main input[name=who]").first.check()
    page.locator("main input[name=pay]").first.check()
    send(page)


def nothing(_: Page) -> None:
    """The page as it opens."""


PAGES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "home": ("/portal/", nothing),
    "units": ("/portal/s/counter-service", nothing),
    "form": (FORM, nothing),
    "form with errors": (FORM, error_page),
    "receipt": (FORM, receipt),
    "suggest": ("/portal/suggest", nothing),
    "suggest with errors": ("/portal/suggest", error_page),
    "contact": ("/portal/suggest", contact_step),
    "case receipt": ("/portal/suggest", case_receipt),
    "case form": ("/portal/case", nothing),
    "case form with errors": ("/portal/case", error_page),
    "case": ("/portal/suggest", case_page),
    "search": ("/portal/search?q=验证码", nothing),
    "self-check": ("/portal/check", nothing),
    "verdict": ("/portal/check", verdict),
    "take along": ("/portal/take/chengdong", nothing),
    "waiting": ("/portal/waiting", nothing),
    "not found": ("/portal/s/nothing", nothing),
}


def in_language(path: str, lang: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={lang}"


def open_on(phone: Page, address: str) -> Page:
    """The page at `address` as it looks first."""
    phone.emulate_media(color_scheme="light")
    phone.set_viewport_size({"width": 360, "height": 740})
    phone.goto(address)
    return phone


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_type_is_accessible_and_fits(portal: Running, phone: Page, name: str, lang: str) -> None:
    path, act = PAGES[name]
    page = open_on(phone, f"http://127.0.0.1:{portal.port}{in_language(path, lang)}")
    act(page)
    if lang == "zh":
        require_large_targets(page)
    require_sound(page, name, lang)


def require_large_targets(page: Page) -> None:
    typed = "main input:not([type=hidden]):not([type=radio]):not([type=checkbox])"
    assert too_small(page, f"main button, main a.button, main .choice, main select, {typed}") == []


def require_sound(page: Page, name: str, lang: str) -> None:
    """No fault for axe, and no overflow at any width or in large print; colours are the same in both languages."""
    assert violations(page) == []
    if lang == "zh":
        page.emulate_media(color_scheme="dark")
        assert violations(page, COLOURS) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} overflows at {width}"
    large_print(page)
    page.set_viewport_size({"width": 320, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, f"{name} overflows in large print"


def test_the_self_check_of_the_site_works_without_scripts(watch: Callable[..., Watched]) -> None:
    page = watch(java_script_enabled=False).go("/check/")
    verdict(page)
    expect(page.locator("h1")).to_have_text("很像诈骗：现在就停")
    assert page.url.endswith("/portal/check?lang=zh")
    expect(page.locator("input:checked")).to_have_count(2)
    press(page, page.locator(".guides a").first)
    assert page.url.endswith("/guides/fake-police/")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_answer_by_keyboard_alone(watch: Callable[..., Watched], portal: Running, scripts: bool) -> None:
    before = portal.rows("SELECT count(*) FROM responses")[0][0]
    watched = watch(java_script_enabled=scripts)
    page = watched.go(FORM)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "跳到正文"
    page.keyboard.press("Enter")
    while page.locator(":focus").get_attribute("name") != "overall":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    while page.locator(":focus").evaluate("element => element.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("谢谢，已经计入")
    assert portal.rows("SELECT count(*) FROM responses")[0][0] == int(str(before)) + 1
    assert page.context.cookies() == []


def test_the_error_summary_has_focus_and_leads_to_the_question(watch: Callable[..., Watched]) -> None:
    page = watch(viewport={"width": 360, "height": 740}).go(FORM)
    page.locator("input[name=matter]").first.check()
    error_page(page)
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.title().startswith("有误：")
    page.locator(".error-summary a").first.click()
    expect(page.locator("#q-overall")).to_be_focused()
    expect(page.locator("input[name=matter]").first).to_be_checked()


def test_the_bar_of_a_faulty_question_stands_beside_all_of_it(watch: Callable[..., Watched]) -> None:
    page = watch(viewport={"width": 360, "height": 740}).go(FORM)
    error_page(page)
    faulty, right = page.locator("fieldset[aria-invalid=true]"), page.locator("fieldset").last
    # A border begins below a legend in its usual place, so the legend must be taken out of it.
    assert faulty.locator("legend").evaluate("element => getComputedStyle(element).float") == "inline-start"
    assert faulty.evaluate("element => getComputedStyle(element).borderInlineStartWidth") == "5px"
    assert right.evaluate("element => getComputedStyle(element).borderInlineStartWidth") == "0px"
    bottom = faulty.locator("legend").evaluate("element => element.getBoundingClientRect().bottom")
    assert faulty.locator(".error").evaluate("element => element.getBoundingClientRect().top") >= bottom


def test_a_dissatisfied_answer_opens_what_went_wrong_without_scripts(watch: Callable[..., Watched]) -> None:
    page = watch(java_script_enabled=False).go(FORM)
    wrong = page.locator("input[name=wrong]").first
    expect(wrong).to_be_hidden()
    page.locator("input[name=overall][value='1']").check()
    expect(wrong).to_be_visible()
    page.locator("input[name=overall][value='5']").check()
    expect(wrong).to_be_hidden()


def test_a_receipt_offers_a_case_that_is_not_connected(watch: Callable[..., Watched]) -> None:
    watched = watch()
    page = watched.go(FORM)
    page.locator("input[name=overall][value='1']").check()
    send(page)
    page.locator("main a.button").first.click()
    expect(page.locator("input[name=category]:checked")).to_have_value("follow-up")
    expect(page.locator("select[name=unit]")).to_have_value("chengdong-hukou")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_case_receipt_prints_on_one_small_sheet(watch: Callable[..., Watched], lang: str) -> None:
    watched = watch()
    page = watched.go(f"/portal/suggest?lang={lang}")
    case_receipt(page)
    page.emulate_media(media="print")
    expect(page.locator(".receipt .address")).to_have_text("huiyin.example/portal/case")
    for sheet in ("A5", "A6"):
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=sheet))) == 1, sheet


def large_print(page: Page) -> None:
    page.locator("[data-toggle=print]").click()


LOOK = """() => [parseFloat(getComputedStyle(document.querySelector("main p")).fontSize),
    getComputedStyle(document.body).backgroundColor, document.documentElement.dataset.scheme]"""
INK = "getComputedStyle(document.body).color"


def test_display_chosen_on_the_site_holds_in_the_portal_and_back(watch: Callable[..., Watched]) -> None:
    watched = watch(color_scheme="light", viewport={"width": 360, "height": 740})
    page = watched.go(FORM)
    size, light, _ = page.evaluate(LOOK)
    watched.go("/guides/verification-code/")
    large_print(page)
    page.get_by_role("button", name="深色").click()
    watched.go(FORM)
    larger, dark, scheme = page.evaluate(LOOK)
    assert larger >= size * 1.3
    assert (dark, scheme) == ("rgb(16, 25, 28)", "dark")
    page.get_by_role("button", name="对比").click()
    watched.go("/guides/")
    assert page.evaluate(INK) == "rgb(255, 255, 255)"
    expect(page.locator("[data-toggle=contrast]")).to_have_attribute("aria-pressed", "true")
    watched.go(FORM)
    assert page.evaluate(INK) == "rgb(255, 255, 255)"
    expect(page.locator("[data-toggle=print]")).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []
    large_print(page)
    page.get_by_role("button", name="对比").click()
    page.get_by_role("button", name="浅色").click()
    assert page.evaluate(LOOK) == [size, light, "light"]
    watched.go("/guides/verification-code/")
    assert page.evaluate("[document.documentElement.dataset.print, document.documentElement.dataset.scheme]") == [
        "normal",
        "light",
    ]
    assert page.context.cookies() == []


@pytest.mark.parametrize(("root", "thanks"), [("/", "谢谢"), ("/en/", "Thank you")])
def test_a_vote_is_thanked_for_in_the_language_of_its_page(
    watch: Callable[..., Watched], root: str, thanks: str
) -> None:
    """Whatever the browser prefers."""
    watched = watch(locale="zh-CN" if root == "/en/" else "en-GB")
    page = watched.go(f"{root}guides/fake-refund/")
    page.locator(".helpful button").first.click()
    expect(page.locator("h1")).to_have_text(thanks)
    page.locator("main a.button").click()
    expect(page).to_have_url(f"{watched.base}{root}guides/fake-refund/")


def test_light_chosen_wins_over_a_dark_system(watch: Callable[..., Watched]) -> None:
    page = watch(color_scheme="dark", locale="en-GB").go("/portal/case")
    dark = page.evaluate(LOOK)
    page.get_by_role("button", name="Light").click()
    light = page.evaluate(LOOK)
    assert light[1] != dark[1]
    page.reload()
    assert page.evaluate(LOOK) == light
    assert violations(page) == []


def test_the_choice_is_there_before_the_first_paint(watch: Callable[..., Watched]) -> None:
    """The script stands before the body, so the body is never laid out without the choice."""
    watched = watch(color_scheme="light")
    page = watched.go("/portal/")
    page.get_by_role("button", name="深色").click()
    page.add_init_script(
        """new MutationObserver((_, self) => {
            if (document.body) { window.atBody = document.documentElement.dataset.scheme; self.disconnect(); }
        }).observe(document, { childList: true, subtree: true })"""
    )
    watched.go(FORM)
    assert page.evaluate("window.atBody") == "dark"


def test_nothing_is_offered_that_needs_scripts_when_they_are_off(watch: Callable[..., Watched]) -> None:
    page = watch(java_script_enabled=False, color_scheme="dark").go(FORM)
    expect(page.locator("[data-toggle]")).to_have_count(3)
    for button in page.locator("[data-toggle]").all():
        expect(button).to_be_hidden()
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(16, 25, 28)"


def test_the_case_receipt_offers_to_print_where_scripts_run(watch: Callable[..., Watched]) -> None:
    page = watch().go("/portal/suggest")
    case_receipt(page)
    page.evaluate("window.print = () => { window.printed = true }")
    page.get_by_role("button", name="打印本页").click()
    assert page.evaluate("window.printed")
    page = watch(java_script_enabled=False).go("/portal/suggest")
    case_receipt(page)
    expect(page.locator("[data-print-page]")).to_be_hidden()


def test_axe_would_find_a_fault(watch: Callable[..., Watched]) -> None:
    page = watch().go("/portal/")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any(fault.startswith("label") for fault in violations(page))


def test_a_portal_page_is_light(watch: Callable[..., Watched]) -> None:
    watched = watch()
    sizes: list[int] = []
    watched.page.on("response", lambda response: sizes.append(len(response.body())))
    watched.go(FORM)
    watched.page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) <= 30 * 1024


def test_going_back_and_sending_again_counts_once(portal: Running, watch: Callable[..., Watched]) -> None:
    """Also where the browser keeps no page alive: then the form must come back as it was, its token included."""
    page = watch(java_script_enabled=False).go(FORM)
    before = portal.rows("SELECT count(*) FROM responses")[0][0]
    assert isinstance(before, int)
    for level in ("2", "2", "5"):
        page.check(f"input[name=overall][value='{level}']")
        page.click("main form button")
        expect(page.locator("h1")).to_contain_text("谢谢")
        expect(page.locator(".notice")).to_have_count(int(level == "5"))
        page.go_back()
    assert portal.rows("SELECT count(*) FROM responses")[0][0] == before + 1
