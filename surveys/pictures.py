"""Pictures from strangers, made into clean JPEGs by a process that is confined."""

import subprocess
import threading

from surveys import confinement, picture_worker
from surveys.errors import PictureError, StoreBusyError

FILE_LIMIT = 10 * 1024 * 1024
"""Bytes of a picture as it is sent."""
WALL_SECONDS = 20
PATIENCE = 10.0
_AT_ONCE = threading.BoundedSemaphore(2)
_WORKER = confinement.command(picture_worker, picture_worker.MEMORY, picture_worker.CPU_SECONDS)
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


def cleaned(data: bytes) -> bytes:
    """A JPEG of at most 1600 pixels a side and 400,000 bytes, upright, without any note of place, time or camera.

    PictureError says why the bytes give none, StoreBusyError that too many are being worked on.
    """
    if len(data) > FILE_LIMIT:
        raise PictureError("too-large")
    if not data.startswith(_BEGINNINGS):
        raise PictureError("no-picture")
    if not _AT_ONCE.acquire(timeout=PATIENCE):
        raise StoreBusyError("too many pictures are being read: try again in a moment")
    try:
        return _by_worker(data)
    finally:
        _AT_ONCE.release()


def _by_worker(data: bytes) -> bytes:
    try:
        done = subprocess.run(
            _WORKER, input=data, capture_output=True, timeout=WALL_SECONDS, cwd="/", env={}, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PictureError("too-large") from error
    if done.returncode == picture_worker.NO_PICTURE:
        raise PictureError("no-picture")
    whole = done.stdout.startswith(b"\xff\xd8\xff") and len(done.stdout) <= picture_worker.MOST_BYTES
    if done.returncode or not whole:  # killed by one of its limits, or by a fault of a decoder
        raise PictureError("too-large")
    return done.stdout
