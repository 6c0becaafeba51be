"""Write the search packs that site/assets/search.js and portal/search.py read."""

import json
from collections.abc import Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from scripts.site_pages import Page
from scripts.site_sounds import sounds

WHOLE_UP_TO = 1000
"""Pages of one language that are sent in one pack; above it the texts lie in shards."""
SHARD_PAGES = 200


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


def sharded(whole: Mapping[str, Any], folder: str) -> dict[str, dict[str, Any]]:
    """The pack as files: one, or for many pages one of titles, summaries and tags and shards of their texts.

    Neighbours of one section share a shard, because a search is mostly about one of them.
    """
    if len(whole["pages"]) <= WHOLE_UP_TO:
        return {"pack.json": dict(whole)}
    shards: dict[str, dict[str, Any]] = {}
    for section, entries in groupby(whole["pages"], lambda page: page["url"].removeprefix(f"/{folder}").split("/")[0]):
        while batch := list(islice(entries, SHARD_PAGES)):
            shards[f"pack-{len(shards) + 1}-{section or 'home'}.json"] = {
                page["url"]: page["sections"] for page in batch
            }
    heads = [{**page, "sections": []} for page in whole["pages"]]
    return {"pack.json": {**whole, "pages": heads, "shards": list(shards)}, **shards}


def write_packs(root: Path, pages: Mapping[str, Page]) -> list[Path]:
    """Write the pack and the theme's small index that points to it, for every language; shards of before go."""
    roots, written = languages(pages), []
    for folder in roots:
        target = root / folder / "search"
        target.mkdir(parents=True, exist_ok=True)
        for shard in target.glob("pack-*.json"):
            shard.unlink()
        stub = {"config": {"lang": [roots[folder]], "separator": " ", "pack": f"/{folder}search/pack.json"}, "docs": []}
        whole = pack(pages, roots, folder)
        files = {**sharded(whole, folder), "search_index.json": stub}
        if roots[folder].startswith("zh"):
            files["sounds.json"] = sounds(whole)
        for name, content in files.items():
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            (target / name).write_text(text, encoding="utf-8")
            written.append(target / name)
    return written
