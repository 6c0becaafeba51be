"""The table of sounds that the search falls back on, and how it is used: pinyin, initials, characters alike, typos."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from portal.search import search
from portal.search_sounds import Sounds, load_sounds, sound_scores
from portal.search_spelling import distance, put_right
from scripts.site_sounds import sounds

PACK: dict[str, Any] = {
    "language": "zh-Hans",
    "pages": [
        {"url": "/a/", "title": "索要验证码", "summary": "", "tags": ["验证码", "短信验证码"], "sections": []},
        {"url": "/b/", "title": "银行的调解", "summary": "", "tags": ["App", "screen sharing"], "sections": []},
    ],
}
EVERYDAY = 3755
YZM = (
    "yzm",
    "yanzhengma",
    "yan zheng ma",
    "yanzenma",
    "ＹＺＭ",
    "验证马",
    "验政码",
    "验证马告诉别人了",
    "dxyzm",
    "duanxinyan",
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    path = tmp_path_factory.mktemp("sounds") / "sounds.json"
    path.write_text(json.dumps(sounds(PACK), ensure_ascii=False), encoding="utf-8")
    loaded = load_sounds(path)
    assert loaded is not None
    return loaded


def found(table: Sounds, query: str) -> list[str]:
    return [hit.location for hit in search({**PACK, "sounds": table}, query)]


@pytest.mark.parametrize("query", YZM)
def test_what_sounds_like_a_name_finds_its_page(table: Sounds, query: str) -> None:
    assert found(table, query) == ["/a/"]


@pytest.mark.parametrize("query", ["yhdtj", "yinhangdetiaojie", "银航的调解"])
def test_signs_with_several_sounds_are_read_as_in_their_word(table: Sounds, query: str) -> None:
    assert found(table, query) == ["/b/"]


@pytest.mark.parametrize("query", ["screan sharing", "screen sharng", "scren"])
def test_a_misspelt_word_is_put_right(table: Sounds, query: str) -> None:
    assert found(table, query) == ["/b/"]


@pytest.mark.parametrize("query", ["yz", "马", "x", "量子纠缠", "zzzz"])
def test_too_little_is_no_name(table: Sounds, query: str) -> None:
    assert found(table, query) == []


def test_a_name_that_more_pages_have_weighs_less(table: Sounds) -> None:
    rare, common = [("验证码",), ("银行",), ("公安",)], [("验证码",), ("验证码",), ("验证码",)]
    assert sound_scores(rare, "验政码", table)[0] > sound_scores(common, "验政码", table)[0] > 0


def test_the_table_is_small_and_has_every_sign_once() -> None:
    made = sounds(PACK)
    signs = "".join(made["signs"].values())
    assert len(signs) == len(set(signs)) >= EVERYDAY
    assert made["names"] == {"银行的调解": "yin hang de tiao jie"}
    assert len(gzip.compress(json.dumps(made, ensure_ascii=False).encode(), 9)) <= 12 * 1024


def test_without_a_table_nothing_is_heard(tmp_path: Path) -> None:
    assert load_sounds(tmp_path / "sounds.json") is None
    assert search(PACK, "yzm") == []


def test_distance_counts_letters() -> None:
    pairs = (("romence", "romance"), ("code", "cod"), ("ab", "ba"), ("", "abc"))
    assert [distance(*pair) for pair in pairs] == [1, 1, 2, 3]
    words = ["refnd", "rfnd", "cat"]
    assert put_right([("refund",)], words, words) == ["refund", "rfnd", "cat"]
