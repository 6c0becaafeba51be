"""The table of SECURITY.md, held to the standard's list and to the tests that it names, and what reading shows."""

import ast
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from portal import create_app
from portal.config import Config

ROOT = Path(__file__).parents[1]
LISTED = ROOT / "tests/fixtures/asvs-5.0.0.txt"
STATES = ("met", "part", "proxy", "n/a", "not met")
STAFF = ROOT / "portal/templates/staff"


class Row(NamedTuple):
    """One line of the table."""

    requirements: list[str]
    asked: str
    state: str
    here: str

    @property
    def tests(self) -> list[str]:
        return re.findall(r"`(tests/[^`]+)`", self.here)


def rows() -> list[Row]:
    written = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| (V\d.*) \|$", written, re.M)
    cells = [[cell.strip() for cell in line.split(" | ")] for line in lines]
    return [Row(cell[0].split(", "), *cell[1:]) for cell in cells]


def wanted() -> dict[str, str]:
    lines = LISTED.read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))


def test_every_requirement_of_levels_1_and_2_stands_in_the_table_once() -> None:
    told = [requirement for row in rows() for requirement in row.requirements]
    assert Counter(told) == Counter(dict.fromkeys(wanted(), 1))
    assert Counter(wanted().values()) == {"1": 70, "2": 183}


def test_what_is_met_names_its_tests_and_what_is_not_its_reason() -> None:
    for row in rows():
        assert row.state in STATES, row
        assert row.tests or row.state != "met", row
        reason = re.sub(r"`[^`]*`|[;, ]", "", row.here)
        assert reason or row.state == "met", row


@lru_cache
def collected(path: str) -> dict[str, list[str]]:
    """The tests of a file by their names, with the marks that stand over them."""
    found = {}
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = _marks(node)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            inner = [one for one in node.body if isinstance(one, ast.FunctionDef)]
            found |= {f"{node.name}::{one.name}": _marks(node) + _marks(one) for one in inner}
    return found


def _marks(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    return [ast.unparse(one) for one in node.decorator_list]


def test_every_test_that_is_named_is_there_and_none_is_skipped() -> None:
    named = [test for row in rows() for test in row.tests]
    assert len(named) > 150
    for test in named:
        path, _, name = test.partition("::")
        assert name.rpartition("::")[2].startswith("test_"), test
        assert name in collected(path), test
        assert not any(re.search("skip|xfail", mark) for mark in collected(path)[name]), test


def test_no_test_of_the_project_skips_itself() -> None:
    calls = re.compile(r"pytest\.(skip|xfail|importorskip)\b|mark\.(skip|skipif|xfail)\b")
    own = Path(__file__).name
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.name != own]
    assert [str(path) for path in files if calls.search(path.read_text(encoding="utf-8"))] == []


# What reading the code shows.


@lru_cache
def trees() -> dict[str, ast.Module]:
    """Every module that is served, by its path."""
    paths = [path for folder in ("portal", "surveys") for path in (ROOT / folder).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def called(tree: ast.Module) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


RUNNERS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "render_template_string"}
READERS = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "yaml"}
CALLERS = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "smtplib", "ftplib"}


def test_nothing_that_was_sent_can_run() -> None:
    for path, tree in trees().items():
        assert not called(tree) & RUNNERS, path
        assert not imported(tree) & (READERS | CALLERS), path
        assert "subprocess" not in imported(tree) or path == "surveys/pictures.py", path
        shells = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "shell"]
        assert shells == [], path


def test_no_weak_hash_or_chance_is_used() -> None:
    """Chance that secrets hang on comes from the system; the store spreads its tries, the attacker his aims."""
    for path, tree in trees().items():
        assert not called(tree) & {"hashlib.md5", "hashlib.sha1", "hashlib.new", "modes.ECB"}, path
        assert "random" not in imported(tree) or path.startswith(("surveys/attacker.py", "surveys/store/")), path


def test_scripts_make_no_markup_of_words() -> None:
    scripts = [*(ROOT / "portal/static").glob("*.js"), *(ROOT / "site/assets").glob("*.js")]
    assert len(scripts) > 8
    for path in scripts:
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|new Function|document\.write|insertAdjacentHTML|outerHTML *=|__proto__", source)
        made = re.findall(r"\.innerHTML *\+?= *([^;\n]+)", source)
        assert set(made) <= {"question", "thanks.innerHTML"}, path  # what the server wrote, put back


def test_fields_for_passwords_are_masked_and_can_be_filled() -> None:
    fields = [tag for path in STAFF.glob("*.html") for tag in re.findall(r"<input[^>]*>", path.read_text("utf-8"))]
    secret = [tag for tag in fields if re.search(r'name="(old|new|again|password)"', tag) and "radio" not in tag]
    masked = [tag for tag in secret if 'type="checkbox"' not in tag]
    assert len(masked) == 5
    for tag in masked:
        assert 'type="password"' in tag
        assert re.search(r'autocomplete="(current|new)-password"', tag)
        assert "maxlength" in tag


def test_every_page_of_the_desk_offers_to_sign_out() -> None:
    assert "url_for('accounts.sign_out')" in (STAFF / "base.html").read_text(encoding="utf-8")
    for path in STAFF.glob("*.html"):
        written = path.read_text(encoding="utf-8")
        if "{% block title %}" in written and path.name not in ("base.html", "surveys_preview.html"):
            assert '{% extends "staff/base.html" %}' in written, path.name


def test_no_debugging_can_be_switched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = create_app(Config(database=tmp_path / "huiyin.db", public=tmp_path))
    assert not app.debug
    assert app.config["PROPAGATE_EXCEPTIONS"] is None
    app.extensions["portal"].store.close()
