"""What many tests need: a store in a fresh folder, its keys, and a small definitions folder."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from surveys.definition import Definitions, load
from surveys.keys import Keys, load_keys
from surveys.store import Store

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests by file, the long files first."""
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(scope="session")
def tiny() -> Definitions:
    """Small surveys, one feature each."""
    return load(TINY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small definitions folder that a test may spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "definitions"))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the test's store lies."""
    return tmp_path / "huiyin.db"


@pytest.fixture
def office_keys(database: Path) -> Keys:
    """The keys beside the test's store."""
    return load_keys(database, create=True)


@pytest.fixture
def store(database: Path, office_keys: Keys) -> Iterator[Store]:
    """An empty store of the newest schema."""
    with Store.open(database, create=True) as opened:
        yield opened


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Make further empty stores by name; all are closed after the test."""
    opened: list[Store] = []

    def make(name: str) -> Store:
        opened.append(Store.open(tmp_path / name, create=True))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
