"""The operations page, followed: its nginx in front of its server over HTTPS, with accounts; its commands; both languages alike."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import pytest
import scene

NGINX = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)
NAME = "xiangtu.example.gov.cn"
PAGE = scene.ROOT / "docs" / "operations.en.md"
LONGEST = 240
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx (Debian package nginx-light) is not installed")


def blocks(kind, path=PAGE):
    """The blocks of one kind on the page."""
    return re.findall(rf"```{kind}\n(.*?)```", path.read_text("utf-8"), flags=re.DOTALL)


def free_port():
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings():
    """The settings of the page."""
    return dict(line.split("=", 1) for line in blocks("ini")[0].splitlines())


def test_both_languages_give_the_same_commands_and_files():
    chinese = PAGE.with_name("operations.zh.md")
    for kind in ("sh", "ini", "systemd", "nginx"):
        assert blocks(kind, chinese) == blocks(kind) != []
    codes = re.findall(r"^\| `(\w+)` \| (\d+)", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert re.findall(r"^\| `(\w+)` \| (\d+)", chinese.read_text("utf-8"), flags=re.MULTILINE) == codes


def test_every_error_of_the_store_stands_on_the_page_with_its_status():
    from geo_app.errors import TABLE

    said = {
        code: int(status) for code, status in re.findall(r"^\| `(\w+)` \| (\d+)", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    }
    assert said == {code: TABLE[code].status for code in said}
    wanted = {"busy", "storage_full", "durability", "migration_failed", "live_store", "restore_failed", "changed"}
    assert wanted | {code for code in TABLE if code.startswith("store_") and code != "store_closed"} <= said.keys()


def test_the_settings_of_the_page_are_settings():
    from geo_app.config import Settings

    made = Settings.from_env(settings())
    assert (made.access, made.trusted_proxies, made.backup_every_min) == ("accounts", 1, 15)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_the_unit_of_the_page_is_one(tmp_path):
    unit = tmp_path / "xiangtu.service"
    unit.write_text(
        blocks("systemd")[0].replace("/opt/xiangtu/.venv/bin/geo-app", sys.executable).replace("/opt/xiangtu", str(tmp_path))
    )
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if "xiangtu.service" in line and "Failed to" not in line]
    assert [line for line in told if "Unknown" in line or "ignoring" in line] == []


class Site:
    """The page's server and its nginx, on ports and in a folder of this test."""

    def __init__(self, folder):
        self.folder, self.http, self.https, self.port = folder, free_port(), free_port(), free_port()
        self.environment = scene.environment() | settings()
        self.environment |= {
            "XIANGTU_STORE": str(folder / "county.gpkg"),
            "XIANGTU_DATA_DIR": str(folder / "data"),
            "XIANGTU_BACKUP_DIR": str(folder / "backups"),
            "XIANGTU_PUBLIC_URL": f"https://{NAME}",
            "XIANGTU_PORT": str(self.port),
        }
        self.server = self.nginx = None
        self.workers = []

    def geo(self, *arguments, code=0):
        """Run geo-app as the page says; give what it wrote."""
        command = [sys.executable, "-c", "from geo_app.cli import main; main()", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment, cwd=scene.ROOT)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def serve(self):
        """Start the server and wait until it answers."""
        command = [sys.executable, "-c", "from geo_app.cli import main; main()", "serve"]
        self.server = subprocess.Popen(command, env=self.environment, cwd=scene.ROOT, stderr=subprocess.DEVNULL)
        answered(self.port, self.server)

    def serve_many(self, count):
        """Start so many workers as the page says; give their ports."""
        line = re.search(r"^ExecStart=(\S+gunicorn .*)$", blocks("systemd")[1], flags=re.MULTILINE).group(1)
        ports = [free_port() for _ in range(count)]
        for port in ports:
            command = [sys.executable, "-m", "gunicorn", *line.replace("%i", str(port)).split()[1:]]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            self.workers.append(subprocess.Popen(command, env=self.environment, cwd=scene.ROOT, **quiet))
        for port, worker in zip(ports, self.workers, strict=True):
            answered(port, worker)
        return ports

    def front(self, ports=()):
        """Start nginx with the text of the page, its names and ports replaced; with ports, in front of several workers."""
        for name in ("fullchain.pem", "privkey.pem"):
            assert f"/etc/ssl/xiangtu/{name}" in blocks("nginx")[0]
        command = re.search(r"`(openssl req [^`]+)`", PAGE.read_text("utf-8")).group(1).split()
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        text = blocks("nginx")[0].replace("/etc/ssl/xiangtu", str(self.folder))
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.http};").replace(
            "listen 443", f"listen 127.0.0.1:{self.https}"
        )
        if ports:
            servers = "".join(f"    server 127.0.0.1:{port};\n" for port in ports)
            upstream = re.sub(r"(    server 127\.0\.0\.1:\d+;\n)+", servers, blocks("nginx")[1])
            text = upstream + text.replace("http://127.0.0.1:8000", "http://xiangtu")
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        places = "".join(
            f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.getuid() == 0 else ""
        config = self.folder / "nginx.conf"
        config.write_text(
            f"daemon off; {user} pid {self.folder}/pid; error_log {self.folder}/error.log;"
            f"events {{}} http {{ access_log off; {places} {text} }}"
        )
        subprocess.run([NGINX, "-t", "-q", "-c", str(config)], check=True, capture_output=True)
        self.nginx = subprocess.Popen([NGINX, "-c", str(config)], stderr=subprocess.DEVNULL)
        answered(self.http, self.nginx)

    def ask(self, method, path, *, headers=None, body=None):
        """Ask over HTTPS, with the certificate checked against the name; give status, headers and body."""
        trust = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        plain = socket.create_connection(("127.0.0.1", self.https), timeout=LONGEST)
        with plain, trust.wrap_socket(plain, server_hostname=NAME) as secure:
            connection = http.client.HTTPConnection(NAME)
            connection.sock = secure
            connection.request(method, path, body=body, headers={"Host": NAME} | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")

    def stop(self):
        """End what was started."""
        for process in (self.nginx, self.server, *self.workers):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(timeout=LONGEST)
        self.server = self.nginx = None
        self.workers = []

    def signed_in(self, login, password):
        """Sign in as a browser does; give the headers by which it is known from then on."""
        _, headers, page = self.ask("GET", "/sign-in")
        cookie = headers["Set-Cookie"].split(";")[0]
        form = urllib.parse.urlencode({"login": login, "password": password, "csrf_token": token_of(page)})
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, "Origin": f"https://{NAME}"}
        status, headers, text = self.ask("POST", "/sign-in", headers=sent, body=form)
        assert status in {302, 303}, text[:500]
        signed = [line for line in headers.get_all("Set-Cookie") if line.startswith("__Host-xiangtu-session=")]
        return {"Cookie": f"{signed[0].split(';')[0]}; {cookie}"}


def answered(port, process):
    """Wait until a port takes connections."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        assert process.poll() is None, "the process has ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nobody answers")


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.stop()


def token_of(page):
    """The token a page carries."""
    return re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)


@needs_nginx
def test_sign_in_through_nginx_and_the_life_of_a_store(site):
    site.geo("init")
    password = site.geo("user", "add", "admin", "--role", "administrator", "--generate").splitlines()[0]
    site.serve()
    site.front()
    plain = http.client.HTTPConnection("127.0.0.1", site.http, timeout=LONGEST)
    plain.request("GET", "/layers?x=1", headers={"Host": NAME})
    answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/layers?x=1")
    plain.close()

    status, headers, _ = site.ask("GET", "/layers")
    assert status in {302, 303}
    assert "/sign-in" in headers["Location"]
    status, headers, _ = site.ask("GET", "/layers", headers={"Host": "elsewhere.example"})
    assert status in {400, 403, 404}

    status, headers, page = site.ask("GET", "/sign-in")
    assert status == 200
    assert headers["Strict-Transport-Security"]
    cookie = headers["Set-Cookie"]
    assert "Secure" in cookie
    form = urllib.parse.urlencode({"login": "admin", "password": password, "csrf_token": token_of(page)})
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie.split(";")[0], "Origin": f"https://{NAME}"}
    forged = sent | {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Forwarded-Host": "elsewhere.example"}
    status, headers, text = site.ask("POST", "/sign-in", headers=forged, body=form)
    assert status in {302, 303}, text[:500]
    signed = [line for line in headers.get_all("Set-Cookie") if line.startswith("__Host-xiangtu-session=")]
    assert all(word in signed[0] for word in ("Secure", "HttpOnly", "SameSite", "Path=/"))
    session = {"Cookie": f"{signed[0].split(';')[0]}; {cookie.split(';')[0]}"}
    status, _, page = site.ask("GET", "/layers", headers=session)
    assert status == 200
    assert "203.0.113.9" not in page
    status, _, _ = site.ask("POST", "/imports", headers=session | {"Content-Length": str(200_000_000)}, body=b"")
    assert status == 413

    assert "checksum" in site.geo("backup")
    assert len(json.loads(site.geo("backup", "--list", "--json"))) >= 1
    assert "The store is whole" in site.geo("verify")
    refused = site.geo("restore", "--at", "now", "--swap", code=6)
    assert "A server works on county.gpkg" in refused
    site.stop()
    assert "Start the server" in site.geo("restore", "--at", "now", "--swap")
    site.serve()
    site.front()
    status, _, _ = site.ask("GET", "/layers", headers=session)
    assert status in {302, 303}, "sessions end with a restore"


@needs_nginx
@pytest.mark.postgis
def test_several_workers_on_a_database_behind_nginx(site, postgis_schema):
    site.environment |= {"XIANGTU_STORE": postgis_schema, "XIANGTU_SECRET_KEY": "the same for all"}
    del site.environment["XIANGTU_BACKUP_DIR"]
    site.geo("init")
    password = site.geo("user", "add", "admin", "--role", "administrator", "--generate").splitlines()[0]
    ports = site.serve_many(2)
    site.front(ports)
    sessions = [site.signed_in("admin", password) for _ in range(4)]
    for session in sessions:
        assert {site.ask("GET", page, headers=session)[0] for page in ("/layers", "/changes", "/jobs", "/accounts")} == {200}
    trusted = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
    for port in ports:  # a session is known to every worker, whichever began it
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
        connection.request("GET", "/layers", headers=trusted | sessions[0])
        assert connection.getresponse().status == 200
        connection.close()
    token = token_of(site.ask("GET", "/layers", headers=sessions[0])[2])
    sent = sessions[0] | {"X-CSRF-Token": token, "Origin": f"https://{NAME}", "Content-Type": "application/json"}
    for number in range(6):
        shape = {"type": "Point", "coordinates": [104 + number / 100, 36]}
        edit = {"op": "insert", "layer": "hamlets", "properties": {"hamlet_id": f"h{number}"}, "geometry": shape}
        status, _, text = site.ask("POST", "/editing/save", headers=sent, body=json.dumps({"reason": "new", "edits": [edit]}))
        assert status == 200, text
        for session in sessions:
            status, _, text = site.ask("GET", f"/editing/hamlets/features?key=h{number}", headers=session)
            assert (status, len(json.loads(text)["features"])) == (200, 1)
    site.stop()
    assert "The store is whole" in site.geo("verify")
