"""What stands around nginx in the tests: a name server whose answers change, and an upstream that counts bytes.

The upstream is for what the real server would not show: gigabytes without a disk, streams without its headers.
"""

from __future__ import annotations

import socket
import struct
import threading


class NameServer:
    """Answers A questions on `address`:53 from `names`; others get NXDOMAIN."""

    def __init__(self, address: str):
        self.address = address
        self.names: dict[str, str] = {}
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._socket.settimeout(0.1)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                question, client = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            labels, at = [], 12
            while length := question[at]:
                labels.append(question[at + 1:at + 1 + length].decode())
                at += 1 + length
            name = ".".join(labels)
            self.asked.append(name)
            kind = struct.unpack("!H", question[at + 1:at + 3])[0]
            known = self.names.get(name)
            flags, count = (0x8180, 1) if known and kind == 1 else (0x8180 if known else 0x8183, 0)
            answer = question[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + question[12:at + 5]
            if count:
                # Ten minutes to live: it is nginx's own `valid` that makes it ask again.
                answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 600, 4) + socket.inet_aton(known)
            self._socket.sendto(answer, client)


class Upstream:
    """Counts a request's body, then answers 200 with the count; streams `lines` one by one as `release` is called."""

    def __init__(self):
        self.received = 0
        self.heads: list[str] = []
        self.arrived = threading.Condition()
        self._next = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.at = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def release(self) -> None:
        self._next.release()

    def wait_received(self, amount: int, seconds: float = 60) -> bool:
        with self.arrived:
            return self.arrived.wait_for(lambda: self.received >= amount, seconds)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb", 1 << 20) as stream:
            head = []
            while (line := stream.readline()) not in (b"\r\n", b""):
                head.append(line.decode("latin-1").rstrip("\r\n"))
            self.heads.append("\n".join(head))
            fields = {k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:])}
            if "stream" in head[0]:
                self._stream(connection)
                return
            if fields.get("transfer-encoding") == "chunked":
                while size := int(stream.readline(), 16):
                    self._take(stream, size)
                    stream.readline()
            else:
                self._take(stream, int(fields.get("content-length", 0)))
            body = str(self.received).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)

    def _take(self, stream, left: int) -> None:
        piece = memoryview(bytearray(1 << 20))
        while left > 0:
            got = stream.readinto(piece[:min(left, len(piece))])
            if not got:
                return
            left -= got
            with self.arrived:
                self.received += got
                self.arrived.notify_all()

    def _stream(self, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for number in range(3):
            self._next.acquire()
            connection.sendall(b"data: %d\n\n" % number)
