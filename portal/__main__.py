"""`python -m portal`: serve site and portal until Ctrl-C."""

import logging
import socket
import sys
from datetime import date

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from portal.config import Config
from portal.server import make_application
from surveys import definition, lock, responses
from surveys.errors import HuiyinError

STOP_SECONDS = 5


def main() -> int:
    """Check everything that can stop the start, say where to look, then serve."""
    try:
        config = Config.from_environment()
        _check_port(config)
        _warn(config)
        make_application(config)
    except HuiyinError as error:
        print(f"Huiyin cannot start:\n{error}", file=sys.stderr)
        return 1
    _announce(config)
    logging.basicConfig(level=logging.WARNING)
    Server(
        "portal.server:make_worker_application",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=config.threads,
        log_level=LogLevels.error,
        log_access=False,
        websockets=False,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()
    return 0


def _check_port(config: Config) -> None:
    with socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            where = f"{config.host}:{config.port}"
            raise HuiyinError(
                f"{where} cannot be used ({error.strerror}): try another, as in `PORT=8001 make run`"
            ) from error


def _warn(config: Config) -> None:
    """Wording that changed under residents' answers does not stop the service, but it is said at every start."""
    today = config.today or responses.today()
    for problem in lock.problems(config.definitions, definition.load(config.definitions), today):
        print(f"Warning: {problem}", file=sys.stderr)


def _announce(config: Config) -> None:
    host = f"[{config.host}]" if ":" in config.host else config.host
    base = f"http://{host}:{config.port}"
    print(f"Site    {base}/\nPortal  {base}/portal/\nStop with Ctrl-C.", flush=True)
    if config.today:
        print(f"Rehearsal: every day is {config.today}, {(date.today() - config.today).days} days ago.", flush=True)  # noqa: DTZ011


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
