"""Check a built site before it is published: links, foreign requests, what the policy would block, weight."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from scripts.content_page import WRITTEN_BY_SCRIPTS
from scripts.site_pages import Page

# Addresses answered by the portal, which serves the same origin.
PORTAL_ROUTES = (
    "/portal/",
    "/portal/s/<>",
    "/portal/suggest",
    "/portal/case",
    "/portal/search",
    "/portal/check",
    "/portal/take",
    "/portal/waiting",
    "/portal/definitions/surveys.json",
    "/portal/definitions/schema.json",
    "/portal/openapi.json",
    "/portal/helpful",
)
FIRST_VIEW_LIMIT = 80 * 1024
_ORIGIN = "https://site.invalid/"
_CSS_ADDRESS = re.compile(r"@import\s+['\"]([^'\"]+)|url\(\s*['\"]?([^'\")]+)")
_CONFIG = re.compile(r'<script id="__config" type="application/json">(.*?)</script>', re.DOTALL)
_ROUTES = tuple(re.compile(re.escape(route).replace("<>", "[^/]+") + r"\Z") for route in PORTAL_ROUTES)


class Copies(dict[Path, bytes]):
    """Compressed copies of files by their path, each made when it is first asked for: most pages load the same ones."""

    def __missing__(self, path: Path) -> bytes:
        self[path] = gzip.compress(path.read_bytes(), 9, mtime=0)
        return self[path]


def check_site(root: Path, pages: Mapping[str, Page], copies: Copies) -> list[str]:
    """Every fault found, one sentence each, naming the file and what to do; empty when the site may go out."""
    return [
        *check_links(root, pages),
        *check_resources(root, pages),
        *check_blocked(pages),
        *check_weight(root, pages, copies),
    ]


def _target(page: Page, link: str) -> tuple[str, str] | None:
    """Path (without the leading slash) and fragment of a link inside the site, or None for another place."""
    parts = urlsplit(urljoin(_ORIGIN + page.url, link))
    if parts.scheme not in ("http", "https") or parts.netloc != "site.invalid":
        return None
    return unquote(parts.path)[1:], unquote(parts.fragment)


def _link_fault(root: Path, pages: Mapping[str, Page], path: str, fragment: str) -> str | None:
    if path == "portal" or path.startswith("portal/"):
        known = any(route.match("/" + path) for route in _ROUTES)
        return None if known else "is not an address of the portal (scripts/site_checks.py lists them)"
    page = pages.get(path) or pages.get(path.removesuffix("index.html"))
    if page is None:
        hint = "; write it with a slash at its end" if path + "/" in pages else "; correct the link or add the page"
        return None if path and (root / path).is_file() else f"leads nowhere{hint}"
    if fragment and fragment not in page.anchors:
        return f"leads to {page.path.relative_to(root)}, which has no heading or place called '{fragment}'"
    return None


def check_links(root: Path, pages: Mapping[str, Page]) -> Iterator[str]:
    """Links inside the site that lead to no page, file, anchor or portal address."""
    for page in pages.values():
        for link in dict.fromkeys(page.links):
            target = _target(page, link)
            fault = _link_fault(root, pages, *target) if target else None
            if fault:
                yield f"{page.path.relative_to(root)}: the link '{link}' {fault}"


def check_resources(root: Path, pages: Mapping[str, Page]) -> Iterator[str]:
    """Files that a page or style sheet loads from another place, or that are missing."""
    sheets = sorted(root.rglob("*.css"))
    loaded = [(page.path, page.url, link) for page in pages.values() for link in dict.fromkeys(page.resources)]
    for sheet in sheets:
        for match in _CSS_ADDRESS.finditer(sheet.read_text(encoding="utf-8")):
            loaded.append((sheet, sheet.relative_to(root).as_posix(), match[1] or match[2]))
    for path, url, link in loaded:
        parts = urlsplit(urljoin(_ORIGIN + url, link))
        if parts.netloc != "site.invalid":
            yield f"{path.relative_to(root)}: loads {link}; keep a copy under site/assets/ and load that"
        elif not (root / unquote(parts.path)[1:]).is_file():
            yield f"{path.relative_to(root)}: loads {link}, which does not exist; correct the address or add the file"


def check_blocked(pages: Mapping[str, Page]) -> Iterator[str]:
    """Inline styles and handlers, which the content security policy refuses."""
    for page in pages.values():
        for what in dict.fromkeys(page.blocked):
            yield f"{page.path}: inline {what} would be blocked; use a class of site/assets/site.css"


def _config_files(page: Page) -> Iterator[str]:
    match = _CONFIG.search(page.html)
    if match:
        config = json.loads(match[1])
        yield config["search"]
        yield config["base"].rstrip("/") + "/search/search_index.json"


def loaded_files(root: Path, page: Page) -> list[Path]:
    """The page's own file and all that a browser fetches to show it, the scripts of the search included."""
    addresses = [*page.resources, *_config_files(page)]
    files = {unquote(urlsplit(urljoin(_ORIGIN + page.url, address)).path)[1:] for address in addresses}
    return [page.path, *(root / name for name in sorted(files) if (root / name).is_file())]


def first_view(root: Path, page: Page, copies: Copies | None = None) -> int:
    """Bytes on the wire, compressed, that a first visit to the page costs."""
    copies = Copies() if copies is None else copies
    return sum(len(copies[path]) for path in loaded_files(root, page))


def check_weight(root: Path, pages: Mapping[str, Page], copies: Copies) -> Iterator[str]:
    """Pages that cost a first visitor more than the limit; what grows with what residents send is left out."""
    for page in pages.values():
        if any(f"{name}/" in page.url for name in WRITTEN_BY_SCRIPTS):
            continue
        weight = first_view(root, page, copies)
        if weight > FIRST_VIEW_LIMIT:
            yield (
                f"{page.path.relative_to(root)}: {weight / 1024:.1f} KB at first view, the limit is "
                f"{FIRST_VIEW_LIMIT // 1024}; shorten the page or make its images smaller"
            )
