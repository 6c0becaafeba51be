"""Reply cards from the command line: what is printed, who can read it, and what an interruption leaves."""

import csv
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from click.testing import Result
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT

from scripts import cards, check
from scripts.card_sheets import EACH, Sheet
from scripts.typesetting import families, require_font
from surveys import codes
from surveys.cards import Card, answer, card_number
from surveys.errors import CardError, HuiyinError
from surveys.keys import load_keys
from surveys.store import Store
from surveys.store.cards import BatchRow
from tests.conftest import ROOT
from tests.scripts.conftest import run
from tests.surveys.answers_office import OFFICE
from tests.surveys.test_responses import response

SITE = "https://huiyin.example"
SURVEY, UNIT = "counter-service", "chengdong-hukou"
FORM = f"{SITE}/portal/s/{SURVEY}?unit={UNIT}"
DEFINITIONS = ("--definitions", ROOT / "surveys/definitions")


def issue(database: Path, out: Path, count: int = 7, *more: object) -> Result:
    asked = ("--survey", SURVEY, "--unit", UNIT, "--count", count, "--out", out)
    return run(cards.main, "issue", *asked, "--site-url", f"{SITE}/", "--database", database, *DEFINITIONS, *more)


def listed(database: Path) -> list[list[str]]:
    result = run(cards.main, "list", "--database", database)
    assert result.exit_code == 0, result.stderr
    return [line.split("\t") for line in result.stdout.splitlines()[1:]]


def printed(out: Path, batch: str = "00001") -> list[Card]:
    rows = list(csv.reader(io.StringIO((out / f"cards-{batch}.csv").read_text())))
    assert rows[0] == ["number", "secret"]
    assert all([len(group) for group in secret.split(" ")] == [4] * 5 for _, secret in rows[1:])
    return [Card(number, secret.replace(" ", "")) for number, secret in rows[1:]]


def pages(pdf: bytes) -> Iterator[pypdfium2.PdfPage]:
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            yield page
            page.close()


def read_codes(pdf: bytes) -> list[str]:
    """The QR codes of the sheets as an independent reader finds them, from top to bottom and left to right."""
    found: list[str] = []
    for page in pages(pdf):
        image = page.render(scale=3).to_pil()
        seen = zxingcpp.read_barcodes(image)
        places = sorted((_strip(one.position.top_left.y / 3), one.position.top_left.x, one.text) for one in seen)
        found += [text for _, _, text in places]
    return found


def _strip(points: float) -> int:
    """Which strip of the sheet a height lies in: they begin at 11 mm and are 55 mm high."""
    return int((points / 72 * 25.4 - 11) // 55)


def made(count: int = 6, languages: Sequence[str] = ("zh", "en")) -> Sheet:
    drawn = [Card(card_number("00009", place), str(7**23 + place)) for place in range(count)]
    row = BatchRow("00009", SURVEY, UNIT, date(2026, 11, 1).isoformat(), count)
    survey = OFFICE.versions(SURVEY)[-1]
    return Sheet(row, drawn, survey, OFFICE.units[UNIT], SITE, languages)


class TestFiles:
    def test_a_batch_is_printed_listed_and_answers(self, database: Path, tmp_path: Path) -> None:
        out = tmp_path / "print"
        result = issue(database, out)
        assert (result.exit_code, result.stderr.count("\n")) == (0, 1), result.stderr
        month, again = result.stdout.rpartition(": from ")[2][:7], issue(database, tmp_path / "again", 1)
        apart = f"these are the first cards of {SURVEY}: from {month} on, ratings given on the web without a card no"
        assert (result.stdout.count(apart), again.stdout.count("first cards")) == (1, 0)
        drawn = printed(out)
        assert all(codes.is_valid(one.number, 10) and codes.is_valid(one.secret, 20) for one in drawn)
        assert listed(database)[0] == ["00001", listed(database)[0][1], SURVEY, UNIT, "7", "0", "0", "7"]
        office = load_keys(database, create=False)
        with Store.open(database) as store:
            given = response(survey=SURVEY, unit=UNIT, basis="card", day=date(2026, 11, 1))
            answer(store, office, given, drawn[6])
            with pytest.raises(CardError):
                answer(store, office, response(survey=SURVEY, unit=UNIT, basis="card"), drawn[6])
        assert run(check.main, "--audit", "--database", database).exit_code == 0

    def test_only_their_owner_reads_the_files(self, database: Path, tmp_path: Path) -> None:
        issue(database, tmp_path / "print")
        assert {oct(path.stat().st_mode & 0o777) for path in (tmp_path / "print").iterdir()} == {"0o600"}
        assert oct((tmp_path / "print").stat().st_mode & 0o777) == "0o700"

    def test_a_folder_that_holds_something_is_refused(self, database: Path, tmp_path: Path) -> None:
        out = tmp_path / "print"
        issue(database, out)
        before = {path: path.read_bytes() for path in out.iterdir()}
        result = issue(database, out)
        assert result.exit_code == 1
        assert "is not empty: name a new folder" in result.stderr
        assert {path: path.read_bytes() for path in out.iterdir()} == before
        assert len(listed(database)) == 1

    def test_what_cannot_have_cards_is_refused_and_nothing_written(self, database: Path, tmp_path: Path) -> None:
        issue(database, tmp_path / "print")
        for more, told in ((("--unit", "nowhere"), "takes no answers"), (("--survey", "nothing"), "no survey")):
            result = issue(database, tmp_path / "other", 7, *more)
            assert result.exit_code == 1
            assert told in result.stderr
        assert not (tmp_path / "other").exists()

    def test_without_an_address_no_card_is_made(
        self, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("HUIYIN_SITE_URL", raising=False)
        asked = ("--survey", SURVEY, "--unit", UNIT, "--count", 1, "--out", tmp_path / "print")
        result = run(cards.main, "issue", *asked, "--database", database, *DEFINITIONS)
        assert result.exit_code == 1
        assert "set HUIYIN_SITE_URL or --site-url" in result.stderr
        assert not (tmp_path / "print").exists()
        assert not database.exists()

    @pytest.mark.parametrize("address", ["huiyin.example", "https://huiyin.example/path", "https://u@huiyin.example"])
    def test_a_crooked_address_is_a_usage_error(self, database: Path, tmp_path: Path, address: str) -> None:
        result = issue(database, tmp_path / "print", 7, "--site-url", address)
        assert result.exit_code == 2
        assert "must be the site's address and no more" in result.stderr


class TestSheets:
    def test_every_code_leads_to_the_form_and_only_the_hidden_one_holds_the_secret(self) -> None:
        sheet = made()
        found = read_codes(sheet.pdf())
        expected = [f"{FORM}#card={text}" for c in sheet.cards for text in (c.number, f"{c.number}.{c.secret}")]
        assert found == expected

    def test_the_secret_and_its_code_lie_between_the_folds(self) -> None:
        """In millimetres from the left: the front ends at 90, the secret at 145, and the flap is as wide as it."""
        sheet = made(1)
        (page,) = (list(_digits(page)) for page in pages(sheet.pdf()))
        groups = codes.grouped(sheet.cards[0].secret).split()
        places = [x for text, x in page if text in groups]
        assert len(places) == len(groups)
        assert all(90 < x < 145 for x in places)
        assert all(x < 90 for text, x in page if text in codes.grouped(sheet.cards[0].number).split())
        (image,) = (page.render(scale=3).to_pil() for page in pages(sheet.pdf()))
        boxes = [one for one in zxingcpp.read_barcodes(image) if sheet.cards[0].secret in one.text]
        assert [90 < box.position.top_left.x / 3 / 72 * 25.4 < 145 for box in boxes] == [True]

    def test_sheets_are_a4_with_five_cards_each(self) -> None:
        sizes = [tuple(round(side / 72 * 25.4) for side in page.get_size()) for page in pages(made(EACH + 1).pdf())]
        assert sizes == [(210, 297)] * 2

    @pytest.mark.parametrize("languages", [("zh", "en"), ("zh",), ("en",)])
    def test_the_words_are_there_in_each_language(self, languages: Sequence[str]) -> None:
        sheet = made(1, languages)
        (text,) = (page.get_textpage().get_text_range().replace("\r\n", "") for page in pages(sheet.pdf()))
        for language, words in {"zh": ("回音卡", "向里折", "窗口办事评价"), "en": ("Reply card", "fold in at")}.items():
            assert all((word in text) == (language in languages) for word in words)
        assert ("&lang=" in sheet.link("1")) == (len(languages) == 1)

    def test_fonts_are_embedded_and_of_one_family(self) -> None:
        fonts = {
            (font.get_base_name().partition("+")[2].partition("-")[0], font.is_embedded)
            for page in pages(made(1).pdf())
            for one in page.get_objects(filter=[FPDF_PAGEOBJ_TEXT])
            if isinstance(one, pypdfium2.PdfTextObj) and (font := one.get_font())
        }
        assert fonts == {("NotoSansCJKsc", True)}

    def test_the_same_cards_are_the_same_bytes(self) -> None:
        assert made().pdf() == made().pdf()
        assert made().csv() == made().csv()

    def test_a_machine_without_the_font_says_what_to_install(self, tmp_path: Path) -> None:
        require_font(families())
        with pytest.raises(HuiyinError, match="apt install fonts-noto-cjk"):
            require_font(families(tmp_path))


def _digits(page: pypdfium2.PdfPage) -> Iterator[tuple[str, float]]:
    """Each run of digits with its left edge, in millimetres."""
    text = page.get_textpage()
    for found in re.finditer("[0-9]+", text.get_text_range()):
        yield found[0], text.get_charbox(found.start())[0] / 72 * 25.4


class TestVoiding:
    def test_a_range_is_void_and_counted(self, database: Path, tmp_path: Path) -> None:
        issue(database, tmp_path / "print")
        drawn = printed(tmp_path / "print")
        asked = ("--from", codes.grouped(drawn[1].number), "--to", drawn[3].number, "--reason", "lost")
        result = run(cards.main, "void", *asked, "--database", database)
        assert (result.exit_code, result.stdout) == (0, "3 cards are void now (lost)\n")
        assert listed(database)[0][4:] == ["7", "0", "3", "4"]
        again = run(cards.main, "void", *asked, "--database", database)
        assert again.exit_code == 1
        assert "nothing to make void" in again.stderr
        assert run(cards.main, "void", *asked[:-1], "because", "--database", database).exit_code == 2

    def test_another_database_is_not_made_by_it(self, tmp_path: Path) -> None:
        missing = tmp_path / "missing.db"
        asked = ("--from", "0000100009", "--reason", "lost", "--database", missing)
        assert "no database" in run(cards.main, "void", *asked).stderr
        assert not missing.exists()


class TestInterruptions:
    def start(self, database: Path, out: Path, prefix: str = "") -> "subprocess.Popen[str]":
        asked = (
            f"issue --survey {SURVEY} --unit {UNIT} --count 150 --out {out} --site-url {SITE}/ --database {database}"
        )
        line = f"{prefix} exec {sys.executable} -m scripts.cards {asked}"
        return subprocess.Popen(["bash", "-c", line], cwd=ROOT, stderr=subprocess.PIPE, text=True)

    def stop(self, database: Path, out: Path, how: signal.Signals) -> int:
        """Stop it between the first file and the last step."""
        process = self.start(database, out)
        while not (out.is_dir() and any(out.iterdir())):
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, how)
        process.communicate()
        return process.returncode

    def test_what_is_broken_off_leaves_no_batch_and_no_files(self, database: Path, tmp_path: Path) -> None:
        assert self.stop(database, tmp_path / "print", signal.SIGINT) != 0
        assert not (tmp_path / "print").exists()
        assert listed(database) == []

    def test_what_is_killed_is_marked_and_never_answers(self, database: Path, tmp_path: Path) -> None:
        self.stop(database, tmp_path / "print", signal.SIGKILL)
        ((batch, told),) = listed(database)
        assert batch == "00001"
        assert "its 150 cards answer nothing, destroy what was printed" in told
        drawn, office = printed(tmp_path / "print"), load_keys(database, create=False)
        with Store.open(database) as store, pytest.raises(CardError):
            answer(store, office, response(survey=SURVEY, unit=UNIT, basis="card"), drawn[0])
        assert issue(database, tmp_path / "again", 2).exit_code == 0
        assert [row[0] for row in listed(database)] == ["00002", "00001"]

    def test_a_disk_that_refuses_leaves_no_batch(self, database: Path, tmp_path: Path) -> None:
        process = self.start(database, tmp_path / "print", "ulimit -f 600;")
        assert "File too large" in process.communicate()[1]
        assert process.returncode == 1
        assert not (tmp_path / "print").exists()
        assert listed(database) == []
