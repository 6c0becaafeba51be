"""Makes a clean JPEG of a picture that a stranger sent: a script for `surveys.confinement`, bytes in, bytes out."""

import re
import sys
import warnings
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MEMORY = 768 * 1024 * 1024
CPU_SECONDS = 10
MOST_PIXELS = 64_000_000
LONGEST_SIDE = 1600
MOST_BYTES = 400_000
MOST_SCANS = 100
"""Cameras and programs write up to a dozen; each one makes a decoder go through the whole picture again."""
FORMATS = ("JPEG", "PNG", "WEBP")
NO_PICTURE, TOO_LARGE = 3, 4
"""Exit statuses."""
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd8\xff]")
_SCAN, _END = b"\xff\xda", b"\xff\xd9"


def scans(data: bytes) -> int:
    """How many scans a JPEG has up to its end; what a telephone hangs behind it is no part of the picture."""
    found, place = 0, 2
    while (marker := _MARKER.search(data, place)) and marker[0] != _END:
        found += marker[0] == _SCAN
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return found


def clean(data: bytes) -> bytes:
    """A JPEG of at most 1600 pixels a side and 400,000 bytes, upright, with nothing in it but the picture."""
    from PIL import Image, ImageOps  # noqa: PLC0415  (loaded only when the limits hold)

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    size = (LONGEST_SIDE, LONGEST_SIDE)
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        if picture.format == "JPEG":
            picture.draft("RGB", size)
        picture.load()
        orientation = picture.getexif().get(0x0112, 1)
        plain = _opaque(picture)
    plain.thumbnail(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain.getexif()[0x0112] = orientation
    upright = ImageOps.exif_transpose(plain)
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    return _small(bare)


def _opaque(picture: "Picture") -> "Picture":
    """In plain colours, what is transparent made white."""
    from PIL import Image  # noqa: PLC0415

    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        ground = Image.new("RGB", layered.size, "white")
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    return picture.convert("RGB")


def _small(picture: "Picture") -> bytes:
    """As good as the bytes allow, and smaller where no quality is enough."""
    while True:
        for quality in (82, 70, 55, 40):
            out = BytesIO()
            picture.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= MOST_BYTES:
                return out.getvalue()
        picture = picture.reduce(2)


def main() -> int:
    """Read a picture from standard input, write the clean one to standard output."""
    data = sys.stdin.buffer.read()
    if data.startswith(b"\xff\xd8") and scans(data) > MOST_SCANS:
        return TOO_LARGE
    try:
        made = clean(data)
    except MemoryError:
        return TOO_LARGE
    except Exception as error:  # whatever a decoder says of bytes from a stranger
        return TOO_LARGE if "DecompressionBomb" in type(error).__name__ else NO_PICTURE
    sys.stdout.buffer.write(made)
    return 0
