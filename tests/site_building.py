"""What the tests of the site share: a copy of the project's pages, and a folder's bytes at a glance."""

import hashlib
import shutil
from pathlib import Path

from scripts.build_site import ROOT


def copy_content(target: Path) -> Path:
    """The project's own pages without reports, free to be changed."""
    shutil.copytree(ROOT / "content", target, ignore=shutil.ignore_patterns("reports", "said-and-done"))
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
