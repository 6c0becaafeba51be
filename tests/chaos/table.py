"""The results of a run, kept as files until all are there, and the table of them in the operators' handbook."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
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
HEADINGS = {"zh": "## 最近一次演练", "en": "## The last run"}
_SAID = {
    "zh": (
        "{day} 运行，种子 {seed}，共 {faults} 次故障，其中强行结束进程 {kills} 次。丢失 {lost}，重复计数 {twice}。"
        "这一节由 `make chaos` 写成。\n\n"
        "| 故障 | 次数 | 结束进程 | 确认收到 | 退回并保留内容 | 丢失 | 重复 |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    ),
    "en": (
        "Run on {day} with seed {seed}: {faults} faults in all, {kills} of them processes ended by force. {lost} lost, "
        "{twice} counted twice. `make chaos` writes this section.\n\n"
        "| Fault | Times | Kills | Acknowledged | Refused, words kept | Lost | Twice |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    ),
}


def keep(folder: Path, outcome: Outcome) -> None:
    """Write one kind's result to a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{outcome.kind}.json").write_text(json.dumps(asdict(outcome), ensure_ascii=False, indent=1), "utf-8")


def kept(folder: Path) -> list[Outcome]:
    """The results that are there, in the table's order."""
    return [_read(path) for kind in NAMES if (path := folder / f"{kind}.json").exists()]


def _read(path: Path) -> Outcome:
    found = json.loads(path.read_text(encoding="utf-8"))
    return Outcome(**found | {"notes": tuple(found["notes"])})


def section(language: str, outcomes: Iterable[Outcome], day: str, seed: int) -> str:
    """The handbook's section for a run."""
    rows, place = list(outcomes), 0 if language == "zh" else 1
    sums = {name: f"{sum(getattr(row, name) for row in rows):,}" for name in ("faults", "kills", "lost", "twice")}
    lines = (
        f"| {NAMES[row.kind][place]} | {row.faults:,} | {row.kills:,} | {_count(row.promised)} | "
        f"{_count(row.refused)} | {row.lost} | {row.twice} |"
        for row in rows
    )
    return f"{HEADINGS[language]}\n\n" + _SAID[language].format(day=day, seed=seed, **sums) + "\n".join(lines) + "\n"


def _count(number: int) -> str:
    return f"{number:,}" if number else "–"


def write(content: Path, outcomes: Iterable[Outcome], day: str, seed: int) -> None:
    """Put the section into the page of both languages, in place of the last run's."""
    rows = list(outcomes)
    for language, heading in HEADINGS.items():
        page = content / language / "handbook/faults.md"
        before = page.read_text(encoding="utf-8").partition(f"{heading}\n")[0]
        page.write_text(before + section(language, rows, day, seed), encoding="utf-8")
