"""Recordings that an older Zimu looked at, without a picture and with a coarse waveform: made up for once they are shown."""

import time

import pytest

from conftest import ffmpeg
from test_library import gray, wait_ready
from zimu_server import Server


@pytest.fixture(scope="module")
def film(media_dir, jfk):
    target = media_dir / "old_film.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=640x360:r=10:d=11", "-i", jfk, "-c:v", "libx264", "-preset", "ultrafast", "-c:a",
           "aac", "-shortest", target)
    return target


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path / "data").start()
    yield running
    assert running.stop() == 0, "\n".join(running.log[-40:])
    bad = [line for line in running.log if "Sanitizer" in line or "runtime error" in line]
    assert not bad, "\n".join(bad)


def make_old(server, media_id):
    """The folder as it was before there were pictures: a waveform of 100 ms, and nothing else beside the file."""
    folder = server.data / "uploads" / media_id
    fine = (folder / "peaks").read_bytes()[12:]
    coarse = bytes(max(fine[i:i + 5]) for i in range(0, len(fine), 5))
    for file in folder.iterdir():
        if not file.name.startswith("original"):
            file.unlink()
    (folder / "peaks").write_bytes(b"ZPK1" + (100).to_bytes(4, "little") + len(coarse).to_bytes(4, "little") + coarse)


def library(server, film, count):
    """So many recordings of the film, as an older Zimu left them; the server has just been started."""
    made = [wait_ready(server, server.upload(film, f"film {i}.mp4")["id"]) for i in range(count)]
    assert all(m["state"] == "ready" and m["has_poster"] for m in made)
    assert server.stop() == 0
    for media in made:
        make_old(server, media["id"])
    server.start()
    return [m["id"] for m in made]


def has_poster(server, media_id):
    """Without opening it: the file is there, and so it is in the database's view."""
    return (server.data / "uploads" / media_id / "poster.jpg").exists()


def wait_until(done, seconds=120):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.1)


def waveform(client, media_id):
    return client.get(f"/api/v1/media/{media_id}/waveform", params={"points": 20000}).json()


def test_an_old_recording_gets_its_picture_and_waveform(server, film):
    first, second, third = library(server, film, 3)
    with server.client() as client:
        assert client.get("/api/v1/jobs").status_code == 200
        # One is opened. The others were not asked for, and an old waveform is better than none meanwhile.
        shown = client.get(f"/api/v1/media/{first}").json()
        assert shown["state"] == "ready" and not shown["has_poster"]
        assert waveform(client, second)["bucket_ms"] in (20, 100)
        wait_until(lambda: client.get(f"/api/v1/media/{first}").json()["has_poster"])
        after = client.get(f"/api/v1/media/{first}").json()
        assert after["state"] == "ready" and after["duration_ms"] == shown["duration_ms"] and after["sha256"] == shown["sha256"]
        fine = waveform(client, first)
        assert fine["bucket_ms"] == 20 and len(fine["peaks"]) == pytest.approx(after["duration_ms"] / 20, abs=5)
        assert max(fine["peaks"]) > 50
        width, height, _ = gray(client.get(f"/api/v1/media/{first}/poster").content)
        assert (width, height) == (640, 360)
        assert not has_poster(server, third)

        # Once: its picture is taken away, and of two that are shown it would come before the other.
        (server.data / "uploads" / first / "poster.jpg").unlink()
        client.get(f"/api/v1/media/{first}")
        assert client.get("/api/v1/media").status_code == 200
        wait_until(lambda: has_poster(server, second) and has_poster(server, third))
        assert not has_poster(server, first)


def test_a_transcription_comes_first(server, film, ten_windows):
    (old,) = library(server, film, 1)
    with server.client() as client:
        job = server.create_job(server.upload(ten_windows)["id"])
        server.wait_job(job["id"], states=("running",))
        while True:
            state = server.job(job["id"])["state"]
            assert client.get("/api/v1/media").status_code == 200
            if state not in ("queued", "running"):
                break
            # The state is asked again: the job may have ended between the two.
            assert not has_poster(server, old) or server.job(job["id"])["state"] == "done"
            time.sleep(0.2)
        assert state == "done"
        wait_until(lambda: has_poster(server, old))


def test_a_file_that_cannot_be_read_any_more_stays_as_it_was(server, film):
    (old,) = library(server, film, 1)
    content = next((server.data / "uploads" / old).glob("original*"))
    content.write_bytes(b"\0" * 1000)
    with server.client() as client:
        assert client.get(f"/api/v1/media/{old}").json()["state"] == "ready"
        wait_until(lambda: any("could not be looked at again" in line for line in server.log))
        wait_until(lambda: any((server.data / "uploads" / old).glob("inspected-*")))
        media = client.get(f"/api/v1/media/{old}").json()
        assert media["state"] == "ready" and media["duration_ms"] > 10000 and not media["problem"]
