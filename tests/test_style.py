"""The shape of the code: short functions, short files, a sentence on each public name."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.conftest import ROOT

FILES = sorted(path for folder in ("surveys", "portal", "scripts") for path in (ROOT / folder).rglob("*.py"))
NAMED = [path for path in FILES if path.parent.name != "versions"]  # a migration is described by its file
PYTHON = sorted(path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")) + FILES
Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def public(node: ast.Module | ast.ClassDef, owner: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Public names of a module and of its public classes."""
    for member in node.body:
        if isinstance(member, Documented) and not member.name.startswith("_"):
            yield owner + member.name, member
            if isinstance(member, ast.ClassDef):
                yield from public(member, f"{member.name}.")


def test_functions_are_short() -> None:
    lengths = sorted(length(function) for path in FILES for function in functions(path))
    assert len(lengths) > 100
    assert median(lengths) <= 8
    assert quantiles(lengths, n=10)[-1] <= 25


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_and_no_file_is_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 350
    assert [function.name for function in functions(path) if length(function) > 50] == []


@pytest.mark.parametrize("path", NAMED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_name_has_its_sentence(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert [name for name, node in public(tree) if not ast.get_docstring(node)] == []  # type: ignore[arg-type]


def test_no_module_is_named_for_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
    assert [path for path in PYTHON if {path.stem, path.parent.name} & empty] == []
