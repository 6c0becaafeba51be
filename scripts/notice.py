"""Print a guide or an explainer as a notice for the board: A4, large, two pages at most."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import click

from scripts.build_site import content_option
from scripts.cards import Site
from scripts.content_lint import HOTLINES
from scripts.content_page import Page, read
from scripts.notice_text import sections
from scripts.options import Command
from scripts.typesetting import page_count, qr_svg, typeset
from surveys.definition import LANGUAGES
from surveys.errors import HuiyinError
from surveys.responses import today

SECTIONS = ("guides", "policies")
EMERGENCY = "emergency"
MOST_PAGES = 2
SIZES = tuple(half / 2 for half in range(42, 20, -1))
"""Sizes of type in points, the largest first; what needs less than the last is too long for a notice."""
_WORDS: Mapping[str, Mapping[str, str]] = {
    "office": {"zh": "回音", "en": "回音 Huiyin"},
    "scan": {"zh": "扫码看这一页", "en": "Scan to read this page"},
    "reviewed": {"zh": "核对日期", "en": "Checked on"},
    "expires": {"zh": "有效期至", "en": "Valid until"},
    "owner": {"zh": "负责单位", "en": "Kept by"},
    "sources": {"zh": "依据", "en": "Sources"},
}


def page_at(name: str, language: str, content: Path, day: date) -> Page:
    """The page that a notice is made of; HuiyinError if there is none, or nobody has renewed it in time."""
    path = content / language / f"{name}.md"
    if (name.partition("/")[0] not in SECTIONS and name != EMERGENCY) or not path.is_file():
        known = ", ".join([*(f"{folder}/…" for folder in SECTIONS), EMERGENCY])
        raise HuiyinError(f"there is no guide or explainer '{name}' in '{language}': name one of {known}")
    page = read(path, language, content)
    if page.inside.stem == "index":
        raise HuiyinError(f"'{name}' lists other pages: name one of them")
    if page.front.expires is None or page.front.expires < day:
        raise HuiyinError(f"{path} is no longer valid: check it, renew 'reviewed' and 'expires', then print it")
    return page


def address(page: Page, site: str) -> str:
    """Where the page stands on the site."""
    inside = page.inside.with_suffix("").as_posix()
    return f"{site}/{'' if page.language == LANGUAGES[0] else page.language + '/'}{inside}/"


def notice(page: Page, site: str) -> bytes:
    """The PDF, in the largest type that fits on two pages: the same bytes for the same page.

    HuiyinError if the page is too long for a notice.
    """
    data = _data(page, site)
    found = bisect_left(SIZES, True, key=lambda size: page_count("notice", {**data, "size": size}) <= MOST_PAGES)
    if found == len(SIZES):
        raise HuiyinError(f"{page.path}: too long for {MOST_PAGES} pages of {SIZES[-1]} pt: shorten it or split it")
    return typeset("notice", {**data, "size": SIZES[found]})


def _data(page: Page, site: str) -> Mapping[str, object]:
    front, link = page.front, address(page, site)
    return {
        "title": front.title,
        "summary": front.summary,
        "language": page.language,
        "hotlines": _hotlines(page),
        "sections": sections(page),
        "sources": [" ".join(filter(None, (one.name, one.article))) for one in front.source if not one.hotline],
        "qr": qr_svg(link),
        "address": link.partition("://")[2].rstrip("/"),
        "reviewed": f"{front.reviewed}",
        "expires": f"{front.expires}",
        "owner": front.owner,
        "words": {key: text[page.language] for key, text in _WORDS.items()},
    }


def _hotlines(page: Page) -> list[Mapping[str, str]]:
    """The numbers that the page rests on, with whose they are."""
    return [{"number": one.hotline, "name": one.name} for one in page.front.source if one.hotline in HOTLINES]


@click.command(cls=Command)
@click.argument("page")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True, help="Which edition."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path),
    help="The PDF to write.  [default: the page's name in the present folder]",
)  # fmt: skip
@click.option(
    "--site-url", type=Site(), envvar="HUIYIN_SITE_URL", show_envvar=True, help="The site's public address, for the QR."
)
@content_option
def main(page: str, language: str, out: Path | None, site_url: str | None, content: Path) -> None:
    """Print PAGE, such as guides/fake-police, as a notice for the board: a PDF of one or two A4 pages.

    The same page gives the same file each time. An expired page is refused.
    """
    if site_url is None:
        raise HuiyinError(
            "a notice carries a QR code that leads to its page, and the site's address is not known: "
            "set HUIYIN_SITE_URL or --site-url, as in https://huiyin.example/"
        )
    found = page_at(page.removesuffix(".md").strip("/"), language, content, today())
    target = out or Path(f"{found.inside.stem}.{language}.pdf")
    made = notice(found, site_url)
    target.write_bytes(made)
    click.echo(f"wrote {target}")


if __name__ == "__main__":
    main()
