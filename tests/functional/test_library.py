"""The library: sorting, filtering, tags, duplicates, pictures, and many texts as one zip; on the real server and worker."""

import io
import subprocess
import time
import zipfile

import pytest

from conftest import ffmpeg
from zimu_server import Server


def wait_ready(server, media_id, seconds=60):
    end = time.monotonic() + seconds
    with server.client() as client:
        while time.monotonic() < end:
            media = client.get(f"/api/v1/media/{media_id}").json()
            if media["state"] != "inspecting":
                return media
            time.sleep(0.1)
    raise AssertionError(media)


def titles(client, **query):
    """All of them, two a page."""
    found, after = [], {}
    while True:
        answer = client.get("/api/v1/media", params={"limit": 2} | query | after)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [item["title"] for item in page["items"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


def gray(jpeg):
    """Width, height and gray values of a JPEG, decoded by FFmpeg."""
    size = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", "-"],
                          input=jpeg, capture_output=True, check=True).stdout.decode().strip().split(",")
    assert size[0] == "mjpeg"
    pixels = subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"], input=jpeg,
                            capture_output=True, check=True).stdout
    return int(size[1]), int(size[2]), pixels


@pytest.fixture(scope="module")
def film(media_dir):
    """Black for three seconds, then a picture; one key frame only, as short films have."""
    target = media_dir / "film.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=black:s=1280x720:r=10:d=3[b];testsrc2=s=1280x720:r=10:d=9[t];[b][t]concat=n=2",
           "-f", "lavfi", "-i", "sine=d=12", "-c:v", "libx264", "-preset", "ultrafast", "-g", "999", "-c:a", "aac", target)
    return target


@pytest.fixture(scope="module")
def library(server, jfk, film, media_dir):
    """Four recordings: speech twice under other names, a film, and a tone that is shorter than all."""
    tone = media_dir / "tone.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=d=2", "-ar", "8000", tone)
    made = {}
    for name, path in [("Beta 会议", jfk), ("alpha", film), ("Zoë", tone), ("copy", jfk)]:
        made[name] = server.upload(path, f"{name}{path.suffix}")
        made[name] = wait_ready(server, made[name]["id"])
        assert made[name]["state"] == "ready", made[name]
    return made


def test_every_order(client, library):
    made = ["Beta 会议", "alpha", "Zoë", "copy"]
    assert titles(client) == made[::-1] and titles(client, sort="created") == made
    assert titles(client, sort="title") == ["alpha", "Beta 会议", "copy", "Zoë"]
    by_length = titles(client, sort="duration")
    assert by_length[0] == "Zoë" and by_length[-1] == "alpha" and titles(client, sort="-duration") == by_length[::-1]
    sizes = {name: media["size_bytes"] for name, media in library.items()}
    assert [sizes[name] for name in titles(client, sort="-size")] == sorted(sizes.values(), reverse=True)


def test_tags_and_words(client, library):
    for name, tags in [("alpha", ["work", "电影"]), ("Zoë", ["work", "Work "])]:
        answer = client.patch(f"/api/v1/media/{library[name]['id']}", json={"tags": tags})
        assert answer.status_code == 200, answer.text
    assert client.get("/api/v1/tags").json()["items"] == [{"tag": "work", "count": 2}, {"tag": "电影", "count": 1}]
    assert titles(client, tag="work") == ["Zoë", "alpha"] and titles(client, tag="电影", sort="title") == ["alpha"]
    assert titles(client, q="ZOE") == ["Zoë"] and titles(client, q="会议") == ["Beta 会议"]
    assert titles(client, q="work", sort="title") == ["alpha", "Zoë"], "tags are looked at too"
    assert titles(client, state="untranscribed", q="alpha") == ["alpha"] and titles(client, state="done") == []
    refused = client.patch(f"/api/v1/media/{library['alpha']['id']}", json={"tags": ["x" * 101]})
    assert refused.status_code == 400 and "'tags'" in refused.json()["detail"]


def test_a_duplicate_is_recognised(client, library):
    first, second = library["Beta 会议"], library["copy"]
    assert first["sha256"] == second["sha256"] and second["duplicate_of"] == first["id"]
    assert first["duplicate_of"] is None and library["alpha"]["duplicate_of"] is None


def test_the_picture_of_a_film_is_not_black(client, library):
    media = library["alpha"]
    assert media["has_poster"] and not library["Zoë"]["has_poster"]
    path = f"/api/v1/media/{media['id']}/poster"
    answer = client.get(path)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
    width, height, pixels = gray(answer.content)
    assert (width, height) == (640, 360)
    assert max(pixels) - min(pixels) > 150 and sum(pixels) / len(pixels) > 40
    assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert client.head(path).headers["content-length"] == str(len(answer.content))
    missing = client.get(f"/api/v1/media/{library['Zoë']['id']}/poster")
    assert missing.status_code == 404 and "no picture" in missing.json()["detail"]


def test_the_cover_of_an_audio_file(server, client, jfk, media_dir):
    picture, covered = media_dir / "cover.png", media_dir / "covered.mp3"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=900x900", "-frames:v", "1", picture)
    ffmpeg("-i", jfk, "-i", picture, "-map", "0:a", "-map", "1:v", "-c:a", "copy", "-c:v", "mjpeg", "-disposition:v",
           "attached_pic", covered)
    media = wait_ready(server, server.upload(covered)["id"])
    assert media["has_poster"] and not media["has_video"]
    assert gray(client.get(f"/api/v1/media/{media['id']}/poster").content)[:2] == (640, 640)
    assert client.delete(f"/api/v1/media/{media['id']}").status_code == 204


def test_texts_as_one_zip(server, client, library):
    ids = [library[name]["id"] for name in ("Beta 会议", "copy", "Zoë")]
    query = {"media_ids": ",".join(ids), "formats": "srt,txt"}
    early = client.get("/api/v1/archive", params=query)
    assert early.status_code == 409 and "finished transcript" in early.json()["detail"]
    for media_id in ids[:2]:
        assert server.wait_job(server.create_job(media_id, language="en")["id"])["state"] == "done"
    assert client.patch(f"/api/v1/media/{ids[1]}", json={"title": "beta 会议"}).status_code == 200
    answer = client.get("/api/v1/archive", params=query)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = ["Beta 会议.srt", "Beta 会议.txt", "beta 会议 (2).srt", "beta 会议 (2).txt", "missing.txt"]
        assert archive.namelist() == names, "in the order asked for, in UTF-8, and none twice on a disk that knows no case"
        assert "Zoë" in archive.read("missing.txt").decode()
        text = archive.read("Beta 会议.txt").decode()
        assert "ask not what your country" in text.lower()
        with client.stream("GET", f"/api/v1/media/{ids[0]}") as one:
            transcript = one.read() and one.json()["transcripts"][0]
        assert archive.read("Beta 会议.srt").decode() == server.export(transcript["id"], "srt")
    assert titles(client, state="done", language="en", sort="created") == ["Beta 会议", "beta 会议"]
    for wrong in [{}, {"media_ids": "x"}, {"media_ids": ids[0], "formats": "docx"}, {"media_ids": ids[0], "formats": ","}]:
        assert client.get("/api/v1/archive", params=wrong).status_code == 400, wrong
    assert client.get("/api/v1/archive", params={"media_ids": "019375b2-8e1c-7d3a-b2f4-0a1b2c3d4e5f"}).status_code == 404


def test_without_the_first_one_the_copy_is_none(client, library):
    assert client.delete(f"/api/v1/media/{library['Beta 会议']['id']}").status_code == 204
    assert client.get(f"/api/v1/media/{library['copy']['id']}").json()["duplicate_of"] is None


def test_it_is_all_there_after_a_restart(tmp_path, film):
    running = Server(tmp_path / "data").start()
    try:
        media = wait_ready(running, running.upload(film)["id"])
        with running.client() as client:
            client.patch(f"/api/v1/media/{media['id']}", json={"tags": ["kept"]})
        running.kill()
        running.start()
        with running.client() as client:
            again = client.get("/api/v1/media", params={"tag": "kept"}).json()["items"]
            assert [item["id"] for item in again] == [media["id"]] and again[0]["has_poster"]
            assert client.get(f"/api/v1/media/{media['id']}/poster").status_code == 200
    finally:
        running.stop()
