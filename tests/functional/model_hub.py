"""A Hugging Face hub on this machine: repositories of real files, and what networks do to them."""

from __future__ import annotations

import hashlib
import json
import pathlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIECE = 1 << 20


class Hub:
    """`repos` is name → folder. Use it as a context manager; `url` is what HF_ENDPOINT wants. `name` is that of this machine
    for those who ask from elsewhere."""

    def __init__(self, repos: dict[str, pathlib.Path], name: str = ""):
        self.repos = repos
        self.cuts = 0                        # so many answers with weights break off in the middle
        self.hold_at: int | None = None      # no byte of the weights after this one, until `go`
        self.go = threading.Event()
        self.pace = 0.0                      # seconds for each MiB of the weights
        self.told_hash = ""                  # for the weights, instead of their own
        self.requests: list[tuple[str, str]] = []  # path, Range header
        self._hashes: dict[pathlib.Path, str] = {}
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                hub.requests.append((self.path, self.headers.get("Range", "")))
                try:
                    hub.answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.close_connection = True

        self._server = ThreadingHTTPServer(("0.0.0.0" if name else "127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{name or '127.0.0.1'}:{self._server.server_address[1]}"

    def __enter__(self) -> "Hub":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.go.set()
        self._server.shutdown()
        self._server.server_close()

    def ranges(self) -> list[int]:
        """Where each request for weights began."""
        asked = [header for path, header in self.requests if path.endswith("/model.bin")]
        return [int(header.removeprefix("bytes=").split("-")[0]) if header else 0 for header in asked]

    def hash_of(self, file: pathlib.Path) -> str:
        if file not in self._hashes:
            with open(file, "rb") as stream:
                self._hashes[file] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._hashes[file]

    def answer(self, request) -> None:
        for name, folder in self.repos.items():
            if request.path.startswith(f"/api/models/{name}/revision/"):
                siblings = [{"rfilename": file.name, "size": file.stat().st_size} for file in sorted(folder.iterdir())]
                return self.send(request, json.dumps({"sha": COMMIT, "siblings": siblings}).encode())
            # A pinned model is asked for by its own commit.
            if request.path.startswith(f"/{name}/resolve/"):
                file = folder / request.path.rsplit("/", 1)[1]
                if file.is_file():
                    return self.send_file(request, file)
        request.send_error(404)

    def send(self, request, body: bytes) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def send_file(self, request, file: pathlib.Path) -> None:
        size, weights = file.stat().st_size, file.name == "model.bin"
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        if start >= size:
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{size}")
            request.end_headers()
            return
        end = size
        if weights and self.cuts > 0:
            self.cuts -= 1
            end = start + (size - start) // 2
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        if weights:
            request.send_header("X-Linked-Etag", f'"{self.told_hash or self.hash_of(file)}"')
        request.send_header("Content-Length", str(size - start))
        request.end_headers()
        with open(file, "rb") as stream:
            stream.seek(start)
            at = start
            while at < end:
                if weights and self.hold_at is not None and at >= self.hold_at:
                    self.go.wait()
                if weights:
                    time.sleep(self.pace)
                piece = stream.read(min(PIECE, end - at))
                request.wfile.write(piece)
                at += len(piece)
