"""Build the site with other generators than the pinned one, and tell how far each comes. Nothing depends on it.

`make canary` installs them in an environment of their own. Material for MkDocs reaches the end of its life in May 2027:
this says early what a move to ProperDocs (a fork of MkDocs) or to Zensical (by Material's authors) would take.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from scripts.build_site import LANGUAGES, ROOT, assemble, environment_of, gather
from scripts.finish_site import finish_site
from scripts.site_pages import SiteError

GENERATORS: Mapping[str, tuple[str, ...]] = {
    "properdocs": ("properdocs", "build", "--strict", "--config-file"),
    "zensical": ("zensical", "build", "--config-file"),
}
BROWSER_TESTS = ("tests/browser/test_site.py", "-q", "-p", "no:cacheprovider")


def generate(command: tuple[str, ...], content: Path, work: Path) -> Path:
    """Both languages by another generator, put together as the pinned one's are; the site's folder.

    The configuration is copied beside the pages, because Zensical reads only pages below it, named from there.
    """
    shutil.copytree(ROOT / "site", work / "site", ignore=shutil.ignore_patterns("screenshots"))
    for language, name in LANGUAGES.items():
        gather(content, language, work / "docs" / language)
        shutil.copy(ROOT / name, work)
    for language, name in LANGUAGES.items():
        environment = environment_of(language, work) | {f"HUIYIN_CONTENT_{language.upper()}": f"docs/{language}"}
        subprocess.run([*command, name], cwd=work, env=environment, check=True, capture_output=True, text=True)
        shutil.move(work / "build/mkdocs" / language, work / language)
    return assemble(work)


def try_generator(name: str, folder: Path, content: Path, work: Path) -> str:
    """One line on what the generator made of the pages, from the environment in `folder`."""
    program, *rest = GENERATORS[name]
    start = time.perf_counter()
    try:
        site = generate((str(folder / "bin" / program), *rest), content, work)
    except subprocess.CalledProcessError as error:
        return f"{name}: builds nothing: {(error.stdout + error.stderr).strip().splitlines()[-1]}"
    built = time.perf_counter() - start
    return f"{name}: generated in {built:.1f} s, {_finished(site)}; browser tests: {_browser_tests(site)}"


def _finished(site: Path) -> str:
    try:
        return f"{len(finish_site(site))} pages in order"
    except SiteError as error:
        faults = str(error).splitlines()
        return f"{len(faults)} faults, the first: {faults[0]}"


def _browser_tests(site: Path) -> str:
    environment = os.environ | {"HUIYIN_BUILT_SITE": str(site)}
    command = [sys.executable, "-m", "pytest", *BROWSER_TESTS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines()[-1]


def main(folder: Path) -> None:
    """Try each generator that the environment in `folder` has, on the project's own pages."""
    for name in GENERATORS:
        with tempfile.TemporaryDirectory() as work:
            print(try_generator(name, folder, ROOT / "content", Path(work)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
