"""The ZIP edition: its bytes, its links, and how it is read from its files with not a word of complaint."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import BrowserContext, expect

from scripts.zip_edition import edition_files, write_edition
from tests.browser.conftest import violations
from tests.browser.test_site import open_page


def test_it_is_read_and_searched_without_a_server(
    context: Callable[..., BrowserContext], built_site: Path, tmp_path: Path
) -> None:
    write_edition(built_site, tmp_path / "edition.zip")
    with zipfile.ZipFile(tmp_path / "edition.zip") as archive:
        archive.extractall(tmp_path)
    page, said = open_page(context(viewport={"width": 360, "height": 740}))
    page.goto((tmp_path / "huiyin/index.html").as_uri())
    page.get_by_role("searchbox").click()
    page.keyboard.insert_text("验证码")
    first = page.locator(".md-search-result__link").first
    expect(first).to_contain_text("索要验证码")
    expect(page.get_by_role("status")).to_contain_text("个符合条件的结果")
    page.get_by_role("searchbox").fill("验证马")
    expect(first).to_contain_text("索要验证码")
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("索要验证码")
    expect(page.locator(".helpful")).to_have_count(0)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Verification codes")
    page.get_by_role("searchbox").fill("refund")
    expect(page.locator(".md-search-result__link").first).to_contain_text("refund")
    page.keyboard.press("Escape")
    expect(page.locator(".search__output")).to_be_hidden()
    page.get_by_role("link", name="Cheated?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Just been cheated? Do this now")
    expect(page.locator(".sections").get_by_text("(needs the network)")).to_be_visible()
    page.get_by_role("button", name="Large print").click()
    assert said == []
    assert violations(page) == []


def test_no_page_asks_for_what_is_not_in_the_edition(built_site: Path) -> None:
    files = edition_files(built_site)
    faults, links = [], 0
    for name, data in files.items():
        for link in (
            re.findall(r'<[a-z][^>]*?\s(?:href|src|action)="([^"]*)"', data.decode()) if name.endswith(".html") else ()
        ):
            if not re.match(r"#|tel:|https?://", link):
                links += 1
                target = (Path("/") / name).parent / unquote(link.split("#")[0])
                if str(target.resolve())[1:] not in files:
                    faults.append((name, link))
    assert faults == []
    assert links > 1000
    assert not [name for name in files if re.search(r"worker|_headers|\.gz$|\.json$|404|bundle", name)]


def test_the_same_site_gives_the_same_bytes(built_site: Path, tmp_path: Path) -> None:
    assert write_edition(built_site, tmp_path / "a.zip") == write_edition(built_site, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "huiyin/index.html" in archive.namelist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip"]
