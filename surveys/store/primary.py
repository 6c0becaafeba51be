"""Connecting to PostgreSQL: of the hosts that an address names, the one that writes."""

import socket
import ssl
import threading
from contextlib import suppress
from typing import Any

import pg8000
from pg8000.exceptions import DatabaseError, InterfaceError
from sqlalchemy.exc import OperationalError

from surveys.store.place import Address

_CONNECT_SECONDS = 1.0
_LOST = {"57P01", "57P02", "57P03", "53300", "25006", "25P03"}
"""Ended by its administrator, crashed, starting, full of connections, a standby, or a transaction that stood still:
another try may find better."""
# A statement's timeout would end a commit's wait for the standby, and the server would then call it committed. A server
# that is cut off from a portal keeps its transaction, and the lock of all writers with it, until it notices: two hours
# later unless it is told to look.
_SETTINGS = {
    "synchronous_commit": "on",
    "statement_timeout": "0",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5000",
}
_KEEPALIVE = (("TCP_KEEPIDLE", 2), ("TCP_KEEPINTVL", 1), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 5000))
_STANDING = (
    "SELECT pg_is_in_recovery(), CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END"
)


def code_of(error: BaseException | None) -> str:
    """The five characters by which the server names an error, '' where it did not answer."""
    found = error.args[0] if error is not None and error.args else None
    return str(found.get("C", "")) if isinstance(found, dict) else ""


def words_of(error: BaseException | None) -> str:
    """What happened in the server's words, without the values of a row that it may add."""
    found = error.args[0] if error is not None and error.args else error
    return str(found.get("M", "")) if isinstance(found, dict) else str(found)


def is_lost(error: BaseException | None) -> bool:
    """Whether the connection is of no more use, and another one may be."""
    code = code_of(error)
    # The driver calls a broken connection an error of its interface, or lets the socket's own error through.
    return code in _LOST or code[:2] == "08" or isinstance(error, (InterfaceError, OSError))


class Primary:
    """Finds the host that writes: the one of last time, or of all that are no standby the one on the newest timeline.

    So a primary that was replaced and came back is passed over.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._known: tuple[str, int] | None = None

    def forget(self) -> None:
        """Look at all hosts for the next connection."""
        self._known = None

    def connect(self) -> Any:
        """A connection in which every statement stands for itself; OperationalError tells why there is none."""
        with self._lock:
            known = self._known
        try:
            if known:
                return self._first_of((known,))
            return self._first_of(self._address.hosts)
        except (DatabaseError, InterfaceError) as error:
            self.forget()
            raise OperationalError(None, None, error) from error

    def _first_of(self, hosts: tuple[tuple[str, int], ...]) -> Any:
        found: dict[str, tuple[Any, tuple[str, int]]] = {}
        failed: Exception = InterfaceError("every host is a standby")
        for host in hosts:
            try:
                connection = _open(self._address, *host)
                timeline = _timeline(connection)
            except (DatabaseError, InterfaceError) as error:
                failed = error
                continue
            if timeline is None or timeline in found:
                _close(connection)
            else:
                found[timeline] = (connection, host)
        if not found:
            raise failed
        best = max(found)
        for timeline, (connection, _) in found.items():
            if timeline != best:
                _close(connection)
        self._known = found[best][1]
        return found[best][0]


def _open(address: Address, host: str, port: int) -> Any:
    """A connection; DatabaseError is what the server said, InterfaceError all else that came in the way."""
    try:
        made = _begun(address, host, port)
    except Exception as error:  # the driver lets through what sockets, TLS and passwords raise, and what it misreads
        raise _said(error) or InterfaceError(f"{host}:{port}: {error}") from error
    made.autocommit = True
    made.register_out_adapter(str, _without_nul)
    return made


def _said(error: BaseException) -> DatabaseError | None:
    """What the server said before it hung up; the driver's farewell into a closed socket puts its own error over it."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, DatabaseError):
        found = found.__context__
    return found


def _begun(address: Address, host: str, port: int) -> Any:
    options: dict[str, Any] = {"startup_params": _SETTINGS, "application_name": "huiyin", "ssl_context": _tls(address)}
    login = {"user": address.user, "database": address.name, "password": address.password or ""}
    if host.startswith("/"):
        place = f"{host}/.s.PGSQL.{port}"
        return pg8000.Connection(
            **login, **options | {"unix_sock": place, "timeout": _CONNECT_SECONDS, "ssl_context": False}
        )
    sock = _dial(host, port)
    try:
        return pg8000.Connection(**login, **options, host=host, sock=sock)
    except BaseException:
        sock.close()
        raise


def _without_nul(value: str) -> str:
    """PostgreSQL has no such character; nothing that is stored holds it, and what is looked for is then not found."""
    return value.replace("\0", "\ufffd")


def _dial(host: str, port: int) -> socket.socket:
    """A connection that notices within five seconds that the other side is gone."""
    made = socket.create_connection((host, port), _CONNECT_SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made


def _tls(address: Address) -> ssl.SSLContext | bool | None:
    if address.tls == "verify-full":
        try:
            return ssl.create_default_context(cafile=address.authorities)
        except OSError as error:
            raise InterfaceError(f"sslrootcert={address.authorities}: {error}") from error
    return {"disable": False, "prefer": None, "require": True}[address.tls]


def _timeline(connection: Any) -> str | None:
    """The timeline that a primary writes, as eight hexadecimal digits; None for a standby."""
    set_timeout(connection, _CONNECT_SECONDS)
    try:
        is_standby, segment = connection.execute_simple(_STANDING).rows[0]
    except (DatabaseError, InterfaceError, OSError) as error:
        _close(connection)
        raise InterfaceError(f"the server did not say whether it is the primary: {error}") from error
    return None if is_standby else str(segment)[:8]


def set_timeout(connection: Any, seconds: float | None) -> None:
    """How long the driver waits for the server's next word; None waits as long as the other side is alive."""
    connection._usock.settimeout(seconds)  # the driver has no setting for it once connected


def _close(connection: Any) -> None:
    with suppress(DatabaseError, InterfaceError, OSError):
        connection.close()
