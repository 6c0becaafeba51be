"""Write the service worker of the site, and for each language the list of what a reader may keep on a device.

The worker of a page is the one of the longest scope that matches: this one has the scope / and stays away from
OTHER_SCOPES, where another worker may register without either hearing of the other.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.content_page import WRITTEN_BY_SCRIPTS
from scripts.site_checks import loaded_files
from scripts.site_pages import Page
from scripts.site_search import folder_of

WORKER = "worker.js"
KEEPING_LIST = "offline.json"
OTHER_SCOPES = ("/portal/",)
_SOURCE = Path(__file__).resolve().parent.parent / "site" / WORKER
_AWAY = "offline.html"
_NEEDS_NETWORK = "needs-network.html"
_EMERGENCY = "emergency/"
_CORE = ("", _EMERGENCY, "check/", _AWAY, _NEEDS_NETWORK, "404.html")
_WARNING = re.compile(r'<section class="warning".*?<a href="(/[^"]*)"', re.DOTALL)
_NOT_KEPT = (*WRITTEN_BY_SCRIPTS, "handbook")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _addresses(root: Path, files: Iterable[Path]) -> dict[str, Path]:
    """Files by the address that they are asked for, in order."""
    names = {path: path.relative_to(root).as_posix() for path in files}
    found = {
        "/" + (name if name.endswith("404.html") else name.removesuffix("index.html")): p for p, name in names.items()
    }
    return dict(sorted(found.items()))


def _named(pages: Mapping[str, Page], roots: Iterable[str], name: str) -> dict[str, str]:
    """The address of the page of that name by the folder of its language, where there is one."""
    return {f"/{folder}": f"/{folder}{name}" for folder in roots if folder + name in pages}


def _by_language(pages: Mapping[str, Page], roots: Mapping[str, str]) -> dict[str, str]:
    """The page that stands for one of the portal without a network, by the language that the portal is asked for."""
    found = _named(pages, roots, _NEEDS_NETWORK)
    return {tag.partition("-")[0]: found[f"/{folder}"] for folder, tag in roots.items() if f"/{folder}" in found}


def _warned_of(home: Page | None, folder: str) -> list[str]:
    """The page that a home page warns of, named from its language's folder."""
    found = _WARNING.search(home.html) if home else None
    return [found[1].removeprefix(f"/{folder}")] if found else []


def core(root: Path, pages: Mapping[str, Page], roots: Mapping[str, str]) -> dict[str, Path]:
    """What every visitor keeps from the first visit on: home, its warning, emergency, fallbacks, and what they load."""
    names = [folder + name for folder in roots for name in (*_CORE, *_warned_of(pages.get(folder), folder))]
    wanted = [pages[name] for name in names if name in pages]
    fallback = (root / "assets").glob("search-*.js")
    return _addresses(root, [*fallback, *(path for page in wanted for path in loaded_files(root, page))])


def keeping_list(
    root: Path, pages: Mapping[str, Page], roots: Mapping[str, str], folder: str
) -> list[dict[str, str | int]]:
    """What "keep everything" adds in one language: each file's address, digest and bytes on the device."""
    own = [page for url, page in pages.items() if folder_of(url, roots) == folder and _kept(url.removeprefix(folder))]
    packs = (root / folder / "search").glob("*.json")
    files = _addresses(root, [*packs, *(path for page in own for path in loaded_files(root, page))])
    always = core(root, pages, roots)
    contents = {address: path.read_bytes() for address, path in files.items() if address not in always}
    return [{"url": url, "digest": _digest(data), "bytes": len(data)} for url, data in contents.items()]


def _kept(place: str) -> bool:
    return not place.endswith(".html") and place.split("/", maxsplit=1)[0] not in _NOT_KEPT


def _version(root: Path, files: Mapping[str, Path], pages: Mapping[str, Page]) -> str:
    """Another one whenever any page or core file is another, so that open pages learn of it."""
    every = {**files, **_addresses(root, (page.path for page in pages.values()))}
    return _digest(b"".join(f"{url} {_digest(path.read_bytes())}\n".encode() for url, path in sorted(every.items())))


def write_worker(root: Path, pages: Mapping[str, Page], roots: Mapping[str, str]) -> None:
    """Write worker.js at the root and the list for each language; the same site gives the same bytes."""
    for folder in roots:
        text = json.dumps(keeping_list(root, pages, roots, folder), ensure_ascii=False, separators=(",", ":"))
        (root / folder / KEEPING_LIST).write_text(text + "\n", encoding="utf-8")
    files = core(root, pages, roots)
    kept = {
        "version": _version(root, files, pages),
        "core": {url: _digest(path.read_bytes()) for url, path in files.items()},
        "fresh": list(_named(pages, roots, _EMERGENCY).values()),
        "away": _named(pages, roots, _AWAY),
        "portal": _by_language(pages, roots),
        "otherScopes": OTHER_SCOPES,
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (root / WORKER).write_text(f"var KEPT = {text};\n{_SOURCE.read_text(encoding='utf-8')}", encoding="utf-8")
