"""Under what licence each installed library comes, and whether that is one the project takes."""

import re
from collections.abc import Mapping
from importlib import metadata

ALLOWED = {
    "0BSD": "0BSD",
    "Apache-2.0": r"Apache-2\.0|Apache Software License|Apache License, Version 2\.0",
    "BSD-2-Clause": r"BSD-2-Clause",
    "BSD-3-Clause": r"BSD-3-Clause|BSD License",
    "CC0-1.0": r"CC0-1\.0|Public Domain",
    "ISC": r"ISC License \(ISCL\)|ISC",
    "MIT": r"MIT|MIT License",
    "MIT-0": r"MIT-0",
    "MIT-CMU": r"MIT-CMU",
    "PSF-2.0": r"PSF-2\.0|Python Software Foundation License",
    "Zlib": r"Zlib",
}
"""Permissive licences by their SPDX names, with the spellings that libraries use."""
_MPL = "used as it comes, and changes of its own files alone would have to be published"
EXCEPTIONS: Mapping[str, tuple[str, str]] = {
    "atheris": ("Apache-2.0", "its metadata names none, its LICENSE file does; only tests load it"),
    "certifi": ("MPL-2.0", f"{_MPL}; the site's generator brings it"),
    "fqdn": ("MPL-2.0", f"{_MPL}; only tests load it"),
    "hypothesis": ("MPL-2.0", f"{_MPL}; only tests load it"),
    "pathspec": ("MPL-2.0", f"{_MPL}; the site's generator brings it"),
    "axe-playwright-python": ("MIT", "its metadata names none, its LICENSE file does; only tests load it"),
    "pypdfium2": (
        "Apache-2.0 OR BSD-3-Clause",
        "its licence lists every library inside it; only tests load it, to read the PDFs that were made",
    ),
}
"""Libraries whose licence is not on the list or not in their metadata: what it is, and why it may stay."""


def named(distribution: metadata.Distribution) -> str:
    """The licence in the words of its metadata, empty if it has none."""
    told = distribution.metadata
    classes = [one.split(" :: ")[-1] for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    first = [*(told.get_all("License-Expression") or ()), "; ".join(classes), *(told.get_all("License") or ())]
    return next((one.split("\n")[0] for one in first if one), "")


def licence_of(distribution: metadata.Distribution) -> str | None:
    """The SPDX expression of a library that may be used, None if nobody has decided about it."""
    name = normal(distribution.metadata["Name"])
    if name in EXCEPTIONS:
        return EXCEPTIONS[name][0]
    parts = re.split(r"( AND | OR |; )", named(distribution))
    found = [part if place % 2 else _spdx(part) for place, part in enumerate(parts)]
    return None if None in found else "".join(" AND " if part == "; " else str(part) for part in found)


def _spdx(text: str) -> str | None:
    return next((name for name, spellings in ALLOWED.items() if re.fullmatch(spellings, text.strip())), None)


def normal(name: str) -> str:
    """The name of a library as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
