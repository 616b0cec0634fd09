"""Under which names nginx answers, and what the server's guard against foreign pages makes of requests through it."""

import pytest

from nginx_peers import Upstream
from nginx_site import Site, authority, site  # noqa: F401
from nginx_stage import Web, needs_stage

pytestmark = needs_stage


def job_status(client, **headers) -> int:
    """422 or 400: the guard let it through and the job is refused for what it is; 403: the guard refused it."""
    return client.post("/api/v1/jobs", json={"media_id": "none"}, headers=headers).status_code


def test_the_browsers_own_requests_are_accepted_on_any_published_port(site: Site):
    with site.web.client() as client:
        for host in ("localhost:8080", "localhost:18080", "192.168.1.20:9000", "[::1]:8080", "studio.lan", "zimu:8080"):
            assert job_status(client, Host=host, Origin="http://" + host) != 403, host
            assert job_status(client, Host=host, Origin="http://evil.example") == 403, host
        # Another program's page on the same machine.
        assert job_status(client, Host="localhost:18080", Origin="http://localhost:3000") == 403


def test_behind_a_proxy_that_ends_tls(site: Site):
    """One that asks by our own address and says the browser's in X-Forwarded-Host."""
    with site.web.client() as client:
        forwarded = {"X-Forwarded-Host": "zimu.example.com", "X-Forwarded-Proto": "https"}
        assert job_status(client, Host="localhost:8080", Origin="https://zimu.example.com", **forwarded) != 403
        assert job_status(client, Host="localhost:8080", Origin="https://evil.example", **forwarded) == 403


@pytest.mark.parametrize("hosts", ["zimu.example.com", "Other.example, ZIMU.example.com zimu.example.com", "*.example.com", "*"])
def test_behind_a_proxy_that_keeps_the_name(site: Site, tmp_path, hosts):
    """One that hands on the Host as it is: the name is in ZIMU_HOSTS."""
    web = Web(tmp_path, authority(site.server.url), env={"ZIMU_HOSTS": hosts}).start()
    try:
        with web.client() as client:
            name = {"Host": "zimu.example.com", "X-Forwarded-Proto": "https"}
            assert client.get("/", headers=name).status_code == 200
            assert job_status(client, Origin="https://zimu.example.com", **name) not in (403, 502, 503)
            assert job_status(client, Origin="https://evil.example", **name) == 403
            foreign = client.get("/", headers={"Host": "evil.test"}).status_code
            assert foreign == (200 if hosts == "*" else 403)
    finally:
        web.stop()


def test_names_of_others_are_refused(site: Site):
    """A page whose name was made to point here (DNS rebinding) sends that name."""
    with site.web.client() as client:
        for host in ("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "EVIL.example."):
            answer = client.get("/api/v1/media", headers={"Host": host})
            assert answer.status_code == 403, host
            assert "ZIMU_HOSTS" in answer.json()["action"]
        for host in ("localhost", "127.0.0.1:8080", "[::1]", "nas", "nas.local", "NAS.Local.", "zimu.home.arpa", "a.internal"):
            assert client.get("/api/v1/media", headers={"Host": host}).status_code == 200, host


def test_what_the_server_is_told(tmp_path):
    upstream = Upstream()
    web = Web(tmp_path, upstream.at).start()
    try:
        with web.client() as client:
            web.raw(b"GET /api/v1/a%2Fb/../c//d?x=%20&y HTTP/1.1\r\nHost: localhost:18080\r\nConnection: close\r\n\r\n")
            client.get("/v1/models", headers={"Host": "nas", "X-Forwarded-Host": "zimu.example.com",
                                              "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"})
        first, second = upstream.heads
        assert first.startswith("GET /api/v1/a%2Fb/../c//d?x=%20&y HTTP/1.1\n"), first
        assert "Host: localhost:18080" in first and "X-Forwarded-Host: localhost:18080" in first
        assert "X-Forwarded-Proto: http\n" in first + "\n" and "X-Forwarded-For: 127.0.0.1" in first
        assert second.startswith("GET /v1/models HTTP/1.1\nHost: nas\n")
        assert "X-Forwarded-Host: zimu.example.com" in second and "X-Forwarded-Proto: https" in second
        assert "X-Forwarded-For: 203.0.113.9, 127.0.0.1" in second
    finally:
        web.stop()
        upstream.close()
