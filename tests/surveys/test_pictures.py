"""Pictures from strangers: what comes out holds the picture alone, and what is hostile hurts nobody."""

import os
import subprocess
import time
from io import BytesIO

import pytest
from PIL import Image

from surveys import picture_worker, pictures
from surveys.errors import PictureError
from tests import pictures as made


def shown(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_a_photo_comes_out_upright_and_with_nothing_but_the_picture() -> None:
    sent = made.told_on()
    for word in (b"Telephone", b"at home", b"profile", b"2026:11:20"):
        assert word in sent
    clean = pictures.cleaned(sent)
    picture = shown(clean)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (200, 400))
    assert picture.getpixel((100, 50)) == pytest.approx((0, 0, 254), abs=6)
    assert picture.getpixel((100, 350)) == pytest.approx((254, 0, 0), abs=6)
    assert dict(picture.getexif()) == {}
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for word in (b"Exif", b"Telephone", b"at home", b"profile", b"ICC", b"2026"):
        assert word not in clean


def test_the_same_photo_comes_out_the_same() -> None:
    assert pictures.cleaned(made.told_on()) == pictures.cleaned(made.told_on())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_large_ones_are_made_small(kind: str) -> None:
    clean = pictures.cleaned(made.encoded(Image.new("RGB", (4000, 3000), "green"), kind))
    assert shown(clean).size == (1600, 1200)
    assert len(pictures.cleaned(made.noise(1000, 700, kind))) <= picture_worker.MOST_BYTES


def test_a_picture_that_no_quality_makes_small_enough_is_made_smaller() -> None:
    clean = pictures.cleaned(made.noise())
    assert len(clean) <= picture_worker.MOST_BYTES
    assert shown(clean).size == (800, 800)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colours_is_read(mode: str) -> None:
    clean = pictures.cleaned(made.encoded(Image.new(mode, (30, 20)), "JPEG" if mode == "CMYK" else "PNG"))
    assert (shown(clean).mode, shown(clean).size) == ("RGB", (30, 20))


def test_what_is_transparent_becomes_white() -> None:
    clean = shown(pictures.cleaned(made.encoded(Image.new("RGBA", (30, 20), (255, 0, 0, 0)), "PNG")))
    assert clean.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no-picture"),
        (b"%PDF-1.7", "no-picture"),
        (b"\xff\xd8\xff" + b"x" * 500, "no-picture"),
        (made.encoded(Image.new("RGB", (20, 20)), "GIF"), "no-picture"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "no-picture"),
        (made.noise(400, 300)[:9000], "no-picture"),
        (made.noise(60, 60, "PNG")[:-400], "no-picture"),
        (made.bomb(), "too-large"),
        (b"\xff\xd8\xff" + bytes(pictures.FILE_LIMIT), "too-large"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    begun = time.monotonic()
    with pytest.raises(PictureError) as found:
        pictures.cleaned(data)
    assert found.value.reason == reason
    assert time.monotonic() - begun < pictures.WALL_SECONDS


def test_the_process_knows_nothing_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_SECRET", "x")
    calls: list[dict[str, object]] = []
    real = subprocess.run

    def watched(command: object, **options: object) -> object:
        calls.append(options)
        return real(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    pictures.cleaned(made.photo())
    assert (calls[0]["env"], calls[0]["cwd"]) == ({}, "/")
    assert os.environ["HUIYIN_SECRET"] == "x"
