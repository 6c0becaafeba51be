"""Make a built site ready to be served: search, worker, policy, language links, checks, compressed copies.

It needs only HTML files, so it works on the output folder of any generator, and a second run changes nothing.
"""

import base64
import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from scripts.build_site import rules_path
from scripts.site_checks import Copies, check_site
from scripts.site_feed import FEED, with_addresses
from scripts.site_pages import Page, SiteError, read_head, read_page, read_site
from scripts.site_scam_check import fill, load_rules
from scripts.site_search import folder_of, languages, write_packs
from scripts.site_worker import WORKER, write_worker
from surveys.scam_check import ScamCheck

COMPRESSED = frozenset({".html", ".css", ".js", ".json", ".svg", ".xml", ".txt", ".csv", ".db"})
HEADERS_FILE = "_headers"
_LANGUAGE_LINK = re.compile(r'<link rel="alternate translation"[^>]*>\n')
_LASTMOD = re.compile(r"\s*<lastmod>[^<]*</lastmod>")
_BODY_DIRECTION = re.compile(r'<body dir="(ltr|rtl)"')
_ROOT_DIRECTION = re.compile(r"<html [^>]*\bdir=")
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_HEADING = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>|<caption[^>]*>(.*?)</caption>", re.DOTALL)
_BOX = '<div class="table-box" role="group" tabindex="0" aria-label="{}">'


def language_links(page: Page, pages: Mapping[str, Page], roots: Mapping[str, str]) -> str:
    """The links in the head that name the same page in every language; empty if it has no counterpart."""
    if page.path.name != "index.html":
        return ""
    folder = folder_of(page.url, roots)
    rest = page.url.removeprefix(folder)
    found = {language: root + rest for root, language in roots.items() if root + rest in pages}
    if len(found) < 2:
        return ""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(page.canonical)) if page.canonical else ""
    found["x-default"] = rest
    return "".join(
        f'<link rel="alternate translation" hreflang="{language}" href="{origin}/{url}">\n'
        for language, url in found.items()
    )


def box_tables(html: str) -> str:
    """Put every table into a box of its own that scrolls and takes the keyboard's focus."""
    parts, last = [], 0
    for match in _TABLE.finditer(html):
        parts.append(html[last : match.start()])
        last = match.end()
        boxed = parts[-1].rstrip().endswith(">") and 'class="table-box' in parts[-1].rstrip().rpartition("<")[2]
        parts.append(match[0] if boxed else _boxed(match[0], html[: match.start()]))
    return "".join(parts) + html[last:]


def _boxed(table: str, before: str) -> str:
    headings = list(_HEADING.finditer(table)) or list(_HEADING.finditer(before))
    label = re.sub(r"<[^>]+>", "", "".join(filter(None, headings[-1].groups()))).strip() if headings else ""
    return _BOX.format(label.replace('"', "&quot;")) + table + "</div>"


def _directed(html: str) -> str:
    """The direction of writing on the root as well, for the theme puts it on the body alone."""
    body = _BODY_DIRECTION.search(html)
    return html if not body or _ROOT_DIRECTION.search(html) else html.replace("<html ", f'<html dir="{body[1]}" ', 1)


def _rewrite(page: Page, pages: Mapping[str, Page], roots: Mapping[str, str], check: ScamCheck | None) -> str:
    folder = folder_of(page.url, roots)
    html = fill(_LANGUAGE_LINK.sub("", page.html), roots[folder], folder, check, pages)
    html = _directed(html).replace("</head>", language_links(page, pages, roots) + "</head>", 1)
    return box_tables(html).replace("<pre>", '<pre tabindex="0">')


def content_security_policy(pages: Iterable[Page]) -> str:
    """The policy for the whole site: nothing but its own files, and inline scripts by their hash alone."""
    scripts = {script for page in pages for script in page.inline_scripts}
    digests = sorted(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    script_sources = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return (
        f"default-src 'none'; script-src {script_sources}; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; object-src 'none'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _headers(pages: Iterable[Page]) -> str:
    """What is sent with every file, and with the worker, which browsers are to ask for anew each time."""
    policy = content_security_policy(pages)
    return f"/*\n  Content-Security-Policy: {policy}\n/{WORKER}\n  Cache-Control: no-cache\n"


def compress(root: Path, copies: Copies) -> int:
    """Write a .gz copy beside every text file and remove copies without an original; give their number."""
    for copy in root.rglob("*.gz"):
        copy.unlink()
    originals = [path for path in sorted(root.rglob("*")) if path.suffix in COMPRESSED and path.is_file()]
    for path in originals:
        path.with_name(path.name + ".gz").write_bytes(copies[path])
    return len(originals)


def _settle_sitemaps(root: Path) -> None:
    """Drop the day of the build, and a sitemap that lists nothing because the site's address is not known."""
    for sitemap in root.rglob("sitemap.xml"):
        text = _LASTMOD.sub("", sitemap.read_text(encoding="utf-8"))
        if "<loc>" in text:
            sitemap.write_text(text, encoding="utf-8")
        else:
            sitemap.unlink()


def _settle_feeds(root: Path, pages: Mapping[str, Page]) -> None:
    """Give the links of each feed the address of the page beside it, where the site's address is known."""
    for feed in root.rglob(FEED):
        page = pages.get(feed.parent.relative_to(root).as_posix() + "/")
        if page and page.canonical:
            feed.write_text(with_addresses(feed.read_text(encoding="utf-8"), page.canonical), encoding="utf-8")


def _rewritten(root: Path) -> dict[str, Page]:
    """Rewrite every page where it needs it, by what the heads of all tell; give them as they are then."""
    pages, check = read_site(root, read_head), load_rules(rules_path())
    roots, done = languages(pages), {}
    for url, page in pages.items():
        html = _rewrite(page, pages, roots, check)
        if html != page.html:
            page.path.write_text(html, encoding="utf-8")
        done[url] = read_page(page.path, root, html)
    return done


def finish_site(root: Path) -> dict[str, Page]:
    """Finish the site in the folder; raises SiteError with every fault before the copies are written."""
    pages = _rewritten(root)
    roots = languages(pages)
    _settle_sitemaps(root)
    _settle_feeds(root, pages)
    write_packs(root, pages)
    write_worker(root, pages, roots)
    (root / HEADERS_FILE).write_text(_headers(pages.values()), encoding="utf-8")
    copies = Copies()
    faults = check_site(root, pages, copies)
    if faults:
        raise SiteError("\n".join(faults))
    compress(root, copies)
    return pages


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Finish the built site in FOLDER and check it."""
    try:
        pages = finish_site(folder)
    except SiteError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(f"{folder}: {len(pages)} pages finished")


if __name__ == "__main__":
    main()
