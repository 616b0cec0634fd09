"""A container's network without a container: two network namespaces with a cable, a firewall, names of their own.

"host" is where Ollama would run, "box" where Zimu runs. Needs root or unprivileged user namespaces.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
HOST, BOX, SUBNET = "10.77.0.1", "10.77.0.2", "10.77.0.0/24"
SETUP = f"""set -e
mount --bind {{folder}}/hosts /etc/hosts
mount --bind {{folder}}/resolv.conf /etc/resolv.conf
mount -t tmpfs tmpfs /run
ip netns add box
ip link set lo up
ip link add cable type veth peer name eth0 netns box
ip addr add {HOST}/24 dev cable
ip link set cable up
ip -n box addr add {BOX}/24 dev eth0
ip -n box link set lo up
ip -n box link set eth0 up
echo ready
exec sleep 3600
"""


class NetworkBox:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.programs: list[subprocess.Popen] = []
        self.names(HOST)
        root = [] if os.geteuid() == 0 else ["--map-root-user"]
        self.keeper = subprocess.Popen(["unshare", *root, "--net", "--mount", "--propagation", "private", "sh", "-c",
                                        SETUP.format(folder=folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.keeper.stdout.readline() != "ready\n":
            raise RuntimeError("no network namespaces here: " + self.keeper.stderr.read())
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self.enter = ["nsenter", "-t", str(self.keeper.pid), *user, "--net", "--mount"]

    def names(self, address: str | None, servers: str = HOST) -> None:
        """What host.docker.internal is; None: nothing. Unknown names go to `servers`."""
        line = f"{address} host.docker.internal\n" if address else ""
        (self.folder / "hosts").write_text("127.0.0.1 localhost\n" + line)
        (self.folder / "resolv.conf").write_text(f"nameserver {servers}\n")

    def firewall(self, *rule: str) -> None:
        subprocess.run([*self.enter, "iptables", "-F", "INPUT"], check=True)
        if rule:
            subprocess.run([*self.enter, "iptables", "-A", "INPUT", "-s", SUBNET, *rule], check=True)

    def serve(self, *arguments: str) -> None:
        """Starts fake_ollama.py on the host side and waits until it listens."""
        program = subprocess.Popen([*self.enter, sys.executable, str(HERE / "fake_ollama.py"), *arguments],
                                   stdout=subprocess.PIPE, text=True)
        self.programs.append(program)
        assert program.stdout.readline() == "ready\n"

    def run(self, *command, env: dict[str, str]) -> subprocess.CompletedProcess:
        return subprocess.run([*self.enter, "ip", "netns", "exec", "box", *map(str, command)], env=env, capture_output=True, timeout=120)

    def quiet(self) -> None:
        """As at the beginning: nothing listens, nothing is forbidden, the name is known."""
        for program in self.programs:
            program.kill()
            program.wait()
        self.programs.clear()
        self.firewall()
        self.names(HOST)

    def close(self) -> None:
        self.quiet()
        self.keeper.kill()
        self.keeper.wait()
