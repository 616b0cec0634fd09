"""A 20 GiB upload through tus, broken and resumed; the server's memory stays flat."""

import os
import shutil
import socket

import httpx
import pytest

from zimu_server import Server

TUS = {"Tus-Resumable": "1.0.0"}
SIZE = int(os.environ.get("ZIMU_TEST_HUGE_BYTES", 2 << 30))  # the release check uses 20 GiB
BREAKS = 5
PIECE = b"\0" * (4 << 20)


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
        if offset + amount >= SIZE:
            return connection.recv(65536)
    return b""


def test_broken_five_times_and_resumed(tmp_path):
    if shutil.disk_usage(tmp_path).free < SIZE + (4 << 30):
        pytest.skip("not enough disk here")
    running = Server(tmp_path / "data").start()
    try:
        client = running.client()
        made = client.post("/api/v1/uploads", headers=TUS | {"Upload-Length": str(SIZE), "Upload-Metadata": "filename aHVnZS53YXY="})
        assert made.status_code == 201, made.text
        path = httpx.URL(made.headers["location"]).path
        before = running.memory()
        most = before
        for broken in range(BREAKS):
            offset = int(client.head(path, headers=TUS).headers["upload-offset"])
            send(running, path, offset, SIZE // (BREAKS + 1))
            most = max(most, running.memory())
        for _ in range(50):
            head = client.head(path, headers=TUS)
            offset = int(head.headers["upload-offset"])
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
            if answer.startswith(b"HTTP/1.1 204"):
                break
        assert b"zimu-media-id:" in answer.lower(), answer
        growth = most - before
        print(f"memory before {before >> 20} MiB, growth {growth >> 20} MiB for {SIZE >> 30} GiB")
        assert growth < 60 << 20
    finally:
        running.stop()
