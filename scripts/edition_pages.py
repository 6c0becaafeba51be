"""Pages of the built site as they stand in the ZIP edition: every link relative, nothing that needs a server."""

import json
import posixpath
import re
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import quote, unquote, urljoin, urlsplit

from scripts.site_pages import Page

SEARCH_SCRIPT = "assets/edition.js"
_NEEDS_NETWORK = {"zh": "（要上网）", "en": " (needs the network)"}
_ORIGIN = "https://site.invalid/"
_CONFIG = re.compile(r'\s*<script id="__config" type="application/json">(.*?)</script>', re.DOTALL)
_OF_NO_USE = (
    re.compile(r"\s*<script>.*?</script>", re.DOTALL),
    re.compile(r'\s*<script src="[^"]*(?:/javascripts/bundle|/offline\.js)[^>]*></script>'),
    re.compile(r'<link rel="alternate[^>]*>\n?'),
    re.compile(r'<form class="helpful".*?</form>', re.DOTALL),
    re.compile(r'<section class="keep .*?</section>\s*<noscript>.*?</noscript>', re.DOTALL),
)
_PORTAL_LINK = re.compile(r'<a\b([^>]*?)\shref="(/portal/[^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_PORTAL_FORM = re.compile(r'<form\b[^>]* action="(/portal/[^"]*)"[^>]*>')
_SENDING = re.compile(r' (?:action|method)="[^"]*"')
_ADDRESS = re.compile(r'(<[a-z][^>]*?\s(?:href|src)=")([^"]*)(")')


def edition_page(page: Page, pages: Mapping[str, Page], address: str) -> str:
    """The page's HTML for the edition; `address` is where the portal stands on the network, empty if not known."""
    words = _NEEDS_NETWORK.get(page.language[:2], _NEEDS_NETWORK["en"])
    html = _CONFIG.sub(lambda config: _search(page, config[1]), page.html)
    for useless in _OF_NO_USE:
        html = useless.sub("", html)
    html = _PORTAL_FORM.sub(lambda form: _portal_form(form, address), html)
    html = _PORTAL_LINK.sub(lambda link: _portal_link(link, words, address), html)
    return _ADDRESS.sub(lambda found: found[1] + _relative(page, pages, found[2]) + found[3], html)


def file_of(url: str) -> str:
    """The file that a server gives out for an address without its leading slash."""
    return url + "index.html" if url == "" or url.endswith("/") else url


def _search(page: Page, config: str) -> str:
    """The script that searches in the page itself, with the words that the theme would show."""
    theme = json.loads(config)
    said = theme["translations"]
    data = {name: said.get(f"search.result.{name}", "") for name in ("none", "one", "other", "placeholder")}
    pack = urljoin(_ORIGIN + page.url, theme["base"].rstrip("/") + "/search/pack.json")
    data |= {"root": "../" * page.url.count("/"), "pack": urlsplit(pack).path}
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<script src="/{SEARCH_SCRIPT}"{attributes}></script>'


def _portal_form(form: re.Match[str], address: str) -> str:
    """A form that sends to the portal on the network, or nowhere; the search answers in the page, given scripts."""
    if 'class="search__form"' in form[0]:
        return _SENDING.sub("", form[0]).replace("search__form", "search__form js-only")
    return form[0].replace(form[1], address + form[1]) if address else _SENDING.sub("", form[0])


def _portal_link(link: re.Match[str], words: str, address: str) -> str:
    before, target, after, text = link.groups()
    if address:
        return f'<a{before} href="{address}{target}"{after}>{text}{words}</a>'
    return f'<span class="needs-network">{text}{words}</span>'


def _relative(page: Page, pages: Mapping[str, Page], link: str) -> str:
    parts = urlsplit(urljoin(_ORIGIN + page.url, unescape(link)))
    if link.startswith("#") or parts.netloc != "site.invalid":
        return link
    target = unquote(parts.path)[1:]
    target = file_of(f"{target}/" if f"{target}/" in pages else target)
    path = quote(posixpath.relpath(target, posixpath.dirname(file_of(page.url)) or "."))
    return path + (f"#{escape(parts.fragment)}" if parts.fragment else "")
