"""What the docs say holds: every command, setting and make target is written down, and none that is not there."""

import ast
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from portal.config import Config
from surveys import filings

ROOT = Path(__file__).parents[1]
HANDBOOK = {language: sorted((ROOT / "content" / language / "handbook").glob("*.md")) for language in ("zh", "en")}
READMES = {"zh": ROOT / "README.zh.md", "en": ROOT / "README.md"}


def commands() -> list[str]:
    """Names of the scripts that can be run."""
    return sorted(
        path.stem for path in (ROOT / "scripts").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")
    )


def docs(language: str) -> str:
    """Everything that is written for clerks and operators in one language."""
    return "\n".join(path.read_text(encoding="utf-8") for path in [*HANDBOOK[language], READMES[language]])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_stands_in_the_handbook(language: str) -> None:
    text = docs(language)
    assert [name for name in commands() if f"scripts.{name}" not in text] == []
    assert set(re.findall(r"python -m scripts\.(\w+)", text)) <= set(commands())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_that_is_printed_can_be_typed_on_debian(language: str) -> None:
    """There is no `python` there, and the one of Debian does not have the libraries."""
    assert re.findall(r".{20}(?<!\.venv/bin/)python -m (?:scripts|portal).*", docs(language)) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_runs_beside_the_service_sees_its_settings(language: str) -> None:
    """Lines of cron, and every command of the page for the first hour."""
    lines = [line for line in docs(language).splitlines() if re.match(r"\d+ \d+ \* ", line)]
    emergency = (ROOT / "content" / language / "handbook/first-hour.md").read_text(encoding="utf-8")
    lines += [line for line in emergency.splitlines() if "-m scripts." in line]
    assert len(lines) > 8
    bare = re.compile(r"(?<!/srv/huiyin/deploy/as-service )\.venv/bin/python")
    assert [line for line in lines if bare.search(line)] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_setting_stands_in_the_handbook(language: str) -> None:
    text = docs(language)
    settings = [f"HUIYIN_{item.name.upper()}" for item in fields(Config) if item.name not in ("host", "port")]
    settings += filings.READERS
    assert [name for name in settings if name not in text] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_make_target_that_is_named_is_there(language: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"(?:^|`|8001 )make ([a-z]+)", docs(language), re.M))
    assert named
    assert named <= targets


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_question_kind_stands_in_the_handbook(language: str) -> None:
    text = docs(language)
    kinds = ("scale", "single", "multiple", "text", "number", "date", "statement")
    assert [kind for kind in kinds if f"`{kind}`" not in text] == []


@pytest.mark.parametrize("readme", READMES.values(), ids=READMES)
def test_paths_in_the_readme_are_there(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    named = re.findall(r"`((?:content|site|surveys|portal|scripts|tests|benchmarks)/[^`]*)`", text)
    linked = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", text)
    paths = [*named, *(one or other for one, other in linked)]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_file_of_the_deployment_that_is_named_is_there(language: str) -> None:
    named = set(re.findall(r"\bdeploy/[\w./-]*[\w*]", docs(language)))
    assert "deploy/as-service" in named
    assert [path for path in named if not list(ROOT.glob(path))] == []
    units = set(re.findall(r"huiyin[a-z-]*\.(?:service|timer)\b", docs(language)))
    assert units == {path.name for path in (ROOT / "deploy/systemd").iterdir()} - {"huiyin.service"}


@pytest.mark.parametrize("name", commands())
def test_every_command_explains_itself(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"scripts.{name}", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert len(done.stdout.splitlines()) > 4


def test_the_security_page_names_tests_that_are_there() -> None:
    """A path, or a path with the name of a test in it, the class before it where it has one."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = [one.partition("::") for one in re.findall(r"`(tests/[^`]+)`", text)]
    assert len([name for _, _, name in named if name]) > 20
    assert [path for path, _, _ in named if not (ROOT / path).exists()] == []
    assert [f"{path}::{name}" for path, _, name in named if name and name not in names_in(ROOT / path)] == []


def names_in(path: Path) -> set[str]:
    """The tests of a file, as pytest names them."""
    found = set[str]()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + one.name for one in members if isinstance(one, ast.FunctionDef)}
    return found


def test_the_top_level_is_as_agreed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {path.split("/")[0] for path in tracked.splitlines()}
    assert top == {
        *("site", "portal", "surveys", "content", "scripts", "tests", "benchmarks", "deploy"),
        *("mkdocs.yml", "mkdocs.en.yml", "README.md", "README.zh.md", "pyproject.toml", "Makefile", "LICENSE"),
        *("requirements.txt", "requirements-test.txt", "requirements-canary.txt", "requirements-spark.txt"),
        *("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
        *(".ci", ".gitignore"),
    }


def test_pins_have_hashes_and_no_addresses() -> None:
    for name in ("requirements.txt", "requirements-test.txt", "requirements-canary.txt", "requirements-spark.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9_.-]+==", text, re.M)
        assert len(pins) == len(re.findall(r"^[a-z0-9_.-]+==\S+ \\\n    --hash=sha256:", text, re.M))


def test_screenshots_without_their_package_explain_themselves_and_say_what_installs_it(tmp_path: Path) -> None:
    """As after `make run`, where the test packages are not there: a package of that name hides the real one."""
    (tmp_path / "playwright.py").write_text("raise ModuleNotFoundError(__name__)\n", encoding="utf-8")
    for more, status, told in ((["--help"], 0, "Usage"), ([], 1, "run make screenshots, which installs it")):
        done = subprocess.run(
            [sys.executable, "-m", "scripts.screenshots", *more],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, "Traceback" in done.stderr) == (status, False)
        assert told in done.stdout + done.stderr
