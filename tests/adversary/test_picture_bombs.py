"""Pictures that unfold or never end: each is refused with a reason before it costs anything."""

import resource
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from surveys import picture_worker, pictures
from surveys.errors import PictureError
from tests.pictures import encoded, noise, photo

WIDE = struct.pack(">HH", 65_500, 65_500)


def jpeg_bomb() -> bytes:
    """A small JPEG that says of itself that it is 65,500 pixels wide and high."""
    sent = photo(16, 16)
    place = sent.index(b"\xff\xc0") + 5
    return sent[:place] + WIDE + sent[place + 4 :]


def scans_bomb() -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    sent = encoded(Image.new("RGB", (4000, 4000), "red"), "JPEG", progressive=True)
    last = sent.rindex(b"\xff\xda")
    return sent[:last] + sent[last:-2] * 4000 + b"\xff\xd9"


def webp_bomb() -> bytes:
    """A WebP that says of itself that it is 16,384 pixels wide and high."""
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", 16_383 | 16_383 << 14) + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of one pixel with further chunks before its data."""
    head = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    whole = (head, *chunks, (b"IDAT", zlib.compress(bytes(4))), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in whole
    )
    return b"\x89PNG\r\n\x1a\n" + body


def animated(kind: str) -> bytes:
    """A picture of a hundred pictures."""
    frames = [Image.new("RGB", (8, 8), (n, 0, 0)) for n in range(100)]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


FULL = zlib.compress(bytes(60_000_000), 9)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (jpeg_bomb(), "too-large"),
        (webp_bomb(), "too-large"),
        (animated("GIF"), "no-picture"),
        (png((b"zTXt", b"a\x00\x00" + FULL)), "no-picture"),
        (png((b"iCCP", b"a\x00\x00" + FULL)), "no-picture"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\x00\x00\x00" + b"\xff" * 10, "too-large"),
        (noise(64, 64, "WEBP")[:-300], "no-picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIHDR" + bytes(400), "no-picture"),
    ],
    ids=["jpeg", "webp", "gif", "text", "profile", "endless", "cut", "chunk"],
)
def test_what_unfolds_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    assert len(data) < 500_000
    with pytest.raises(PictureError) as found:
        pictures.cleaned(data)
    assert found.value.reason == reason


def test_scans_without_end_are_refused_before_they_cost_anything() -> None:
    sent = scans_bomb()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(PictureError, match="too-large"):
        pictures.cleaned(sent)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 5
    assert picture_worker.scans(sent) > 4000


def test_what_a_telephone_hangs_behind_a_photo_is_passed_over() -> None:
    sent = encoded(Image.new("RGB", (400, 300), "red"), "JPEG", progressive=True)
    assert 1 < picture_worker.scans(sent) < 20
    behind = sent + b"\xff\xda\x00\x02" * 1000
    assert picture_worker.scans(behind) == picture_worker.scans(sent)
    assert pictures.cleaned(behind) == pictures.cleaned(sent)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_a_moving_picture_one_stands_still(kind: str) -> None:
    clean = Image.open(BytesIO(pictures.cleaned(animated(kind))))
    assert (clean.format, clean.size, getattr(clean, "n_frames", 1)) == ("JPEG", (8, 8), 1)
