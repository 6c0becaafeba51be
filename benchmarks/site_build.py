"""Building the site: how the time of a build grows with its pages, beside the same pages in another generator."""

import re
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.canary import GENERATORS, generate
from benchmarks.figure import Figure
from scripts.build_site import LANGUAGES, ROOT, build_site

PAGES = (50, 300, 3_000)
CANARY = ROOT / "build/canary"
GROUP = 25
"""Guides in a group: as many as a page can list beside its text."""
_WRITTEN = shutil.ignore_patterns("reports", "said-and-done")


def site(small: bool) -> Iterator[Figure]:
    """A build of both languages for each number of pages against the least, and against Zensical where it is there."""
    numbers = (30,) if small else PAGES
    first = 0.0
    for number in numbers:
        with tempfile.TemporaryDirectory() as name:
            content = library(Path(name) / "content", number)
            taken = _cpu(partial(build_site, content, Path(name) / "public"))
            first = first or taken
            yield _figure(f"site: {number:,} guides a language against {numbers[0]}", taken, first)
            if (CANARY / "bin/zensical").exists() and not small:
                program = (str(CANARY / "bin/zensical"), *GENERATORS["zensical"][1:])
                other = _cpu(partial(_other, program, content, Path(name) / "other"))
                yield _figure(f"site: {number:,} guides finished, against Zensical unfinished", taken, other)


def _other(program: tuple[str, ...], content: Path, work: Path) -> None:
    work.mkdir()
    generate(program, content, work)


def library(target: Path, guides: int) -> Path:
    """The project's pages with as many guides a language as wanted: its own, and copies with other sentences."""
    shutil.copytree(ROOT / "content", target, ignore=_WRITTEN)
    for language in LANGUAGES:
        folder = target / language / "guides"
        own = sorted(path for path in folder.glob("*.md") if path.name != "index.md")
        for number in range(guides - len(own)):
            text = own[number % len(own)].read_text(encoding="utf-8")
            copy = re.sub(r"(?<=[。.])(?=\s|$)", f" {number}", text, flags=re.MULTILINE)
            (folder / f"copy-{number}.md").write_text(copy, encoding="utf-8")
        _sort_into_groups(folder / "index.md", guides - len(own))
    return target


def _sort_into_groups(index: Path, copies: int) -> None:
    """Name the copies in the groups of the index page, as the lint wants of every guide."""
    names = [f"copy-{number}" for number in range(copies)]
    groups = [", ".join(names[first : first + GROUP]) for first in range(0, copies, GROUP)]
    lines = [f"  - {{title: Group {number}, pages: [{pages}]}}" for number, pages in enumerate(groups)]
    head, mark, rest = index.read_text(encoding="utf-8").partition("groups:\n")
    index.write_text(head + mark + "".join(f"{line}\n" for line in lines) + rest, encoding="utf-8")


def _cpu(work: Callable[[], object]) -> float:
    """Processor seconds of the work and of the processes that it started."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in times)


def _figure(name: str, value: float, baseline: float) -> Figure:
    ratio = round(value / baseline, 2)
    return Figure(name, round(value, 2), "s of CPU", round(baseline, 2), ratio, (ratio, ratio), 1)
