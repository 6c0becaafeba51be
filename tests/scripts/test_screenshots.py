"""The pictures of the handbook: each one is made by the script, is there in both languages, and is small."""

import re
from pathlib import Path

import pytest
from PIL import Image

from portal import create_app
from portal.config import Config
from scripts.screenshot_list import SHOTS
from scripts.screenshot_office import TODAY, make
from scripts.screenshots import place_of, smaller
from tests.serving import ROOT

LIMIT = 20_000
NAMES = {shot.name for shot in SHOTS}


def pictures(language: str) -> list[str]:
    """The names of the pictures that the pages of the handbook show, each as often as it is shown."""
    pages = (ROOT / "content" / language / "handbook").glob("*.md")
    return [
        name for page in pages for name in re.findall(r"!\[[^\]]+\]\(img/([a-z-]+)\.webp\)", page.read_text("utf-8"))
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_picture_is_made_by_the_script_shown_once_and_small(language: str) -> None:
    shown = pictures(language)
    assert len(shown) == len(set(shown))
    assert set(shown) == NAMES
    folder = ROOT / "content" / language / "handbook/img"
    assert {path.name for path in folder.iterdir()} == {f"{name}.webp" for name in NAMES}
    for shot in SHOTS:
        path = place_of(shot, language, ROOT / "content")
        assert path.stat().st_size <= LIMIT, path
        with Image.open(path) as image:
            assert image.width <= shot.width
            assert image.height <= shot.height


def test_both_languages_show_the_same_pictures_on_the_same_pages() -> None:
    zh, en = (
        {page.name: re.findall(r"\(img/([a-z-]+)\.webp\)", page.read_text("utf-8")) for page in folder.glob("*.md")}
        for folder in (ROOT / "content" / language / "handbook" for language in ("zh", "en"))
    )
    assert zh == en


def test_the_made_up_office_has_every_page_and_field_that_is_photographed(tmp_path: Path) -> None:
    database = tmp_path / "huiyin.db"
    office = make(database, ROOT / "surveys/definitions", "zh")
    assert office.places["CALL"] == "6043026561"  # the same each time, or each picture would change
    app = create_app(Config(database=database, definitions=ROOT / "surveys/definitions", today=TODAY))
    for shot in (one for one in SHOTS if not one.site):
        client = app.test_client()
        if shot.who:
            client.set_cookie("huiyin_staff", office.tokens[shot.who], path="/staff")
        answer = client.get(office.named(shot.path).removeprefix("/portal"))
        assert answer.status_code == 200, shot.name
        assert not re.search("[A-Z]{4,}_?", office.named(shot.path)), shot.name
        for selector in (*shot.typed, *shot.chosen):
            assert f'id="{selector[1:]}"' in answer.text, (shot.name, selector)
        for place in shot.ticked:
            assert f'name="case" value="{office.places[place]}.' in answer.text, (shot.name, place)
    office.store.close()
    app.extensions["portal"].store.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_site_has_every_page_that_is_photographed(language: str) -> None:
    pages = {one.path.removesuffix("/") for one in SHOTS if one.site} - {"reports/2021-08"}
    folder = ROOT / "content" / language
    assert [
        page
        for page in pages
        if not any((folder / f"{page}{end}").is_file() for end in (".md", "/index.md", "index.md"))
    ] == []


def test_a_picture_is_kept_whole_with_few_colours(tmp_path: Path) -> None:
    source = Image.linear_gradient("L").convert("RGB")
    path = tmp_path / "source.png"
    source.save(path)
    kept = tmp_path / "kept.webp"
    kept.write_bytes(smaller(path.read_bytes()))
    with Image.open(kept) as image:
        assert image.size == source.size
        assert len(set(image.convert("RGB").get_flattened_data())) <= 24
