"""Pictures for tests: as cameras make them, and as nobody should send them."""

import random
import struct
import zlib
from io import BytesIO

from PIL import Image

PLACE = {1: "N", 2: (31.0, 14.0, 0.0), 3: "E", 4: (121.0, 29.0, 0.0)}


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The bytes of a picture file."""
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photo(width: int = 320, height: int = 240, shade: str = "#446688") -> bytes:
    """A JPEG of one colour."""
    return encoded(Image.new("RGB", (width, height), shade))


def told_on() -> bytes:
    """A JPEG from a telephone: turned, with the place, the maker, a comment and a colour profile in it."""
    picture = Image.new("RGB", (400, 200), "red")
    picture.paste("blue", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x9003] = 6, "Telephone", "2026:11:20 08:00:00"
    exif.get_ifd(0x8825).update(PLACE)
    return encoded(picture, exif=exif, comment=b"at home", icc_profile=b"profile" * 40, quality=95)


def noise(width: int = 1600, height: int = 1600, kind: str = "JPEG") -> bytes:
    """A picture that no encoder makes small."""
    made = random.Random(1).randbytes(width * height * 3)
    return encoded(Image.frombytes("RGB", (width, height), made), kind)


def bomb() -> bytes:
    """A few kilobytes of PNG that unfold into 2.5 thousand million pixels."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
