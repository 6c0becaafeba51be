"""Where to listen: a host's name made an address, a free port found, and a clear word if neither works."""

import errno
import os
import socket

from surveys.errors import HuiyinError

STARTED_BY = "STARTED_BY"
"""The variable in which make names itself, so that a refusal can say the same command with another port."""


def place_to_listen(host: str, port: int) -> tuple[str, int]:
    """An address and a port of this machine that are free, port 0 meaning any; HuiyinError says what to change."""
    refusal: OSError | None = None
    for family, address in _addresses(host):
        try:
            return address, _free_port(family, address, port)
        except OSError as error:
            refusal = refusal or error
    raise _unusable(host, port, refusal)


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """What the host's name stands for, IPv4 first, because that is what people try."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    pairs = {(family, str(address[0])) for family, _, _, _, address in found}
    return sorted(pairs, key=lambda pair: (pair[0] != socket.AF_INET, pair[1]))


def _free_port(family: socket.AddressFamily, address: str, port: int) -> int:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))
        return int(probe.getsockname()[1])


def _unusable(host: str, port: int, refusal: OSError | None) -> HuiyinError:
    command = os.environ.get(STARTED_BY) or ".venv/bin/python -m portal"
    if refusal is None or refusal.errno in (errno.EADDRNOTAVAIL, errno.EINVAL):
        return HuiyinError(f"{host} is no address of this machine: try another host, as in `HOST=127.0.0.1 {command}`")
    other = port + 1 if port < 65535 else port - 1
    return HuiyinError(
        f"{host}:{port} cannot be used ({refusal.strerror}): try another port, as in `PORT={other} {command}`"
    )
