"""What the tests of the site share: copies of the project's pages, their site, and a folder's bytes at a glance."""

import fcntl
import hashlib
import re
import shutil
from pathlib import Path

from scripts.build_site import LANGUAGES, ROOT, build_site

SOME = ("guides/fake-refund.md", "guides/verification-code.md", "policies/how-suggestions-are-handled.md")
_WRITTEN = shutil.ignore_patterns("reports", "said-and-done")
_LINK = re.compile(r"\]\(([^):#]+\.md)")
_WARNED_OF = re.compile(r"^  page: (\S+)$", re.MULTILINE)


def copy_content(target: Path) -> Path:
    """All of the project's own pages without reports, free to be changed."""
    shutil.copytree(ROOT / "content", target, ignore=_WRITTEN, dirs_exist_ok=True)
    return target


def built_once(folder: Path) -> Path:
    """The site of the project's own pages, which nobody changes: the first process that needs it builds it for all."""
    with (folder / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        public = folder / "site" / "public"
        if not public.exists():
            build_site(copy_content(folder / "site" / "content"), public)
        return public.resolve()


def copy_some(target: Path) -> Path:
    """A few pages of each kind with all that they link to: a site that is built sooner, whatever is written later."""
    copy_content(target)
    for language in LANGUAGES:
        folder = target / language
        kept = {path for pattern in ("*.md", "*/index.md", "about/*.md") for path in folder.glob(pattern)}
        warned = [f"{name}.md" for name in _WARNED_OF.findall((folder / "index.md").read_text(encoding="utf-8"))]
        wanted = list(kept | {folder / name for name in (*SOME, *warned)})
        kept = set()
        while wanted:
            page = wanted.pop()
            kept.add(page)
            links = {(page.parent / link).resolve() for link in _LINK.findall(page.read_text(encoding="utf-8"))}
            wanted += links - kept
        for page in set(folder.rglob("*.md")) - kept:
            page.unlink()
    return target


def digest_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def policy_of(site: Path) -> str:
    lines = (site / "_headers").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "/*"
    return lines[1].strip().removeprefix("Content-Security-Policy: ")
