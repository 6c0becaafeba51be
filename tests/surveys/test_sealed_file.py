"""A sealed stream: it opens with its key alone, whole and in order, or not at all."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import sealed_file
from surveys.errors import BackupError
from surveys.keys import new_pair
from surveys.sealed_file import PART, OpeningReader, SealingWriter

PRIVATE, PUBLIC = new_pair()


def sealed(data: bytes, public: bytes = PUBLIC, step: int = 70_000) -> bytes:
    target = io.BytesIO()
    writer = SealingWriter(target, public)
    for start in range(0, len(data), step):
        writer.write(data[start : start + step])
    writer.close()
    return target.getvalue()


def opened(data: bytes, private: bytes = PRIVATE) -> bytes:
    return OpeningReader(io.BytesIO(data), private).read()


@pytest.mark.parametrize("length", [0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 5])
def test_what_was_written_is_read_whatever_its_length(length: int) -> None:
    data = bytes(range(256)) * (length // 256 + 1)
    assert opened(sealed(data[:length])) == data[:length]


def test_reading_bit_by_bit_gives_the_same() -> None:
    data = b"abc" * PART
    reader = OpeningReader(io.BytesIO(sealed(data)), PRIVATE)
    assert b"".join(iter(lambda: reader.read(100_001), b"")) == data


def test_the_same_bytes_are_never_sealed_alike_and_cannot_be_seen() -> None:
    first, second = sealed(b"a plain word" * 9), sealed(b"a plain word" * 9)
    assert first != second
    assert b"plain" not in first


LONG = sealed(b"x" * (2 * PART + 100))


@given(st.integers(0, len(LONG) - 1), st.integers(1, 255))
def test_any_byte_that_changes_is_noticed(place: int, flip: int) -> None:
    changed = bytearray(LONG)
    changed[place] ^= flip
    with pytest.raises(BackupError, match=r"damaged|no sealed file|was sealed for"):
        opened(bytes(changed))


@given(st.integers(0, len(LONG) - 1))
def test_any_cut_is_noticed(length: int) -> None:
    with pytest.raises(BackupError, match=r"cut off|no sealed file"):
        opened(LONG[:length])


@pytest.mark.parametrize("parts", [(0,), (0, 1), (1, 0, 2), (0, 2), (0, 1, 2, 2), (0, 1, 1, 2)])
def test_parts_left_out_swapped_or_repeated_are_noticed(parts: tuple[int, ...]) -> None:
    head, size = len(LONG) - (2 * PART + 100 + 3 * 16), PART + 16
    body = [LONG[head + place * size : head + (place + 1) * size] for place in parts]
    with pytest.raises(BackupError, match="damaged or was cut off"):
        opened(LONG[:head] + b"".join(body))


def test_another_key_is_told_by_its_name() -> None:
    other, public = new_pair()
    with pytest.raises(BackupError, match=f"for the key {sealed_file.name_of(PUBLIC)}, and this one is .*name the"):
        opened(LONG, other)
    assert sealed_file.name_of(public) != sealed_file.name_of(PUBLIC)


def test_keys_as_text_are_read_back_and_one_that_was_copied_wrongly_is_not() -> None:
    private, public = sealed_file.generate()
    data = sealed(b"hello", sealed_file.read_public(public))
    assert opened(data, sealed_file.read_private(f"{private}\n")) == b"hello"
    digit = public[30]
    wrong = public[:30] + ("0" if digit != "0" else "1") + public[31:]
    with pytest.raises(BackupError, match="copied wrongly: compare"):
        sealed_file.read_public(wrong)
    for text in ("", "x", private, f"{public} more", "huiyin-backup-public zz 00"):
        with pytest.raises(BackupError, match=r"no backup public key|copied wrongly"):
            sealed_file.read_public(text)
    with pytest.raises(BackupError, match="no backup private key"):
        sealed_file.read_private(public)
