"""A 20 GiB upload through tus, broken and resumed; the server's memory stays flat."""

import os
import shutil
import socket
import time

import httpx
import pytest

from zimu_server import Server

TUS = {"Tus-Resumable": "1.0.0"}
SIZE = int(os.environ.get("ZIMU_TEST_HUGE_BYTES", 2 << 30))  # the release check uses 20 GiB
BREAKS = 5
PIECE = b"\0" * (4 << 20)


def settled_offset(client, path):
    """Where to go on, once the server has let go of the broken connection: until then a PATCH is 423 or 409."""
    for _ in range(600):
        offset = client.head(path, headers=TUS).headers["upload-offset"]
        empty = client.patch(path, content=b"", headers=TUS | {
            "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream"})
        if empty.status_code == 204:
            return int(offset)
        assert empty.status_code in (409, 423), empty.text
        time.sleep(0.1)
    raise AssertionError("the upload stays locked")


def send(server, path, offset, amount):
    """Sends `amount` bytes of a PATCH that promises all the rest, then drops the connection."""
    url = httpx.URL(server.url)
    head = (f"PATCH {path} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
            f"Content-Type: application/offset+octet-stream\r\nContent-Length: {SIZE - offset}\r\n\r\n")
    with socket.create_connection((url.host, url.port), timeout=120) as connection:
        connection.sendall(head.encode())
        while amount > 0:
            piece = PIECE[: min(amount, len(PIECE))]
            connection.sendall(piece)
            amount -= len(piece)


def test_broken_five_times_and_resumed(tmp_path):
    if shutil.disk_usage(tmp_path).free < SIZE + (4 << 30):
        pytest.skip("not enough disk here")
    # A sanitizer keeps freed memory for a while; what is measured here is ours.
    running = Server(tmp_path / "data", env={"ASAN_OPTIONS": "quarantine_size_mb=4"}).start()
    try:
        client = running.client()
        made = client.post("/api/v1/uploads", headers=TUS | {"Upload-Length": str(SIZE), "Upload-Metadata": "filename aHVnZS53YXY="})
        assert made.status_code == 201, made.text
        path = httpx.URL(made.headers["location"]).path
        before = running.memory()
        most = before
        for broken in range(BREAKS):
            offset = settled_offset(client, path)
            send(running, path, offset, SIZE // (BREAKS + 1))
            most = max(most, running.memory())
        offset = settled_offset(client, path)
        assert offset > 0
        url = httpx.URL(running.url)
        with socket.create_connection((url.host, url.port), timeout=300) as connection:
            connection.sendall((f"PATCH {path} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
                                f"Content-Type: application/offset+octet-stream\r\nContent-Length: {SIZE - offset}\r\n\r\n").encode())
            left = SIZE - offset
            while left > 0:
                piece = PIECE[: min(left, len(PIECE))]
                connection.sendall(piece)
                left -= len(piece)
                most = max(most, running.memory())
            answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 204"), answer
        assert b"zimu-media-id:" in answer.lower(), answer
        growth = most - before
        print(f"memory before {before >> 20} MiB, growth {growth >> 20} MiB for {SIZE >> 30} GiB")
        assert growth < 60 << 20
    finally:
        running.stop()
