"""Recordings and events through nginx: byte ranges untouched, nothing spooled, nothing held back."""

import json
import os
import pathlib
import socket
import time

import pytest

from nginx_peers import Upstream
from nginx_site import OCTETS, TUS, Site, begin_tus, recording, site  # noqa: F401
from nginx_stage import Web, needs_stage
from zimu_server import SAMPLES

pytestmark = needs_stage


def test_ranges_are_the_bytes_of_the_file(site: Site, recording):
    """Row 32."""
    want = recording.read_bytes()
    size = len(want)
    path = f"/api/v1/media/{site.upload(recording)['id']}/content"
    with site.web.client() as client:
        whole = client.get(path)
        assert whole.content == want and whole.headers["accept-ranges"] == "bytes"
        for range_, first, last in [("100-199", 100, 199), ("0-0", 0, 0), (f"{size - 1}-", size - 1, size - 1),
                                    ("-500", size - 500, size - 1), ("40000-99999999", 40000, size - 1)]:
            part = client.get(path, headers={"Range": "bytes=" + range_, "Accept-Encoding": "gzip"})
            assert part.status_code == 206, range_
            assert part.content == want[first:last + 1], range_
            assert part.headers["content-range"] == f"bytes {first}-{last}/{size}", range_
            assert "content-encoding" not in part.headers
        assert client.get(path, headers={"Range": f"bytes={size}-"}).status_code == 416
        fresh = client.get(path, headers={"Range": "bytes=0-9", "If-Range": whole.headers["etag"]})
        stale = client.get(path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
        assert (fresh.status_code, stale.status_code) == (206, 200)


def test_slow_player_does_not_fill_tmp(site: Site):
    """A player that pauses: what it does not take stays with the server, not in the web container's 16 MiB."""
    size = 96 << 20
    with site.web.client() as client:
        path = begin_tus(client, size, "long.wav")
        sent = client.patch(path, content=bytes(size), headers=TUS | OCTETS | {"Upload-Offset": "0"})
        assert sent.status_code == 204, sent.text
        id = sent.headers["zimu-media-id"]
    spooled = site.web.spooled()
    with socket.create_connection(("127.0.0.1", site.web.port), timeout=120) as connection:
        connection.sendall(f"GET /api/v1/media/{id}/content HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        received = len(connection.recv(1 << 16))
        # Time for nginx to read ahead as far as it would; a file would grow in this while.
        for _ in range(20):
            time.sleep(0.1)
            assert site.web.spooled() == spooled
        while piece := connection.recv(1 << 20):
            received += len(piece)
    assert received > size, f"only {received} of {size} bytes came: " + site.web.log()[-2000:]


def test_events_come_while_the_stream_is_open(site: Site, recording):
    """Row 33: the first line at once, then the event of an upload that is made after the stream was opened."""
    with site.web.client() as client, client.stream(
            "GET", "/api/v1/events", headers={"Accept-Encoding": "gzip"}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.headers
        # For another proxy in front, which would else hold the stream back.
        assert stream.headers["x-accel-buffering"] == "no"
        lines = stream.iter_lines()
        assert any(line.startswith("id:") for line in lines)
        media = site.upload(recording)
        for line in lines:
            if line.startswith("data:") and json.loads(line[5:]).get("id") == media["id"]:
                break
        else:
            raise AssertionError("the stream ended without the event")


@pytest.mark.parametrize("path", ["/api/v1/events?stream", "/v1/audio/transcriptions?stream"])
def test_streams_are_not_held_back_even_if_the_server_does_not_ask(tmp_path, path):
    """Row 33: each event is read before the upstream may write the next one."""
    upstream = Upstream()
    web = Web(tmp_path, upstream.at).start()
    try:
        with web.client() as client, client.stream("POST" if "v1/audio" in path else "GET", path) as stream:
            lines = stream.iter_lines()
            for number in range(3):
                upstream.release()
                assert next(lines) == f"data: {number}"
                assert next(lines) == ""
    finally:
        web.stop()
        upstream.close()


@pytest.mark.skipif(not SAMPLES.joinpath("jfk.mp3").exists(), reason="the sample recording is not there (make whisper)")
def test_openai_stream_of_real_speech(site: Site):
    """OpenAI's streaming transcription, with the real model, through nginx."""
    sample = pathlib.Path(SAMPLES / "jfk.mp3")
    with site.web.client(timeout=300) as client, open(sample, "rb") as file, client.stream(
            "POST", "/v1/audio/transcriptions", files={"file": (sample.name, file)},
            data={"model": "whisper-1", "stream": "true"}) as stream:
        assert stream.status_code == 200, stream.read()
        events = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: {")]
    assert events[-1]["type"] == "transcript.text.done"
    assert "country" in events[-1]["text"]
    assert any(event["type"] == "transcript.text.delta" for event in events)


def test_stop_ends_open_streams(site: Site, tmp_path):
    """SIGQUIT with a browser listening: nginx ends, with 0, and does not wait for the stream to end by itself."""
    web = Web(tmp_path, site.web.env["ZIMU_UPSTREAM"]).start()
    with web.client() as client, client.stream("GET", "/api/v1/events") as stream:
        assert stream.status_code == 200
        lines = stream.iter_lines()  # kept: with the last reference to it the stream would be closed
        assert next(lines)
        assert web.stop() == 0, web.log()
    assert not os.path.exists(f"/proc/{web.process.pid}")
