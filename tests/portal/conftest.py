"""A portal over a real store in a fresh folder, and a client that lints every page it fetches."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from portal import create_app
from portal.config import Config
from portal.state import Portal
from portal.watch import Mark, mark_of
from surveys import definition
from surveys.definition import Definitions
from surveys.store import address_of
from surveys.store.schema import METADATA
from surveys.store.transfer import sums
from tests.portal.page_lint import faults

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 20)
TABLES = METADATA.sorted_tables


class LintingClient(FlaskClient):
    """Fetches as a browser does and refuses a page with a fault."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 308):
            assert faults(response.text) == [], response.request.path
        return response


@pytest.fixture(scope="session", autouse=True)
def _read_once() -> Iterator[None]:
    """Read the office's definitions once for all the apps that tests make."""
    known: dict[Mark, Definitions] = {}
    own, load = ROOT / "surveys/definitions", definition.load

    def load_once(folder: Path) -> Definitions:
        if folder != own:
            return load(folder)
        mark = mark_of(folder)
        return known[mark] if mark in known else known.setdefault(mark, load(folder))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definition, "load", load_once)
        yield


@pytest.fixture
def config(tmp_path: Path, database: Path) -> Config:
    return Config(
        database=database,
        definitions=ROOT / "surveys/definitions",
        public=tmp_path / "public",
        minimum_seconds=0,
        today=TODAY,
    )


@pytest.fixture
def app(config: Config, made_database: Path) -> Iterator[Flask]:
    app = create_app(config)
    app.test_client_class = LintingClient
    yield app
    app.extensions["portal"].store.close()


@pytest.fixture
def here(app: Flask) -> Portal:
    found: Portal = app.extensions["portal"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def token_in(page: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="_token" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def rows(here: Portal, statement: str) -> list[Any]:
    """What the store holds."""
    return here.store.read(lambda connection: list(connection.execute(text(statement))))


def traces(here: Portal) -> object:
    """What any write changes: the bytes of the file, or the sums of a server's tables."""
    if address_of(here.config.database) is not None:
        return here.store.read(sums)
    here.store.settle()
    return rows(here, "PRAGMA data_version"), here.config.database.read_bytes()


def contents(here: Portal) -> bytes:
    """All that is stored: the bytes of the file and its log, or each value of every row on a server."""
    database = here.config.database
    if address_of(database) is None:
        return b"".join(path.read_bytes() for path in sorted(database.parent.glob(f"{database.name}*")))
    found = here.store.read(lambda connection: [row for table in TABLES for row in connection.execute(select(table))])
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in found for value in row)


def with_config(config: Config, **changes: Any) -> Flask:
    """Another app over the same store with other settings."""
    app = create_app(replace(config, **changes))
    app.test_client_class = LintingClient
    return app
