"""CSV files as nobody should write them: each is read right or refused with its line, and memory stays small."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import answer_checked, answer_csv
from scripts.answer_checked import repeated
from scripts.answer_files import read_table
from scripts.answer_table import MOST_COLUMNS, AnswerFileError
from tests.conftest import ROOT
from tests.scripts.test_import_answers import HEADER, Desk

ROWS = "单位,意见\n一号窗口,办事员很耐心\n二号窗口,等了很久才轮到\n"


def written(folder: Path, content: bytes | str) -> Path:
    path = folder / "answers.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(folder: Path, content: bytes | str) -> str:
    path = written(folder, content)
    with pytest.raises(AnswerFileError) as caught:
        read_table(path)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (ROWS.encode(), ()),
        (b"\xef\xbb\xbf" + ROWS.encode(), ()),
        (b'\xef\xbb\xbf"\xe5\x8d\x95\xe4\xbd\x8d"' + ROWS[2:].encode(), ()),
        (ROWS.encode("gb18030"), ("the file is GB18030 and was converted",)),
        (("\ufeff" + ROWS).encode("gb18030"), ("the file is GB18030 and was converted",)),
        (ROWS.encode("gb2312").replace(b"\n", b"\r\n"), ("the file is GB18030 and was converted",)),
        (b"\xff\xfe" + ROWS.encode("utf-16-le"), ("the file is UTF-16 and was converted",)),
        (b"\xfe\xff" + ROWS.encode("utf-16-be"), ("the file is UTF-16 and was converted",)),
    ],
)
def test_each_encoding_gives_the_same_table_and_is_told(tmp_path: Path, content: bytes, note: tuple[str]) -> None:
    table = read_table(written(tmp_path, content))
    assert table.header == ("单位", "意见")
    assert list(table.rows) == [(2, ["一号窗口", "办事员很耐心"]), (3, ["二号窗口", "等了很久才轮到"])]
    assert table.notes == note


@pytest.mark.parametrize("rare", ["㐂", "𠮷", "镕", "・", "€"])
def test_rare_characters_of_gb18030_are_read_as_they_are(tmp_path: Path, rare: str) -> None:
    table = read_table(written(tmp_path, f"{ROWS}三号窗口,{rare}\n".encode("gb18030")))
    assert list(table.rows)[-1] == (4, ["三号窗口", rare])


UTF8, GB = "四号窗口,很好很好\n".encode(), "五号窗口,很好很好\n".encode("gb18030")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ROWS.encode() + GB, "answers.csv:4: line 1 is UTF-8 and line 4 is not"),
        (ROWS.encode("gb18030") + UTF8, "answers.csv:4: line 4 is UTF-8 and line 1 is not"),
        (ROWS.encode()[:-2], "answers.csv:3: "),
        (ROWS.encode() + b"caf\xe9,\n", "answers.csv:4: neither UTF-8 nor GB18030"),
        (b"\xff\xfe" + ROWS.encode("utf-16-le") + b"\x00\xdc", "answers.csv:4: broken UTF-16"),
        (b"\xff\xfe" + ROWS.encode("utf-16-le") + b"\n", "answers.csv:4: broken UTF-16"),
        (ROWS.encode("utf-16-le"), "answers.csv:2: neither UTF-8 nor GB18030"),
        ("a,b\n1,2\n".encode("utf-16-le"), "answers.csv:1: a NUL character: the file is damaged, or UTF-16"),
        (b"\xff\xfe\x00\x00" + "a,b\n1,2\n".encode("utf-32-le"), "answers.csv:1: a NUL character"),
        (ROWS.encode() + b"1,\x00\n", "answers.csv:4: a NUL character"),
    ],
)
def test_what_is_of_no_one_encoding_is_refused_by_its_line(tmp_path: Path, content: bytes, words: str) -> None:
    assert refusal(tmp_path, content).startswith(words)


def test_long_rows_are_refused_and_not_gathered(tmp_path: Path) -> None:
    without_end = "a,b\n1," + "x" * 2_000_000
    assert refusal(tmp_path, without_end).startswith("answers.csv:2: a row of more than 1,000,000 characters")
    over_lines = "a,b\n1" + ',"\n"' * 400_000
    assert refusal(tmp_path, over_lines) == refusal(tmp_path, over_lines + "\n")
    assert "a row of more than 1,000,000 characters" in refusal(tmp_path, over_lines)
    cell = "a,b\n1," + "x" * 200_000
    assert refusal(tmp_path, cell).startswith("answers.csv:2: not CSV: field larger than field limit")


def test_many_columns_are_refused_at_once(tmp_path: Path) -> None:
    wide = ",".join(f"c{n}" for n in range(100_000)) + "\n1\n"
    assert refusal(tmp_path, wide) == f"answers.csv:1: 100,000 columns, and {MOST_COLUMNS:,} are the most"
    assert "1,000,000 characters" in refusal(tmp_path, "," * 1_000_000 + "\n")


def test_a_file_of_nothing_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,2\n")
    os.truncate(path, 64_000_000)  # a hole: it takes no room on the disk
    with pytest.raises(AnswerFileError, match=r"answers\.csv:3: a row of more than 1,000,000 characters"):
        read_table(path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(AnswerFileError, match="no file"):
            read_table(path)


def test_formulas_in_a_csv_file_are_words(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, 'a,b\n=1+1,"=HYPERLINK(""http://x"")"\n@x,\'-2\n'))
    assert [cells for _, cells in table.rows] == [["=1+1", '=HYPERLINK("http://x")'], ["@x", "'-2"]]


LARGE = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from scripts.answer_files import read_table
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = read_table(Path(sys.argv[1]))
assert len(table.rows) == int(sys.argv[3]), len(table.rows)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_large_file_takes_no_more_memory_than_a_small_one(tmp_path: Path, encoding: str) -> None:
    row = f"一号窗口,{'等了很久，' * 800}\n"
    block = (row * 50).encode(encoding).removeprefix(b"\xff\xfe")
    with (tmp_path / "answers.csv").open("wb") as file:
        file.write("unit,说\n".encode(encoding))
        for _ in range(90):
            file.write(block)
    command = [sys.executable, "-c", LARGE, str(tmp_path / "answers.csv"), str(ROOT), "4500"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "answers.csv").stat().st_size > 30_000_000
    assert int(done.stdout) < 20_000, "KiB more than before"


class TestInSlices:
    """What a large file goes through, tried on small ones: read anew each time, three rows held at once."""

    ROWS = HEADER + "".join(f"{n},2026-03-{n % 28 + 1:02},A,{'good' if n % 3 else 'bad'},\n" for n in range(20))

    @pytest.fixture
    def desk(self, tmp_path: Path, folder: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
        monkeypatch.setattr(answer_csv, "HELD", 0)
        monkeypatch.setattr(answer_checked, "SLICE", 3)
        return Desk(tmp_path, folder, database)

    def test_all_rows_come_in_once(self, desk: Desk) -> None:
        assert "20 new, 0 already there" in desk.take(self.ROWS).stdout
        assert "1 new, 20 already there" in desk.take(self.ROWS + "20,2026-03-02,A,good,\n").stdout
        assert len(desk.rows()) == 21

    def test_faults_and_repeated_numbers_are_told_with_their_lines(self, desk: Desk) -> None:
        said = desk.refused(self.ROWS + "3,2026-03-02,A,good,\n99,2026-03-02,A,fine,\n")
        assert said[0].startswith("answers.csv:22: number '3' stands in line 5 too")
        assert said[1].startswith("answers.csv:23: column 'rating': 'fine'")
        assert said[2] == "2 rows cannot be taken: nothing was stored"

    def test_a_clash_in_a_late_slice_takes_everything_back(self, desk: Desk) -> None:
        desk.take(HEADER + "19,2026-03-02,A,good,\n")
        said = desk.refused(self.ROWS)
        assert said[0].startswith("answers.csv:21: number '19' is in the database already")
        assert len(desk.rows()) == 1

    def test_a_file_that_changes_meanwhile_is_not_stored(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        real = answer_checked.CheckedFile.require_unchanged

        def changed_before(checked: answer_checked.CheckedFile) -> None:
            with (desk.folder / "answers.csv").open("a") as file:
                file.write("1000,2026-03-02,A,good,\n")
            real(checked)

        monkeypatch.setattr(answer_checked.CheckedFile, "require_unchanged", changed_before)
        assert desk.refused(self.ROWS) == ["answers.csv: the file changed while it was read: nothing was stored"] or (
            desk.rows() == []
        )

    def test_more_rows_than_are_taken_are_refused(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answer_csv, "MOST_ROWS", 12)
        assert desk.refused(self.ROWS) == ["answers.csv:14: more than 12 rows: split the file, and bring in each part"]


def test_repeated_words_are_found_among_many() -> None:
    words = [f"n{number}" for number in range(50_000)]
    assert repeated(words) == frozenset()
    assert repeated([*words, "n7", "n49999", "n7"]) == {hash("n7"), hash("n49999")}
