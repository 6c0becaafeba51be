"""A small office whose figures are always the same: two months of answers, some cases, declared figures, exclusions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from scripts.account import Account, account_of
from scripts.account_tables import account_texts
from scripts.counts import open_tally
from scripts.history import History
from scripts.open_data import files_of, write_file, write_files
from scripts.report_page import ReportPage
from scripts.tally import months_of
from surveys import audit, case_ledger, case_upkeep, cases, declared, exclusions
from surveys.case_calls import CALLED, look
from surveys.cases import Act, Actor, Case, Kind, Submission
from surveys.declared import Declaration
from surveys.definition import LANGUAGES, Definitions, load
from surveys.duties import Account as Person
from surveys.duties import Role, post_of
from surveys.exclusions import Proposal
from surveys.keys import Keys, load_keys
from surveys.responses import Answer, Response, save
from surveys.store import Connection, Store
from surveys.store.exclusion_batches import Cell
from tests.conftest import ROOT

GOLDEN = Path(__file__).parent / "golden/2026-10"
MONTH, BEFORE = "2026-10", "2026-09"
SHOWN = "counter-service"
_WHOLE = load(ROOT / "surveys/definitions")
OFFICE: Definitions = replace(
    _WHOLE,
    surveys=MappingProxyType(
        {
            pair: replace(one, opened=date(2026, 9, 1), closed=None)
            for pair, one in _WHOLE.surveys.items()
            if pair in ((SHOWN, 1), ("anti-fraud-talk", 1))
        }
    ),
)
INTAKE = cases.staff(OFFICE, "intake", "intake", None)
REVIEWER = cases.staff(OFFICE, "reviewer", "reviewer", "chengqu")
EAST = cases.staff(OFFICE, "handler", "east", "chengdong")
WEST = cases.staff(OFFICE, "handler", "west", "chengxi")


class GoldenOffice:
    """The store of that office, with keys that never change, and what was published of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.content = folder / "content"
        self.database = folder / "huiyin.db"
        (folder / "huiyin.key").write_bytes(bytes(range(32)))
        self.keys: Keys = load_keys(self.database, create=True)
        self.given = 0
        self.day = date(2026, 10, 9)

    def fill(self) -> Account:
        """Everything of both months, the first one published; gives the account of the second."""
        with Store.open(self.database, create=True) as store:
            self.rate(
                store, BEFORE, {"chengdong": "5544332" * 9, "chengdong-hukou": "543322" * 10, "chengxi": "5432" * 9}
            )
            self.publish(self.account(store, BEFORE))
            self.rate(store, MONTH, {"chengdong": "554433215" * 8, "chengdong-hukou": "555443" * 22})
            self.rate(store, MONTH, {"chengxi": "5544332221" * 2, "chengxi-hukou": "5511"}, channel="paper")
            self.rate(store, MONTH, {"chengdong-hukou": "3" * 12}, channel="paper", day=28)
            self.exclude(store)
            self.work_on_cases(store)
            self.declare(store)
            account = self.account(store, MONTH)
        self.publish(account)
        return account

    def rate(self, store: Store, month: str, levels: Mapping[str, str], *, channel: str = "web", day: int = 12) -> None:
        """One answer set for each level of each unit, with reasons below the middle and matters by turns."""
        for unit, given in levels.items():
            for level in given:
                self.given += 1
                number = self.given
                answers: dict[str, Answer] = {
                    "overall": level,
                    "matter": ("identity-card", "household-register")[number % 2],
                }
                answers |= {"waiting": str(1 + number % 5), "manner": "dk" if number % 9 == 0 else level}
                if level in "12":
                    answers["wrong"] = ["waiting"] if number % 3 else ["manner", "waiting"]
                basis = "assisted" if channel == "paper" else "open"
                asked = date.fromisoformat(f"{month}-{day:02}")
                one = Response(
                    number.to_bytes(16), SHOWN, 1, unit, channel, basis, "zh", asked, answers, {}  # type: ignore[arg-type]
                )  # fmt: skip
                save(store, one)

    def exclude(self, store: Store) -> None:
        """Twelve sets that staff entered twice over are left out by two people."""
        at = Cell(SHOWN, "chengdong-hukou", "paper", "assisted", f"{MONTH}-28", MONTH)
        today = date(2026, 11, 2)
        takes = exclusions.look(store, OFFICE, self.keys, at, today).takes
        proposal = Proposal(at, "test-entry", takes["test-entry"])
        sides: Sequence[tuple[Role, str | None]] = (("publisher", None), ("reviewer", "chengqu"))
        people = [Person(f"id-{role}", role, role, post_of([role], unit, OFFICE.units)) for role, unit in sides]
        batch = exclusions.propose(store, OFFICE, self.keys, people[0], proposal, today)
        exclusions.decide(store, OFFICE, batch, people[1], "confirmed", today)

    def declare(self, store: Store) -> None:
        """What the units say of their month."""
        counts = {"chengdong": (300, 90), "chengdong-hukou": (410, 200), "chengxi": (80, 40), "chengxi-hukou": (30, 10)}
        found = [
            Declaration(MONTH, unit, figure, SHOWN, whole)
            for unit, pair in counts.items()
            for figure, whole in zip(("served", "offered"), pair, strict=True)
        ]
        found += [
            Declaration(MONTH, "chengdong", "disputes", "", 758, 731),
            Declaration(MONTH, "chengxi", "visits", "", 64),
        ]
        store.write(lambda connection: declared.declare(connection, found, date(2026, 11, 1)))

    def opened(self, store: Store, category: str, day: int, *, contact: bool = True) -> str:
        """A case that a resident opens."""
        self.given += 1
        self.day = date(2026, 10, day)
        words = ("路灯不亮。", "张女士 13800138000" if contact else "")
        sent = Submission(self.given.to_bytes(16), category, None, *words, "web", "zh", False)
        return cases.open_case(store, self.keys, OFFICE, sent, self.day).number

    def do(self, store: Store, number: str, actor: Actor, kind: Kind, text: str = "", **data: str) -> None:
        """One act on the day that the office has now."""
        case = store.read(lambda connection: case_ledger.load(connection, number))
        assert case is not None
        if actor == REVIEWER and kind in CALLED:
            cases.contact_of(store, number, actor, also=self.looked)
        cases.act(store, OFFICE, number, actor, Act(kind, text, data), self.day, expected=case.standing.sequence)

    def looked(self, connection: Connection, case: Case) -> None:
        """The audit's row of a look, at noon of that day."""
        audit.record(connection, look(REVIEWER, case), datetime.combine(self.day, time(12), UTC))

    def assigned(self, store: Store, number: str, unit: str) -> str:
        """Taken in and given to a unit."""
        self.do(store, number, INTAKE, "accepted")
        self.do(store, number, INTAKE, "assigned", unit=unit)
        return number

    def solved(self, store: Store, number: str, actor: Actor, *, satisfied: str = "yes") -> None:
        """Answered, solved on the spot, called back and closed, all on one day."""
        self.do(store, number, actor, "replied", "去看过了。")
        self.do(store, number, actor, "outcome", "修好了。", outcome="on-the-spot")
        self.do(store, number, REVIEWER, "confirmed", satisfied=satisfied)
        self.do(store, number, REVIEWER, "closed")

    def work_on_cases(self, store: Store) -> None:
        """Eighteen cases: solved, explained with more time, declined, taken up, a follow-up, and two that are late."""
        for number in range(12):
            case = self.assigned(
                store, self.opened(store, "visit", 9 + number % 3), ("chengdong", "chengxi")[number % 2]
            )
            self.solved(store, case, (EAST, WEST)[number % 2], satisfied="yes" if number % 4 else "no")
        slow = self.assigned(store, self.opened(store, "hazard", 12, contact=False), "chengdong")
        self.do(store, slow, EAST, "replied", "收到。")
        self.do(store, slow, EAST, "extended", "等配件。", workdays="5", reason="supplies")
        self.day = date(2026, 10, 21)
        self.do(store, slow, EAST, "outcome", "按规定办。", outcome="explained", ground="rules")
        gone = self.opened(store, "visit", 13)
        self.do(store, gone, INTAKE, "declined", "请找别处。", reason="other-office")
        idea = self.assigned(store, self.opened(store, "suggestion", 14), "chengdong-hukou")
        counter = cases.staff(OFFICE, "handler", "counter", "chengdong-hukou")
        self.solved(store, idea, counter)
        self.day = date(2026, 10, 20)
        self.do(store, idea, REVIEWER, "adopted", on="2026-10-20", link="https://example.org/notice")
        follow = self.assigned(store, self.opened(store, "follow-up", 15), "chengxi")
        self.solved(store, follow, WEST)
        self.assigned(store, self.opened(store, "visit", 19), "chengxi")
        self.opened(store, "visit", 20)
        case_upkeep.due_closings(store, date(2026, 10, 31))

    def account(self, store: Store, month: str) -> Account:
        """The account of a month as its report would publish it; without an audit's head, which holds the time."""
        with open_tally(self.folder / "tally.db") as counts:
            counts.refresh(store, month)
            return account_of(store, OFFICE, months_of(counts, OFFICE, month), month)

    def publish(self, account: Account) -> None:
        """Put the month's tables and pages where the next one looks for them, in both languages."""
        pages = self.pages(account)
        for language, page in pages.items():
            folder = self.content / language / "reports"
            write_files(folder / account.period, self.tables(account))
            write_file(folder / f"{account.period}.md", page.encode())

    def tables(self, account: Account) -> dict[str, bytes]:
        """Every file of the month."""
        return files_of(account.months, account.known, account_texts(account))

    def pages(self, account: Account) -> dict[str, str]:
        """The month's page by language."""
        history = History(self.content / "zh/reports")
        return {language: ReportPage(language, account, history).text() for language in LANGUAGES}


def golden_files(folder: Path) -> dict[str, bytes]:
    """The month's pages and its tables for programs, made in a folder that is empty."""
    office = GoldenOffice(folder)
    account = office.fill()
    pages = {f"{language}.md": page.encode() for language, page in office.pages(account).items()}
    tables = {name: data for name, data in office.tables(account).items() if name.endswith(".csv")}
    return pages | {name: data for name, data in tables.items() if not name.endswith("-bom.csv")}


def main() -> None:
    """Write the golden files anew, after a look at what changed."""
    with TemporaryDirectory() as folder:
        write_files(GOLDEN, golden_files(Path(folder)))


if __name__ == "__main__":
    main()
