"""Where the commands that build the site put it, and how they speak of it."""

from pathlib import Path

import click
import pytest

from scripts import build_site, publish
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
