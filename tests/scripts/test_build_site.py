"""Where the commands that build the site put it, and how they speak of it."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import click
import pytest

from scripts import build_site, page_feed, publish
from tests.conftest import ROOT
from tests.scripts.conftest import run
from tests.site_building import copy_some

BUILDERS = {build_site.main: [], publish.main: ["--period", "2021-08"]}


def output_of(command: click.Command, *more: str) -> Path:
    """Where the command would put the site."""
    found = command.make_context("command", [*BUILDERS[command], *more]).params["output"]
    assert isinstance(found, Path)
    return found


@pytest.mark.parametrize("command", BUILDERS, ids=["build_site", "publish"])
def test_the_site_goes_where_the_server_looks_for_it(command: click.Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUIYIN_PUBLIC", raising=False)
    assert output_of(command) == Path("build/public")
    monkeypatch.setenv("HUIYIN_PUBLIC", "elsewhere/public")
    assert output_of(command) == Path("elsewhere/public")
    assert output_of(command, "--output", "here") == Path("here")


def test_what_was_built_is_said_and_each_option_has_its_words(tmp_path: Path) -> None:
    pages = copy_some(tmp_path / "content")
    said = run(build_site.main, "--content", pages, "--output", tmp_path / "public").stdout
    assert said == f"the site is built: {tmp_path / 'public'} (release 1)\n"
    assert all(option.help for option in build_site.main.params if isinstance(option, click.Option))


@pytest.mark.parametrize(("day", "gone"), [("2027-11-20", []), ("2027-11-21", ["zh/guides/fake-refund.md"])])
def test_a_page_has_expired_from_the_day_after(tmp_path: Path, day: str, gone: list[str]) -> None:
    page = tmp_path / "zh/guides/fake-refund.md"
    page.parent.mkdir(parents=True)
    page.write_text("---\ntitle: 一页\nexpires: 2027-11-20\n---\nexpires: 2001-01-01\n", encoding="utf-8")
    assert page_feed.expired(tmp_path, date.fromisoformat(day)) == gone


def test_an_expired_page_says_so_and_is_built_anew_on_that_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = copy_some(tmp_path / "content")
    released = []
    for day in (date(2026, 11, 22), date(2026, 11, 23), date(2099, 1, 1)):
        monkeypatch.setattr(page_feed, "today", lambda day=day: day)
        released.append(build_site.build_site(pages, tmp_path / "public"))
    assert [folder.name for folder in released] == ["1", "1", "2"]
    for folder, hidden in ((released[0], " hidden"), (released[2], "")):
        for page in ("guides/fake-refund", "en/guides/fake-refund"):
            line = re.findall(r'<p class="expired"([^>]*)>', (folder / page / "index.html").read_text(encoding="utf-8"))
            assert line == [f' role="note" data-search-exclude data-expires="2027-11-20"{hidden}']


def test_the_feed_tells_of_new_and_changed_pages_and_not_of_renewed_checks(tmp_path: Path) -> None:
    for name, lines in {
        "guides/old": "reviewed: 2026-11-20\nchanged: 2026-01-02",
        "guides/new": "reviewed: 2026-10-01",
        "policies/changed": "reviewed: 2026-11-20\nchanged: 2026-11-19",
        "guides/broken": "reviewed: soon",
        "about/privacy": "reviewed: 2026-11-20",
        "guides/index": "reviewed: 2026-11-20",
    }.items():
        page = tmp_path / "zh" / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"---\ntitle: {name}\n{lines}\n---\n", encoding="utf-8")
    found = page_feed.feed_of(tmp_path, "zh").entries
    assert [(one.title, one.day, one.address) for one in found] == [
        ("policies/changed", "2026-11-19", "../policies/changed/"),
        ("guides/new", "2026-10-01", "../guides/new/"),
        ("guides/old", "2026-01-02", "../guides/old/"),
    ]


SWAP = """
import sys
from pathlib import Path
from scripts.build_site import settle, swap
work = Path(sys.argv[1])
swap(work / "public", settle(work / "site", work / "releases", "stamp"))
"""


def test_a_site_is_on_the_disk_before_readers_see_it_and_before_it_counts_as_built(tmp_path: Path) -> None:
    """Under strace: each file and folder is synced, then gets its number, and that is synced before the link is."""
    names = ["site", "site/index.html", "site/en", "site/en/index.html"]
    (tmp_path / "site/en").mkdir(parents=True)
    (tmp_path / "releases").mkdir()
    for page in ("index.html", "en/index.html"):
        (tmp_path / "site" / page).write_text("回音")
    trace = tmp_path / "trace"
    strace = ("strace", "-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2", "-o", str(trace))
    subprocess.run([*strace, sys.executable, "-c", SWAP, str(tmp_path)], check=True, cwd=ROOT, timeout=300)
    calls = [line for line in trace.read_text().splitlines() if str(tmp_path) in line]
    kinds = ["rename" if "rename" in call else "fsync" for call in calls]
    assert kinds == ["fsync"] * (len(names) + 1) + ["rename", "fsync", "rename", "fsync"]
    synced = [re.findall(r"<(.*?)>", call)[0] for call in calls if "fsync" in call]
    assert sorted(synced[:4]) == sorted(str(tmp_path / name) for name in names)
    assert synced[4:] == [str(tmp_path / name) for name in ("releases/1.sha256", "releases", ".")]
    assert (tmp_path / "public/en/index.html").read_text() == "回音"
