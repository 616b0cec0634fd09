"""What nginx serves itself: the web app, its cache rules, and the security headers that every answer has."""

import collections
import html.parser

import pytest

from nginx_site import Site, recording, site  # noqa: F401
from nginx_stage import DIST, Web, needs_stage

pytestmark = needs_stage

ONCE = ["content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options", "permissions-policy",
        "cross-origin-opener-policy", "cross-origin-resource-policy", "cache-control", "server", "date"]
NO_UPSTREAM = "127.0.0.1:9"


def check_headers(what: str, status: int, headers: list[tuple[str, str]], inert: bool = False) -> None:
    names = collections.Counter(name.lower() for name, _ in headers)
    values = {name.lower(): value for name, value in headers}
    for name in ONCE:
        assert names[name] == 1, f"{what} ({status}): {name} is there {names[name]} times"
    assert values["x-content-type-options"] == "nosniff", what
    assert values["server"] == "nginx", f"{what}: the version is nobody's business: {values['server']}"
    assert "strict-transport-security" not in names, f"{what}: this is plain HTTP"
    # A recording opened as a page is sandboxed, and its player needs the browser's own inline style.
    if not inert:
        assert "unsafe" not in values["content-security-policy"], what
    assert "default-src" in values["content-security-policy"], what


def asset() -> str:
    return "/assets/" + next(p.name for p in DIST.joinpath("assets").iterdir() if p.suffix == ".js")


def test_page_and_deep_links(site: Site):
    page = DIST.joinpath("index.html").read_text()
    with site.web.client() as client:
        for path in ("/", "/index.html", "/recordings/0190", "/settings/models/deep?q=1"):
            answer = client.get(path)
            assert (answer.status_code, answer.text) == (200, page), path
            assert answer.headers["content-type"].startswith("text/html"), path
        script = client.get(asset())
        assert script.content == DIST.joinpath(asset()[1:]).read_bytes()
        assert "javascript" in script.headers["content-type"]


def test_missing_files_are_404_and_never_the_page(site: Site):
    with site.web.client() as client:
        for path in ("/assets/index-gone.js", "/assets/x", "/assets/", "/gone.png", "/a/b.js", "/.env", "/.git/config",
                     "/recordings/.hidden/x", "/metrics"):
            answer = client.get(path)
            assert answer.status_code == 404, path
            assert answer.headers["content-type"] == "application/problem+json", path
            assert answer.json()["status"] == 404, path


def test_cache_rules(site: Site):
    """Row 35."""
    forever = "public, max-age=31536000, immutable"
    with site.web.client() as client:
        for path, cached in {"/": "no-cache", "/index.html": "no-cache", "/deep/link": "no-cache", "/theme.js": "no-cache",
                             asset(): forever, "/assets/gone.js": "no-store", "/gone.png": "no-store",
                             "/api/v1/media": "no-store"}.items():
            assert client.get(path).headers["cache-control"] == cached, path
        first = client.get(asset(), headers={"Accept-Encoding": "identity"})
        again = client.get(asset(), headers={"If-None-Match": first.headers["etag"], "Accept-Encoding": "identity"})
        assert (again.status_code, again.headers["cache-control"]) == (304, forever)


def test_text_is_compressed_and_media_is_not(site: Site, recording):
    media = site.upload(recording)
    with site.web.client(headers={"Accept-Encoding": "gzip"}) as client:
        assert client.get(asset()).headers["content-encoding"] == "gzip"
        assert client.get("/api/v1/openapi.json").headers["content-encoding"] == "gzip"
        assert "content-encoding" not in client.get(f"/api/v1/media/{media['id']}/content").headers


def test_page_has_the_headers_that_the_server_alone_gives_it(site: Site):
    """Embedded and behind nginx, the app runs under the same rules."""
    with site.server.client() as direct, site.web.client() as through:
        for path in ("/", asset(), "/assets/gone.js"):
            theirs, ours = direct.get(path), through.get(path)
            assert theirs.status_code == ours.status_code
            for name in ONCE[:7] + (["cache-control"] if ours.status_code == 200 else []):
                if name in theirs.headers and ours.status_code == 200:
                    assert ours.headers[name] == theirs.headers[name], (path, name)


class Inline(html.parser.HTMLParser):
    found: list[str]

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith("on")]


def test_page_needs_no_unsafe_inline():
    parser = Inline()
    parser.found = []
    parser.feed(DIST.joinpath("index.html").read_text())
    assert not parser.found


@pytest.fixture(scope="module")
def media_id(site, recording) -> str:
    return site.upload(recording)["id"]


def test_every_kind_of_answer_has_the_headers(site: Site, media_id):
    """Row 36: each location, with the statuses it can have."""
    content = f"/api/v1/media/{media_id}/content"
    with site.web.client(headers={"Accept-Encoding": "identity"}) as client:
        etag = client.get(content).headers["etag"]
        for method, path, headers, status in [
            ("GET", "/", {}, 200), ("HEAD", "/", {}, 200), ("GET", "/deep/link", {}, 200), ("GET", asset(), {}, 200),
            ("GET", asset(), {"Range": "bytes=0-9"}, 200), ("GET", asset(), {"Range": "bytes=999999999-"}, 200),
            ("GET", "/assets/gone.js", {}, 404), ("GET", "/gone.png", {}, 404), ("GET", "/.git/config", {}, 404),
            ("GET", "/metrics", {}, 404), ("GET", "/healthz", {}, 200), ("POST", "/", {}, 405), ("DELETE", "/theme.js", {}, 405),
            ("GET", "/", {"Host": "evil.example"}, 403), ("GET", "/api/v1/media", {"Host": "evil.example"}, 403),
            ("GET", "/api", {}, 301), ("GET", "/v1", {}, 301), ("GET", "/livez", {}, 200), ("GET", "/readyz", {}, 200),
            ("DELETE", "/livez", {}, 405), ("GET", "/api/v1/system", {}, 200), ("GET", "/api/v1/openapi.json", {}, 200),
            ("GET", "/api/v1/nothing", {}, 404), ("GET", "/v1/models", {}, 200), ("GET", "/v1/nothing", {}, 404),
            ("GET", "/api/v1/nothing.js", {}, 404), ("GET", "/api/v1/media/not-an-id", {}, 404),
            ("POST", "/asr", {}, None), ("POST", "/detect-language", {}, None), ("POST", "/v1/audio/transcriptions", {}, 415),
            ("OPTIONS", "/api/v1/uploads", {}, 204), ("POST", "/api/v1/uploads", {}, 412),
            ("POST", "/api/v1/jobs", {"Origin": "http://evil.example"}, 403),
            ("GET", content, {}, 200), ("HEAD", content, {}, 200), ("GET", content, {"Range": "bytes=1-2"}, 206),
            ("GET", content, {"Range": "bytes=999999999-"}, 416), ("GET", content, {"If-None-Match": etag}, 304),
        ]:
            answer = client.request(method, path, headers=headers)
            what = f"{method} {path} {headers}"
            assert status is None or answer.status_code == status, f"{what}: {answer.status_code} {answer.text[:200]}"
            check_headers(what, answer.status_code, answer.headers.multi_items(), inert=path == content)
        with client.stream("GET", "/api/v1/events") as events:
            check_headers("events", events.status_code, events.headers.multi_items())


def test_requests_that_are_none_have_the_headers(site: Site):
    """Row 36: what nginx refuses before it knows a location, and what the server refuses before it knows a route."""
    long = b"x" * 20000
    for text, status in [(b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET /" + long + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
                         (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + long + b"\r\n\r\n", 400),
                         (b"TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
                         (b"GET /api/v1/media HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400),
                         (b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400)]:
        got, headers, body = site.web.raw(text)
        assert got == status, (text[:60], got, body[:200])
        check_headers(repr(text[:60]), got, headers)
        assert b"root:" not in body


def test_proxied_errors_have_the_headers_while_the_server_is_away(tmp_path):
    """Row 36, and: the page itself still comes, and the API says what is wrong in its own form."""
    web = Web(tmp_path, NO_UPSTREAM).start()
    try:
        with web.client() as client:
            assert "<div id=\"app\">" in client.get("/").text
            for path in ("/api/v1/media", "/api/v1/events", "/livez", "/readyz", "/asr", "/detect-language"):
                answer = client.get(path)
                assert answer.status_code == 503, path
                assert answer.headers["content-type"] == "application/problem+json", path
                assert answer.json()["code"] == "unavailable" and "docker compose" in answer.json()["action"], path
                assert answer.headers["retry-after"] == "5", path
                check_headers(path, 503, answer.headers.multi_items())
            answer = client.post("/v1/audio/transcriptions", files={"file": ("a.js", b"x")})
            assert answer.status_code == 503 and answer.headers["content-type"] == "application/json"
            assert "cannot reach" in answer.json()["error"]["message"]
            check_headers("openai", 503, answer.headers.multi_items())
    finally:
        web.stop()


def test_redirects_name_no_host_and_no_port(site: Site):
    """Which of both the browser uses, only the browser knows."""
    with site.web.client() as client:
        assert client.get("/api").headers["location"] == "/api/"
        assert client.get("/v1", headers={"Host": "localhost:18080"}).headers["location"] == "/v1/"


def test_access_log_has_no_queries(site: Site):
    with site.web.client() as client:
        client.get("/api/v1/media?q=what-nobody-else-may-read")
        client.get("/log-mark?q=what-nobody-else-may-read")
    assert '"GET /log-mark"' in site.web.log()
    assert "what-nobody-else-may-read" not in site.web.log()
