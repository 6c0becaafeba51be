"""What the program is made of: licences, wheels, the bill of materials, and what the check says without a network."""

import json
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts import supply
from scripts.licences import ALLOWED, EXCEPTIONS, licence_of, named, normal
from tests.conftest import ROOT

PINS = {
    name: dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.M))
    for name in ("requirements.txt", "requirements-test.txt")
}
INSTALLED = {normal(one.metadata["Name"]): one for one in metadata.distributions()}
PINNED = sorted({normal(name) for pins in PINS.values() for name in pins})


def test_every_library_is_as_pinned() -> None:
    pinned = {name: {pins[name] for pins in PINS.values() if name in pins} for name in PINNED}
    assert {name: found for name, found in pinned.items() if found != {INSTALLED[name].version}} == {}


def test_every_library_comes_under_a_licence_that_is_taken() -> None:
    """Whoever adds one looks at its licence, and names it in scripts/licences.py if it is another one."""
    assert {name: named(INSTALLED[name]) for name in PINNED if not licence_of(INSTALLED[name])} == {}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_is_needed_and_has_its_reason(name: str) -> None:
    assert name in PINNED
    assert EXCEPTIONS[name][1]
    assert named(INSTALLED[name]) not in ALLOWED


def test_what_is_served_is_permissive_but_for_two_parts_of_the_generator() -> None:
    served = {normal(name) for name in PINS["requirements.txt"]}
    assert {name for name in EXCEPTIONS if name in served} == {"pathspec", "certifi"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [("GPL-3.0-or-later", None), ("MIT OR GPL-3.0", None), ("MIT License; BSD License", "MIT AND BSD-3-Clause")],
)
def test_a_licence_nobody_decided_on_is_refused(said: str, expected: str | None, tmp_path: Path) -> None:
    folder = tmp_path / "made-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: made\nVersion: 1\nLicense: {said}\n")
    assert licence_of(metadata.Distribution.at(folder)) == expected


def test_no_library_was_built_here() -> None:
    """A wheel that was built on this machine says linux_x86_64; those of the index say manylinux or any."""
    wheels = {name: re.findall(r"^Tag: (\S+)$", INSTALLED[name].read_text("WHEEL") or "", re.M) for name in PINNED}
    assert all(wheels.values())
    assert [
        name for name, tags in wheels.items() if not all(tag.endswith("-any") or "manylinux" in tag for tag in tags)
    ] == []


def test_every_installation_takes_wheels_with_hashes_alone() -> None:
    installs = re.findall(r"^.*pip install.*$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert len(installs) >= 3
    assert all("--require-hashes" in line and "--only-binary :all:" in line for line in installs)


def test_the_bill_of_materials_names_every_pin_with_hash_and_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    out = tmp_path / "new/sbom.json"
    done = CliRunner().invoke(supply.main, ["sbom", "--out", str(out)])
    assert (done.exit_code, done.output) == (0, f"{out}: {len(PINS['requirements.txt'])} libraries\n")
    bill = json.loads(out.read_text(encoding="utf-8"))
    parts = bill["components"]
    assert {part["name"]: part["version"] for part in parts} == PINS["requirements.txt"]
    assert all(part["licenses"][0]["expression"] for part in parts)
    assert all(part["externalReferences"][0]["hashes"] for part in parts)
    assert "timestamp" not in bill["metadata"]
    few = json.dumps({**bill, "components": parts[:3], "dependencies": []})  # all are alike, and the check is slow
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(few) is None


# The check for known weaknesses, with an answer that was written down in place of the network's


def answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dependencies: list[dict[str, object]] | None
) -> "CliRunner":
    """A pip_audit that prints what the service answered; it goes before the real one."""
    text = json.dumps({"dependencies": dependencies}) if dependencies is not None else ""
    (tmp_path / "pip_audit.py").write_text(f"print({text!r})\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delitem(sys.modules, "pip_audit", raising=False)
    monkeypatch.chdir(ROOT)
    return CliRunner()


FINE: dict[str, object] = {"name": "flask", "version": "3", "vulns": []}
WEAK = {"name": "jinja2", "version": "2", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"]}]}
UNKNOWN = {"name": "click", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("dependencies", "status", "told"),
    [
        ([FINE], 0, "1 libraries, no weakness known to pypi"),
        ([FINE, WEAK, UNKNOWN], 1, "jinja2 2: PYSEC-2019-217 (mended in 2.10.1)\nPin a version without it"),
        ([FINE, UNKNOWN], 3, "could not be asked about 1 libraries (click, …), so nothing is known of them"),
        (None, 3, "could not be asked about any library"),
    ],
)
def test_what_is_not_asked_is_never_called_sound(
    dependencies: list[dict[str, object]] | None,
    status: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = answered(monkeypatch, tmp_path, dependencies).invoke(supply.main, ["audit"])
    assert (done.exit_code, told in done.output) == (status, True), done.output


def test_answers_that_were_kept_elsewhere_hold_for_the_versions_pinned_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins, kept = tmp_path / "pins.txt", tmp_path / "kept/answers.json"
    pins.write_text("flask==3 \\\n    --hash=sha256:00\njinja2==3\n", encoding="utf-8")
    runner = answered(monkeypatch, tmp_path, [FINE, {"name": "jinja2", "version": "3", "vulns": []}])
    assert runner.invoke(supply.main, ["audit", "--save", str(kept)]).exit_code == 0
    answered(monkeypatch, tmp_path, None)  # from here on nobody answers
    judge = ["audit", "--pins", str(pins), "--answers", str(kept)]
    done = runner.invoke(supply.main, judge)
    assert (done.exit_code, done.output) == (0, "2 libraries, no weakness known to pypi\n")
    kept.write_text(re.sub(r'"day": "[^"]+"', '"day": "2026-01-31"', kept.read_text()))
    assert "no weakness known to pypi on 2026-01-31" in runner.invoke(supply.main, judge).output
    pins.write_text("flask==3\njinja2==3.1\n", encoding="utf-8")
    done = runner.invoke(supply.main, judge)
    assert (done.exit_code, "could not be asked about 1 libraries (jinja2, …)" in done.output) == (3, True)
    kept.write_text("{}")
    assert "holds no answers: make it with --save" in runner.invoke(supply.main, judge).output
