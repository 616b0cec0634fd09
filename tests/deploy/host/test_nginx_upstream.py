"""nginx and the name of the server: unknown at first, moved later, written in /etc/hosts, or wrong."""

import re
import time

import psutil
import pytest

from nginx_peers import NameServer
from nginx_stage import CONF, Web, free_port, needs_stage
from zimu_server import Server

pytestmark = needs_stage

OLD, NEW, NAMES = "127.77.0.10", "127.77.0.11", "127.77.0.53"


@pytest.fixture
def names():
    server = NameServer(NAMES)
    yield server
    server.close()


def wait_status(client, path: str, status: int, seconds: float = 60) -> float:
    began = time.monotonic()
    while (got := client.get(path).status_code) != status:
        assert time.monotonic() - began < seconds, f"{path} stays {got}"
        time.sleep(0.2)
    return time.monotonic() - began


def test_server_is_found_again_at_another_address(tmp_path, names):
    """Row 34: the server is recreated, its name has another address, nginx is the same process as before."""
    port = free_port(OLD)
    old = Server(tmp_path / "old", env={"ZIMU_LISTEN": f"{OLD}:{port}"}).start()
    names.names["server"] = OLD
    web = Web(tmp_path / "web", f"server:{port}", resolv=f"search nowhere\nnameserver {NAMES}\noptions ndots:0\n").start()
    new = None
    try:
        workers = [p.pid for p in psutil.Process(web.process.pid).children()]
        with web.client() as client:
            assert client.get("/livez").status_code == 200
            assert old.stop() == 0
            names.names.clear()
            wait_status(client, "/livez", 503)
            new = Server(tmp_path / "new", env={"ZIMU_LISTEN": f"{NEW}:{port}"}).start()
            names.names["server"] = NEW
            took = wait_status(client, "/livez", 200)
            print(f"recovered after {took:.1f} s")
        assert [p.pid for p in psutil.Process(web.process.pid).children()] == workers, "nginx was restarted"
    finally:
        web.stop()
        for server in (old, new):
            if server:
                server.stop()


def test_starts_before_the_name_is_known(tmp_path, names):
    server = Server(tmp_path / "data").start()
    port = server.url.rsplit(":", 1)[1]
    web = Web(tmp_path / "web", f"server:{port}", resolv=f"nameserver fe80::1%eth0\nnameserver {NAMES}").start()
    try:
        with web.client() as client:
            assert client.get("/").status_code == 200
            assert client.get("/livez").status_code == 503
            assert "server" in names.asked
            names.names["server"] = "127.0.0.1"
            wait_status(client, "/livez", 200)
    finally:
        web.stop()
        server.stop()


def test_name_of_etc_hosts(tmp_path):
    """As libc does it: extra_hosts, and containers that share a pod."""
    server = Server(tmp_path / "data").start()
    port = server.url.rsplit(":", 1)[1]
    web = Web(tmp_path / "web", f"the-server:{port}", hosts="::1 the-server\n127.0.0.1 x the-server # comment\n",
              resolv="# nobody\n").start()
    try:
        with web.client() as client:
            assert client.get("/livez").status_code == 200
    finally:
        web.stop()
        server.stop()


def test_health_is_of_nginx_alone(tmp_path):
    """With the server away and a proxy in the environment, healthy; without nginx, not."""
    web = Web(tmp_path, "127.0.0.1:9").start()
    proxy = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    asked = web.inside("/bin/sh", "/opt/zimu/entrypoint.sh", "health", env=proxy)
    assert asked.returncode == 0, asked.stderr
    assert "/healthz" not in web.log(), "asked every few seconds, logged never"
    elsewhere = web.inside("/bin/sh", "/opt/zimu/entrypoint.sh", "health",
                           env=proxy | {"ZIMU_WEB_LISTEN": f"127.0.0.1:{free_port()}"})
    assert elsewhere.returncode != 0
    assert web.stop() == 0


def test_configuration_is_valid(tmp_path):
    ran = Web(tmp_path, "server:8080", env={"ZIMU_HOSTS": "zimu.example.com,*.example.org"}).run("test")
    assert ran.returncode == 0, ran.stderr
    assert "test is successful" in ran.stderr and "[warn]" not in ran.stderr, ran.stderr


def test_answers_that_take_hours_are_waited_for():
    """A recording of four hours is answered in one piece, long after the last byte was sent."""
    conf = CONF.joinpath("nginx.conf").read_text()
    for location in ("^~ /v1/", "= /asr", "= /detect-language"):
        block = re.search(r"location " + re.escape(location) + r" \{(.*?)\}", conf, re.DOTALL)
        assert block and "proxy_read_timeout 24h;" in block[1], location


@pytest.mark.parametrize(("env", "says"), [
    ({"ZIMU_UPSTREAM": "server"}, "ZIMU_UPSTREAM='server' is not host:port"),
    ({"ZIMU_UPSTREAM": "server:http"}, "is not host:port"),
    ({"ZIMU_UPSTREAM": 'x"; } evil:80'}, "ZIMU_UPSTREAM="),
    ({"ZIMU_HOSTS": "a.example; include /etc/passwd"}, "ZIMU_HOSTS="),
    ({"ZIMU_WEB_LISTEN": "8080; root /"}, "ZIMU_WEB_LISTEN="),
    ({"ZIMU_RESOLVER": "127.0.0.1; x"}, "ZIMU_RESOLVER="),
    ({"ZIMU_TEST_NO_TMP": "1"}, "give the container a tmpfs at /tmp"),
])
def test_wrong_settings_are_refused_with_their_name(tmp_path, env, says):
    ran = Web(tmp_path, "server:8080", env=env).run("serve")
    assert ran.returncode == 78, ran.stderr
    assert says in ran.stderr
