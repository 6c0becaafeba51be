"""`make chaos`: every kind of fault, many times, and a table of what came of it."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import click

from surveys.responses import today
from surveys.sealed_file import generate
from tests.chaos import commands, faults, hosts, offices, table
from tests.chaos.arena import Outcome
from tests.conftest import ROOT, TINY
from tests.site_building import digest_of

RESULTS = ROOT / "build/chaos"
Kind = Callable[[Path, int, int], Outcome]


def of_import(folder: Path, seed: int, wanted: int) -> Outcome:
    """Imports that are killed."""
    offices.empty(folder / "office")
    task = commands.importing(offices.EXAMPLE, offices.ANSWERS, offices.ROWS)
    return commands.kills(task, folder / "office", folder / "work", seed, wanted)


def of_retention(folder: Path, seed: int, wanted: int) -> Outcome:
    """Nights that are killed."""
    (folder / "office").mkdir(parents=True)
    task = commands.retaining(TINY, offices.nightly(folder / "office"))
    return commands.kills(task, folder / "office", folder / "work", seed, wanted)


def of_backup(folder: Path, seed: int, wanted: int) -> Outcome:
    """Backups that are killed."""
    offices.counted(folder / "office")
    (folder / "public.key").write_text(generate()[1], encoding="utf-8")
    task = commands.backing(offices.EXAMPLE, folder / "public.key")
    return commands.kills(task, folder / "office", folder / "work", seed, wanted)


def of_tally(folder: Path, seed: int, wanted: int) -> Outcome:
    """Counts that are killed."""
    offices.counted(folder / "office")
    undisturbed = Path(shutil.copytree(folder / "office", folder / "undisturbed"))
    task = commands.counting(offices.EXAMPLE, offices.MONTH, b"")
    task.command.main(list(task.arguments(undisturbed)), standalone_mode=False)
    task = commands.counting(offices.EXAMPLE, offices.MONTH, (undisturbed / "out/ratings.csv").read_bytes())
    return commands.kills(task, folder / "office", folder / "work", seed, wanted)


def of_publish(folder: Path, seed: int, wanted: int) -> Outcome:
    """Publications that are killed, with the site that they bring out."""
    offices.published(folder / "office")
    undisturbed = Path(shutil.copytree(folder / "office", folder / "undisturbed", symlinks=True))
    before = digest_of(undisturbed / "public")
    task = commands.publishing(offices.EXAMPLE, offices.MONTH, before, {})
    task.command.main(list(task.arguments(undisturbed)), standalone_mode=False)
    task = commands.publishing(offices.EXAMPLE, offices.MONTH, before, digest_of(undisturbed / "public"))
    return commands.kills(task, folder / "office", folder / "work", seed, wanted)


def of_hosts(act: str) -> Kind:
    """One act again and again to an office on several hosts."""
    return lambda folder, seed, wanted: hosts.of_hosts(folder, seed, [act] * wanted, apart=True)


KINDS: Mapping[str, tuple[Kind, int]] = {
    "calls": (faults.failing_calls, 10_000),
    "kill_call": (faults.kills_at_calls, 12),
    "kill_worker": (faults.kills_of_workers, 40),
    "kill_server": (faults.kills_of_servers, 16),
    "kill_import": (of_import, 110),
    "kill_tally": (of_tally, 90),
    "kill_publish": (of_publish, 12),
    "kill_retention": (of_retention, 120),
    "kill_backup": (of_backup, 120),
    "full_disk": (faults.full_disk, 15),
    "read_only": (faults.read_only, 4),
    "locked": (faults.locked, 30),
    "start": (faults.starts_that_must_fail, 12),
    "gone": (faults.gone, 40),
    "clock": (faults.clock, 25),
    "cut": (faults.cut_lines, 400),
    "host_kill": (of_hosts("host_kill"), 25),
    "host_cut": (of_hosts("host_cut"), 20),
    "primary_cut": (of_hosts("primary_cut"), 20),
    "primary_lost": (of_hosts("primary_lost"), 12),
    "standby_lost": (of_hosts("standby_lost"), 6),
    "server_stall": (of_hosts("server_stall"), 8),
    "server_break": (of_hosts("server_break"), 40),
    "server_restart": (of_hosts("server_restart"), 20),
}
GROUPS: Mapping[str, tuple[str, ...]] = {"file": tuple(table.NAMES), "hosts": tuple(table.SERVER_NAMES)}


@click.command()
@click.option("--seed", type=int, default=8, show_default=True, help="What is drawn follows from it.")
@click.option("--share", type=float, default=1.0, show_default=True, help="Do this part of each kind.")
@click.option(
    "--only", multiple=True, type=click.Choice([*GROUPS, *KINDS]), help="One group or kind alone; may be repeated."
)
@click.option("--write/--no-write", default=True, help="Write the tables into the handbook.")
def main(seed: int, share: float, only: tuple[str, ...], write: bool) -> None:
    """Make the real server and commands fail in every way that is known, and count what was lost."""
    for kind in [kind for name in only or GROUPS for kind in GROUPS.get(name, (name,))]:
        act, number = KINDS[kind]
        started, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="huiyin-chaos-"))
        outcome = act(folder / kind, seed, max(1, round(number * share)))
        table.keep(RESULTS, replace(outcome, day=str(today()), seed=seed))
        shutil.rmtree(folder)
        click.echo(f"{kind}: {outcome.faults:,} faults, {outcome.kills} kills, {outcome.promised:,} acknowledged, "
                   f"{outcome.refused:,} refused, {outcome.lost} lost, {outcome.twice} twice, "
                   f"{time.monotonic() - started:.0f} s")  # fmt: skip
        for note in outcome.notes:
            click.echo(f"  {note}")
    found = [(page, table.kept(RESULTS, page)) for page in table.PAGES]
    for page, outcomes in found if write else ():
        table.write(ROOT / "content", page, outcomes)
    sys.exit(any(one.lost or one.twice or one.notes for _, outcomes in found for one in outcomes))


if __name__ == "__main__":
    main()
