"""What stands in deploy/, tried: nginx before the real server, the pages it shows alone, and the units of systemd."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.security import STRICT_TRANSPORT
from tests.portal.conftest import token_in
from tests.portal.page_lint import faults
from tests.serving import ROOT, Running, free_port, kill_all, serving

DEPLOY = ROOT / "deploy"
UNPACKED = ROOT / "build/debian/usr/sbin/nginx"
FORM = "/portal/s/visit?unit=chengdong"
NUMBERS = {"110", "120", "119", "96110", "12345"}
MARKS = {"agent": "agent-9f3c", "forged": "198.51.100.23", "query": "query-77ab", "path": "secret-path-5d1e"}
WORDS = "free-words-c04d"
KEPT_OUT = " fail_timeout=300s"
"""A portal that is gone is not asked again meanwhile; the usual ten seconds may pass on a busy machine."""
# As MemoryDenyWriteExecute= does, where the kernel has it.
NO_WRITE_AND_EXECUTE = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
MAIN = """daemon off;
{user}
pid {prefix}/nginx.pid;
error_log {prefix}/error.log emerg;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    types {{ text/html html; text/css css; image/svg+xml svg; }}
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxied;
    fastcgi_temp_path {prefix}/f;
    uwsgi_temp_path {prefix}/u;
    scgi_temp_path {prefix}/s;
    include {prefix}/conf.d/*.conf;
}}
"""


@dataclass(frozen=True)
class Front:
    """nginx in a folder of its own, with the server behind it."""

    folder: Path
    port: int
    plain: int
    server: Running

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, list[tuple[str, str]], str]:
        """One request over TLS; a body goes as a form's."""
        with closing(HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trusting())) as connection:
            form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            connection.request(method, path, body, {"Host": "huiyin.example.org", **form, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read().decode()

    def log(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "log/huiyin.log").read_text().splitlines()]


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def certificate(folder: Path) -> None:
    """A certificate for this test alone."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "huiyin.example.org")])
    today = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(today)
    signed = made.not_valid_after(today + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(signed.public_bytes(pem))
    bare = serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, bare))


def site(public: Path) -> None:
    for name in ("", "en/", "guides/fake-refund/"):
        page = public / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<!doctype html><title>kept {name}</title>")
    (public / "_headers").write_text("/*\n  Content-Security-Policy: default-src 'self'\n")


def written(folder: Path, port: int, plain: int, *servers: Running) -> Path:
    """The files of deploy/ as an operator would put them, with this test's places and ports; patience cut to 1 s."""
    certificate(folder / "tls")
    for name in ("conf.d", "log"):
        (folder / name).mkdir()
    changes = {
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "    listen [::]:80;\n": "",
        "listen [::]:443 ssl http2;\n": "",
        "server 127.0.0.1:8000;": " ".join(f"server 127.0.0.1:{server.port}{KEPT_OUT};" for server in servers),
        "/var/log/nginx": str(folder / "log"),
        "/etc/huiyin": str(folder),
        "/srv/huiyin/build/public": str(servers[0].folder / "public"),
        "/srv/huiyin/deploy": str(DEPLOY),
        "client_header_timeout 10s": "client_header_timeout 1s",
    }
    used = set()
    for path in (DEPLOY / "nginx").glob("*.conf"):
        text = path.read_text(encoding="utf-8")
        for old, new in changes.items():
            used |= {old} if old in text else set()
            text = text.replace(old, new)
        target = folder / ("conf.d" if path.name.startswith("huiyin") else ".") / path.name
        target.write_text(text, encoding="utf-8")
    assert used == set(changes)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(prefix=folder, user=user))
    return folder / "nginx.conf"


def binary() -> str:
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or str(UNPACKED)
    assert Path(found).exists(), "nginx is missing: make test fetches it from Debian"
    return found


@contextmanager
def nginx(configuration: Path, port: int) -> Iterator[None]:
    command = [binary(), "-p", str(configuration.parent), "-c", str(configuration)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for(port)
            yield
        finally:
            kill_all(process)


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            assert time.monotonic() < until, "nginx did not answer within 30 s"
            time.sleep(0.02)
        else:
            return


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    data, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("nginx")
    site(data / "public")
    confined = (sys.executable, "-c", NO_WRITE_AND_EXECUTE)
    port, plain = free_port(), free_port()
    with (
        serving(data, *confined, HUIYIN_PROXIES="1", HOST="127.0.0.1") as server,
        nginx(written(folder, port, plain, server), port),
    ):
        yield Front(folder, port, plain, server)


def test_pages_come_through_with_each_header_once(front: Front) -> None:
    for path in ("/portal/", "/", "/portal/health"):
        status, headers, _ = front.ask("GET", path)
        names = [name.lower() for name, _ in headers]
        assert (status, len(names)) == (200, len(set(names)))
        told = {name.lower(): value for name, value in headers}
        assert told["strict-transport-security"] == STRICT_TRANSPORT
        assert told["server"] == "nginx"
    assert STRICT_TRANSPORT in (DEPLOY / "nginx/nginx-strict.conf").read_text()


def test_plain_http_leads_to_the_name_of_the_settings(front: Front) -> None:
    with closing(HTTPConnection("127.0.0.1", front.plain, timeout=30)) as connection:
        connection.request("GET", "/guides/", headers={"Host": "elsewhere.example"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, "https://huiyin.example.org/guides/")


def test_counts_are_for_the_machine_alone(front: Front) -> None:
    assert front.ask("GET", "/portal/metrics")[0] == 404
    status, _, text = front.server.ask("GET", "/portal/metrics")
    assert (status, b"huiyin_ready 1" in text) == (200, True)


def test_an_answer_goes_through_and_no_file_or_line_tells_of_its_sender(front: Front) -> None:
    known = {"User-Agent": MARKS["agent"], "X-Forwarded-For": MARKS["forged"], "Referer": f"https://x/{MARKS['query']}"}
    page = front.ask("GET", FORM, headers=known)[2]
    data = urlencode({"_token": token_in(page), "overall": "4", "better": WORDS}).encode()
    same = {"Sec-Fetch-Site": "same-origin", "Origin": "https://huiyin.example.org"}
    assert front.ask("POST", f"{FORM}&from={MARKS['query']}", data, known | same)[0] == 303
    for path in (f"/portal/feed/{MARKS['path']}.xml", f"/{MARKS['path']}/?q={MARKS['query']}", "/portal/%zz"):
        front.ask("GET", path, headers=known)
    front.ask("POST", "/portal/case", f"number={MARKS['path']}&secret={MARKS['query']}".encode(), known)
    lines = front.log()
    assert {tuple(line) for line in lines} == {("hour", "face", "method", "status")}
    assert {"hour": lines[-1]["hour"], "face": "portal", "method": "POST", "status": 303} in lines
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", str(line["hour"])) for line in lines)
    found = files_with(front, [*MARKS.values(), "127.0.0.1"], front.folder / "log")
    assert found == files_with(front, [*MARKS.values()], front.server.folder) == []
    assert {path.name for path in files_with(front, [WORDS], front.folder, front.server.folder)} <= {
        "huiyin.db",
        "huiyin.db-wal",
    }


def files_with(front: Front, marks: list[str], *folders: Path) -> list[Path]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(mark.encode() in path.read_bytes() for mark in marks)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_too_much_is_refused_by_a_page_with_numbers_to_call(front: Front, language: str) -> None:
    status, _, page = front.ask("POST", f"{FORM}&lang={language}", b"x" * (1024 * 1024 + 1))
    assert (status, set(re.findall(r"tel:(\d+)", page))) == (413, NUMBERS)
    assert ("写短一点" in page) == (language == "zh")
    assert files_with(front, ["xxxx"], front.folder) == []


def test_photos_may_be_large_and_lie_in_no_file(front: Front) -> None:
    assert front.ask("POST", "/portal/case/photos", b"photo-e1b7" * 300_000)[0] not in (413, 502)
    assert files_with(front, ["photo-e1b7"], front.folder, front.server.folder) == []


def test_who_sends_half_a_request_makes_room(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.plain), timeout=30) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: huiyin")
        slow.settimeout(30)
        answer = slow.recv(1024)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")


def test_a_flood_from_one_address_waits_and_the_count_is_in_no_file(front: Front) -> None:
    with closing(HTTPSConnection("127.0.0.1", front.port, timeout=30, context=trusting())) as connection:
        for _ in range(3000):
            connection.request("GET", "/huiyin-down/down.css", headers={"Accept-Language": "en-GB"})
            answer = connection.getresponse()
            page = answer.read().decode()
            if answer.status == 429:
                break
    assert answer.status == 429
    assert "Please wait a minute" in page
    assert files_with(front, ["127.0.0.1"], front.folder / "log") == []
    until = time.monotonic() + 30
    while front.ask("GET", "/portal/health/live")[0] == 429:
        assert time.monotonic() < until
    time.sleep(1)  # by then thirty more come through, as many as the next test needs and more


def test_without_the_program_guides_stay_and_forms_name_whom_to_call(front: Front) -> None:
    """The last test of this file: it ends the server."""
    kill_all(front.server.process)
    front.server.process.wait()
    status, headers, page = front.ask("GET", "/guides/fake-refund/")
    assert (status, page) == (200, "<!doctype html><title>kept guides/fake-refund/</title>")
    told = dict(headers)
    assert told["Content-Security-Policy"].startswith("default-src 'none'")
    assert told["Strict-Transport-Security"] == STRICT_TRANSPORT
    for path, browser, words in (
        ("/portal/", "zh-CN", "网页暂时打不开"),
        ("/portal/?lang=en", "zh-CN", "cannot be shown"),
        ("/portal/", "en-GB,en;q=0.8", "cannot be shown"),
        ("/en/nowhere/", "zh-CN", "cannot be shown"),
        ("/nowhere/", "", "网页暂时打不开"),
    ):
        status, headers, page = front.ask("GET", path, headers={"Accept-Language": browser})
        assert (status, set(re.findall(r"tel:(\d+)", page))) == (502, NUMBERS)
        assert words in page
        assert faults(page) == []
    assert front.ask("GET", "/huiyin-down/down.css")[0] == 200
    assert front.log()[-2]["status"] == 502
    assert files_with(front, ["127.0.0.1"], front.folder / "log") == []


FROM = "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Real-IP;\n"
"""Lets a test come from any address."""


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Front, Running]]:
    """nginx before two portals, which take four answers a minute from an address."""
    data, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("nginx")
    port, plain = free_port(), free_port()
    settings = {"HUIYIN_PROXIES": "1", "HUIYIN_ANSWERS_PER_MINUTE": "4", "HUIYIN_MINIMUM_SECONDS": "0"}
    with serving(data, **settings) as one, serving(data, **settings) as two:
        configuration = written(folder, port, plain, one, two)
        (folder / "conf.d/from.conf").write_text(FROM)
        with nginx(configuration, port):
            yield Front(folder, port, plain, one), two


def answered(front: Front, address: str, times: int) -> list[int]:
    """The statuses of so many answers from an address."""
    come = {"X-Real-IP": address}
    token = [token_in(front.ask("GET", FORM, headers=come)[2]) for _ in range(times)]
    return [front.ask("POST", FORM, urlencode({"_token": one, "overall": "4"}).encode(), come)[0] for one in token]


def test_limits_by_address_hold_over_two_portals(balanced: tuple[Front, Running]) -> None:
    front, _ = balanced
    for number in range(1, 5):
        assert answered(front, f"203.0.113.{number}", 6) == [303] * 4 + [429] * 2
    # A home that changes its address with each answer.
    assert [answered(front, f"2001:db8:1:2::{number}", 1)[0] for number in range(1, 7)] == [303] * 4 + [429] * 2


def test_the_portal_that_is_left_takes_what_the_other_one_took(balanced: tuple[Front, Running]) -> None:
    """The last one with these portals: it ends one of them."""
    front, other = balanced
    kill_all(other.process)
    other.process.wait()
    visitors = [{"X-Real-IP": f"198.51.100.{number}"} for number in range(24)]
    first, then = ([front.ask("GET", FORM, headers=visitor)[0] for visitor in visitors] for _ in range(2))
    assert 502 in first, "it had a part of them, and the first of these finds that it is gone"
    assert then == [200] * len(visitors)


@pytest.mark.parametrize("page", sorted((DEPLOY / "pages").glob("*.html")), ids=lambda page: page.name)
def test_pages_that_nginx_shows_alone_are_sound_and_have_a_twin(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert faults(text) == []
    twin = page.with_name(page.name.replace(".zh.", ".??.").replace(".en.", ".zh.").replace(".??.", ".en."))
    assert twin.exists()
    assert f'href="/huiyin-down/{twin.name}"' in text
    assert set(re.findall(r'href="tel:(\d+)">\1<', text)) == NUMBERS


# Units of systemd


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("units")
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text(encoding="utf-8").replace("/etc/huiyin/huiyin.env", str(DEPLOY / "huiyin.env"))
        (folder / path.name).write_text(text.replace("/srv/huiyin", str(ROOT)), encoding="utf-8")
    return folder


def test_systemd_reads_the_units_without_a_word(units: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(units.iterdir())], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


SERVICES = ["huiyin.service", "huiyin-night.service", "huiyin-backup.service"]


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_are_shut_in(units: Path, name: str) -> None:
    """systemd's own measure of exposure goes from 0 to 10; an unhardened service has 9.6."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(units / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_a_database_on_another_machine_is_let_through_and_all_else_stays_shut(units: Path, name: str) -> None:
    extra = units / f"{name}.d"
    extra.mkdir()
    shutil.copy(DEPLOY / "postgresql.conf", extra)
    try:
        command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--json=short", str(units / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(extra)
    assert done.returncode == 0, done.stderr
    found = {one["json_field"]: one["set"] for one in json.loads(done.stdout)}
    assert not found["PrivateNetwork"]
    assert not found["RestrictAddressFamilies_AF_INET_INET6"]
    assert found["RestrictAddressFamilies_AF_PACKET"]


@pytest.mark.parametrize("name", SERVICES)
def test_the_three_units_run_as_the_settings_say(name: str) -> None:
    text = (DEPLOY / "systemd" / name).read_text(encoding="utf-8")
    for line in ("User=huiyin", "WorkingDirectory=/srv/huiyin", "EnvironmentFile=/etc/huiyin/huiyin.env"):
        assert line in text.splitlines()


def test_a_command_beside_the_service_has_its_settings_and_its_folder(tmp_path: Path) -> None:
    """Values are taken as they stand, as systemd takes them."""
    lines = [
        "# a word",
        "HUIYIN_DATABASE=postgresql://h:a%20$b`c&d@db/x?sslmode=require",
        'HUIYIN_ICP="two words"',
        "A='b'",
    ]
    place, settings = tmp_path / "an office/deploy", tmp_path / "huiyin.env"
    place.mkdir(parents=True)
    settings.write_text("\n".join(lines), encoding="utf-8")
    text = (DEPLOY / "as-service").read_text(encoding="utf-8")
    assert text.count("settings=/etc/huiyin/huiyin.env") == 1
    script = place / "as-service"
    script.write_text(text.replace("settings=/etc/huiyin/huiyin.env", f"settings='{settings}'"), encoding="utf-8")
    show = "import os; print(os.environ['HUIYIN_DATABASE'], os.environ['HUIYIN_ICP'], os.environ['A'], os.getcwd())"
    done = subprocess.run(["sh", script, sys.executable, "-c", show], capture_output=True, text=True, check=True)
    wanted = f"{lines[1].partition('=')[2]} two words b {place.parent.resolve()}\n"
    assert (done.stdout, done.stderr) == (wanted, "")
    settings.unlink()
    done = subprocess.run(["sh", script, "true"], capture_output=True, text=True, check=False)
    assert (done.returncode, "cannot be read" in done.stderr) == (1, True)
    assert subprocess.run(["sh", script], capture_output=True, check=False).returncode == 2
    assert os.access(DEPLOY / "as-service", os.X_OK)


def test_the_settings_file_starts_a_server_behind_one_proxy() -> None:
    from portal.config import Config

    lines = (DEPLOY / "huiyin.env").read_text(encoding="utf-8").splitlines()
    found = Config.from_environment(dict(line.split("=", 1) for line in lines if line[:1] not in ("", "#")))
    assert (found.host, found.port, found.proxies) == ("127.0.0.1", 8000, 1)
