"""What the program is made of: a bill of materials, and whether a weakness is known of any part."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata, util
from pathlib import Path
from typing import Any

import click

from scripts.licences import licence_of
from scripts.options import Command
from surveys.errors import HuiyinError
from surveys.responses import today

PINS = Path("requirements.txt")
OUT = Path("build/sbom.json")
NOT_ASKED = 3
"""Exit status where nobody could be asked about some library, mostly for want of a network."""


@click.group()
def main() -> None:
    """List the libraries that are pinned, and ask whether a weakness of one is known.

    Works with the packages that `make test` installs.
    """


@main.command(cls=Command)
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True, help="The file to write.")
def sbom(out: Path) -> None:
    """Write a bill of materials (CycloneDX 1.6, JSON): versions, hashes and licences.

    The same pins give the same file. No network is needed.
    """
    command = ["requirements", str(PINS), "--pyproject", "pyproject.toml", "--output-reproducible", "--no-validate"]
    bill = json.loads(_run("cyclonedx_py", [*command, "--sv", "1.6", "--of", "JSON"]).stdout)
    for part in bill["components"]:
        part["licenses"] = _licences(part["name"])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(bill, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{out}: {len(bill['components'])} libraries")


def _licences(name: str) -> list[dict[str, str]]:
    try:
        found = licence_of(metadata.distribution(name))
    except metadata.PackageNotFoundError:
        raise HuiyinError(f"{name} is pinned but not installed: run `make setup`, then try again") from None
    if found is None:
        raise HuiyinError(f"the licence of {name} is not decided on: look at it, then name it in scripts/licences.py")
    return [{"expression": found}]


@main.command(cls=Command)
@click.option(
    "--pins", type=click.Path(path_type=Path, exists=True), default=PINS, show_default=True, help="What to ask about."
)
@click.option("--service", type=click.Choice(["pypi", "osv"]), default="pypi", show_default=True, help="Whom to ask.")
@click.option("--timeout", type=click.IntRange(1, 600), default=15, show_default=True, help="Seconds to wait for each.")
@click.option("--save", type=click.Path(path_type=Path), help="Keep the answers in a file.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Judge by answers that --save kept elsewhere, and ask nobody.",
)
def audit(pins: Path, service: str, timeout: int, save: Path | None, answers: Path | None) -> None:
    """Ask over the network whether a weakness is known of any pinned library.

    Ends with 0 if all were asked about and none is known, 1 if one is known, 3 if somebody could not be asked. Without
    a network, run it with --save where there is one, carry the file here, and name it with --answers.
    """
    given = _kept(answers, pins) if answers else _asked(pins, service, timeout)
    if save:
        save.parent.mkdir(parents=True, exist_ok=True)
        save.write_text(json.dumps(asdict(given), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _judge(given)


@dataclass(frozen=True)
class Answers:
    """What a service said of some libraries, and on which day."""

    day: str
    service: str
    dependencies: list[dict[str, Any]]

    @property
    def whom(self) -> str:
        """The service, with the day if that is over."""
        return self.service if self.day == today().isoformat() else f"{self.service} on {self.day}"


def _asked(pins: Path, service: str, timeout: int) -> Answers:
    asked = ["-r", str(pins), "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    done = _run("pip_audit", [*asked, "--vulnerability-service", service, "--timeout", str(timeout)], {0, 1})
    return Answers(today().isoformat(), service, _dependencies(done.stdout))


def _kept(path: Path, pins: Path) -> Answers:
    """Answers from a file, those about other versions than are pinned here left out as not asked."""
    try:
        kept = Answers(**json.loads(path.read_text(encoding="utf-8")))
        told = {one["name"]: one for one in kept.dependencies}
    except (ValueError, TypeError, KeyError) as error:
        raise HuiyinError(f"{path} holds no answers: make it with --save, then carry it here") from error
    pinned = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", pins.read_text(encoding="utf-8"), re.MULTILINE))
    unasked = {"skip_reason": "the file has no answer about this version"}
    found = [
        told[name] if told.get(name, {}).get("version") == version else {"name": name, **unasked}
        for name, version in pinned.items()
    ]
    return replace(kept, dependencies=found)


def _judge(given: Answers) -> None:
    answers, service = given.dependencies, given.whom
    known = [one for one in answers if one.get("vulns")]
    unasked = [one["name"] for one in answers if "skip_reason" in one]
    for one in known:
        click.echo(f"{one['name']} {one['version']}: {_weaknesses(one)}", err=True)
    if known:
        click.echo("Pin a version without it, run `make test`, and put it into use.", err=True)
        click.get_current_context().exit(1)
    if unasked or not answers:
        _tell_unasked(service, unasked)
    click.echo(f"{len(answers)} libraries, no weakness known to {service}")


def _dependencies(text: str) -> list[dict[str, Any]]:
    try:
        return list(json.loads(text)["dependencies"])
    except (ValueError, KeyError):
        return []


def _weaknesses(one: Mapping[str, Any]) -> str:
    """Each weakness by its number, with the versions that no longer have it."""
    told = ((weak["id"], ", ".join(weak["fix_versions"]) or "no version yet") for weak in one["vulns"])
    return "; ".join(f"{number} (mended in {mended})" for number, mended in told)


def _tell_unasked(service: str, names: Sequence[str]) -> None:
    what = f"{len(names)} libraries ({', '.join(names[:3])}, …)" if names else "any library"
    click.echo(
        f"{service} could not be asked about {what}, so nothing is known of them: try another --service, or run this "
        "with --save FILE where there is a network, carry the file here, and name it with --answers",
        err=True,
    )
    click.get_current_context().exit(NOT_ASKED)


def _run(module: str, arguments: Sequence[str], statuses: set[int] | None = None) -> "subprocess.CompletedProcess[str]":
    """A tool of the tests in a process of its own; HuiyinError if it is missing or fails in a way that is not meant."""
    if util.find_spec(module) is None:
        raise HuiyinError(f"{module} is missing: run `make sbom` or `make audit`, which install it")
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in (statuses or {0}):
        raise HuiyinError(f"{module} failed: {done.stderr.strip()[-500:]}")
    return done


if __name__ == "__main__":
    main()
