"""The reverse proxies of DEPLOY.md for real: their text as it stands there, in front of our nginx and the real server, with
TLS and a login. Only names of files and ports are changed."""

from __future__ import annotations

import base64
import pathlib
import shutil
import socket
import ssl
import subprocess
import time

import httpx
import pytest

from docs_text import fences, read
from nginx_peers import Upstream
from nginx_site import authority, recording, site  # noqa: F401
from nginx_stage import Web, free_port, needs_stage

NAME = "zimu.example.org"
LOGIN = ("NAME", "secret")
START_SECONDS = 30
LARGE = 96 << 20

pytestmark = needs_stage


def text_of(language: str) -> str:
    return next(body for kind, body in fences(read("DEPLOY.md")) if kind == language)


def replace(text: str, *changes: tuple[str, str]) -> str:
    """Each must be there: else the document changed and this test does not speak of it any more."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


class Proxy:
    def __init__(self, command: list, port: int, folder: pathlib.Path):
        self.port, self.log = port, folder / "proxy.log"
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder, env={
                "PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)})
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()
                time.sleep(0.1)

    def client(self, **options) -> httpx.Client:
        """As a browser that knows the name: it is in SNI and Host, and the address is this machine's."""
        context = ssl._create_unverified_context()  # noqa: S323  the certificate is the test's own
        client = httpx.Client(base_url=f"https://127.0.0.1:{self.port}", verify=context, timeout=120, trust_env=False,
                              headers={"Host": f"{NAME}:{self.port}"}, auth=options.pop("auth", LOGIN), **options)
        client.event_hooks["request"].append(lambda request: request.extensions.__setitem__("sni_hostname", NAME))
        return client

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def start_nginx(folder: pathlib.Path, upstream: str) -> Proxy:
    port = free_port()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}",
                    "-keyout", folder / "zimu.key", "-out", folder / "zimu.pem"], check=True, capture_output=True)
    made = subprocess.run(["openssl", "passwd", "-apr1", LOGIN[1]], check=True, capture_output=True, text=True).stdout
    (folder / "zimu.htpasswd").write_text(f"{LOGIN[0]}:{made}")
    server = replace(text_of("nginx"), ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"), ("/etc/ssl/", f"{folder}/"),
                     ("/etc/nginx/zimu.htpasswd", f"{folder}/zimu.htpasswd"), ("127.0.0.1:8080", upstream))
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"daemon off; user root; pid {folder}/pid; error_log stderr; events {{}}\n"
                                       f"http {{ access_log off; {temporary}\n{server} }}\n")
    return Proxy(["nginx", "-e", "stderr", "-c", folder / "nginx.conf"], port, folder)


def start_caddy(folder: pathlib.Path, upstream: str) -> Proxy:
    caddy = shutil.which("caddy")
    if not caddy:
        pytest.skip("no caddy here (apt-get install caddy)")
    port = free_port()
    version = subprocess.run([caddy, "version"], capture_output=True, text=True, check=True).stdout.split()[0].lstrip("v")
    made = subprocess.run([caddy, "hash-password", "--plaintext", LOGIN[1]], capture_output=True, text=True, check=True).stdout.strip()
    site = replace(text_of("caddy"), (f"{NAME} {{", f"{NAME}:{port} {{\n\ttls internal\n\tbind 127.0.0.1"), ("HASH", made),
                   ("127.0.0.1:8080", upstream))
    if tuple(map(int, version.split(".")[:2])) < (2, 8):
        site = replace(site, ("basic_auth", "basicauth"))
    (folder / "Caddyfile").write_text(
        f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\thttp_port {free_port()}\n}}\n{site}")
    return Proxy([caddy, "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"], port, folder)


@pytest.fixture(params=[start_nginx, start_caddy], ids=["nginx", "caddy"])
def start(request, tmp_path):
    """start(upstream): the proxy in front of our nginx in front of `upstream`."""
    running = []

    def start_both(upstream: str, hosts: str = NAME) -> Proxy:
        web = Web(tmp_path / "web", upstream, env={"ZIMU_HOSTS": hosts}).start()
        running.append(web)
        proxy = request.param(tmp_path, authority(web.url))
        running.append(proxy)
        return proxy

    yield start_both
    for one in reversed(running):
        one.stop()


def test_page_login_upload_and_the_guard(start, site, recording):  # noqa: F811
    proxy = start(authority(site.server.url))
    with proxy.client(auth=None) as stranger:
        assert stranger.get("/").status_code == 401
    with proxy.client() as client:
        assert 'id="app"' in client.get("/").text
        with open(recording, "rb") as file:
            made = client.post("/api/v1/media", files={"file": (recording.name, file)},
                               headers={"Origin": f"https://{NAME}:{proxy.port}"})
        assert made.status_code == 201, made.text
        part = client.get(f"/api/v1/media/{made.json()['id']}/content", headers={"Range": "bytes=100-199"})
        assert part.status_code == 206 and part.content == recording.read_bytes()[100:200]
        foreign = client.post("/api/v1/jobs", json={"media_id": "none"}, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403, foreign.text


def test_without_zimu_hosts_the_answer_names_it(start, site):  # noqa: F811
    proxy = start(authority(site.server.url), hosts="")
    with proxy.client() as client:
        answer = client.get("/")
        assert answer.status_code == 403 and "ZIMU_HOSTS" in answer.text


def test_a_large_body_is_neither_refused_nor_kept_back(start):
    """The upstream has the first half while the second was never sent."""
    upstream = Upstream()
    try:
        proxy = start(upstream.at)
        context = ssl._create_unverified_context()  # noqa: S323
        with context.wrap_socket(socket.create_connection(("127.0.0.1", proxy.port), 60), server_hostname=NAME) as tls:
            login = base64.b64encode(":".join(LOGIN).encode()).decode()
            tls.sendall(f"POST /api/v1/media HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Basic {login}\r\n"
                        f"Content-Length: {LARGE}\r\n\r\n".encode())
            piece = bytes(1 << 20)
            for _ in range(LARGE // 2 // len(piece)):
                tls.sendall(piece)
            assert upstream.wait_received(LARGE // 4), upstream.received
    finally:
        upstream.close()
