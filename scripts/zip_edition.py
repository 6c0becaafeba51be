"""Write the site as a ZIP file that is read from a USB stick, without a server and without a network."""

import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from scripts.build_site import ROOT, build_site, content_option, output_option
from scripts.edition_pages import SEARCH_SCRIPT, edition_page, file_of
from scripts.finish_site import HEADERS_FILE
from scripts.site_pages import Page, SiteError, read_site
from scripts.site_worker import KEEPING_LIST, WORKER

FOLDER = "huiyin/"
_FOR_SERVERS = {
    HEADERS_FILE, WORKER, KEEPING_LIST, "offline.js", "404.html", "offline.html", "needs-network.html", "sitemap.xml",
}  # fmt: skip
_SOURCE = ROOT / "site" / "edition" / "edition.js"
_SEARCHING = ("search-near.js", "search.js")
_DAY = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP file can tell: the same site gives the same bytes."""


def _address(pages: Mapping[str, Page]) -> str:
    """The site's address on the network as the build put it into the home page; empty if none was given."""
    parts = urlsplit(pages[""].canonical)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _handed_over(name: str, data: bytes) -> bytes:
    """A data file as a script, because a page that is no server's may not fetch."""
    value = json.loads(data)
    return f"window.huiyinFiles[{json.dumps(f'/{name}')}]={json.dumps(value, ensure_ascii=False)};\n".encode()


def _search_script(site: Path) -> bytes:
    """The search in one script, because a page cannot import a second one as a worker does."""
    parts = "".join((site / "assets" / name).read_text(encoding="utf-8") for name in _SEARCHING)
    return _SOURCE.read_text(encoding="utf-8").replace("/* search.js */", parts).encode()


def _useful(name: str) -> bool:
    path = Path(name)
    return path.name not in _FOR_SERVERS and path.suffix != ".gz" and "javascripts" not in path.parts


def edition_files(site: Path) -> dict[str, bytes]:
    """Every file of the edition by its name, made from the finished site in the folder."""
    pages = read_site(site)
    address = _address(pages)
    by_file = {file_of(url): page for url, page in pages.items()}
    files = {SEARCH_SCRIPT: _search_script(site)}
    for path in (path for path in site.rglob("*") if path.is_file()):
        name = path.relative_to(site).as_posix()
        if name in by_file and _useful(name):
            files[name] = edition_page(by_file[name], pages, address).encode()
        elif path.suffix == ".json" and _useful(name):
            files[f"{name}.js"] = _handed_over(name, path.read_bytes())
        elif _useful(name):
            files[name] = path.read_bytes()
    return dict(sorted(files.items()))


def write_edition(site: Path, target: Path) -> int:
    """Write the edition of the finished site to the ZIP file, in one step; give the number of its files."""
    files = edition_files(site)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(part, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(FOLDER + name, _DAY)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, compresslevel=9)
    part.replace(target)
    return len(files)


@click.command()
@content_option
@output_option
@click.option(
    "--zip", "target", type=click.Path(dir_okay=False, path_type=Path), default=Path("build/huiyin-site.zip"),
    show_default=True, help="The ZIP file to write.",
)  # fmt: skip
def main(content: Path, output: Path, target: Path) -> None:
    """Write the site as a ZIP file that is read from a USB stick, search included.

    The site is built first if its pages have changed. Unpack the file on the stick and open huiyin/index.html.
    Where the site's address is known (HUIYIN_SITE_URL), links to forms lead there.
    """
    try:
        number = write_edition(build_site(content, output), target)
    except SiteError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    size = target.stat().st_size / 1_048_576
    click.echo(f"{target}: {number} files, {size:.1f} MB; unpack it on a stick and open {FOLDER}index.html")


if __name__ == "__main__":
    main()
