"""Printed sheets: a template from `scripts/sheets` and its data become the bytes of a PDF, the same each time."""

import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import segno
import typst

from surveys.errors import HuiyinError

TEMPLATES = Path(__file__).parent / "sheets"
FONT = "Noto Sans CJK SC"
"""One family for Chinese and English; sheets use no other."""
_EPOCH = 0


@cache
def _fonts(folder: Path | None = None) -> typst.Fonts:
    """The fonts of the system, or of a folder alone; looking for them takes longer than to set a sheet."""
    return typst.Fonts(folder is None, False, [folder] if folder else [])


@cache
def families(folder: Path | None = None) -> frozenset[str]:
    """The font families among the system's fonts, or in a folder alone."""
    return frozenset(_fonts(folder).families())


def require_font(known: frozenset[str]) -> None:
    """HuiyinError, with what to install, if the font of the sheets is not there."""
    if FONT not in known:
        raise HuiyinError(
            f"no font '{FONT}' on this machine, so Chinese could not be printed: install it "
            "(Debian, Ubuntu: apt install fonts-noto-cjk), then run this again"
        )


def typeset(template: str, data: Mapping[str, object]) -> bytes:
    """The PDF of a template with its data, which it reads as JSON; HuiyinError if the font is missing or nothing fits.

    The data's `font` is filled in here.
    """
    require_font(families())
    path = TEMPLATES / f"{template}.typ"
    pdf, warnings = typst.compile_with_warnings(
        path, root=TEMPLATES, font_paths=_fonts(), format="pdf", sys_inputs=_inputs(data), timestamp=_EPOCH
    )
    if warnings:
        raise HuiyinError(f"{path}: {warnings[0].message}")
    return bytes(pdf)


def page_count(template: str, data: Mapping[str, object]) -> int:
    """How many pages `typeset` would fill; the template names them with `metadata(here().page()) <end>` at its end."""
    require_font(families())
    path = TEMPLATES / f"{template}.typ"
    found = typst.query(
        path, "<end>", field="value", one=True, root=TEMPLATES, font_paths=_fonts(), sys_inputs=_inputs(data)
    )
    return int(found)


def _inputs(data: Mapping[str, object]) -> dict[str, str]:
    return {"data": json.dumps({**data, "font": FONT}, ensure_ascii=False, sort_keys=True)}


def qr_svg(url: str) -> str:
    """A QR code as SVG, with the quiet border that readers need."""
    drawn = io.BytesIO()
    segno.make(url, error="m", micro=False).save(drawn, kind="svg", border=4, xmldecl=False, svgns=True, nl=False)
    return drawn.getvalue().decode()
