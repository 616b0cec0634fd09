"""server/entrypoint.sh: ids, owners and permissions, in every way a container can be started (rows 14 to 18)."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

import entry_container
from entry_fixtures import below, changes, container, give, owner, pragma, rows  # noqa: F401

pytestmark = entry_container.pytestmark

# Exit status of what only a person can mend.
CONFIG = 78


def status(process, field: str) -> str:
    text = (entry_container.pathlib.Path("/proc") / str(process.pid) / "status").read_text()
    return re.search(rf"^{field}:[ \t]*(.*?)[ \t]*$", text, re.M)[1]


@pytest.mark.parametrize("env, ids", [({}, (1000, 1000)), ({"PUID": "1234", "PGID": "4321"}, (1234, 4321)),
                                      ({"PUID": "", "PGID": ""}, (1000, 1000)), ({"PUID": "65534"}, (65534, 1000)),
                                      ({"PUID": "3000000000", "PGID": "3000000000"}, (3000000000, 3000000000))])
def test_runs_as_puid_and_pgid(container, env, ids):
    """Row 14. Also: no capability, no way to a new one, no group of root."""
    server = container(env=env).serve()
    try:
        zimu = server.zimu()
        assert (zimu.uids().effective, zimu.gids().effective) == ids and set(zimu.uids()) == {ids[0]}
        assert status(zimu, "CapEff") == status(zimu, "CapPrm") == status(zimu, "CapInh") == "0" * 16
        assert status(zimu, "NoNewPrivs") == "1" and status(zimu, "Groups") == ""
    finally:
        assert server.stop() == 0, "\n".join(server.log)
    assert {owner(path) for path in below(container.data)} == {ids}


@pytest.mark.parametrize("value", ["abc", "-1", "1000:1000", "01000", " 1000", '"1000"', "1000\r", "4294967295", "99999999999", "1e3"])
@pytest.mark.parametrize("name", ["PUID", "PGID"])
def test_ids_that_are_none_are_refused(container, name, value):
    """Row 14: nothing is changed and the text names the setting."""
    before = changes(container.data)
    done = container(env={name: value}).run("serve")
    assert done.returncode == CONFIG and f"entrypoint: {name} is " in done.stdout and "not a number" in done.stdout
    assert changes(container.data) == before


def test_puid_0_is_allowed_and_warned_of(container):
    """Row 14."""
    log = container(env={"PUID": "0", "PGID": "0"}).start_and_stop()
    assert any("PUID is 0" in line for line in log)
    assert {owner(path) for path in below(container.data)} == {(0, 0)}


def test_extra_groups_stay(container):
    """§2a: the groups of the GPU's device nodes are kept, root's is not."""
    server = container(groups="0,44,109").serve()
    groups = status(server.zimu(), "Groups").split()
    assert server.stop() == 0
    assert groups == ["44", "109"]


@pytest.mark.parametrize("uid, gid, mode", [(0, 0, 0o755), (0, 0, 0o700), (4242, 4242, 0o700), (1000, 1000, 0o755), (1000, 0, 0o755)])
def test_fresh_folder_of_anyone_is_taken_over(container, uid, gid, mode):
    """Row 16: docker makes it as root, a named volume has the owner of the image's folder, a person's may be anyone's."""
    os.chown(container.data, uid, gid)
    container.data.chmod(mode)
    log = container().start_and_stop()
    assert {owner(path) for path in below(container.data)} == {(1000, 1000)}
    assert any("gave" in line for line in log) == ((uid, gid) != (1000, 1000))
    again = container().start_and_stop()
    assert not any("gave" in line for line in again)


@pytest.mark.parametrize("options", [{"PUID": "1000"}, {"PUID": "1234", "PGID": "1234"}])
def test_data_of_the_root_era_is_adopted(container, options):
    """Row 17: root's database with the -wal and -shm that its killed server left."""
    server = container(env={"PUID": "0", "PGID": "0"}).serve()
    uploaded = server.upload(entry_container.ROOT / "LICENSE", "minutes.txt")
    server.kill()
    for suffix in ("", "-wal", "-shm"):
        assert owner(container.data / f"zimu.db{suffix}") == (0, 0)
    server = container(env=options).serve()
    with server.client() as client:
        assert [item["id"] for item in client.get("/api/v1/media").json()["items"]] == [uploaded["id"]]
    server.upload(entry_container.ROOT / "README.md", "more.txt")
    assert server.stop() == 0
    ids = (int(options["PUID"]), int(options.get("PGID", 1000)))
    assert {owner(path) for path in below(container.data)} == {ids}


def test_only_wrong_files_are_touched_and_the_next_start_does_not_walk(container):
    """Row 18, with 20,000 files: chown on the wrong ones alone, and once only."""
    container().start_and_stop()
    (container.data / ".zimu").unlink()   # as a Zimu without the stamp leaves it
    uploads = container.data / "uploads"
    files = []
    for n in range(20):
        folder = uploads / f"folder-{n}"
        folder.mkdir()
        for m in range(1000):
            files.append(folder / f"{m}.bin")
            files[-1].touch()
    give(uploads, 1000, 1000)
    wrong = {files[1]: (0, 0), files[7777]: (0, 1000), files[19999]: (4242, 4242), files[3000].parent: (0, 0)}
    for path, ids in wrong.items():
        os.chown(path, *ids)

    before = changes(uploads)
    log = container().start_and_stop()
    assert any(f"gave {len(wrong)} files and folders" in line for line in log), log
    touched = {path for path, at in changes(uploads).items() if path in before and at != before[path]}
    assert touched - {uploads, uploads / "incoming"} == set(wrong)
    assert {owner(path) for path in below(uploads)} == {(1000, 1000)}

    before = changes(uploads)
    second = container(strace="newfstatat,fstatat64,statx,getdents64,fchownat,chown,lchown")
    second.start_and_stop()
    trace = second.trace()
    assert "/data/uploads" in trace, "the trace must see the folder at all"
    assert "folder-3/" not in trace and "/data/uploads/folder-" not in trace, "uploads were walked again"
    assert not re.findall(r"chown(at)?\(", trace)
    assert {path: at for path, at in changes(uploads).items() if path.suffix == ".bin"} == {
        path: at for path, at in before.items() if path.suffix == ".bin"}


def test_another_puid_walks_again_and_fix_permissions_always_does(container):
    """Row 18: the stamp is of one owner; a file copied in as root later is mended on request."""
    container().start_and_stop()
    copied = container.data / "uploads" / "folder" / "copied.mp4"
    copied.parent.mkdir()
    copied.write_text("as root")
    container().start_and_stop()
    assert owner(copied) == (0, 0)
    done = container().run("fix-permissions")
    assert done.returncode == 0 and "gave 2 files and folders" in done.stdout
    assert owner(copied) == (1000, 1000)
    container(env={"PUID": "1001", "PGID": "1001"}).start_and_stop()
    assert {owner(path) for path in below(container.data)} == {(1001, 1001)}
    # A start as a user may leave files of its own: what the stamp said is no longer sure.
    give(container.data, 1002, 1002)
    container(user="1002:1002").start_and_stop()
    copied.parent.joinpath("more.mp4").write_text("x")
    os.chown(container.data, 1001, 1001)
    os.chown(container.data / "uploads", 1001, 1001)
    container(env={"PUID": "1001", "PGID": "1001"}).start_and_stop()
    assert {owner(path) for path in below(container.data)} == {(1001, 1001)}


def test_links_and_other_mounts_are_not_followed(container, tmp_path):
    """§2a: what a link in the data folder points at keeps its owner, and so does a disk mounted below uploads/."""
    outside, nas = tmp_path / "outside", tmp_path / "nas"
    for folder in (outside, nas):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "file").write_text("not Zimu's")
    uploads = container.data / "uploads"
    (uploads / "incoming").mkdir(parents=True)
    (uploads / "nas").mkdir()
    (uploads / "to-folder").symlink_to("/outside")
    (uploads / "to-file").symlink_to("/outside/deep/file")
    (uploads / "incoming" / "to-folder").symlink_to("/outside")
    (container.data / "zimu.db.old").symlink_to("/outside/deep/file")
    before = changes(outside) | changes(nas)
    mounts = {"/outside": outside, "/data/uploads/nas": nas}
    container(mounts=mounts).start_and_stop()
    assert changes(outside) | changes(nas) == before
    assert {owner(path) for path in below(outside) + below(nas)} == {(0, 0)}
    assert owner(uploads / "to-folder") == (1000, 1000)


def test_folder_that_is_a_link_to_nowhere_is_named(container):
    (container.data / "uploads").symlink_to("/mnt/big/uploads")
    done = container().run("serve")
    assert done.returncode == CONFIG
    assert "/data/uploads is a link to /mnt/big/uploads, which does not exist in this container" in done.stdout


def test_models_of_others_keep_their_owner(container, tmp_path):
    """A shared folder of models is read; only an empty new one of root is taken."""
    shared, fresh = tmp_path / "shared", tmp_path / "fresh"
    for folder in (shared, fresh):
        folder.mkdir()
    (shared / "ggml-tiny.bin").write_text("someone else's")
    before = changes(shared)
    container(mounts={"/shared": shared}, env={"ZIMU_MODEL_DIR": "/shared"}).start_and_stop()
    container(mounts={"/data/models": shared}, env={"ZIMU_MODEL_DIR": ""}).start_and_stop()
    assert changes(shared) == before
    container(mounts={"/fresh": fresh}, env={"ZIMU_MODEL_DIR": "/fresh"}).start_and_stop()
    assert owner(fresh) == (1000, 1000)


@pytest.mark.parametrize("env, said", [({"PUID": "1000", "PGID": "1000"}, True), ({}, False),
                                       ({"PUID": "1234", "PGID": "1234"}, False)])
def test_user_mode_changes_no_owner_and_says_that_puid_has_no_effect(container, env, said):
    """Row 15."""
    os.chown(container.data, 1234, 1234)
    (container.data / "theirs.txt").write_text("not touched")
    before = changes(container.data)[container.data / "theirs.txt"]
    log = container(user="1234:1234", env=env).start_and_stop()
    assert any("have no effect" in line for line in log) == said, log
    assert changes(container.data)[container.data / "theirs.txt"] == before
    assert owner(container.data / "zimu.db") == (1234, 1234)


@pytest.mark.parametrize("what", ["data", "uploads", "backups", "zimu.db", "zimu.db-wal"])
def test_user_mode_names_what_is_not_writable_and_the_command_mends_it(container, what):
    """Row 15: the cause, both owners, and a command that really works on the host."""
    give(container.data, 1234, 1234)
    server = container(user="1234:1234").serve()
    server.kill()
    bad = container.data if what == "data" else container.data / what
    os.chown(bad, 0, 0)
    bad.chmod(0o755 if bad.is_dir() else 0o644)
    done = container(user="1234:1234").run("serve")
    assert done.returncode == CONFIG, done.stdout
    named = "/data" if what == "data" else f"/data/{what}"
    assert f"entrypoint: {named} belongs to 0:0" in done.stdout and "uid 1234 gid 1234 may not write to it" in done.stdout
    command = re.search(r"on the host: sudo (chown -R 1234:1234 \S+)", done.stdout)[1]
    assert str(bad) in command
    subprocess.run(command.split(), check=True)
    container(user="1234:1234").start_and_stop()


def test_owner_is_right_but_the_mode_is_not(container):
    os.chown(container.data, 1234, 1234)
    container.data.chmod(0o555)
    done = container(user="1234:1234").run("serve")
    assert done.returncode == CONFIG and "its mode 555 forbids writing" in done.stdout and "chmod -R u+rwX" in done.stdout


@pytest.mark.parametrize("user", [None, "1234:1234"])
def test_read_only_data_is_named(container, user):
    """§2a: nothing is started, the cause is the mount and not a permission."""
    give(container.data, 1234, 1234)
    before = changes(container.data)
    done = container(data_type="ro", user=user).run("serve")
    assert done.returncode == CONFIG and "/data is read-only" in done.stdout and ":ro" in done.stdout
    assert changes(container.data) == before


@pytest.mark.parametrize("label, named", [("system_u:system_r:container_t:s0:c1,c2", "SELinux lets nothing"),
                                          ("docker-default (enforce)", "has the right owner and mode (1234:1234, 755)")])
def test_denied_although_owner_and_mode_are_right(container, tmp_path, label, named):
    """§2a, SELinux: what denies here is an immutable flag; the label is what an SELinux host would show."""
    os.chown(container.data, 1234, 1234)
    file = tmp_path / "label"
    file.write_text(label)
    subprocess.run(["chattr", "+i", container.data], check=True)
    try:
        done = container(user="1234:1234", mounts={"/label": file}, env={"ZIMU_TEST_ATTR_CURRENT": "/label"}).run("serve")
    finally:
        subprocess.run(["chattr", "-i", container.data], check=True)
    assert done.returncode == CONFIG and named in done.stdout, done.stdout


def test_without_the_capabilities_it_says_so(container):
    give(container.data, 1000, 1000)
    done = container(capabilities=["chown", "dac_override"]).run("serve")
    assert done.returncode == CONFIG and "cannot become 1000:1000" in done.stdout and "SETUID" in done.stdout


def test_without_chown_a_right_folder_still_works_and_a_wrong_one_is_named(container):
    few = ["setuid", "setgid", "kill"]
    done = container(capabilities=few).run("serve")
    assert done.returncode == CONFIG and "no owner is changed there" in done.stdout and "/data belongs to 0:0" in done.stdout
    give(container.data, 1000, 1000)
    container(capabilities=few).start_and_stop()


@pytest.mark.parametrize("env, host_ids, hint", [({}, (1000, 1000), False), ({"PUID": "1000", "PGID": "1000"}, (100999, 100999), True)])
def test_rootless_engine(container, env, host_ids, hint):
    """§2a: root in the container is the person who started it; that is the default there, and another id is hinted at."""
    os.chown(container.data, 1000, 1000)
    log = container(rootless=1000, env=env).start_and_stop()
    assert any("rootless engine" in line for line in log) == hint, log
    assert not any("PUID is 0" in line for line in log)
    assert {owner(path) for path in below(container.data)} == {host_ids}


def test_rootless_engine_with_a_user_that_may_not_write_says_how(container):
    os.chown(container.data, 1000, 1000)
    done = container(rootless=1000, user="1000:1000").run("serve")
    assert done.returncode == CONFIG and "set PUID=0 and PGID=0, or run with --userns=keep-id" in done.stdout, done.stdout


def test_exec_by_the_name_of_zimu_leaves_no_file_of_root(container):
    """`docker compose exec server zimu backup`: exec starts as root whatever the server runs as."""
    container(env={"PUID": "1234", "PGID": "1234"}).start_and_stop()
    mine = container.data / "backups" / "mine.txt"
    mine.write_text("of root, and the running server's affair")
    done = container(env={"PUID": "1234", "PGID": "1234", "ZIMU_EXPECT_DATA": "1"}).run("backup", entry=("zimu",))
    assert done.returncode == 0, done.stdout
    made = list((container.data / "backups").glob("zimu-*.db"))
    assert len(made) == 1 and owner(made[0]) == (1234, 1234)
    assert owner(mine) == (0, 0), "exec beside a running server changes no owner"
    assert "Usage: zimu" in container().run("--help", entry=("zimu",)).stdout
    assert container().run(entry=("zimu",)).returncode == 64   # zimu's own usage error, not a server


def test_commands_go_through(container):
    assert container().run("version").stdout.startswith("zimu ")
    assert container().run("zimu", "version").stdout.startswith("zimu ")
    assert container().run("no-such-command").returncode == 64
    assert owner(container.data) == (0, 0), "asking for the version changes no owner"


def test_unknown_setting_is_one_clear_end(container):
    """§2h: not a hidden crash loop."""
    done = container(env={"ZIMU_MODLE": "base"}).run("serve")
    assert done.returncode == CONFIG
    assert "ZIMU_MODLE is not a setting" in done.stdout and "did you mean ZIMU_MODEL?" in done.stdout


@pytest.mark.parametrize("init", [True, False])
def test_pause_before_the_end_can_be_stopped(container, init):
    """§2h: a restart policy makes no storm; SIGTERM does not wait for the pause, with an init process or without one."""
    server = entry_container.ContainerServer(container(init=init, env={"PUID": "abc", "ZIMU_TEST_BACKOFF_SECONDS": "600"}))
    server.process = server.launch()
    lines = [server.process.stdout.readline() for _ in range(2)]
    assert "PUID is abc" in lines[0] and server.process.poll() is None
    assert server.stop() == 143


def test_without_an_init_the_server_still_stops(container):
    """Process 1 gets no signal that it does not handle; the server does."""
    assert container(init=False).start_and_stop()
