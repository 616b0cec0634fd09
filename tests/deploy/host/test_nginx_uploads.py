"""Uploads through nginx: any size, nothing kept on the way, nothing left of those that broke."""

import hashlib
import socket
import time

import httpx
import pytest

from nginx_peers import Upstream
from nginx_site import OCTETS, TUS, Site, begin_tus, recording, site  # noqa: F401
from nginx_stage import Web, needs_stage

pytestmark = needs_stage

PIECE = b"\0" * (1 << 20)
HUGE = 3 << 30


def send_pieces(connection: socket.socket, amount: int, chunked: bool) -> None:
    while amount > 0:
        piece = PIECE[:min(amount, len(PIECE))]
        connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        amount -= len(piece)


@pytest.mark.parametrize("path", ["/api/v1/uploads/1", "/api/v1/media", "/v1/audio/transcriptions", "/asr"])
def test_bytes_reach_the_server_as_they_come(tmp_path, path):
    """Row 30: half of an upload that never ends is with the server; nginx waits for nothing."""
    upstream = Upstream()
    web = Web(tmp_path, upstream.at).start()
    try:
        with socket.create_connection(("127.0.0.1", web.port), timeout=120) as connection:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {64 << 20}\r\n\r\n".encode())
            send_pieces(connection, 32 << 20, False)
            assert upstream.wait_received(32 << 20), upstream.received
    finally:
        web.stop()
        upstream.close()


@pytest.mark.parametrize(("size", "chunked"), [(HUGE, False), (256 << 20, True)])
def test_huge_upload_leaves_nothing_in_nginx(tmp_path, size, chunked):
    """Row 30: 3 GiB through a container whose /tmp has 16 MiB; its memory and /tmp stay as they were."""
    upstream = Upstream()
    web = Web(tmp_path, upstream.at).start()
    try:
        with socket.create_connection(("127.0.0.1", web.port), timeout=300) as connection:
            framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
            connection.sendall(f"POST /api/v1/media HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n".encode())
            send_pieces(connection, 16 << 20, chunked)
            assert upstream.wait_received(16 << 20)
            memory, spooled = web.memory(), web.spooled()
            most_memory = most_spooled = 0
            for _ in range(16):
                send_pieces(connection, (size - (16 << 20)) // 16, chunked)
                most_memory, most_spooled = max(most_memory, web.memory()), max(most_spooled, web.spooled())
            if chunked:
                connection.sendall(b"0\r\n\r\n")
            answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), (answer, web.log())
        assert upstream.received == size
        assert most_spooled == spooled, f"{most_spooled - spooled} bytes were spooled to /tmp"
        assert most_memory - memory < 4 << 20, f"nginx grew by {(most_memory - memory) >> 10} KiB"
    finally:
        web.stop()
        upstream.close()


def test_multipart_and_tus_arrive_byte_for_byte(site: Site, recording):
    want = recording.read_bytes()
    media = [site.upload(recording)["id"]]
    with site.web.client() as client:
        path = begin_tus(client, len(want), "tone.wav")
        assert path.startswith("/api/v1/uploads/"), "a relative address holds behind every proxy"
        for offset in range(0, len(want), 40000):
            sent = client.patch(path, content=want[offset:offset + 40000], headers=TUS | OCTETS | {"Upload-Offset": str(offset)})
            assert sent.status_code == 204, sent.text
        media.append(sent.headers["zimu-media-id"])
        for id in media:
            assert client.get(f"/api/v1/media/{id}/content").content == want


def test_refusal_comes_through_in_the_middle_of_an_upload(site: Site):
    """The server refuses at once what is over its limit; the browser must see why, not a broken connection."""
    size = 2 << 30
    with site.web.client() as client:
        made = client.post("/api/v1/uploads", headers=TUS | {"Upload-Length": str(size)})
        assert made.status_code == 413 and made.headers["content-type"] == "application/problem+json"

    def body():
        for _ in range(size >> 20):
            yield PIECE

    with site.web.client() as client:
        answer = client.post("/api/v1/media", content=body(), headers={
            "Content-Length": str(size), "Content-Type": "multipart/form-data; boundary=x"})
        assert answer.status_code in (400, 413), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def files_of(site: Site) -> list[str]:
    uploads = site.server.data / "uploads"
    return sorted(str(p.relative_to(uploads)) for p in uploads.rglob("*") if p.is_file() and p.suffix != ".peaks")


def wait_until(what, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def test_cut_multipart_leaves_no_half_file(site: Site):
    """Row 31: the connection breaks in the middle of the one request."""
    recordings, files = site.recordings(), files_of(site)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="cut.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    with socket.create_connection(("127.0.0.1", site.web.port), timeout=60) as connection:
        connection.sendall(b"POST /api/v1/media HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n"
                           b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" + head)
        send_pieces(connection, 5 << 20, False)
        wait_until(lambda: files_of(site) != files)  # the server is writing it
    wait_until(lambda: files_of(site) == files)
    assert site.recordings() == recordings


def test_cut_tus_goes_on_and_is_whole(site: Site, tmp_path):
    """Row 31: what arrived before the cut is kept as an upload, not as a recording, and the rest completes it."""
    recordings = len(site.recordings())
    want = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(200_000))
    with site.web.client() as client:
        path = begin_tus(client, len(want), "cut.wav")
        with socket.create_connection(("127.0.0.1", site.web.port), timeout=60) as connection:
            connection.sendall((f"PATCH {path} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                                f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(want)}\r\n\r\n").encode())
            connection.sendall(want[:3_000_000])
            wait_until(lambda: int(client.head(path, headers=TUS).headers["upload-offset"]) > 0)
        assert len(site.recordings()) == recordings

        def go_on() -> bool:
            """False while the server still holds the broken request."""
            offset = int(client.head(path, headers=TUS).headers["upload-offset"])
            assert offset <= 3_000_000
            sent = client.patch(path, content=want[offset:], headers=TUS | OCTETS | {"Upload-Offset": str(offset)})
            assert sent.status_code in (204, 409, 423), sent.text
            go_on.media = sent.headers.get("zimu-media-id")
            return sent.status_code == 204

        wait_until(go_on)
        assert client.get(f"/api/v1/media/{go_on.media}/content").content == want
