"""`python -m portal`: serve site and portal until Ctrl-C."""

import argparse
import os
import sys
from dataclasses import replace
from datetime import date

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from portal import journal, limits
from portal.config import Config, settings
from portal.listening import place_to_listen
from portal.server import try_application
from surveys import definition, lock, openings, responses
from surveys.errors import HuiyinError
from surveys.soundness import require_sound
from surveys.store import Store
from surveys.store.openings import every

STOP_SECONDS = 5


def main() -> int:
    """Check everything that can stop the start, say where to look, then serve."""
    _explain_if_asked()
    try:
        config = Config.from_environment()
        address, port = place_to_listen(config.host, config.port)
        require_sound(config.database)
        _warn(config)
        try_application(config)
    except HuiyinError as error:
        print(f"Huiyin cannot start:\n{error}", file=sys.stderr)
        return 1
    _announce(replace(config, port=port))
    journal.install()
    counts = limits.Memory.new()
    os.environ[limits.SHARED] = counts.share()
    Server(
        "portal.server:make_worker_application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=config.threads,
        log_level=LogLevels.error,
        log_dictconfig=journal.SERVER,
        log_access=False,
        websockets=False,
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
    ).serve()
    return 0


def _explain_if_asked() -> None:
    """Answer --help with every setting, and refuse arguments, which this command takes none of."""
    argparse.ArgumentParser(
        prog="python -m portal",
        description="\n".join(
            [
                "Serve the published site and the portal until Ctrl-C.",
                "",
                "settings, from the environment:",
                *settings(),
            ]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()


def _warn(config: Config) -> None:
    """Wording that changed under residents' answers does not stop the service, but it is said at every start."""
    today = config.today or responses.today()
    written = definition.load(config.definitions)
    found = [*lock.problems(config.definitions, written, today)]
    if config.database.exists():
        with Store.open(config.database) as store:
            found += openings.problems(config.definitions, written, store.read(every))
    for problem in found:
        print(f"Warning: {problem}", file=sys.stderr)


def _announce(config: Config) -> None:
    host = f"[{config.host}]" if ":" in config.host else config.host
    base = f"http://{host}:{config.port}"
    print(f"Site    {base}/\nPortal  {base}/portal/\nStop with Ctrl-C.", flush=True)
    if config.today:
        print(f"Rehearsal: every day is {config.today}, {distance(config.today, responses.today())}.", flush=True)


def distance(day: date, today: date) -> str:
    """How far a day is from today, in words."""
    days = abs((day - today).days)
    if not days:
        return "which is today"
    return f"{days} day{'s' if days > 1 else ''} {'ahead' if day > today else 'ago'}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
