import pathlib
import subprocess

import pytest

from zimu_server import BIN, MODELS, SAMPLES, Server


def pytest_configure():
    for needed in (BIN / "zimu", BIN / "zimu-worker", MODELS / "ggml-base.bin", SAMPLES / "jfk.mp3"):
        if not needed.exists():
            pytest.exit(f"{needed} is missing; run `make test`", returncode=2)


@pytest.fixture(scope="session")
def jfk() -> pathlib.Path:
    return SAMPLES / "jfk.mp3"


@pytest.fixture(scope="session")
def media_dir(tmp_path_factory) -> pathlib.Path:
    return tmp_path_factory.mktemp("media")


def ffmpeg(*args) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, args)], check=True)


@pytest.fixture(scope="session")
def ten_windows(media_dir, jfk) -> pathlib.Path:
    """About four minutes: the speech eighteen times with pauses, some ten windows."""
    target = media_dir / "ten_windows.wav"
    ffmpeg("-stream_loop", "17", "-i", jfk, "-af", "apad=pad_dur=2", "-ar", "16000", "-ac", "1", target)
    return target


@pytest.fixture(scope="session")
def many_windows(media_dir, jfk) -> pathlib.Path:
    """Twelve minutes: more windows than are decoded at once, so that some are finished while others have not begun."""
    target = media_dir / "many_windows.wav"
    ffmpeg("-stream_loop", "63", "-i", jfk, "-af", "apad=pad_dur=2", "-ar", "16000", "-ac", "1", target)
    return target


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server a test file, with its own data folder."""
    running = Server(tmp_path_factory.mktemp("data")).start()
    yield running
    assert running.stop() == 0, "\n".join(running.log[-40:])
    bad = [line for line in running.log if "Sanitizer" in line or "runtime error" in line]
    assert not bad, "\n".join(bad)


@pytest.fixture
def client(server):
    with server.client() as client:
        yield client
