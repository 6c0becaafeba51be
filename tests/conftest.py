"""What many tests need: a store in a fresh folder, its keys, and a small definitions folder."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import inspect
from werkzeug.routing import Rule

from surveys.definition import Definitions, load
from surveys.keys import Keys, load_keys
from surveys.store import Connection, Store, address_of
from tests.cluster import TestCluster, closing_all
from tests.site_building import built_once

# Examples are the same in every run, so that a red run is red again; how long one takes says nothing here.
settings.register_profile("huiyin", deadline=None, derandomize=True)
settings.load_profile("huiyin")

ROOT = Path(__file__).parents[1]
TINY = Path(__file__).parent / "fixtures/tiny"

# The files that take longest come first, so that no core waits for the last of them.
LONG = (
    "test_desk.py",
    "test_site.py",
    "test_publish.py",
    "test_simulated_city.py",
    "test_attacker.py",
    "test_portal.py",
)


class Compiled(BytecodeCache):
    """Templates that an earlier app of this process compiled from the same text."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


# Nearly every test of the portal makes an app of its own; compiling its routes and templates took most of that time.
Flask.jinja_options["bytecode_cache"] = Compiled()
_builders: dict[tuple[Any, ...], Any] = {}
_compile_builder = Rule._compile_builder


def _compile_once(rule: Rule, append_unknown: bool = True) -> Any:
    key = (rule.rule, *rule._trace, append_unknown)
    if rule.defaults:
        return _compile_builder(rule, append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


Rule._compile_builder = _compile_once  # type: ignore[assignment,method-assign]


ENGINES = ("sqlite", "postgresql")
ON_BOTH = (Path(__file__).parent / "surveys", Path(__file__).parent / "portal")
WITHOUT_ANSWERS = {
    "test_hardening_objects.py",  # who may open what, address by address: the rules of pages
    "test_definitions_api.py",  # what is asked, read from files
    "test_languages.py",  # words and directions of pages
    "test_scam_check.py",  # seven questions that store nothing
}
"""Files of tests in which nothing is stored: a second engine would show nothing new. Those without an `engine`, such as
the attacker's sums, the machine of cases and the server's start, are pure or make files of their own."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs a store on both engines, save what is about a file: that is marked."""
    if "engine" in metafunc.fixturenames:
        path, marked = metafunc.definition.path, metafunc.definition.get_closest_marker("sqlite")
        is_on_both = path.name not in WITHOUT_ANSWERS and any(folder in path.parents for folder in ON_BOTH)
        metafunc.parametrize("engine", ENGINES if is_on_both and marked is None else ENGINES[:1])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests by file, the long files first."""
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_collection_finish() -> None:
    """All that was imported stays: the collector need not go through it again at each of its rounds."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def tiny() -> Definitions:
    """Small surveys, one feature each."""
    return load(TINY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small definitions folder that a test may spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "definitions"))


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built once from the pages of the project without any report.

    HUIYIN_BUILT_SITE names one that another generator made, to see how far the tests come with it.
    """
    if other := os.environ.get("HUIYIN_BUILT_SITE"):
        return Path(other)
    own = tmp_path_factory.getbasetemp()
    return built_once(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def cluster() -> Iterator[TestCluster]:
    """A PostgreSQL of this process's own."""
    made = TestCluster()
    yield made
    made.remove()


@pytest.fixture
def database(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Where the test's store lies: a file that is not there yet, or an empty store on a server and its keys."""
    if engine == "sqlite":
        yield tmp_path / "huiyin.db"
        return
    found: TestCluster = request.getfixturevalue("cluster")
    with closing_all():
        yield found.emptied(tmp_path)


@pytest.fixture
def office_keys(database: Path) -> Keys:
    """The keys beside the test's store."""
    return load_keys(database, create=True)


@pytest.fixture(scope="session")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the newest schema without a row, to be copied: to run all migrations for each test takes longer."""
    place = tmp_path_factory.mktemp("newest") / "huiyin.db"
    Store.open(place, create=True).close()
    return place


@pytest.fixture
def made_database(database: Path, office_keys: Keys, newest: Path) -> Path:
    """The test's store, made and empty, with its keys."""
    if address_of(database) is None:
        shutil.copy(newest, database)
    return database


@pytest.fixture
def store(made_database: Path) -> Iterator[Store]:
    """An empty store of the newest schema."""
    with Store.open(made_database) as opened:
        yield opened


@pytest.fixture
def new_store(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Store]]:
    """Make further empty stores by name; all are closed after the test."""
    opened: list[Store] = []

    def make(name: str) -> Store:
        place = tmp_path / name
        if engine == "postgresql":
            place = request.getfixturevalue("cluster").another(tmp_path)
        opened.append(Store.open(place, create=True))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def drop_triggers(store: Store, table: str, *acts: str) -> None:
    """Take guards of a table away, as someone with the machine in hand can."""

    def work(connection: Connection) -> None:
        for act in acts:
            where = f" ON {table}" if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER {table}_refuse_{act}{where}")

    store.write(work)


def columns_of(store: Store, table: str) -> set[str]:
    """The names of a table's columns."""
    return store.read(lambda connection: {column["name"] for column in inspect(connection).get_columns(table)})
