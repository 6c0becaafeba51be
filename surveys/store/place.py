"""Where an office's data lie: in a file, or on a PostgreSQL server, and then the keys and counts in a folder."""

import os
from dataclasses import dataclass, field
from pathlib import Path, PosixPath
from urllib.parse import parse_qsl, unquote, urlsplit

from surveys.errors import StoreError

_PORT = 5432
_TLS = ("disable", "prefer", "require", "verify-full")


@dataclass(frozen=True)
class Address:
    """A database on one of several hosts, of which one writes; a host is a name with a port, or a socket's folder.

    `tls` is disable, prefer, require or verify-full, then by the certificates in `authorities` or the system's.
    """

    user: str
    password: str | None = field(repr=False)
    hosts: tuple[tuple[str, int], ...]
    name: str
    tls: str = "prefer"
    authorities: str | None = None

    def __str__(self) -> str:
        """The address without the password."""
        return f"postgresql://{self.user}@{','.join(f'{host}:{port}' for host, port in self.hosts)}/{self.name}"


class Server(PosixPath):
    """A database on a server. As a path it names no file: it says which folder and name keys and counts have."""

    address: Address | None = None
    """None for what is derived from such a path: a file beside it."""

    @classmethod
    def at(cls, address: Address, folder: Path) -> "Server":
        """The database of that address, its keys and counts in that folder."""
        made = cls(folder / f"{address.name}.db")
        made.address = address
        return made

    def exists(self) -> bool:  # type: ignore[override,unused-ignore]
        """Whether the server has such a database with tables in it; StoreError if no server can be asked."""
        if self.address is None:
            return super().exists()
        from surveys.store.postgresql import has_tables_at  # noqa: PLC0415  (the driver costs 0.1 s; files need none)

        return has_tables_at(self.address)


def locate(database: str) -> Path:
    """What a path or a URL names: a file, or for postgresql:// a Server; StoreError for anything else.

    The keys of a server's database lie in the folder that HUIYIN_KEYS names, or in var.
    """
    scheme, found, rest = database.partition("://")
    if not found:
        return Path(database)
    if scheme == "postgresql":
        return Server.at(_address(database), Path(os.environ.get("HUIYIN_KEYS") or "var"))
    if scheme != "sqlite" or not rest.startswith("/"):
        raise StoreError(
            f"{database} cannot be used: name a file, sqlite:/// and a path, or postgresql://user@host/database"
        )
    return Path(rest[1:])


def address_of(database: Path) -> Address | None:
    """The server's address, None for a file."""
    return database.address if isinstance(database, Server) else None


def holds_data(database: Path) -> bool:
    """Whether there is anything yet: a file that is not empty, or tables on the server."""
    return database.exists() if address_of(database) else bytes_at(database) > 0


def require_folder(database: Path, named: str) -> None:
    """StoreError unless at most the last folder has yet to be made, such as var/: more are a mistyped path.

    `named` is the option or variable that gave the database.
    """
    above = database.absolute().parent.parent
    if not above.is_dir():
        is_server = address_of(database) is not None
        what = f"HUIYIN_KEYS is '{database.parent}'" if is_server else f"{named} is '{database}'"
        raise StoreError(f"{what}, and there is no folder {above}: make it, or correct the path")


def bytes_at(path: Path) -> int:
    """How long a file is, 0 if there is none; StoreError if that may not be looked at."""
    try:
        return path.stat().st_size
    except PermissionError as error:
        advice = "let the user of the program into its folder"
        raise StoreError(f"{path} cannot be looked at ({error.strerror}): {advice}") from error
    except OSError:
        return 0


def _address(url: str) -> Address:
    parts = urlsplit(url)
    login, _, where = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    options = dict(parse_qsl(parts.query))
    name = unquote(parts.path[1:])
    tls = options.pop("sslmode", "prefer")
    authorities = options.pop("sslrootcert", None)
    hosts = tuple(_host(one) for one in (options.pop("host", "") or where).split(",") if one)
    if not user or not name or "/" in name or not hosts or options or tls not in _TLS:
        wanted = "postgresql://user:password@host:5432,other:5432/database?sslmode=verify-full"
        signs = "and write a space or any of / @ : ? # % in a password as %20, %2F, %40, %3A, %3F, %23, %25"
        raise StoreError(f"{_without_password(url)} cannot be used: write it as {wanted}, {signs}")
    return Address(unquote(user), unquote(password) or None, hosts, name, tls, authorities)


def _host(text: str) -> tuple[str, int]:
    """A host with its port; of a socket's folder the port tells the file."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        return text.strip("[]"), _PORT
    if not port.isdecimal():
        raise StoreError(f"{text} is no host with a port: write it as db.example:5432")
    return host.strip("[]"), int(port)


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    login, at, where = rest.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}{at}{where}"
