"""Who may import whom: the contracts in pyproject.toml hold, and every module stands in one of them."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.conftest import ROOT

PACKAGES = {"surveys", "portal", "scripts"}
RULES_MAY_IMPORT = {
    *("surveys", "sqlalchemy", "alembic", "ruamel", "cryptography", "argon2", "pyotp", "pg8000"),
    "PIL",  # pictures, in a process of their own
    *("highspy", "numpy"),  # the linear programs of the attacker
}


def contracts() -> list[dict[str, list[str]]]:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert set(linter["root_packages"]) == PACKAGES
    found: list[dict[str, list[str]]] = linter["contracts"]
    return found


def imported(path: Path) -> Iterator[str]:
    """The top names of all that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the whole name"
            yield (node.module or "").partition(".")[0]


def test_the_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("logging.config.dictConfig", lambda _: None)  # it would silence every logger of later tests
    assert lint_imports(no_cache=True, no_logo=True) == 0, capsys.readouterr().out


def test_every_package_is_placed() -> None:
    found = {path.parent.name for path in ROOT.glob("*/*.py")}
    assert found - {"tests", "benchmarks"} == PACKAGES
    layers, web, sql = contracts()
    assert layers["layers"] == ["portal | scripts", "surveys"]
    assert web["source_modules"] == ["surveys"]
    assert {"portal", "scripts"} <= set(sql["source_modules"])


def test_every_module_of_the_rules_is_placed() -> None:
    """A new module in surveys/ goes into the contract that keeps SQL in the store, or into the store."""
    modules = {f"surveys.{path.stem}" for path in (ROOT / "surveys").glob("*.py")} - {"surveys.__init__"}
    packages = {f"surveys.{path.parent.name}" for path in (ROOT / "surveys").glob("*/__init__.py")}
    placed = {name for name in contracts()[2]["source_modules"] if name.startswith("surveys.")}
    assert packages == {"surveys.store"}
    assert modules == placed


def test_the_rules_need_only_what_they_may() -> None:
    needed = {name for path in (ROOT / "surveys").rglob("*.py") for name in imported(path)}
    assert needed - set(sys.stdlib_module_names) <= RULES_MAY_IMPORT


def test_nothing_but_tests_imports_tests() -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            assert not {"tests", "benchmarks"} & set(imported(path)), path
