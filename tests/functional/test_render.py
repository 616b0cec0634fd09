"""Subtitles drawn into films and put beside them, by the real ffmpeg; what is in the results is looked at."""

import os
import pathlib
import subprocess
import time

import psutil
import pytest

import film
from zimu_server import Server

CUES = ((2, 4, "The quick brown fox"), (5, 7, "字幕，你好世界"))


@pytest.fixture(scope="module")
def picture(media_dir, jfk):
    return film.grey_film(media_dir / "grey.mp4", jfk)


def ready(server, path) -> dict:
    media = server.upload(path)
    end = time.monotonic() + 60
    with server.client() as client:
        while media["state"] == "inspecting" and time.monotonic() < end:
            time.sleep(0.1)
            media = client.get(f"/api/v1/media/{media['id']}").json()
    assert media["state"] == "ready", media
    return media


def track(server, media, *cues, **query) -> dict:
    with server.client() as client:
        answer = client.post(f"/api/v1/media/{media['id']}/transcripts", params=query, content=film.srt(*(cues or CUES)).encode())
    assert answer.status_code == 201, answer.text
    return answer.json()


def order(server, transcript, mode, style=None, **options) -> dict:
    with server.client() as client:
        answer = client.post("/api/v1/jobs", json={"kind": "render", "transcript_id": transcript["id"],
                                                   "render": {"mode": mode, **options, **({"style": style} if style else {})}})
    assert answer.status_code == 201, answer.text
    return answer.json()


def fetch(server, job, folder) -> pathlib.Path:
    with server.client() as client:
        answer = client.get(f"/api/v1/jobs/{job['id']}/result")
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == job["result"]["size_bytes"] and answer.headers["content-type"] == job["result"]["content_type"]
    target = folder / ("result" + pathlib.Path(job["result"]["file_name"]).suffix)
    target.write_bytes(answer.content)
    return target


def made(server, transcript, folder, mode, style=None, **options):
    job = server.wait_job(order(server, transcript, mode, style, **options)["id"])
    assert job["state"] == "done", job
    return job, fetch(server, job, folder)


def renders(server, media) -> list[str]:
    folder = server.data / "uploads" / media["id"] / "renders"
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


@pytest.fixture(scope="module")
def media(server, picture):
    return ready(server, picture)


@pytest.fixture(scope="module")
def transcript(server, media):
    return track(server, media, title="会议/1", language="en")


def test_burnt_text_is_seen_at_its_time_only(server, media, transcript, tmp_path):
    job, result = made(server, transcript, tmp_path, "burn")
    assert (job["kind"], job["render"]["mode"], job["render"]["container"], job["render"]["style"], job["progress"]) == ("render", "burn", "mp4", None, 1)
    assert job["result"]["file_name"] == "会议/1.mp4" and job["result"]["content_type"] == "video/mp4"
    assert [s["codec_name"] for s in film.probe(result)["streams"]] == ["h264", "aac"]
    assert abs(float(film.probe(result)["format"]["duration"]) - 10) < 0.3
    for at, seen in ((1, False), (3, True), (4.5, False), (6, True), (8, False)):
        shown = film.frame(result, at)
        assert film.bright(shown, 0, 240) == 0, at
        assert (film.bright(shown, 240, 360) > 60) == seen, (at, film.bright(shown, 240, 360))
        if not seen:
            assert film.bright(shown, 240, 360) == 0
    # The two texts are different pictures, and the Chinese one is no row of empty boxes: its characters differ.
    assert film.frame(result, 3)[240 * 640:] != film.frame(result, 6)[240 * 640:]
    assert renders(server, media) == [f"{job['id']}.mp4"]


def test_chinese_characters_are_not_boxes(server, media, tmp_path):
    """Four times the same character is another picture than four different ones as wide."""
    shapes = []
    for text in ("字字字字", "幕你好世"):
        _, result = made(server, track(server, media, (2, 4, text), language="zh"), tmp_path, "burn", {"size": 120})
        shapes.append(film.bright(film.frame(result, 3), 240, 360))
    assert min(shapes) > 400 and shapes[0] != shapes[1], shapes


def test_style_is_kept(server, media, transcript, tmp_path):
    style = {"font": "DejaVu Sans", "size": 90, "color": "#00FF00", "outline": 0, "position": "top", "margin": 20, "bold": True}
    job, result = made(server, transcript, tmp_path, "burn", style, container="mkv", preset="netflix")
    assert job["render"]["style"]["size"] == 90 and job["render"]["style"]["box"] is False and job["render"]["preset"] == "netflix"
    assert film.probe(result)["format"]["format_name"] == "matroska,webm"
    raw = film.ffmpeg("-i", result, "-ss", "3", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    pixels = [raw[i:i + 3] for i in range(0, len(raw), 3)]
    green = [i // 640 for i, (r, g, b) in enumerate(pixels) if g > 180 and r < 90 and b < 90]
    assert len(green) > 400 and max(green) < 120, (len(green), green[-1:])
    # A box hides the picture behind the text.
    _, boxed = made(server, transcript, tmp_path, "burn", {"box": True, "box_color": "#0000FF", "color": "#FFFFFF"})
    raw = film.ffmpeg("-i", boxed, "-ss", "3", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    blue = sum(1 for i in range(0, len(raw), 3) if raw[i + 2] > 180 and raw[i] < 90)
    assert blue > 2000, blue


def test_soft_subtitles_in_mp4(server, media, tmp_path):
    cues = ((1, 3, "One"), (2, 5, "Two"), (6, 7, "字幕"))
    transcript = track(server, media, *cues, language="zh", title="Mine")
    job, result = made(server, transcript, tmp_path, "mux")
    kinds = {s["codec_type"]: s for s in film.probe(result)["streams"]}
    assert (kinds["video"]["codec_name"], kinds["audio"]["codec_name"], kinds["subtitle"]["codec_name"]) == ("h264", "aac", "mov_text")
    assert kinds["subtitle"]["tags"]["language"] == "zho" and kinds["subtitle"]["tags"]["handler_name"] == "Mine"
    assert kinds["subtitle"]["disposition"]["default"] == 1
    back = film.ffmpeg("-i", result, "-map", "0:s", "-f", "srt", "-").decode().replace("\r", "")
    # One cue at a time is all that MP4 can show: the overlap is a cue of its own.
    assert back == film.srt((1, 2, "One"), (2, 3, "One\nTwo"), (3, 5, "Two"), (6, 7, "字幕"))
    # Nothing of picture and sound was encoded again.
    assert film.frame(result, 3) == film.frame(server.data / "uploads" / media["id"] / "original.mp4", 3)
    assert job["result"]["size_bytes"] > 0


def test_soft_subtitles_in_mkv(server, transcript, tmp_path):
    _, plain = made(server, transcript, tmp_path, "mux", container="mkv")
    (subtitle,) = film.streams(plain, "subtitle")
    assert subtitle["codec_name"] == "subrip" and subtitle["tags"]["language"] == "eng" and subtitle["tags"]["title"] == "会议/1"
    _, styled = made(server, transcript, tmp_path, "mux", {"size": 70}, container="mkv")
    (subtitle,) = film.streams(styled, "subtitle")
    assert subtitle["codec_name"] == "ass"
    assert "Noto Sans,70," in film.ffmpeg("-i", styled, "-map", "0:s", "-f", "ass", "-").decode()


def test_recording_without_a_picture(server, jfk, tmp_path):
    media = ready(server, jfk)
    transcript = track(server, media)
    job, result = made(server, transcript, tmp_path, "burn")
    (video,) = film.streams(result, "video")
    assert (video["width"], video["height"]) == (1280, 720) and film.streams(result, "audio")
    assert abs(float(film.probe(result)["format"]["duration"]) - media["duration_ms"] / 1000) < 0.5
    assert film.bright(film.frame(result, 3, 1280, 720), 480, 720, 1280) > 500
    assert film.bright(film.frame(result, 1, 1280, 720), 0, 720, 1280) == 0
    for container, suffix, kind in (("mp4", ".m4a", "audio/mp4"), ("mkv", ".mka", "audio/x-matroska")):
        job, result = made(server, transcript, tmp_path, "mux", container=container)
        assert result.suffix == suffix and job["result"]["content_type"] == kind
        assert len(film.streams(result, "audio")) == 1 and len(film.streams(result, "subtitle")) == 1


def test_what_mp4_cannot_hold_is_encoded_again(server, media_dir, jfk, tmp_path):
    odd = film.grey_film(media_dir / "odd.webm", jfk, 4, "321x181", ("libvpx", "libopus"))
    transcript = track(server, ready(server, odd), (1, 3, "Odd"))
    _, result = made(server, transcript, tmp_path, "mux")
    assert [s["codec_name"] for s in film.probe(result)["streams"]] == ["h264", "opus", "mov_text"]
    _, result = made(server, transcript, tmp_path, "burn")
    (video,) = film.streams(result, "video")
    assert (video["width"], video["height"]) == (320, 180)


def test_turned_picture_is_laid_out_as_it_is_shown(server, media_dir, picture, tmp_path):
    turned = media_dir / "turned.mp4"
    film.ffmpeg("-i", picture, "-c", "copy", "-metadata:s:v", "rotate=90", turned)
    _, result = made(server, track(server, ready(server, turned)), tmp_path, "burn")
    (video,) = film.streams(result, "video")
    assert (video["width"], video["height"]) == (360, 640)
    shown = film.frame(result, 3, 360, 640)
    assert film.bright(shown, 520, 640, 360) > 100 and film.bright(shown, 0, 520, 360) == 0


def test_result_is_a_download_with_ranges(server, client, media, transcript):
    job = server.wait_job(order(server, transcript, "mux")["id"])
    path = f"/api/v1/jobs/{job['id']}/result"
    whole = client.get(path)
    assert whole.headers["content-disposition"] == "attachment; filename=\"___1.mp4\"; filename*=UTF-8''%E4%BC%9A%E8%AE%AE_1.mp4"
    part = client.get(path, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == whole.content[100:200]
    assert client.get(path, headers={"Range": "bytes=99999999-"}).status_code == 416
    assert client.get(path, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    other = server.create_job(media["id"])
    assert client.get(f"/api/v1/jobs/{other['id']}/result").status_code == 404
    server.wait_job(other["id"])


def test_lists_tell_films_and_texts_apart(server, client, media, transcript):
    film_job = server.wait_job(order(server, transcript, "mux")["id"])
    text_job = server.wait_job(server.create_job(media["id"])["id"])
    newest = server.wait_job(order(server, transcript, "mux")["id"])

    def ids(**query):
        return [j["id"] for j in client.get("/api/v1/jobs", params=query).json()["items"]]

    assert newest["id"] in ids(kind="render") and text_job["id"] not in ids(kind="render")
    assert film_job["id"] not in ids(kind="transcribe") and text_job["id"] in ids(kind="transcribe")
    assert newest["id"] in ids(transcript_id=transcript["id"]) and text_job["id"] not in ids(transcript_id=transcript["id"])
    assert client.get("/api/v1/jobs", params={"kind": "film"}).status_code == 400
    # The recording's own state is that of its newest transcription.
    assert client.get(f"/api/v1/media/{media['id']}").json()["job"]["id"] == text_job["id"]
    assert text_job["kind"] == "transcribe" and text_job["render"] is None and text_job["result"] is None


@pytest.mark.parametrize("render,named", [
    ({}, "'mode'"), ({"mode": "print"}, "'mode'"), ({"mode": "burn", "container": "avi"}, "'container'"), ({"mode": "burn", "preset": "x"}, "netflix"),
    ({"mode": "burn", "style": {"font": "a,b"}}, "'font'"), ({"mode": "burn", "style": {"size": 11}}, "'size'"), ({"mode": "burn", "style": {"color": "red"}}, "'color'"),
    ({"mode": "burn", "style": {"position": "left"}}, "'position'"), ({"mode": "burn", "style": {"margin": 401}}, "'margin'"), ({"mode": "burn", "styles": {}}, "'styles'"),
    ({"mode": "burn", "style": {"outline": 21}}, "'outline'"), ({"mode": "burn", "style": {"box": 1}}, "'box'"),
])
def test_wrong_fields_are_named(client, transcript, render, named):
    answer = client.post("/api/v1/jobs", json={"kind": "render", "transcript_id": transcript["id"], "render": render})
    assert answer.status_code == 400 and named in answer.text, answer.text


def test_other_refusals(server, client, transcript):
    body = {"kind": "render", "render": {"mode": "burn"}}
    unknown = "019375b2-8e1c-7d3a-b2f4-0a1b2c3d4e5f"
    assert client.post("/api/v1/jobs", json=body).status_code == 400
    assert client.post("/api/v1/jobs", json=body | {"transcript_id": unknown}).status_code == 404
    assert client.post("/api/v1/jobs", json=body | {"transcript_id": transcript["id"], "media_id": unknown}).status_code == 400
    assert client.post("/api/v1/jobs", json=body | {"transcript_id": transcript["id"], "kind": "print"}).status_code == 400


def test_a_font_that_is_not_there_is_named(server, media, transcript):
    job = server.wait_job(order(server, transcript, "burn", {"font": "Nonesuch Gothic"})["id"])
    assert job["state"] == "failed" and "'Nonesuch Gothic' is not installed" in job["failure"]["message"] and "fc-list" in job["failure"]["action"], job
    assert job["id"] not in "".join(renders(server, media))


def test_letters_that_no_font_has_are_named(server, media):
    job = server.wait_job(order(server, track(server, media, (1, 2, "\U00010D50 Garay")), "burn")["id"])
    assert job["state"] == "failed" and "U+10D50" in job["failure"]["message"] and "fonts-noto" in job["failure"]["action"], job
    # Of what nobody reads, nothing is said.
    signs = server.wait_job(order(server, track(server, media, (1, 2, "a \U0001FAE8 C:\\dir")), "burn")["id"])
    assert signs["state"] == "done", signs


def test_deleting_takes_the_file_along(server, client, picture):
    media = ready(server, picture)
    transcript = track(server, media)
    first = server.wait_job(order(server, transcript, "mux")["id"])
    second = server.wait_job(order(server, transcript, "mux")["id"])
    assert len(renders(server, media)) == 2
    assert client.delete(f"/api/v1/jobs/{first['id']}").status_code == 204
    assert renders(server, media) == [f"{second['id']}.mp4"]
    assert client.delete(f"/api/v1/transcripts/{transcript['id']}").status_code == 204
    assert renders(server, media) == [] and client.get(f"/api/v1/jobs/{second['id']}").status_code == 404
    again = server.wait_job(order(server, track(server, media), "mux")["id"])
    assert client.delete(f"/api/v1/media/{media['id']}").status_code == 204
    assert not (server.data / "uploads" / media["id"]).exists() and client.get(f"/api/v1/jobs/{again['id']}").status_code == 404


# ── what goes wrong in the middle ───────────────────────────────────────────


@pytest.fixture(scope="module")
def slow_film(media_dir):
    return film.long_film(media_dir / "slow.mp4", 80)


def rendering(server, media) -> psutil.Process:
    """The ffmpeg that works for this recording, once it has written something."""
    end = time.monotonic() + 60
    folder = server.data / "uploads" / media["id"] / "renders"
    while time.monotonic() < end:
        for process in psutil.process_iter(["name", "cwd"]):
            if process.info["name"] == "ffmpeg" and (process.info["cwd"] or "").startswith(str(folder)):
                if any(p.stat().st_size > 0 for p in folder.glob("*.part/film.*")):
                    return process
        time.sleep(0.05)
    raise AssertionError("no ffmpeg runs\n" + "\n".join(server.log[-20:]))


def gone(process: psutil.Process, seconds: float) -> bool:
    try:
        process.wait(seconds)
    except psutil.TimeoutExpired:
        return False
    return True


def test_progress_cancel_and_retry(server, client, slow_film):
    media = ready(server, slow_film)
    transcript = track(server, media)
    job = order(server, transcript, "burn")
    process = rendering(server, media)
    end = time.monotonic() + 60
    while (shown := server.job(job["id"]))["progress"] == 0 and time.monotonic() < end:
        time.sleep(0.1)
    assert 0 < shown["progress"] < 1 and shown["stage"] == "rendering" and shown["state"] == "running", shown
    assert shown["speed"] > 0 and shown["eta_ms"] > 0
    assert client.get(f"/api/v1/jobs/{job['id']}/result").status_code == 409
    assert client.delete(f"/api/v1/transcripts/{transcript['id']}").status_code == 409
    (worker,) = [w for w in client.get("/api/v1/system").json()["workers"] if w["kind"] == "render"]
    assert worker["pid"] == process.pid and worker["job_id"] == job["id"]
    client.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert gone(process, 10)
    assert server.wait_job(job["id"], seconds=60)["state"] == "cancelled"
    assert renders(server, media) == [] and client.get(f"/api/v1/jobs/{job['id']}/result").status_code == 404
    assert client.post(f"/api/v1/jobs/{job['id']}/retry").json()["state"] == "queued"
    process = rendering(server, media)
    assert client.delete(f"/api/v1/media/{media['id']}").status_code == 204
    assert gone(process, 10)
    assert not (server.data / "uploads" / media["id"]).exists()


def test_a_person_pauses_it(server, client, slow_film):
    media = ready(server, slow_film)
    job = order(server, track(server, media), "burn")
    process = rendering(server, media)
    assert client.post(f"/api/v1/jobs/{job['id']}/pause").json()["stage"] == "pausing"
    assert gone(process, 10)
    paused = server.wait_job(job["id"], states=("paused", "done", "failed"), seconds=10)
    assert paused["state"] == "paused" and paused["failure"] is None, paused
    time.sleep(6)  # longer than the round of the disk's watcher
    assert server.job(job["id"])["state"] == "paused" and renders(server, media) == []
    assert client.post(f"/api/v1/jobs/{job['id']}/resume").json()["state"] == "queued"
    rendering(server, media)
    assert client.delete(f"/api/v1/media/{media['id']}").status_code == 204


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_makes_it_again(tmp_path, slow_film, how):
    running = Server(tmp_path / "data").start()
    try:
        media = ready(running, slow_film)
        job = order(running, track(running, media), "burn")
        process = rendering(running, media)
        if how == "stop":
            assert running.stop() == 0
            assert renders(running, media) == [] and gone(process, 1)
        else:
            running.kill()
        running.start()
        assert gone(process, 5)
        job = running.wait_job(job["id"], seconds=220)
        assert job["state"] == "done" and job["attempts"] == 2, job
        assert renders(running, media) == [f"{job['id']}.mp4"]
        # A film whose job is gone does not stay either.
        folder = running.data / "uploads" / media["id"] / "renders"
        (folder / "019375b2-8e1c-7d3a-b2f4-0a1b2c3d4e5f.mp4").write_bytes(b"x")
        (folder / "019375b2-8e1c-7d3a-b2f4-0a1b2c3d4e5f.part").mkdir()
        running.stop()
        running.start()
        end = time.monotonic() + 20
        while len(renders(running, media)) > 1 and time.monotonic() < end:
            time.sleep(0.1)
        assert renders(running, media) == [f"{job['id']}.mp4"]
        assert running.job(job["id"])["result"] == job["result"]
    finally:
        running.stop()


def test_without_ffmpeg_it_says_so(tmp_path, picture):
    running = Server(tmp_path / "data", env={"PATH": str(tmp_path)}).start()
    try:
        media = ready(running, picture)
        job = running.wait_job(order(running, track(running, media), "burn")["id"])
        assert job["state"] == "failed" and "ffmpeg cannot be started" in job["failure"]["message"], job
        assert job["failure"]["retryable"] and "install FFmpeg" in job["failure"]["action"]
        assert renders(running, media) == []
    finally:
        running.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")
def test_a_full_disk_pauses_it(tmp_path, slow_film):
    disk = tmp_path / "small"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", disk], check=False).returncode != 0:
        pytest.skip("no permission to mount")
    try:
        running = Server(disk).start()
        try:
            media = ready(running, slow_film)
            job = order(running, track(running, media), "burn")
            rendering(running, media)
            stat = os.statvfs(disk)
            with open(disk / "filler", "wb") as file:
                left = stat.f_bavail * stat.f_frsize
                while left > 0:
                    try:
                        left -= file.write(b"\0" * min(left, 1 << 20))
                        file.flush()
                    except OSError:
                        break
            paused = running.wait_job(job["id"], states=("paused", "done", "failed"), seconds=120)
            assert paused["state"] == "paused" and paused["failure"]["code"] == "no_space", paused
            assert renders(running, media) == []
            os.unlink(disk / "filler")
            assert running.wait_job(job["id"], seconds=220)["state"] == "done"
        finally:
            running.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
