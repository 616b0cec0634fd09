"""What the tests of the entrypoint share: folders, owners, a recording, the rows of a database."""

from __future__ import annotations

import hashlib
import os
import pathlib
import sqlite3
import subprocess

import pytest

from entry_container import ROOT, Container
from zimu_server import SAMPLES

MIGRATIONS = sorted((ROOT / "server/src/storage/migrations").glob("[0-9]*.sql"))
NEXT = sorted(pathlib.Path(__file__).parent.glob("entry_next_*.sql"))


@pytest.fixture
def container(tmp_path):
    """Makes containers of this test: container(data=…, env=…); `container.data` is a fresh folder of root."""
    made = 0

    def make(data: pathlib.Path | None = None, **options) -> Container:
        nonlocal made
        made += 1
        return Container(make.data if data is None else data, tmp_path / f"container-{made}", **options)

    make.data = tmp_path / "data"
    make.data.mkdir()
    return make


def owner(path: pathlib.Path) -> tuple[int, int]:
    info = path.lstat()
    return info.st_uid, info.st_gid


def below(folder: pathlib.Path) -> list[pathlib.Path]:
    return [folder, *sorted(folder.rglob("*"))]


def give(folder: pathlib.Path, uid: int, gid: int) -> None:
    for path in below(folder):
        os.chown(path, uid, gid, follow_symlinks=False)


def changes(folder: pathlib.Path) -> dict[pathlib.Path, int]:
    """When each entry's owner, mode or content last changed: chown moves it, also one that changes nothing."""
    return {path: path.lstat().st_ctime_ns for path in below(folder)}


def hashes(folder: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in below(folder) if path.is_file()}


def rows(database: pathlib.Path, only: dict[str, list[str]] | None = None) -> dict[str, list[tuple]]:
    """Every row of every table, or of the tables and columns named in `only`. The -wal is read too."""
    with sqlite3.connect(database) as connection:
        if only is None:
            only = columns(database)
        found = {}
        for table, names in only.items():
            found[table] = sorted(connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall(), key=repr)
    connection.close()
    return found


def columns(database: pathlib.Path) -> dict[str, list[str]]:
    """Of each table, but for SQLite's own and the full text, which is made from the others when Zimu opens."""
    connection = sqlite3.connect(database)
    tables = [name for name, in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                                                   "name NOT LIKE 'sqlite_%' AND name NOT LIKE 'segment_search%'")]
    found = {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}
    connection.close()
    return found


def pragma(database: pathlib.Path, name: str, mode: str = "ro"):
    connection = sqlite3.connect(f"file:{database}?mode={mode}", uri=True)
    value = connection.execute(f"PRAGMA {name}").fetchone()[0]
    connection.close()
    return value


def old_database(path: pathlib.Path, version: int, recordings: int = 40, segments: int = 60) -> None:
    """A database of schema `version`, from the first migrations of this Zimu and the next, with rows in every table
    that a finished transcription fills. There are no files, so the recordings are marked as the server would mark them."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    for file in (MIGRATIONS + NEXT)[:version]:
        connection.executescript("BEGIN; " + file.read_text() + "; COMMIT;")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO settings VALUES ('zimu_version', '0.0.1')")
    for n in range(recordings):
        media, transcript = f"018f0000-0000-7000-8000-{n:012d}", f"018f0000-0000-7000-9000-{n:012d}"
        insert(connection, "media", id=media, title=f"会议 {n}", state="unreadable", source=f"upload {n % 3}", created_at=n)
        insert(connection, "transcripts", id=transcript, media_id=media, task="transcribe", complete=1, created_at=n)
        insert(connection, "windows", transcript_id=transcript, idx=0)
        for m in range(segments):
            insert(connection, "segments", transcript_id=transcript, idx=m, text=f"sentence {m} of {n} " * 8,
                   words=os.urandom(300), tokens=os.urandom(60))
    connection.execute("COMMIT")
    connection.close()


def insert(connection: sqlite3.Connection, table: str, **values) -> None:
    """A row with these values; every other column that must have one gets nought or nothing."""
    for _, name, kind, not_null, default, key in connection.execute(f"PRAGMA table_info({table})").fetchall():
        if name not in values and not_null and default is None and not (key and kind == "INTEGER"):
            values[name] = {"TEXT": "", "BLOB": b""}.get(kind, 0)
    names = ", ".join(values)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", list(values.values()))


@pytest.fixture(scope="session")
def long_speech(tmp_path_factory) -> pathlib.Path:
    """Eleven minutes of speech: more windows than are decoded at once."""
    target = tmp_path_factory.mktemp("speech") / "long.wav"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "59", "-i", SAMPLES / "jfk.mp3", "-af", "apad=pad_dur=2",
                    "-ar", "16000", "-ac", "1", target], check=True)
    return target
