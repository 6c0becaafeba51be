"""Build the Chinese and the English site, finish them and publish both in one step.

Each build is a folder of its own under `releases/`, and the published folder is a link to one of them, so
readers see the old site or the new one and never a mixture.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from importlib.metadata import distribution, version
from pathlib import Path

import click

from scripts import page_feed
from scripts.site_pages import SiteError
from surveys import filings

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"zh": "mkdocs.yml", "en": "mkdocs.en.yml"}
KEPT_RELEASES = 2
_NO_REPORT = {
    "zh": "---\ntitle: 公开报告\nsummary: 每月公布各项评价的人数、满意率和误差范围。\n---\n\n还没有发布过报告。\n",
    "en": "---\ntitle: Reports\nsummary: Each month, how many people answered and the share satisfied, "
    "with its margin of error.\n---\n\nNo report has been published yet.\n",
}
_SOURCE_MAP = re.compile(rb"\n?//# sourceMappingURL=\S+\s*\Z")
_THEME_SCRIPT = re.compile(r'(src=")(?:[^"]*/)?(assets/javascripts/bundle\.)')


def fingerprint(content: Path) -> str:
    """A digest of everything that the built site depends on."""
    own = [path for name in ("site", "scripts") for path in (ROOT / name).rglob("*") if path.suffix != ".pyc"]
    inputs = [*own, *(ROOT / name for name in LANGUAGES.values()), *content.rglob("*")]
    digest = hashlib.sha256(f"{version('mkdocs-material')} {version('mkdocs')}".encode())
    digest.update(f"{_address()}{_filings()}{page_feed.expired(content, page_feed.today())}".encode())
    digest.update(rules_path().read_bytes() if rules_path().exists() else b"")
    for path in sorted(path for path in inputs if path.is_file()):
        place = path.relative_to(content if path.is_relative_to(content) else ROOT)
        digest.update(f"\0{place.as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def rules_path() -> Path:
    """Where the office has the rules of its self-check; without that file it has none."""
    return Path(os.environ.get("HUIYIN_DEFINITIONS") or ROOT / "surveys/definitions") / "scam-check.yaml"


def gather(content: Path, language: str, docs: Path) -> None:
    """Copy one language's pages, so that a page edited meanwhile cannot slip in half."""
    shutil.copytree(content / language, docs)
    index = docs / "reports" / "index.md"
    if not index.exists():
        index.parent.mkdir(exist_ok=True)
        index.write_text(_NO_REPORT[language], encoding="utf-8")
    if (docs / "guides").is_dir():
        from scripts.site_feed import FEED, atom  # noqa: PLC0415  (an unchanged site starts without it)

        (docs / "guides" / FEED).write_bytes(atom(page_feed.feed_of(docs.parent, language)))
    if not (docs / "said-and-done" / "index.md").exists():
        _write_blank(language, docs / "said-and-done")


def _write_blank(language: str, folder: Path) -> None:
    """The pages of an office whose cases nobody has published yet."""
    from scripts.said_page import blank_files  # noqa: PLC0415  (an unchanged site starts without it)

    folder.mkdir(exist_ok=True)
    for name, data in blank_files(language).items():
        (folder / name).write_bytes(data)


def _address() -> str:
    """The public address of the site, empty if it is not known."""
    address = os.environ.get("HUIYIN_SITE_URL", "")
    try:
        return address and f"{filings.site_address(address)}/"
    except filings.FilingError as error:
        raise SiteError(f"HUIYIN_SITE_URL {error}") from None


def environment_of(language: str, work: Path) -> dict[str, str]:
    """What the configuration of one language reads from the environment."""
    address = _address()
    return {
        **os.environ,
        f"HUIYIN_CONTENT_{language.upper()}": str(work / "docs" / language),
        "HUIYIN_SITE_URL_EN": f"{address.rstrip('/')}/en/" if address else "",
        **_filings(),
        "HUIYIN_TODAY": f"'{page_feed.today()}'",  # read as YAML, where a bare day is no text
        "NO_MKDOCS_2_WARNING": "1",
        "SOURCE_DATE_EPOCH": "0",
    }


def _links(*settings: str) -> str:
    """The registration numbers or contacts that are set, as links; SiteError says which is wrong."""
    found: list[filings.Place] = []
    for name in settings:
        try:
            text = os.environ.get(name)
            found += filings.places(name, text) if text else ()
        except filings.FilingError as error:
            raise SiteError(f"{name} {error}") from None
    return " ".join(f'<a href="{escape(one.href)}">{escape(one.text)}</a>' for one in found)


def _filings() -> dict[str, str]:
    """What the pages show of them, by the names under which mkdocs.yml takes it."""
    return {
        "HUIYIN_FILING_LINKS": _links("HUIYIN_ICP", "HUIYIN_POLICE_FILING"),
        "HUIYIN_CONTACT_LINKS": _links("HUIYIN_CONTACT"),
    }


def _start(work: Path, language: str) -> subprocess.Popen[str]:
    environment = environment_of(language, work)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file"]
    command += [str(ROOT / LANGUAGES[language]), "--site-dir", str(work / language)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _generate(content: Path, work: Path) -> None:
    """Run the generator for both languages at once."""
    for language in LANGUAGES:
        gather(content, language, work / "docs" / language)
    running = {language: _start(work, language) for language in LANGUAGES}
    faults = []
    for language, process in running.items():
        said, _ = process.communicate()
        if process.returncode:
            lines = [line for line in said.splitlines() if line.strip() and not line.startswith("INFO")]
            faults.append("\n".join([f"The {language} site could not be built; nothing was published.", *lines]))
    if faults:
        raise SiteError("\n".join(faults))


def _licences() -> str:
    """The licence texts of the scripts that are sent to readers, as their packages carry them."""
    package = distribution("mkdocs-material")
    files = [file for file in package.files or () if file.parts[0].endswith(".dist-info") and file.stem == "LICENSE"]
    texts = [Path(str(package.locate_file(file))).read_text(encoding="utf-8") for file in sorted(files)]
    return f"mkdocs-material {package.version}\n\n" + "\n".join(texts)


def _drop_theme_files(site: Path) -> None:
    """Remove what the theme brings along, all but the one script in use, which both languages share."""
    theme = Path(str(distribution("mkdocs-material").locate_file("material"))) / "templates"
    for path in (path.relative_to(theme) for path in (theme / "assets").rglob("*") if path.is_file()):
        (site / "en" / path).unlink(missing_ok=True)
        if not re.fullmatch(r"bundle\.\w+\.min\.js", path.name):
            (site / path).unlink(missing_ok=True)
    for folder in sorted((path for path in site.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def assemble(work: Path) -> Path:
    """One folder of both languages with the assets they share."""
    site = work / "zh"
    shutil.move(work / "en", site / "en")
    _drop_theme_files(site)
    for compressed in site.rglob("sitemap.xml.gz"):
        compressed.unlink()
    for script in (site / "assets" / "javascripts").glob("*.js"):
        script.write_bytes(_SOURCE_MAP.sub(b"", script.read_bytes()))
    shutil.copytree(ROOT / "site" / "assets", site / "assets", dirs_exist_ok=True)
    (site / "assets" / "licences.txt").write_text(_licences(), encoding="utf-8")
    for page in site.rglob("*.html"):
        page.write_text(_THEME_SCRIPT.sub(r"\1/\2", page.read_text(encoding="utf-8")), encoding="utf-8")
    return site


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one build at a time into the folder; a second waits for the first."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _releases(folder: Path) -> list[int]:
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())


def _published(output: Path) -> Path | None:
    if output.exists() and not output.is_symlink():
        raise SiteError(f"{output} is a folder of its own; move it away, the published site is a link to a release")
    return output.resolve() if output.exists() else None


def _stamp_of(release: Path) -> str:
    """The fingerprint that the release was built from; empty if it is not known."""
    stamp = release.with_name(f"{release.name}.sha256")
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""


def swap(output: Path, release: Path) -> None:
    """Point the published folder at the release by one atomic rename, which stays after a power cut."""
    link = output.with_name(f".{output.name}.next")
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(release, output.parent))
    link.replace(output)
    _sync(output.parent)


def settle(site: Path, folder: Path, stamp: str) -> Path:
    """Give a finished site its number among the releases, once all of it is on the disk.

    Its stamp says that nothing need be built: without this a power cut could leave it beside empty pages for good.
    """
    for path in (*site.rglob("*"), site):
        _sync(path)
    target = folder / str(max(_releases(folder), default=0) + 1)
    mark = folder / f"{target.name}.sha256"
    mark.write_text(stamp, encoding="utf-8")
    _sync(mark)
    site.rename(target)
    _sync(folder)
    return target


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_old(folder: Path, current: Path) -> None:
    """Keep the release in use and the one before it."""
    numbers = [number for number in _releases(folder) if number != int(current.name)]
    for number in numbers[: len(numbers) - (KEPT_RELEASES - 1)]:
        shutil.rmtree(folder / str(number))
        (folder / f"{number}.sha256").unlink(missing_ok=True)


def _release(content: Path, folder: Path, stamp: str) -> Path:
    """Build, finish and check a new release; the folder gets its number only when all of it is there."""
    from scripts.finish_site import finish_site  # noqa: PLC0415  (an unchanged site starts without it)

    for left in folder.glob(".work*"):
        shutil.rmtree(left, ignore_errors=True)
    # A name of its own: the generator of a build that was killed may still write into the folder it was given.
    work = Path(tempfile.mkdtemp(prefix=".work", dir=folder))
    work.chmod(0o755)
    try:
        _generate(content, work)
        site = assemble(work)
        finish_site(site)
        return settle(site, folder, stamp)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def build_site(content: Path, output: Path) -> Path:
    """Publish the pages under `content` (folders zh and en) as `output`, a link; give the release's folder.

    Nothing is built when nothing has changed. Raises SiteError, the published site then stays as it was.
    """
    output = output.absolute()
    folder = output.parent / "releases"
    missing = [language for language in LANGUAGES if not (content / language / "index.md").is_file()]
    if missing:
        raise SiteError(f"{content}: no {missing[0]}/index.md here; give the folder that holds zh/ and en/")
    with _alone(folder):
        stamp, current = fingerprint(content.resolve()), _published(output)
        if current and _stamp_of(current) == stamp:
            return current
        release = _release(content.resolve(), folder, stamp)
        swap(output, release)
        _remove_old(folder, release)
    return release


# Here and not among the shared options, because those bring the store along and an unchanged site starts without it.
content_option = click.option(
    "--content", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("content"),
    show_default=True, help="The folder with the pages, zh/ and en/.",
)  # fmt: skip
output_option = click.option(
    "--output", type=click.Path(path_type=Path), default=Path("build/public"), envvar="HUIYIN_PUBLIC",
    show_default=True, show_envvar=True, help="Where the site is published: a link to the newest release.",
)  # fmt: skip


@click.command()
@content_option
@output_option
def main(content: Path, output: Path) -> None:
    """Build the Chinese and the English site and publish both in one step.

    Nothing is built when nothing has changed; when something is wrong, the published site stays as it was.
    """
    try:
        release = build_site(content, output)
    except SiteError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(f"the site is built: {output} (release {release.name})")


if __name__ == "__main__":
    main()
