"""The self-check of the site in a real browser: the verdicts of the server, given on the page and kept nowhere."""

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import BrowserContext, expect

from surveys.scam_check import judge
from tests.browser.conftest import violations
from tests.browser.test_offline import visit
from tests.browser.test_site import open_page
from tests.surveys.test_scam_check import CHECK

OpenContext = Callable[..., BrowserContext]
CODES = [question.codes for question in CHECK.questions]
EVERY_VERDICT = """codes => {
    const form = document.querySelector("[data-scam-check]"), section = document.getElementById("verdict");
    form.remove();
    section.remove();  // else the page is laid out anew for each verdict
    const names = Object.keys(codes), seen = [], chosen = {}, buttons = {};
    for (const name of names) {
        buttons[name] = Object.fromEntries([...form.elements[name]].map(one => [one.value, one]));
    }
    const codesOf = what => [...section.querySelector(`[data-list=${what}] ul`).children]
        .filter(row => !row.hidden).map(row => row.dataset[what]).join(",");
    const visit = at => {
        if (at === names.length) {
            form.dispatchEvent(new Event("submit", { cancelable: true }));
            seen.push([section.dataset.verdict, codesOf("sign"), codesOf("guide")].join(" "));
            return;
        }
        for (const code of codes[names[at]]) { buttons[names[at]][code].checked = true; visit(at + 1); }
    };
    visit(0);
    return seen;
}"""


def expected(answers: tuple[str, ...]) -> str:
    verdict = judge(CHECK, dict(zip(CHECK.by_code, answers, strict=True)))
    signs = ",".join(sign.code for sign in verdict.signs)
    return f"{verdict.level} {signs} {','.join(one.guide for one in verdict.guides)}"


def test_browser_and_server_give_the_same_verdict_for_all_answers(context: OpenContext, site_url: str) -> None:
    page, said = open_page(context())
    page.goto(f"{site_url}/check/")
    seen = page.evaluate(EVERY_VERDICT, {code: list(question.codes) for code, question in CHECK.by_code.items()})
    assert len(seen) == len(list(product(*CODES))) >= 3**7
    assert [pair for pair in zip(seen, map(expected, product(*CODES)), strict=True) if pair[0] != pair[1]] == []
    assert said == []


@pytest.mark.parametrize(("root", "height", "heard"), [("", 640, "别的事"), ("en/", 740, "Something else")])
def test_the_headline_is_on_the_screen_and_where_nothing_tells_all_guides_are_linked(
    context: OpenContext, site_url: str, root: str, height: int, heard: str
) -> None:
    page, said = open_page(context(viewport={"width": 360, "height": height}))
    page.goto(f"{site_url}/{root}check/")
    page.get_by_role("radio", name=heard).check()
    page.locator(".check .button").click()
    verdict = page.locator("#verdict")
    expect(verdict).to_be_focused()
    expect(verdict.get_by_role("heading", level=2)).to_be_in_viewport(ratio=1)
    expect(verdict.locator("[data-all] a")).to_have_attribute("href", f"/{root}guides/")
    expect(verdict.locator("[data-list=guide]")).to_be_hidden()
    assert said == []


def test_the_verdict_comes_on_the_page_and_nothing_is_sent_or_kept(context: OpenContext, site_url: str) -> None:
    opened = context(viewport={"width": 360, "height": 740})
    page, said = open_page(opened)
    page.goto(f"{site_url}/check/")
    sent: list[tuple[str, str]] = []
    page.on("request", lambda request: sent.append((request.method, request.url)))
    kept = "JSON.stringify([localStorage, sessionStorage])"
    before = page.evaluate(kept)
    page.get_by_role("button", name="看结果").click()
    expect(page.get_by_role("alert")).to_contain_text("请至少答一个问题")
    page.get_by_role("radio", name="公安、社保等单位").check()
    code = page.get_by_role("group", name="6.")
    code.get_by_role("radio", name="是", exact=True).check()
    expect(page.get_by_role("alert")).to_contain_text("光这一条就够了")
    page.get_by_role("button", name="看结果").press("Enter")
    verdict = page.locator("#verdict")
    expect(verdict).to_be_focused()
    expect(verdict.get_by_role("heading", level=2)).to_have_text("很像诈骗：现在就停")
    expect(verdict.get_by_role("link", name="打 96110")).to_have_attribute("href", "tel:96110")
    expect(verdict.get_by_role("link", name="索要验证码")).to_have_attribute("href", "/guides/verification-code/")
    assert violations(page) == []
    assert [url for method, url in sent if method != "GET" or "?" in url or "/portal/" in url] == said == []
    assert opened.cookies() == []
    assert page.url == f"{site_url}/check/"
    assert page.evaluate(kept) == before
    page.get_by_role("button", name="重新答").click()
    expect(verdict).to_be_hidden()
    expect(page.locator("input:checked")).to_have_count(0)


def test_it_answers_without_a_network(context: OpenContext, site_url: str) -> None:
    opened = context()
    page = visit(opened, f"{site_url}/")
    opened.set_offline(True)
    page.get_by_role("link", name="这是诈骗吗").first.click()
    page.get_by_role("group", name="4.").get_by_role("radio", name="是", exact=True).check()
    page.get_by_role("button", name="看结果").click()
    expect(page.locator("#verdict").get_by_role("heading", level=2)).to_have_text("很像诈骗：现在就停")
