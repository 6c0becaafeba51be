"""The limits of a process that reads what a stranger sent, held against code that does what a broken reader might."""

import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from scripts import answer_sheets, sheet_worker
from scripts.answer_table import AnswerFileError
from surveys import confinement, picture_worker, pictures
from surveys.errors import PictureError

MEMORY = 256 * 1024 * 1024


def done_by(body: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """What a script came to whose `main` is this."""
    script = ModuleType("script")
    script.__file__ = str(folder / "script.py")
    Path(script.__file__).write_text(f"import sys\ndef main():\n    {body}\n", encoding="utf-8")
    command = confinement.command(script, MEMORY, 1, "a word")
    return subprocess.run(command, capture_output=True, check=False, cwd=folder)


def test_a_script_gets_its_words_and_says_how_it_went(tmp_path: Path) -> None:
    done = done_by("print(sys.argv[1:]); return 7", tmp_path)
    assert (done.returncode, done.stdout) == (7, b"['a word']\n")


def test_a_script_finds_no_module_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").touch()
    assert b"No module named 'beside'" in done_by("import beside", tmp_path).stderr


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("held = [bytes(64 << 20) for _ in range(40)]", b"MemoryError"),
        ("while True: pass", b""),
        ("open('written', 'wb', buffering=0).write(bytes(10))", b"File too large"),
    ],
)
def test_a_script_is_stopped_when_it_takes_too_much(body: str, said: bytes, tmp_path: Path) -> None:
    done = done_by(body, tmp_path)
    assert (done.returncode != 0, done.stdout) == (True, b"")
    assert said in done.stderr
    assert not any(path.stat().st_size for path in tmp_path.glob("written"))


def test_whatever_reads_a_strangers_file_does_it_confined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, ...]] = []
    real = subprocess.Popen.__init__

    def watched(process: subprocess.Popen[bytes], command: tuple[str, ...], **options: object) -> None:
        begun.append(tuple(command))
        real(process, command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", watched)
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(AnswerFileError):
        answer_sheets.read_workbook(tmp_path / "a.xlsx", "one")
    with pytest.raises(PictureError):
        pictures.cleaned(b"\xff\xd8\xff")
    assert begun == [
        confinement.command(sheet_worker, sheet_worker.MEMORY, sheet_worker.CPU_SECONDS, "one"),
        confinement.command(picture_worker, picture_worker.MEMORY, picture_worker.CPU_SECONDS),
    ]
