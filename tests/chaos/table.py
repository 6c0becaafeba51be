"""The results of a run, kept as files until all are there, and the tables of them in the operators' handbook."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.arena import Outcome

NAMES: Mapping[str, tuple[str, str]] = {
    "calls": ("写、读、同步日志失败（EIO、ENOSPC、EROFS）", "writes, reads or syncs of the log fail"),
    "kill_call": ("正在写或同步日志的那一刻结束进程", "kill -9 at the very call that writes or syncs the log"),
    "kill_worker": ("随时结束答复请求的进程（kill -9）", "kill -9 of the process that answers, at any moment"),
    "kill_server": ("随时结束整个服务器（kill -9）", "kill -9 of the whole server, at any moment"),
    "kill_import": ("导入到一半结束", "kill -9 in the middle of an import"),
    "kill_tally": ("统计到一半结束", "kill -9 in the middle of a count"),
    "kill_publish": ("公布到一半结束", "kill -9 in the middle of publishing"),
    "kill_retention": ("夜间任务到一半结束", "kill -9 in the middle of the night's work"),
    "kill_backup": ("备份到一半结束", "kill -9 in the middle of a backup"),
    "full_disk": ("磁盘写满，再腾出来", "the disk fills to its last byte, and is emptied"),
    "read_only": ("磁盘变成只读", "the disk can only be read"),
    "locked": ("别的程序锁住数据库", "another program holds the lock on the database"),
    "start": ("启动时数据库有坏页、被截断或者不见了", "a damaged page, a cut or missing database at the start"),
    "gone": ("运行中数据库文件被移走", "the database is moved away from the running server"),
    "clock": ("时钟往回或往前拨", "the clock is set back and forward"),
    "cut": ("居民的连接断在半路", "residents' lines are cut"),
}
SERVER_NAMES: Mapping[str, tuple[str, str]] = {
    "host_kill": ("一台门户整台没了（kill -9）", "the host of a portal is gone at once (kill -9)"),
    "host_cut": ("一台门户与数据库之间的网断了，包全丢", "all packets between a portal and the databases are dropped"),
    "primary_cut": ("主机的网断了，又接上", "the primary is cut off, and comes back"),
    "primary_lost": ("主机没了，备机接手", "the primary is gone, and the standby takes over"),
    "standby_lost": ("备机没了，又回来", "the standby is gone, and comes back"),
    "server_stall": ("主机一声不吭", "the primary goes silent"),
    "server_break": ("到数据库的连接全断", "all connections to the database are broken"),
    "server_restart": ("数据库重新启动", "the database is started again"),
}
HEADINGS = {"zh": "## 最近一次演练", "en": "## The last run"}
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "faults": ("次数", "Times"),
    "kills": ("结束进程", "Kills"),
    "promised": ("确认收到", "Acknowledged"),
    "refused": ("退回并保留内容", "Refused, words kept"),
    "lost": ("丢失", "Lost"),
    "twice": ("重复", "Twice"),
}
_MAY_BE_NONE = ("promised", "refused")
"""Columns in which nothing to tell is a dash, because some kinds have no residents."""


@dataclass(frozen=True)
class Page:
    """A page of the handbook that ends in a table: its file, its rows by kind, its columns, the words before it."""

    file: str
    names: Mapping[str, tuple[str, str]]
    first: tuple[str, str]
    columns: Sequence[str]
    said: Mapping[str, str]


FILE = Page(
    "handbook/faults.md",
    NAMES,
    ("故障", "Fault"),
    tuple(_COLUMNS),
    {
        "zh": (
            "{day} 运行，种子 {seed}，共 {faults} 次故障，其中强行结束进程 {kills} 次。"
            "丢失 {lost}，重复计数 {twice}。这一节由 `make chaos` 写成。"
        ),
        "en": (
            "Run on {day} with seed {seed}: {faults} faults in all, {kills} of them processes ended by force. "
            "{lost} lost, {twice} counted twice. `make chaos` writes this section."
        ),
    },
)
SERVER = Page(
    "handbook/postgresql.md",
    SERVER_NAMES,
    ("出了什么事", "What happened"),
    ("faults", "promised", "refused", "lost", "twice"),
    {
        "zh": (
            "{day} 运行，种子 {seed}：两台门户、一台主机、一台备机，各有各的网络，居民同时不停地交。"
            "共 {faults} 次故障。丢失 {lost}，重复计数 {twice}。这一节由 `make chaos ONLY=hosts` 写成。"
        ),
        "en": (
            "Run on {day} with seed {seed}: two portals, a primary and a standby, each in a network of its own, and "
            "residents who send without a pause. {faults} faults in all. {lost} lost, {twice} counted twice. "
            "`make chaos ONLY=hosts` writes this section."
        ),
    },
)
PAGES = (FILE, SERVER)


def keep(folder: Path, outcome: Outcome) -> None:
    """Write one kind's result to a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{outcome.kind}.json").write_text(json.dumps(asdict(outcome), ensure_ascii=False, indent=1), "utf-8")


def kept(folder: Path, page: Page) -> list[Outcome]:
    """The results that are there of a page's kinds, in the table's order."""
    return [_read(path) for kind in page.names if (path := folder / f"{kind}.json").exists()]


def _read(path: Path) -> Outcome:
    found = json.loads(path.read_text(encoding="utf-8"))
    return Outcome(**found | {"notes": tuple(found["notes"])})


def section(page: Page, language: str, outcomes: Iterable[Outcome]) -> str:
    """A page's section for a run, or for several that did a part of it each."""
    rows, place = list(outcomes), 0 if language == "zh" else 1
    sums = {name: f"{sum(getattr(row, name) for row in rows):,}" for name in ("faults", "kills", "lost", "twice")}
    days, seeds = (", ".join(sorted({f"{getattr(row, name)}" for row in rows})) for name in ("day", "seed"))
    said = page.said[language].format(day=days, seed=seeds, **sums)
    names = [page.first[place], *(_COLUMNS[name][place] for name in page.columns)]
    lines = [names, ["---", *["---:"] * len(page.columns)]]
    lines += [[page.names[row.kind][place], *(_cell(row, name) for name in page.columns)] for row in rows]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"{HEADINGS[language]}\n\n{said}\n\n{table}"


def _cell(row: Outcome, column: str) -> str:
    number = getattr(row, column)
    return f"{number:,}" if number or column not in _MAY_BE_NONE else "–"


def write(content: Path, page: Page, outcomes: Iterable[Outcome]) -> None:
    """Put the section into the page in both languages, in place of the last run's; nothing without a result."""
    rows = list(outcomes)
    for language, heading in HEADINGS.items() if rows else ():
        path = content / language / page.file
        before = path.read_text(encoding="utf-8").partition(f"{heading}\n")[0]
        path.write_text(before + section(page, language, rows), encoding="utf-8")
