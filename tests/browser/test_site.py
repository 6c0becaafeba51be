"""The published site in a real browser, under the headers that it asks for."""

import json
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.search import load_pack, search
from tests.browser.conftest import violations

OpenContext = Callable[..., BrowserContext]

GUIDE = "guides/verification-code/"
INK = "getComputedStyle(document.body).color"
FILL = "one => getComputedStyle(one).backgroundColor"
PAGES = ("", GUIDE, "guides/", "reports/", "about/offline/", "emergency/", "check/", "offline.html")
QUERIES = (
    *(
        "验证码",
        "安全账户",
        "刷单返利",
        "客服",
        "退款",
        "公检法",
        "身份证",
        "户口",
        "建议",
        "评价",
        "隐私",
        "96110",
        "９６１１０",
    ),
    *("量子纠缠", "app诈骗", "有人要我的验证码怎么办", "新生儿上户口", "身份证丢了怎么补"),
)
ENGLISH_QUERIES = ("verification codes", "Safe Account", "lost ID card", "newborn", "how do I report a scam", "zzzz")


def open_page(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and the list that takes whatever the browser complains about."""
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


def test_missing_page_is_a_page(context: OpenContext, site_url: str) -> None:
    page = context().new_page()
    answer = page.goto(f"{site_url}/guides/no-such-page/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("没有这个页面")
    page.get_by_role("link", name="The page was not found").click()
    expect(page).to_have_url(f"{site_url}/en/")


def test_missing_english_page_is_an_english_page_with_its_search(context: OpenContext, site_url: str) -> None:
    page = context().new_page()
    answer = page.goto(f"{site_url}/en/guides/no-such-page/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    page.get_by_role("searchbox").click()
    page.keyboard.type("refund")
    expect(page.locator(".md-search-result__link").first).to_have_attribute("href", re.compile("/en/guides/"))
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Back to the home page").click()
    expect(page).to_have_url(f"{site_url}/en/")


def test_targets_are_large_enough(context: OpenContext, site_url: str) -> None:
    page = context(viewport={"width": 360, "height": 800}).new_page()
    for url in PAGES:
        page.goto(f"{site_url}/{url}")
        small = page.evaluate(
            """() => [...document.querySelectorAll("a, button, input:not([type=hidden], .md-toggle)")]
            .filter(one => one.getClientRects().length)
            .filter(one => (one.closest("label") || one).getBoundingClientRect().height < 43.5)
            .filter(one => !one.matches(".skip") && !one.closest("p, dd, article li:not(.listing > li)"))
            .map(one => one.outerHTML.slice(0, 90))"""
        )
        assert small == [], url


@pytest.mark.parametrize(("root", "large", "most"), [("", False, 205), ("en/", False, 245), ("en/", True, 410)])
@pytest.mark.parametrize("width", [320, 360])
def test_the_head_of_a_page_leaves_room_for_it(
    context: OpenContext, site_url: str, root: str, large: bool, most: int, width: int
) -> None:
    page = context(viewport={"width": width, "height": 740}).new_page()
    page.goto(f"{site_url}/{root}{GUIDE}")
    if large:
        page.locator("[data-toggle=print]").click()
    assert page.locator("header").evaluate("head => head.getBoundingClientRect().height") <= most
    cut = """box => { const pen = document.createElement("canvas").getContext("2d"), style = getComputedStyle(box);
        pen.font = style.font;
        return box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
            < pen.measureText(box.placeholder).width; }"""
    assert not page.get_by_role("searchbox").evaluate(cut), "the hint is cut"


TITLES = """async paths => Promise.all(paths.map(async path => {
    const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
    return page.querySelector("h1").outerHTML;
}))"""
LINES = """([titles, print]) => {
    document.documentElement.setAttribute("data-print", print);
    const range = document.createRange();
    return titles.map(title => {
        document.querySelector("h1").outerHTML = title;
        const words = document.createTreeWalker(document.querySelector("h1"), NodeFilter.SHOW_TEXT);
        const lines = new Map();
        for (let node = words.nextNode(); node; node = words.nextNode()) {
            for (let at = 0; at < node.length; at++) {
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                const top = Math.round(range.getBoundingClientRect().top / 12);
                lines.set(top, (lines.get(top) || "") + node.data[at]);
            }
        }
        return [...lines.values()].map(line => line.trim());
    });
}"""


def test_no_line_of_a_title_begins_with_a_mark_or_holds_one_character(
    context: OpenContext, site_url: str, built_site: Path
) -> None:
    page = context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{site_url}/{GUIDE}")
    titles = page.evaluate(TITLES, [f"/guides/{one.parent.name}/" for one in built_site.glob("guides/*/index.html")])
    assert len(titles) > 20
    for width, large in product((320, 360), ("normal", "large")):
        page.set_viewport_size({"width": width, "height": 740})
        shown = page.evaluate(LINES, [titles, large])
        assert max(map(len, shown)) > 1
        assert [one for one in shown if any(line[0] in "，。：；！？、」』）”" or len(line) == 1 for line in one)] == []


class TestSearch:
    def test_typing_chinese_finds_the_guide(self, context: OpenContext, site_url: str) -> None:
        page, said = open_page(context())
        page.goto(f"{site_url}/")
        page.get_by_role("searchbox").click()
        page.keyboard.insert_text("安全账户")
        first = page.locator(".md-search-result__link").first
        expect(first).to_contain_text("冒充公检法")
        expect(page.get_by_role("status")).to_contain_text(re.compile(r"\d"))
        assert violations(page) == []
        assert said == []

    @pytest.mark.parametrize("root", ["", "en/"])
    @pytest.mark.parametrize("wait", [True, False])
    def test_enter_leads_to_the_list_of_all_hits(
        self, context: OpenContext, site_url: str, root: str, wait: bool
    ) -> None:
        page = context().new_page()
        page.goto(f"{site_url}/{root}")
        page.get_by_role("searchbox").click()
        page.keyboard.insert_text("110")
        if wait:
            expect(page.locator(".md-search-result__link").nth(2)).to_be_visible()
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{site_url}/portal/search?lang={root[:2] or 'zh'}&q=110")
        page.wait_for_load_state()

    @pytest.mark.parametrize(
        ("root", "advice"), [("", "请少写几个字，或换个说法"), ("en/", "Try fewer or other words")]
    )
    def test_no_hit_comes_with_advice(self, context: OpenContext, site_url: str, root: str, advice: str) -> None:
        page = context().new_page()
        page.goto(f"{site_url}/{root}")
        page.get_by_role("searchbox").click()
        page.keyboard.type("zzzz")
        expect(page.get_by_role("status")).to_contain_text(advice)
        assert violations(page) == []

    def test_input_method_without_keyup_is_heard(self, context: OpenContext, site_url: str) -> None:
        page = context().new_page()
        page.goto(f"{site_url}/")
        page.get_by_role("searchbox").focus()
        page.evaluate(
            """() => {
                const box = document.activeElement;
                box.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
                box.value = "户口";
                box.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "户口" }));
                box.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertCompositionText" }));
            }"""
        )
        expect(page.locator(".md-search-result__link").first).to_contain_text("户口")

    def test_arrows_and_escape_work(self, context: OpenContext, site_url: str) -> None:
        page = context().new_page()
        page.goto(f"{site_url}/en/")
        page.get_by_role("searchbox").click()
        page.keyboard.insert_text("refund")
        link = page.locator(".md-search-result__link").first
        expect(link).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(link).to_be_focused()
        page.keyboard.press("Escape")
        expect(link).to_be_hidden()

    @pytest.mark.parametrize(("root", "queries"), [("", QUERIES), ("en/", ENGLISH_QUERIES)])
    def test_browser_and_server_find_the_same(
        self, context: OpenContext, site_url: str, built_site: Path, root: str, queries: tuple[str, ...]
    ) -> None:
        page = context().new_page()
        page.goto(f"{site_url}/{root}")
        stub = json.loads((built_site / root / "search" / "search_index.json").read_text(encoding="utf-8"))
        answers = page.evaluate(
            """async ([stub, queries]) => {
                const worker = new Worker("/assets/search.js");
                const ask = (message, kind) => new Promise(resolve => {
                    worker.onmessage = event => { if (event.data.type === kind) resolve(event.data.data); };
                    worker.postMessage(message);
                });
                await ask({ type: 0, data: stub }, 1);
                const answers = [];
                for (const query of queries) {
                    const found = await ask({ type: 2, data: query }, 3);
                    answers.push(found.items.map(item => [item[0].location, item[0].score]));
                }
                return answers;
            }""",
            [stub, list(queries)],
        )
        pack = load_pack(built_site / root / "search" / "pack.json")
        wanted = [[[hit.location, hit.score] for hit in search(pack, query, limit=1000)] for query in queries]
        assert answers == wanted
        assert sum(map(bool, wanted)) >= len(queries) - 2

    def test_search_form_works_without_scripts(self, context: OpenContext, site_url: str) -> None:
        page = context(java_script_enabled=False).new_page()
        page.goto(f"{site_url}/en/{GUIDE}")
        page.get_by_role("searchbox").fill("refund")
        with page.expect_request("**/portal/search?*") as request:
            page.get_by_role("button", name="Search").click()
        assert request.value.url == f"{site_url}/portal/search?lang=en&q=refund"

    def test_results_are_fetched_only_when_asked_for(self, context: OpenContext, site_url: str) -> None:
        page = context().new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.removeprefix(site_url)))
        page.goto(f"{site_url}/{GUIDE}", wait_until="networkidle")
        assert "/search/pack.json" not in asked
        assert len(asked) <= 8
        page.get_by_role("searchbox").click()
        with page.expect_response("**/search/pack.json"):
            page.keyboard.insert_text("户口")


class TestDisplay:
    def test_large_print_grows_stays_and_goes(self, context: OpenContext, site_url: str) -> None:
        page = context(viewport={"width": 360, "height": 800}).new_page()
        page.goto(f"{site_url}/{GUIDE}")
        size = "() => parseFloat(getComputedStyle(document.querySelector('article p')).fontSize)"
        normal = page.evaluate(size)
        button = page.get_by_role("button", name="大字")
        button.click()
        assert page.evaluate(size) >= normal * 1.3
        page.goto(f"{site_url}/guides/fake-police/")
        assert page.evaluate(size) >= normal * 1.3
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        expect(button).to_have_attribute("aria-pressed", "true")
        assert violations(page) == []
        button.click()
        assert page.evaluate(size) == normal

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_scheme_follows_the_system_until_chosen(self, context: OpenContext, site_url: str, scheme: str) -> None:
        page = context(color_scheme=scheme).new_page()
        page.goto(f"{site_url}/en/{GUIDE}")
        shade = "() => getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(shade)
        other = "Dark" if scheme == "light" else "Light"
        page.get_by_role("button", name=other).click()
        after = page.evaluate(shade)
        assert before != after
        page.reload()
        assert page.evaluate(shade) == after
        assert violations(page) == []

    @pytest.mark.parametrize("contrast", ["more", "no-preference"])
    def test_contrast_follows_the_system_until_chosen(
        self, context: OpenContext, site_url: str, contrast: Literal["more", "no-preference"]
    ) -> None:
        page = context(contrast=contrast).new_page()
        page.goto(f"{site_url}/en/{GUIDE}")
        asked = contrast == "more"
        assert (page.evaluate(INK) == "rgb(0, 0, 0)") is asked
        button = page.get_by_role("button", name="Contrast")
        expect(button).to_have_attribute("aria-pressed", str(asked).lower())
        button.click()
        expect(button).to_have_attribute("aria-pressed", str(not asked).lower())
        page.goto(f"{site_url}/en/")
        assert (page.evaluate(INK) == "rgb(0, 0, 0)") is not asked
        page.emulate_media(media="print")
        assert page.evaluate(INK) == "rgb(0, 0, 0)"

    def test_contrast_is_black_on_white_or_white_on_black_and_underlines_links(
        self, context: OpenContext, site_url: str
    ) -> None:
        page = context(java_script_enabled=False, contrast="more", color_scheme="dark").new_page()
        page.goto(f"{site_url}/{GUIDE}")
        assert page.evaluate(INK) == "rgb(255, 255, 255)"
        page.emulate_media(color_scheme="light")
        assert page.evaluate(INK) == "rgb(0, 0, 0)"
        bare = page.evaluate(
            """() => [...document.querySelectorAll(".sections a, .aside a, .page__up a, .emergency a, article a")]
            .filter(one => getComputedStyle(one).textDecorationLine !== "underline").map(one => one.textContent)"""
        )
        assert bare == []

    def test_colours_of_the_system_keep_what_colours_say(self, context: OpenContext, site_url: str) -> None:
        """What is pressed and where one is are lines and fills of the system's own colours, drawings too."""
        page = context(forced_colors="active").new_page()
        page.goto(f"{site_url}/{GUIDE}")
        button = page.locator("[data-toggle=print]")
        plain = button.evaluate(FILL)
        button.click()
        assert button.evaluate(FILL) != plain
        sections = page.locator(".sections a:not(.sections__cheated a)")
        lines = sections.evaluate_all("all => all.map(one => getComputedStyle(one).borderBottomColor)")
        assert lines.count(lines[0]) == 1, "the section that one is in"
        page.goto(f"{site_url}/emergency/")
        assert page.locator(".calls a").first.evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"
        drawn = page.locator(".mark__echo").evaluate("one => getComputedStyle(one).fill")
        assert drawn != "rgb(255, 194, 75)"

    def test_nothing_is_offered_that_needs_scripts_when_they_are_off(self, context: OpenContext, site_url: str) -> None:
        page = context(java_script_enabled=False, color_scheme="dark").new_page()
        page.goto(f"{site_url}/{GUIDE}")
        expect(page.get_by_role("button", name="大字")).to_be_hidden()
        expect(page.get_by_role("button", name="浅色")).to_be_hidden()
        expect(page.get_by_role("button", name="对比")).to_be_hidden()
        assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(16, 25, 28)"
        page.get_by_role("link", name="English").click()
        expect(page).to_have_url(f"{site_url}/en/{GUIDE}")
        page.get_by_role("navigation", name="Sections").get_by_role("link", name="Reports").click()
        expect(page).to_have_url(f"{site_url}/en/reports/")

    def test_helpful_form_sends_page_answer_and_language(self, context: OpenContext, site_url: str) -> None:
        page = context(java_script_enabled=False).new_page()
        page.goto(f"{site_url}/{GUIDE}")
        page.route("**/portal/helpful?lang=zh", lambda route: route.fulfill(status=200, body="ok"))
        with page.expect_request("**/portal/helpful?lang=zh") as request:
            page.get_by_role("button", name="没有帮助").click()
        assert request.value.method == "POST"
        assert request.value.post_data == "page=%2Fguides%2Fverification-code%2F&answer=no"

    def test_paper_shows_the_words_alone(self, context: OpenContext, site_url: str) -> None:
        page = context(color_scheme="dark").new_page()
        page.goto(f"{site_url}/{GUIDE}")
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for hidden in (".search", ".tools", ".sections", ".aside", ".helpful"):
            expect(page.locator(hidden)).to_be_hidden()
        expect(page.locator(".provenance")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


STOPS = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), summary, [tabindex='0']")]
    .filter(one => one.getClientRects().length && one.tabIndex >= 0 && getComputedStyle(one).visibility === "visible" &&
        (one.type !== "radio" || one.checked || one === document.getElementsByName(one.name)[0]))
    .map((one, place) => { one.dataset.stop = place; return one.textContent.trim() || one.name; })"""
STANDING = """() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    return [one.dataset.stop, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        box.bottom > 0 && box.top < innerHeight && box.width > 0]; }"""


class TestKeyboard:
    def test_first_stop_skips_to_the_content(self, context: OpenContext, site_url: str) -> None:
        page = context().new_page()
        for url in ("", GUIDE, "guides/"):
            page.goto(f"{site_url}/{url}")
            page.keyboard.press("Tab")
            skip = page.get_by_role("link", name="跳到正文")
            expect(skip).to_be_focused()
            expect(skip).to_be_in_viewport()
            page.keyboard.press("Enter")
            expect(page.locator("#content")).to_be_focused()

    def test_letters_do_nothing_by_themselves(self, context: OpenContext, site_url: str) -> None:
        page = context().new_page()
        page.goto(f"{site_url}/{GUIDE}", wait_until="networkidle")
        for key in ("s", "f", "/", "n", "p"):
            page.keyboard.press(key)
        expect(page.get_by_role("searchbox")).not_to_be_focused()
        expect(page).to_have_url(f"{site_url}/{GUIDE}")

    @pytest.mark.parametrize("url", ["", f"en/{GUIDE}", "emergency/"])
    def test_tab_reaches_everything_in_order_and_shows_where_it_stands(
        self, context: OpenContext, site_url: str, url: str
    ) -> None:
        """From the top: skip link, home, search, tools, sections, all links of the page, foot; then out of it."""
        page = context(viewport={"width": 360, "height": 740}, reduced_motion="reduce").new_page()
        page.goto(f"{site_url}/{url}")
        names = page.evaluate(STOPS)
        assert len(names) > 25
        for place, name in enumerate(names):
            page.keyboard.press("Tab")
            assert page.evaluate(STANDING) == [str(place), True, True], name
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body"), "a trap at the end"
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(STANDING)[0] in {str(len(names) - 1), str(len(names) - 2)}, "no way back"
