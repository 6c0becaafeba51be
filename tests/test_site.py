"""The built site: what goes out, what is refused, and that publishing is one step."""

import base64
import gzip
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import html5lib
import pytest

from portal.search import load_pack, search
from scripts.build_site import ROOT, build_site
from scripts.finish_site import finish_site
from scripts.site_checks import FIRST_VIEW_LIMIT, first_view
from scripts.site_pages import Page, SiteError, read_site
from scripts.site_search import languages
from scripts.site_worker import core
from surveys import filings
from tests.portal.page_lint import faults
from tests.site_building import copy_content, copy_some, digest_of, policy_of

REPORT = """---
title: {title}
summary: {title}
---

## A

| question | n |
|---|--:|
| q3_01 | 1033 |

[ratings.csv](2021-08/ratings.csv)
"""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_content(tmp_path_factory.mktemp("pages") / "content")
    for language in ("zh", "en"):
        reports = folder / language / "reports"
        (reports / "2021-08").mkdir(parents=True)
        (reports / "index.md").write_text("---\ntitle: R\nsummary: R\n---\n\n- [2021-08](2021-08.md)\n")
        (reports / "2021-08.md").write_text(REPORT.format(title="2021-08"))
        (reports / "2021-08" / "ratings.csv").write_text("period,survey\n2021-08,kcmo-resident\n")
    return folder


@pytest.fixture(scope="module")
def site(content: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(content, tmp_path_factory.mktemp("out") / "public")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return read_site(site)


# Scripts within the page are held to the policy by their hash; the theme draws its two switches as empty labels.
ALLOWED = {"inline script", "empty label"}


class TestOutput:
    def test_every_page_holds_the_lint_of_pages(self, site: Path) -> None:
        found = {path: set(faults(path.read_text(encoding="utf-8"))) - ALLOWED for path in site.rglob("*.html")}
        assert len(found) > 20
        assert {str(path): these for path, these in found.items() if these} == {}

    def test_policy_names_every_inline_script_and_nothing_loose(self, site: Path, pages: dict[str, Page]) -> None:
        policy = policy_of(site)
        hashes = set(re.findall(r"'sha256-([^']+)'", policy))
        found = {
            base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            for page in pages.values()
            for script in page.inline_scripts
        }
        assert found == hashes
        assert 0 < len(hashes) <= 3
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "*" not in policy

    def test_nothing_is_loaded_from_elsewhere(self, site: Path, pages: dict[str, Page]) -> None:
        loaded = [link for page in pages.values() for link in page.resources]
        assert loaded
        assert not [link for link in loaded if "//" in link]
        for sheet in site.rglob("*.css"):
            assert "//" not in re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)

    def test_pages_are_valid_html_with_one_main_heading(self, pages: dict[str, Page]) -> None:
        for url, page in pages.items():
            parser = html5lib.HTMLParser(strict=False)
            parser.parse(page.html)
            assert parser.errors == [], url
            assert page.html.count("<h1") == 1, url
            ids = re.findall(r'\bid="([^"]+)"', page.html)
            assert len(ids) == len(set(ids)), url

    def test_theme_leaves_only_its_script(self, site: Path) -> None:
        assert not (site / "en" / "assets").exists()
        assert len(list((site / "assets" / "javascripts").glob("*.js"))) == 1
        assert "Permission is hereby granted" in (site / "assets" / "licences.txt").read_text(encoding="utf-8")
        assert not list(site.rglob("*.map"))

    def test_every_page_names_its_counterpart(self, pages: dict[str, Page]) -> None:
        for url, page in pages.items():
            if url.endswith(".html"):
                assert "alternate translation" not in page.html
                continue
            links = dict(re.findall(r'rel="alternate translation" hreflang="([^"]+)" href="([^"]+)"', page.html))
            assert set(links) == {"zh-Hans", "en", "x-default"}, url
            assert links["en"] == "/en/" + url.removeprefix("en/")

    def test_languages_are_declared(self, pages: dict[str, Page]) -> None:
        for url, page in pages.items():
            assert page.language == ("en" if url.startswith("en/") else "zh-Hans")

    def test_compressed_copies_hold_the_same_text(self, site: Path) -> None:
        copies = list(site.rglob("*.gz"))
        assert site / "index.html.gz" in copies
        assert site / "reports" / "2021-08" / "ratings.csv.gz" in copies
        for copy in copies:
            assert gzip.decompress(copy.read_bytes()) == copy.with_suffix("").read_bytes()

    def test_first_view_of_every_guide_is_light(self, site: Path, pages: dict[str, Page]) -> None:
        guides = [page for url, page in pages.items() if "guides/" in url]
        assert len(guides) >= 12
        for page in guides:
            assert first_view(site, page) <= FIRST_VIEW_LIMIT

    def test_guides_show_their_provenance(self, pages: dict[str, Page]) -> None:
        for url, page in pages.items():
            if re.fullmatch(r"(en/)?(guides|policies)/[^/]+/", url):
                assert re.search(r'<time datetime="\d{4}-\d\d-\d\d">', page.html), url
                assert f'action="/portal/helpful?lang={page.language[:2]}"' in page.html
                assert f'name="page" value="/{url}"' in page.html

    def test_reports_are_published_with_their_files(self, site: Path, pages: dict[str, Page]) -> None:
        assert "reports/2021-08/" in pages
        assert (site / "en" / "reports" / "2021-08" / "ratings.csv").is_file()
        assert pages["reports/2021-08/"].html.count('class="table-box" role="group" tabindex="0"') == 1

    def test_home_warns_of_one_scam_and_lists_the_rest_in_groups(self, pages: dict[str, Page]) -> None:
        for url, day in (("", "2026-11-21"), ("en/", "2026-11-21")):
            warning = pages[url].html.partition('<section class="warning"')[2].partition("</section>")[0]
            assert f'<time datetime="{day}">' in warning
            assert re.search(r'href="/(en/)?guides/[a-z-]+/"', warning)
            groups = pages[url].html.partition('<div class="groups">')[2].split("<h3>")[1:]
            assert len(groups) >= 2
            assert all('<ul class="listing">' in group for group in groups)

    def test_home_offers_three_doors_and_the_emergency_numbers(self, pages: dict[str, Page]) -> None:
        for root, language in (("", "zh"), ("en/", "en")):
            links = pages[root].links
            assert f"/{root}guides/" in links
            assert f"/portal/?lang={language}" in links
            assert f"/{root}reports/" in links
            assert {"tel:110", "tel:96110"} <= set(links)

    def test_every_page_leads_to_the_emergency_page_in_one_tap(self, pages: dict[str, Page]) -> None:
        for page in pages.values():
            root = "/en/" if page.language == "en" else "/"
            assert page.links.index(f"{root}emergency/") < page.links.index("tel:110"), page.url
        for root in ("", "en/"):
            assert {"tel:110", "tel:96110"} <= set(pages[f"{root}emergency/"].links)

    def test_every_type_of_page_is_light_at_first_view(self, site: Path, pages: dict[str, Page]) -> None:
        found = {url: first_view(site, page) for url, page in pages.items()}
        assert {url: weight for url, weight in found.items() if weight > FIRST_VIEW_LIMIT} == {}

    def test_what_every_visitor_keeps_is_light(self, site: Path, pages: dict[str, Page]) -> None:
        files = core(site, pages, languages(pages)).values()
        assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= 128 * 1024

    def test_colours_are_those_of_the_portal(self) -> None:
        def tokens(path: Path) -> list[dict[str, str]]:
            text = path.read_text(encoding="utf-8").split("Type:")[0]
            blocks = re.findall(r":root[^{]*\{([^}]*)\}", text)
            found = [dict(re.findall(r"(--[\w-]+): ([^;]+);", block)) for block in blocks]
            return [{name: value for name, value in block.items() if "level" not in name} for block in found]

        light, dark, chosen_dark, strong, strong_too, *strong_dark = tokens(ROOT / "site" / "assets" / "site.css")
        portal = tokens(ROOT / "portal" / "static" / "portal.css")
        assert dark == chosen_dark
        assert strong == strong_too
        assert strong_dark == [strong_dark[0]] * 4
        assert portal[:9] == [light, dark, dark, strong, strong, *strong_dark]
        assert strong.keys() - {"--ground", "--drawn"} == light.keys() - {"--deep-ink", "--echo"}
        assert strong_dark[0].keys() <= strong.keys()
        assert (ROOT / "site/assets/favicon.svg").read_bytes() == (ROOT / "portal/static/favicon.svg").read_bytes()


class TestBuilding:
    def test_same_pages_give_the_same_bytes(self, content: Path, site: Path, tmp_path: Path) -> None:
        assert digest_of(build_site(content, tmp_path / "public")) == digest_of(site)

    def test_finishing_twice_changes_nothing(self, site: Path, tmp_path: Path) -> None:
        folder = tmp_path / "copy"
        shutil.copytree(site, folder)
        finish_site(folder)
        assert digest_of(folder) == digest_of(site)

    def test_finished_output_of_another_generator(self, tmp_path: Path) -> None:
        (tmp_path / "index.html").write_text(
            '<!doctype html><html lang="zh-Hans"><head><title>t</title></head><body><article><h1>标题</h1>'
            "<p>正文里有验证码</p></article><script>var a = 1</script></body></html>",
            encoding="utf-8",
        )
        finish_site(tmp_path)
        assert "sha256-" in policy_of(tmp_path)
        assert [hit.location for hit in search(load_pack(tmp_path / "search" / "pack.json"), "验证码")] == ["/"]

    def test_unchanged_pages_are_not_built_again(self, content: Path, site: Path) -> None:
        assert build_site(content, site.parent.parent / "public") == site
        assert [path.name for path in site.parent.iterdir() if path.is_dir()] == [site.name]

    def test_source_tree_stays_as_it_was(self, tmp_path: Path) -> None:
        pages = copy_some(tmp_path / "content")
        before = digest_of(pages) | digest_of(ROOT / "site")
        build_site(pages, tmp_path / "out" / "public")
        assert digest_of(pages) | digest_of(ROOT / "site") == before

    @pytest.mark.parametrize("address", ["huiyin.example", "ftp://huiyin.example/", "https://u@x", "https://x/huiyin/"])
    def test_address_that_is_none_is_refused(
        self, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HUIYIN_SITE_URL", address)
        with pytest.raises(SiteError, match=f"HUIYIN_SITE_URL is '{address}', must be the site's address and no more"):
            build_site(ROOT / "content", tmp_path / "public")
        assert not (tmp_path / "public").exists()

    @pytest.mark.parametrize("name", ["mkdocs.yml", "mkdocs.en.yml"])
    def test_generator_never_writes_into_the_source_folder(self, name: str) -> None:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.search(r"^site_dir: build/mkdocs/(zh|en)$", text, re.MULTILINE)
        assert "hooks" not in text

    @pytest.mark.parametrize("name", filings.READERS)
    def test_filing_that_is_none_is_refused(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, "<b>")
        with pytest.raises(SiteError, match=f"{name} is '<b>', must be"):
            build_site(ROOT / "content", tmp_path / "public")
        assert not (tmp_path / "public").exists()

    def test_nothing_is_shown_of_filings_and_contacts_that_are_not_set(self, pages: dict[str, Page]) -> None:
        assert [url for url, page in pages.items() if "beian" in page.html or 'class="filings"' in page.html] == []
        assert 'class="contact"' not in pages["about/accessibility/"].html
        for page in pages.values():
            root = "/en/" if page.language == "en" else "/"
            assert {f"{root}about/accessibility/", f"{root}about/privacy/"} <= set(page.links), page.url

    def test_what_is_set_reaches_the_pages(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HUIYIN_SITE_URL", "https://huiyin.example/")
        monkeypatch.setenv("HUIYIN_ICP", "京ICP备12345678号-1")
        monkeypatch.setenv("HUIYIN_POLICE_FILING", "京公网安备11010102001234号")
        monkeypatch.setenv("HUIYIN_CONTACT", "028-1234 5678, help@office.example")
        release = build_site(copy_some(tmp_path / "content"), tmp_path / "public")
        english = (release / "en" / "guides" / "index.html").read_text(encoding="utf-8")
        assert '<link rel="canonical" href="https://huiyin.example/en/guides/">' in english
        assert 'hreflang="zh-Hans" href="https://huiyin.example/guides/"' in english
        sitemap = (release / "sitemap.xml").read_text(encoding="utf-8")
        assert "https://huiyin.example/guides/" in sitemap
        assert "lastmod" not in sitemap
        record = "https://beian.mps.gov.cn/#/query/webSearch?code=11010102001234"
        for page in read_site(release).values():
            assert {"https://beian.miit.gov.cn/", record} <= set(page.links), page.url
        statement = (release / "about" / "accessibility" / "index.html").read_text(encoding="utf-8")
        assert '<a href="tel:02812345678">028-1234 5678</a>' in statement
        assert '<a href="mailto:help@office.example">help@office.example</a>' in statement


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages and the site that was published of them, copied for each test, because a build takes seconds."""
    folder = tmp_path_factory.mktemp("built")
    build_site(copy_some(folder / "content"), folder / "out" / "public")
    return folder


@pytest.fixture
def published(built_once: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """The pages, the published folder and its release, all of the test's own."""
    folder = shutil.copytree(built_once, tmp_path / "office", symlinks=True)
    output = folder / "out" / "public"
    release = build_site(folder / "content", output)
    assert release.name == "1"
    return folder / "content", output, release


class TestPublishing:
    def test_published_folder_moves_and_one_old_release_stays(self, published: tuple[Path, Path, Path]) -> None:
        pages, output, release = published
        releases = [release]
        for number in range(2):
            (pages / "zh" / "about" / "extra.md").write_text(f"# 新页 {number}\n", encoding="utf-8")
            (pages / "en" / "about" / "extra.md").write_text(f"# New page {number}\n", encoding="utf-8")
            releases.append(build_site(pages, output))
        assert output.is_symlink()
        assert output.resolve() == releases[2]
        assert [release.exists() for release in releases] == [False, True, True]
        assert {path.name for path in output.parent.iterdir()} == {"public", "releases"}

    def test_fault_leaves_the_published_site_alone(self, published: tuple[Path, Path, Path]) -> None:
        pages, output, release = published
        before = digest_of(output)
        (pages / "zh" / "about" / "broken.md").write_text("# 坏\n\n[没有](nowhere.md)\n", encoding="utf-8")
        with pytest.raises(SiteError, match=r"nowhere\.md"):
            build_site(pages, output)
        assert output.resolve() == release
        assert digest_of(output) == before
        assert not (output.parent / "releases" / ".work").exists()

    @pytest.mark.parametrize("pause", [0.6])
    def test_killed_build_leaves_a_whole_site(self, published: tuple[Path, Path, Path], pause: float) -> None:
        pages, output, _ = published
        before = digest_of(output)
        (pages / "zh" / "about" / "extra.md").write_text("# 新页\n", encoding="utf-8")
        (pages / "en" / "about" / "extra.md").write_text("# New page\n", encoding="utf-8")
        command = [sys.executable, "-m", "scripts.build_site", "--content", str(pages), "--output", str(output)]
        with subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL) as process:
            time.sleep(pause)
            os.killpg(process.pid, signal.SIGKILL)
        assert digest_of(output) == before or (output / "about" / "extra" / "index.html").is_file()
        release = build_site(pages, output)
        assert (release / "en" / "about" / "extra" / "index.html").is_file()
        assert (release / "_headers").is_file()

    def test_folder_that_is_no_link_is_not_replaced(self, content: Path, tmp_path: Path) -> None:
        (tmp_path / "public").mkdir()
        with pytest.raises(SiteError, match="move it away"):
            build_site(content, tmp_path / "public")

    def test_command_says_what_is_missing(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "scripts.build_site", "--content", str(tmp_path), "--output", "x"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "zh/index.md" in done.stderr
        assert not (ROOT / "x").exists()
