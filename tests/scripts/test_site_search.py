"""The search packs: one for few pages; for many, titles first and the texts in shards."""

import gzip
import json
from pathlib import Path

import pytest

from portal.search import load_pack, search
from scripts.site_search import SHARD_PAGES, WHOLE_UP_TO, languages, pack, write_packs
from tests.site_pages_made import made_pages


def weight(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def test_up_to_a_thousand_pages_are_one_pack(tmp_path: Path) -> None:
    pages = made_pages(tmp_path, WHOLE_UP_TO - 1)
    write_packs(tmp_path, pages)
    names = sorted(path.name for path in (tmp_path / "search").iterdir())
    assert names == ["pack.json", "search_index.json", "sounds.json"]
    assert load_pack(tmp_path / "search/pack.json")["pages"] == pack(pages, languages(pages), "")["pages"]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    write_packs(folder, made_pages(folder, 1200))
    return folder / "search"


def test_the_texts_of_many_pages_lie_in_shards_of_one_section_each(many: Path) -> None:
    shards = json.loads((many / "pack.json").read_text(encoding="utf-8"))["shards"]
    assert sorted(shards) == sorted(path.name for path in many.glob("pack-*.json"))
    for shard in shards:
        urls = json.loads((many / shard).read_text(encoding="utf-8")).keys()
        assert 0 < len(urls) <= SHARD_PAGES
        assert len({url.split("/")[1] for url in urls}) == 1


def test_many_pages_weigh_little_until_their_texts_are_needed(many: Path) -> None:
    """Pages of 450 characters, a little less than a guide has."""
    first = weight(many / "pack.json")
    texts = [weight(path) for path in many.glob("pack-*.json")]
    assert first <= 16 * 1024
    assert max(texts) <= 120 * 1024
    assert sum(texts) >= 30 * first


def test_the_server_searches_all_shards(many: Path) -> None:
    whole = load_pack(many / "pack.json")
    assert len(whole["pages"]) == 1201
    assert [hit.location for hit in search(whole, "独有词1199")] == ["/reports/p1199/"]


def test_shards_go_when_the_pages_become_few(tmp_path: Path) -> None:
    write_packs(tmp_path, made_pages(tmp_path, 1200))
    write_packs(tmp_path, made_pages(tmp_path, 3))
    assert not list((tmp_path / "search").glob("pack-*"))
