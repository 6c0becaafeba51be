"""Write the search packs that site/assets/search.js and portal/search.py read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.site_pages import Page


def languages(pages: Mapping[str, Page]) -> dict[str, str]:
    """Folder of each language ("" and, say, "en/") and the language declared by its home page."""
    found = {"": pages[""].language}
    for url, page in pages.items():
        if url.count("/") == 1 and url.endswith("/") and page.language not in found.values():
            found[url] = page.language
    return found


def folder_of(url: str, roots: Mapping[str, str]) -> str:
    """The language folder that an address belongs to."""
    return max((root for root in roots if url.startswith(root)), key=len)


def pack(pages: Mapping[str, Page], roots: Mapping[str, str], folder: str) -> dict[str, Any]:
    """What can be found in one language: per page its address, title, summary, tags and sections."""
    own = [page for url, page in pages.items() if folder_of(url, roots) == folder]
    return {
        "language": roots[folder],
        "pages": [_entry(page) for page in own if page.sections and not page.url.endswith(".html")],
    }


def _entry(page: Page) -> dict[str, Any]:
    sections = [
        {"id": section.anchor, "title": section.title if index else "", "text": section.text}
        for index, section in enumerate(page.sections)
    ]
    return {
        "url": f"/{page.url}",
        "title": page.title,
        "summary": page.description,
        "tags": list(page.keywords),
        "sections": sections,
    }


def write_packs(root: Path, pages: Mapping[str, Page]) -> list[Path]:
    """Write pack.json and the theme's small index that points to it, for every language."""
    roots, written = languages(pages), []
    for folder in roots:
        target = root / folder / "search"
        target.mkdir(parents=True, exist_ok=True)
        stub = {"config": {"lang": [roots[folder]], "separator": " ", "pack": f"/{folder}search/pack.json"}, "docs": []}
        for name, content in (("pack.json", pack(pages, roots, folder)), ("search_index.json", stub)):
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            (target / name).write_text(text, encoding="utf-8")
            written.append(target / name)
    return written
