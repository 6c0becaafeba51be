"""Searching many pages in the browser: the texts are fetched only as long as too little is found without them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext

from scripts.build_site import ROOT
from scripts.site_search import write_packs
from tests.browser.conftest import serve
from tests.site_pages_made import made_pages

ASK = """async ([stub, query, wanted]) => {
    const worker = new Worker("/search.js");
    worker.postMessage({ type: 0, data: stub });
    return new Promise(resolve => {
        worker.onmessage = event => {
            if (event.data.type === 1) worker.postMessage({ type: 2, data: query });
            const found = event.data.type === 3 ? event.data.data.items.map(item => item[0].location) : [];
            if (found[0] === wanted) resolve(found.length);
        };
    });
}"""


def test_texts_are_fetched_only_when_titles_find_too_little(
    context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    write_packs(tmp_path, made_pages(tmp_path, 1200))
    shutil.copy(ROOT / "site/assets/search.js", tmp_path)
    for name in ("index.html", "404.html"):
        (tmp_path / name).write_text("<h1>搜索</h1>", encoding="utf-8")
    (tmp_path / "_headers").write_text("/*\n  X-Content-Type-Options: nosniff\n")
    stub = json.loads((tmp_path / "search/search_index.json").read_text(encoding="utf-8"))
    with serve(tmp_path) as address:
        page = context().new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        page.goto(f"{address}/")
        assert page.evaluate(ASK, [stub, "第7", "/guides/p0007/"]) >= 100
        assert [name for name in asked if name.startswith("pack")] == ["pack.json"]
        assert page.evaluate(ASK, [stub, "独有词0450尾", "/policies/p0450/"]) == 1
        assert sum(name.startswith("pack-") for name in asked) >= 4
