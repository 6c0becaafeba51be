"""Reading without a network: what is kept on the first visit, what by choice, and how a renewed page is told."""

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, PdfMargins, expect

from scripts.finish_site import finish_site
from tests.browser.conftest import FORM_KEPT, serve, until, violations
from tests.serving import serving

OpenContext = Callable[..., BrowserContext]
GUIDE = "guides/verification-code/"
OTHER_GUIDE = "guides/fake-shopping/"
READY = "() => navigator.serviceWorker.ready.then(one => one.active && one.active.state === 'activated')"


def visit(context: BrowserContext, address: str) -> Page:
    """A page that is open and whose worker has kept what it keeps on a first visit."""
    page = context.new_page()
    page.goto(address)
    until(page, "() => navigator.serviceWorker.controller !== null")
    until(page, READY)
    return page


def test_after_one_visit_the_emergency_page_and_the_visited_one_open_without_a_network(
    context: OpenContext, site_url: str
) -> None:
    opened = context()
    page = visit(opened, f"{site_url}/{GUIDE}")
    opened.set_offline(True)
    page.get_by_role("link", name="刚被骗了？").click()
    expect(page).to_have_url(f"{site_url}/emergency/")
    expect(page.get_by_role("heading", level=1)).to_have_text("刚被骗了？照着这几步做")
    calls = page.locator(".calls").get_by_role("link")
    assert [one.get_attribute("href") for one in calls.all()] == ["tel:110", "tel:96110"]
    assert all(one.bounding_box()["height"] >= 64 for one in calls.all())  # type: ignore[index]
    expect(page.locator(".notice")).to_contain_text("现在没有网络")
    assert violations(page) == []
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Just been cheated? Do this now")
    page.goto(f"{site_url}/{GUIDE}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("索要验证码")
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).borderTopStyle") == "solid"


@pytest.mark.parametrize("root", ["", "en/"])
def test_the_emergency_page_prints_its_two_numbers_on_one_sheet(context: OpenContext, site_url: str, root: str) -> None:
    page = context().new_page()
    page.goto(f"{site_url}/{root}emergency/")
    page.emulate_media(media="print")
    numbers = page.locator(".calls strong")
    expect(numbers).to_have_text(["110", "96110"])
    for number in numbers.all():
        expect(number).to_be_visible()
        expect(number).to_have_css("color", "rgb(0, 0, 0)")
    margin: PdfMargins = {"top": "10mm", "bottom": "10mm", "left": "10mm", "right": "10mm"}
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=margin))) == 1


def test_a_page_that_is_not_kept_leads_to_the_emergency_page_and_to_those_that_are(
    context: OpenContext, site_url: str
) -> None:
    opened = context()
    page = visit(opened, f"{site_url}/en/{GUIDE}")
    opened.set_offline(True)
    answer = page.goto(f"{site_url}/en/{OTHER_GUIDE}")
    assert answer is not None
    assert answer.status == 503
    expect(page.get_by_role("heading", level=1)).to_have_text("No network")
    kept = page.locator(".kept").get_by_role("link")
    expect(kept).to_have_count(4)
    assert {one.get_attribute("href") for one in kept.all()} == {
        "/en/check/",
        "/en/emergency/",
        "/en/guides/fake-police/",
        f"/en/{GUIDE}",
    }
    assert violations(page) == []
    page.get_by_role("link", name="Just been cheated? Read this first").click()
    expect(page).to_have_url(f"{site_url}/en/emergency/")
    opened.set_offline(False)
    page.goto(f"{site_url}/en/{OTHER_GUIDE}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fake shops")


def test_a_page_of_the_portal_is_never_kept_and_a_page_tells_what_works_without_a_network(
    context: OpenContext, site_url: str
) -> None:
    opened = context(locale="en-GB")
    page = visit(opened, f"{site_url}/")
    page.goto(f"{site_url}/portal/")
    assert page.evaluate("async () => (await caches.match('/portal/')) === undefined")
    page.goto(f"{site_url}/")
    opened.set_offline(True)
    page.get_by_role("searchbox").click()
    page.keyboard.insert_text("验证码")
    expect(page.locator(".md-search-result__meta")).to_contain_text("现在没有网络")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/portal/search"))
    expect(page.get_by_role("heading", level=1)).to_have_text("没有网络")
    expect(page.get_by_role("searchbox")).to_have_value("验证码")
    expect(page.locator(".kept").get_by_role("link")).to_have_count(3)
    assert violations(page) == []
    page.locator(".kept").get_by_role("link", name=re.compile("冒充公检法")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("冒充公检法")
    page.goto(f"{site_url}/portal/case")
    expect(page.get_by_role("heading", level=2).first).to_have_text("What works without a network")
    page.get_by_role("link", name="Just been cheated? Read this first").click()
    expect(page).to_have_url(f"{site_url}/en/emergency/")


def test_who_has_only_opened_a_form_has_the_emergency_page_too(
    context: OpenContext, built_site: Path, tmp_path: Path
) -> None:
    (tmp_path / "public").symlink_to(built_site)
    with serving(tmp_path) as server:
        start, opened = f"http://127.0.0.1:{server.port}", context(locale="en-GB")
        page = opened.new_page()
        page.goto(f"{start}/portal/s/visit?unit=chengdong&lang=en")
        until(page, "() => navigator.serviceWorker.controller !== null")
        activated = "async () => (await navigator.serviceWorker.getRegistration('/'))?.active?.state === 'activated'"
        until(page, activated)
        page.reload()
        until(page, FORM_KEPT)
        opened.set_offline(True)
        page.goto(f"{start}/portal/suggest?lang=en")
        expect(page.get_by_role("heading", level=1)).to_have_text("No network")
        expect(page.get_by_role("link", name="Fill in forms kept on this device")).to_be_visible()
        page.get_by_role("link", name="Just been cheated? Read this first").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Just been cheated? Do this now")
        page.get_by_role("link", name="Rate or suggest").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Rate or suggest")


def test_all_guides_are_kept_by_choice_with_size_and_progress_and_removed_again(
    context: OpenContext, site_url: str
) -> None:
    opened = context()
    page = visit(opened, f"{site_url}/about/offline/")
    panel = page.locator(".keep")
    start = panel.get_by_role("button", name=re.compile(r"全部存下来（\d\.\d MB）"))
    page.route(f"**/{OTHER_GUIDE}", lambda route: route.abort())
    start.click()
    expect(panel.get_by_role("status")).to_contain_text("网络断了")
    page.unroute(f"**/{OTHER_GUIDE}")
    panel.get_by_role("button", name=re.compile(r"接着存（还有 \d\.\d MB）")).click()
    expect(panel.get_by_role("status")).to_contain_text("存好了")
    assert violations(page) == []
    opened.set_offline(True)
    page.goto(f"{site_url}/{OTHER_GUIDE}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("虚假购物")
    page.get_by_role("searchbox").click()
    page.keyboard.insert_text("yzm")
    expect(page.locator(".md-search-result__link").first).to_have_attribute("href", re.compile(GUIDE))
    page.goto(f"{site_url}/about/offline/")
    expect(panel.get_by_role("status")).to_contain_text("现在没有网络")
    opened.set_offline(False)
    page.reload()
    expect(panel.get_by_role("status")).to_contain_text("存好了")
    panel.get_by_role("button", name="从这台设备上删掉").click()
    expect(panel.get_by_role("status")).to_contain_text("删掉了")
    assert page.evaluate("async address => (await caches.match(address)) === undefined", f"/{OTHER_GUIDE}")
    expect(start).to_be_focused()


@pytest.fixture
def own_site(built_site: Path, tmp_path: Path) -> Path:
    """A copy of the built site that a test may renew."""
    return Path(shutil.copytree(built_site, tmp_path / "site"))


def renew(site: Path, page: str, old: str, new: str) -> None:
    path = site / page / "index.html"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    finish_site(site)


def test_an_open_page_is_told_when_it_is_renewed_and_another_is_left_in_peace(
    context: OpenContext, own_site: Path
) -> None:
    with serve(own_site) as address:
        opened = context()
        page, other = visit(opened, f"{address}/{GUIDE}"), visit(opened, f"{address}/emergency/")
        renew(own_site, GUIDE, "谁都不给", "谁也别给")
        page.evaluate("navigator.serviceWorker.getRegistration('/').then(one => one.update())")
        expect(page.locator(".notice")).to_contain_text("这一页有新内容。")
        assert violations(page) == []
        page.get_by_role("button", name="刷新").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("谁也别给")
        expect(page.locator(".notice")).to_be_empty()
        expect(other.locator(".notice")).to_be_empty()
        opened.set_offline(True)
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_contain_text("谁也别给")


@contextmanager
def hanging(port: int) -> Iterator[None]:
    """A network that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", port), backlog=100):
        yield


def test_the_newest_emergency_page_is_shown_and_the_copy_when_the_network_hangs(
    context: OpenContext, own_site: Path
) -> None:
    with serve(own_site) as address:
        opened = context()
        page = visit(opened, f"{address}/")
        path = own_site / "emergency/index.html"
        path.write_text(path.read_text(encoding="utf-8").replace("照着这几步做", "先看这里"), encoding="utf-8")
        page.goto(f"{address}/emergency/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("先看这里")
    with hanging(int(address.rsplit(":", 1)[1])):
        page.goto(f"{address}/emergency/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("先看这里")
