"""Look for bytes that a reader cannot stand, led by what they reach in the code: `make fuzz ONLY=csv SECONDS=60`."""

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

import atheris
import click

from tests.fuzz.targets import ROOT, TARGETS, every

FOLLOWED = (
    *("surveys.yaml_reading", "surveys.definition", "surveys.offline", "surveys.queue_file", "surveys.responses"),
    *("scripts.answer_csv", "scripts.answer_table", "scripts.answer_map", "scripts.sheet_worker", "portal.replies"),
    *("portal.lean", "portal.forms", "portal.bodies", "portal.public", "portal.suggest", "portal.georeport"),
    *("ruamel.yaml.scanner", "ruamel.yaml.reader", "markdown.blockprocessors", "markdown.inlinepatterns"),
    *("markdown.htmlparser", "markdown.treeprocessors", "html.parser", "urllib.parse", "werkzeug.sansio.multipart"),
)
"""Modules whose branches lead the fuzzers; to follow all that is imported would take ten seconds."""


def _follow(module: ModuleType) -> None:
    """Have each function and method of the module tell where it goes."""
    own = [one for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__]
    inside = [member for one in own if isinstance(one, type) for member in vars(one).values()]
    for one in (*own, *inside):
        if isinstance(one, FunctionType):
            atheris.instrument_func(one)


CORPUS = Path(__file__).parent / "corpus"
MEMORY = 2048
"""MiB at most."""


@click.command()
@click.argument("name", type=click.Choice(["all", *TARGETS]))
@click.option("--seconds", default=60, show_default=True, help="How long to look, 0 for no end.")
@click.option("--runs", default=-1, help="How many inputs to try at most.")
@click.option("--seed", default=0, help="The same number gives the same inputs; 0 for others each time.")
@click.option("--found", type=click.Path(path_type=Path), default=ROOT / "build/fuzz", help="Where finds are written.")
def main(name: str, seconds: int, runs: int, seed: int, found: Path) -> None:
    """Try inputs on the target NAME until one is found that it cannot stand, or time or runs are over.

    Status 0: nothing was found. Otherwise the input lies in the folder of finds, and is told: put it into
    tests/fuzz/corpus/NAME, where it stays a test, and mend what it shows.
    """
    own = found / name
    for folder in (own, found / "seeds", found / "portal"):
        folder.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(found / "portal")  # libFuzzer ends the process without any clearing up
    seeds = CORPUS / name if name in TARGETS else _seeds_of_all(found / "seeds")
    options = [
        f"-max_total_time={seconds}", f"-runs={runs}", f"-seed={seed}", f"-rss_limit_mb={MEMORY}", "-timeout=300",
        "-max_len=4096", "-print_final_stats=1", f"-artifact_prefix={own}/",
    ]  # fmt: skip
    for module in FOLLOWED:
        _follow(import_module(module))
    atheris.Setup([sys.argv[0], *options, str(own), str(seeds)], TARGETS.get(name, every))
    atheris.Fuzz()


def _seeds_of_all(folder: Path) -> Path:
    """What each target begins with, behind the byte that names the target."""
    for place, name in enumerate(TARGETS):
        for path in (CORPUS / name).iterdir():
            (folder / f"{name}-{path.name}").write_bytes(bytes([place]) + path.read_bytes())
    return folder


if __name__ == "__main__":
    main()
