"""What residents type, asked in the browser's worker: the same pages with the same scores as on the server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from portal.search import load_pack, search
from tests.portal.test_search import QUERIES

ASK = """async ([stub, queries]) => {
    const worker = new Worker("/assets/search.js");
    const ask = (message, kind) => new Promise(resolve => {
        worker.onmessage = event => { if (event.data.type === kind) resolve(event.data.data); };
        worker.postMessage(message);
    });
    await ask({ type: 0, data: stub }, 1);
    const answers = [];
    for (const query of queries) {
        const found = await ask({ type: 2, data: query }, 3);
        answers.push(found.items.map(item => [item[0].location, item[0].score]));
    }
    return answers;
}"""
ODD = (
    "量子纠缠",
    "zzzz",
    "qwertyuiop",
    "ｙｚｍ",
    "yan zheng ma",
    "重庆银行",
    "打不开!!",
    "微信wechta",
    "𠮷野家",
    "ng",
    "x" * 99,
)


@pytest.mark.parametrize("root", ["", "en/"])
def test_browser_and_server_find_the_same(
    context: Callable[..., BrowserContext], site_url: str, built_site: Path, root: str
) -> None:
    page = context().new_page()
    page.goto(f"{site_url}/{root}")
    stub = json.loads((built_site / root / "search/search_index.json").read_text(encoding="utf-8"))
    queries = [*ODD, *(query.query for query in QUERIES if query.language == (root[:2] or "zh"))]
    pack = load_pack(built_site / root / "search/pack.json")
    wanted = {query: [[hit.location, hit.score] for hit in search(pack, query, limit=1000)] for query in queries}
    assert dict(zip(queries, page.evaluate(ASK, [stub, queries]), strict=True)) == wanted


def test_sounds_are_fetched_only_when_the_words_find_nothing(
    context: Callable[..., BrowserContext], site_url: str
) -> None:
    page = context(service_workers="block").new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(f"{site_url}/")
    page.get_by_role("searchbox").click()
    page.keyboard.insert_text("验证码")
    page.locator(".md-search-result__link").first.wait_for()
    assert not {"search-near.js", "sounds.json"} & set(asked)
    with page.expect_response("**/search/sounds.json"):
        page.get_by_role("searchbox").fill("yzm")
    page.locator(".md-search-result__link", has_text="验证码").first.wait_for()
    assert "search-near.js" in asked
