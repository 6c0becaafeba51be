"""The worker and the lists of what may be kept: complete, of one bytes for one site, and never about the portal."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.finish_site import finish_site
from scripts.site_checks import PORTAL_ROUTES

HEAD = '<link rel="stylesheet" href="/assets/a.css">'
CORE = ("", "404.html", "check/", "emergency/", "guides/a/", "needs-network.html", "offline.html")
PLACES = ("", "emergency/", "guides/a/", "policies/b/", "check/", "handbook/c/", "reports/d/", "said-and-done/")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site in two languages, finished."""
    for language, root in (("zh-Hans", ""), ("en", "en/")):
        for place in (*(f"{one}index.html" for one in PLACES), "404.html", "offline.html", "needs-network.html"):
            path = tmp_path / root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            warned = (
                f'<section class="warning"><p><a href="/{root}guides/a/">a</a></p></section>'
                if place == "index.html"
                else ""
            )
            body = f'<article><h1>{place}</h1>{warned}<img src="/assets/{place.count("/")}.svg" alt=""></article>'
            path.write_text(f'<!doctype html><html lang="{language}"><head>{HEAD}</head><body>{body}</body></html>')
    (tmp_path / "assets").mkdir()
    for name in ("a.css", "0.svg", "1.svg", "2.svg", "search-near.js"):
        (tmp_path / "assets" / name).write_text("/**/")
    finish_site(tmp_path)
    return tmp_path


def kept(site: Path) -> dict[str, Any]:
    found = re.match(r"var KEPT = (\{.*?\n\});\n", (site / "worker.js").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    value: dict[str, Any] = json.loads(found[1])
    return value


def test_the_core_is_home_its_warning_emergency_self_check_and_fallbacks_with_what_they_load(site: Path) -> None:
    pages = [root + name for root in ("/", "/en/") for name in CORE]
    core = kept(site)["core"]
    assert sorted(core) == sorted(
        [*pages, *(f"/assets/{one}" for one in ("0.svg", "1.svg", "2.svg", "a.css", "search-near.js"))]
    )
    assert core["/assets/a.css"] == hashlib.sha256(b"/**/").hexdigest()[:16]
    assert kept(site)["fresh"] == ["/emergency/", "/en/emergency/"]
    assert kept(site)["away"] == {"/": "/offline.html", "/en/": "/en/offline.html"}
    assert kept(site)["portal"] == {"zh": "/needs-network.html", "en": "/en/needs-network.html"}


def test_what_may_be_kept_is_what_residents_read_with_its_pictures_and_its_search(site: Path) -> None:
    for root in ("", "en/"):
        files = json.loads((site / root / "offline.json").read_text(encoding="utf-8"))
        pages = ["policies/b/", "search/pack.json", "search/search_index.json"]
        wanted = [root + one for one in pages]
        wanted += [] if root else ["search/sounds.json"]
        assert sorted(one["url"] for one in files) == sorted(f"/{one}" for one in wanted)
        for one in files:
            path = site / one["url"][1:] / ("index.html" if one["url"].endswith("/") else "")
            assert one["bytes"] == path.stat().st_size
            assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(one["digest"])


def test_a_changed_page_makes_another_worker_and_an_unchanged_site_the_same(site: Path) -> None:
    before = (site / "worker.js").read_bytes()
    finish_site(site)
    assert (site / "worker.js").read_bytes() == before
    page = site / "handbook/c/index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("<h1>", "<h1>新"), encoding="utf-8")
    finish_site(site)
    assert (site / "worker.js").read_bytes() != before


def test_the_portal_is_another_scope_and_the_worker_is_checked_each_time(site: Path) -> None:
    scopes = kept(site)["otherScopes"]
    assert all(route.startswith(tuple(scopes)) for route in PORTAL_ROUTES)
    assert (site / "_headers").read_text(encoding="utf-8").endswith("\n/worker.js\n  Cache-Control: no-cache\n")
