"""The ZIP edition: what becomes of the links, scripts and forms of a page."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.build_site import ROOT
from scripts.edition_pages import edition_page
from scripts.site_pages import read_page

PAGE = (
    '<!doctype html><html lang="{language}"><head>{head}<script src="/assets/site.js"></script></head><body>{body}'
    '<script id="__config" type="application/json">{{"base": "../..", "translations": '
    '{{"search.result.none": "没有 &lt;"}}}}</script><script src="/assets/javascripts/bundle.1.min.js"></script>'
    "<script>var theme = 1</script></body></html>"
)


def made(body: str, *, language: str = "zh-Hans", address: str = "") -> str:
    page = read_page(Path("/s/guides/a/index.html"), Path("/s"), PAGE.format(language=language, head="", body=body))
    other = read_page(Path("/s/guides/b/index.html"), Path("/s"), "<h1>b</h1>")
    return edition_page(page, {page.url: page, other.url: other}, address)


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("/", "../../index.html"),
        ("/guides/b/", "../b/index.html"),
        ("/guides/b/#现在就做", "../b/index.html#现在就做"),
        ("../b/", "../b/index.html"),
        ("/guides/b", "../b/index.html"),
        ("/assets/licences.txt", "../../assets/licences.txt"),
        ("#content", "#content"),
        ("tel:110", "tel:110"),
        ("https://example.org/", "https://example.org/"),
    ],
)
def test_every_link_is_relative_and_names_its_file(link: str, wanted: str) -> None:
    assert f'<a class="x" href="{wanted}">b</a>' in made(f'<a class="x" href="{link}">b</a>')


def test_scripts_are_the_two_that_need_no_server() -> None:
    html = made("")
    assert re.findall(r'<script src="([^"]*)"', html) == ["../../assets/site.js", "../../assets/edition.js"]
    assert "var theme" not in html
    assert 'data-none="没有 &amp;lt;"' in html
    assert 'data-root="../../" data-pack="/search/pack.json"' in html


@pytest.mark.parametrize(
    ("language", "address", "wanted"),
    [
        ("zh-Hans", "", '<span class="needs-network">评价（要上网）</span>'),
        ("en", "", '<span class="needs-network">评价 (needs the network)</span>'),
        ("en", "https://h.example", '<a href="https://h.example/portal/?lang=en">评价 (needs the network)</a>'),
    ],
)
def test_the_portal_is_on_the_network_and_is_said_to_be(language: str, address: str, wanted: str) -> None:
    assert wanted in made('<a href="/portal/?lang=en">评价</a>', language=language, address=address)


def test_forms_that_would_send_somewhere_send_to_the_known_address_or_nowhere() -> None:
    form = '<form class="check" method="post" action="/portal/check?lang=zh" data-scam-check></form>'
    assert '<form class="check" data-scam-check>' in made(form)
    assert 'action="https://h.example/portal/check?lang=zh"' in made(form, address="https://h.example")
    assert "helpful" not in made('<form class="helpful" method="post" action="/portal/helpful"><p>x</p></form>')


def test_the_command_builds_what_is_missing_and_refuses_what_cannot_be_built(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "scripts.zip_edition",
        "--content",
        str(tmp_path),
        "--zip",
        str(tmp_path / "x.zip"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "zh/index.md" in done.stderr
    assert not (tmp_path / "x.zip").exists()
