"""Finishing a built site: every fault is named, and what is right passes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from portal import create_app
from portal.config import Config
from scripts.build_site import ROOT
from scripts.finish_site import box_tables, finish_site
from scripts.report_tables import head_cell, table
from scripts.site_checks import FIRST_VIEW_LIMIT, PORTAL_ROUTES
from scripts.site_pages import SiteError, read_page, read_site


def small_site(folder: Path, body: str, head: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    page = f'<!doctype html><html lang="zh-Hans"><head>{head}</head><body><h1 id="top">标题</h1>{body}</body></html>'
    (folder / "index.html").write_text(page, encoding="utf-8")
    return folder


class TestChecks:
    @pytest.mark.parametrize(
        ("body", "head", "said"),
        [
            ('<a href="nowhere/">x</a>', "", "nowhere/' leads nowhere"),
            ('<a href="#missing">x</a>', "", "no heading or place called 'missing'"),
            ('<a href="/portal/unknown">x</a>', "", "not an address of the portal"),
            ('<form action="/portal/x"></form>', "", "not an address of the portal"),
            ('<img src="https://example.org/a.png" alt="">', "", "loads https://example.org/a.png"),
            ("", '<script src="//cdn.example.org/a.js"></script>', "loads //cdn.example.org/a.js"),
            ("", '<link rel="stylesheet" href="/gone.css">', "does not exist"),
            ('<p style="color: red">x</p>', "", "inline p style would be blocked"),
            ('<p onclick="go()">x</p>', "", "inline p onclick would be blocked"),
            ("<style>p { color: red }</style>", "", "inline style would be blocked"),
        ],
    )
    def test_fault_is_named(self, tmp_path: Path, body: str, head: str, said: str) -> None:
        with pytest.raises(SiteError, match=re.escape(said)):
            finish_site(small_site(tmp_path / "s", body, head))

    def test_foreign_address_in_a_style_sheet(self, tmp_path: Path) -> None:
        folder = small_site(tmp_path / "s", "", '<link rel="stylesheet" href="a.css">')
        (folder / "a.css").write_text("@import 'https://fonts.example.org/x.css'; p { color: red }")
        with pytest.raises(SiteError, match=r"a\.css: loads https://fonts\.example\.org"):
            finish_site(folder)

    def test_known_places_pass(self, tmp_path: Path) -> None:
        links = ("#top", "/", "/portal/", "/portal/s/counter-service?unit=a", "tel:110", "https://example.org/")
        finish_site(small_site(tmp_path / "s", "".join(f'<a href="{link}">x</a>' for link in links)))

    def test_portal_answers_at_every_address_that_may_be_linked(self, tmp_path: Path) -> None:
        app = create_app(Config(database=tmp_path / "huiyin.db"))
        served = {"/portal" + re.sub(r"<[^>]+>", "<>", rule.rule) for rule in app.url_map.iter_rules()}
        assert set(PORTAL_ROUTES) <= served

    def test_heavy_page_is_refused(self, tmp_path: Path) -> None:
        folder = small_site(tmp_path / "s", '<img src="noise.png" alt="">')
        (folder / "noise.png").write_bytes(os.urandom(FIRST_VIEW_LIMIT))
        with pytest.raises(SiteError, match="KB at first view, the limit is 80"):
            finish_site(folder)

    def test_command_exits_with_one(self, tmp_path: Path) -> None:
        folder = small_site(tmp_path / "s", '<a href="nowhere/">x</a>')
        command = [sys.executable, "-m", "scripts.finish_site", str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "index.html: the link 'nowhere/' leads nowhere" in done.stderr

    def test_table_is_boxed_once_and_labelled_by_its_heading(self) -> None:
        html = "<h2>总体 <em>八月</em></h2><table><tr><td>1</td></tr></table><p>x</p>"
        boxed = box_tables(html)
        assert 'aria-label="总体 八月"><table>' in boxed
        assert box_tables(boxed) == boxed
        told = table("更正", [head_cell("哪一格")], [], kind="told")
        assert box_tables(told) == told

    def test_page_text_leaves_out_menus_and_figures(self, tmp_path: Path) -> None:
        html = (
            "<body><nav>菜单</nav><article><h1>甲<a>乙</a></h1><p>丙<br>丁</p><ul data-search-exclude><li>戊</li></ul>"
            "<svg><title>己</title></svg><h2 id='x'>庚</h2><table><tr><td>辛</td></tr></table>"
            "<p>壬</p></article></body>"
        )
        page = read_page(tmp_path / "index.html", tmp_path, html)
        assert [(one.anchor, one.title, one.text) for one in page.sections] == [("", "甲乙", "丙丁"), ("x", "庚", "壬")]


def test_folder_without_a_home_page_is_refused() -> None:
    with pytest.raises(SiteError, match=r"no index\.html"):
        read_site(ROOT / "site")
