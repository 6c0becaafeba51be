"""Counts an archive on two worker JVMs and kills one of them while tasks of the count are running.

Arguments: the archive, the file to write the counts to. Prints how many tasks were done when the worker was killed.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from scripts.archive_files import read_manifest
from scripts.count_spark import count_archive, session
from scripts.counts import open_tally

_LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SETTINGS = {
    "spark.executor.memory": "512m",
    "spark.sql.files.maxPartitionBytes": "1m",
    "spark.sql.files.openCostInBytes": "1m",  # a task for each file, so that there is a middle
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",  # few rows: what is compiled costs more than it saves
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": _LIGHT,
    "spark.executor.extraJavaOptions": _LIGHT,
}


def workers(application: str) -> list[int]:
    """Process ids of the JVMs that work for the application."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if application.encode() in words and any(b"CoarseGrainedExecutorBackend" in word for word in words):
            found.append(int(path.parent.name))
    return found


def kill_in_the_middle(context: Any, over: threading.Event, told: list[int]) -> None:
    """Wait for a stage of many tasks that is under way on both workers, then kill one."""
    tracker = context.statusTracker()
    while not over.is_set() and not told:
        for stage in tracker.getActiveStageIds():
            info = tracker.getStageInfo(stage)
            if info and info.numTasks > 4 and 0 < info.numCompletedTasks < info.numTasks - 1:
                living = workers(context.applicationId)
                if len(living) == 2:
                    os.kill(living[0], signal.SIGKILL)
                    told.append(info.numCompletedTasks)
                    return
        time.sleep(0.005)


def main(folder: Path, out: Path) -> None:
    """Count, kill, write."""
    months = read_manifest(folder)
    over, told = threading.Event(), list[int]()
    with session("local-cluster[2,1,512]", SETTINGS) as spark:
        killer = threading.Thread(target=kill_in_the_middle, args=(spark.sparkContext, over, told))
        killer.start()
        found = list(count_archive(spark, folder, months))
        over.set()
        killer.join()
    with open_tally(out) as counts:
        for month in months:
            counts.put(month, (one for one in found if one.month == month))
    print(f"killed after {told[0] if told else 'no'} tasks")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
