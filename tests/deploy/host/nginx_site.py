"""The fixture most nginx tests use: the real `zimu serve`, and nginx in front of it."""

from __future__ import annotations

import base64
import dataclasses
import pathlib
import wave

import httpx
import pytest

from nginx_stage import Web
from zimu_server import Server

TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = {"Content-Type": "application/offset+octet-stream"}


@dataclasses.dataclass
class Site:
    server: Server
    web: Web

    def upload(self, path: pathlib.Path) -> dict:
        with self.web.client() as client, open(path, "rb") as file:
            answer = client.post("/api/v1/media", files={"file": (path.name, file)})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def recordings(self) -> list[dict]:
        with self.server.client() as client:
            return client.get("/api/v1/media").json()["items"]


def authority(url: str) -> str:
    parsed = httpx.URL(url)
    return f"{parsed.host}:{parsed.port}"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One server and one nginx a test file."""
    # As in its container: on every address, where it does not look at the Host.
    server = Server(tmp_path_factory.mktemp("data"), env={
        "ZIMU_LISTEN": "0.0.0.0:0", "ZIMU_MAX_UPLOAD_BYTES": str(1 << 30)}).start()
    web = Web(tmp_path_factory.mktemp("web"), authority(server.url)).start()
    yield Site(server, web)
    assert web.stop() == 0, web.log()
    assert "[emerg]" not in web.log() and "[alert]" not in web.log(), web.log()
    assert server.stop() == 0, "\n".join(server.log[-40:])
    bad = [line for line in server.log if "Sanitizer" in line or "runtime error" in line]
    assert not bad, "\n".join(bad)


@pytest.fixture(scope="session")
def recording(tmp_path_factory) -> pathlib.Path:
    """Three seconds of a tone: small, real, and no byte range of it like another."""
    path = tmp_path_factory.mktemp("recording") / "tone.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(b"".join((n * n * 7 % 20000 - 10000).to_bytes(2, "little", signed=True) for n in range(48000)))
    return path


def begin_tus(client: httpx.Client, size: int, name: str) -> str:
    made = client.post("/api/v1/uploads", headers=TUS | {
        "Upload-Length": str(size), "Upload-Metadata": "filename " + base64.b64encode(name.encode()).decode()})
    assert made.status_code == 201, made.text
    return made.headers["location"]
