"""What a websocket may bring at once."""

import json
import socket
import struct

import pytest
from made_homes import made_home
from made_server import TOKEN, UPGRADE, Client, running

from dashboard.messages import MESSAGE


class Wire:
    """An open websocket as it is on the wire: nothing that comes is read ahead and lost."""

    def __init__(self, port: int, token: str):
        self.socket, self.received = socket.create_connection(("localhost", port), timeout=60), b""
        offered = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
        lines = {**offered, **UPGRADE, "Sec-WebSocket-Protocol": f"bokeh, {token}"}
        self.send(b"GET /ws HTTP/1.1\r\n" + "".join(f"{name}: {line}\r\n" for name, line in lines.items()).encode())
        self.send(b"\r\n")
        self.read_until(b"\r\n\r\n")
        assert self.received.startswith(b"HTTP/1.1 101")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_until(self, wanted: bytes) -> None:
        """Read on until this has come; the test fails if the server is done before."""
        while wanted not in self.received:
            part = self.socket.recv(4096)
            assert part, f"{wanted} did not come"
            self.received += part


@pytest.fixture
def wire(tmp_path, monkeypatch):
    """An open websocket."""
    with running(made_home(tmp_path, count=8), monkeypatch) as server:
        wire = Wire(server.port, TOKEN.search(Client(server.port).get("/").text)[1])
        yield wire
        wire.socket.close()


def frame(opcode: int, length: int) -> bytes:
    """Head of a frame of RFC 6455: whole, masked by zeros, of so many bytes."""
    return struct.pack(">BBQI", 0x80 | opcode, 0xFF, length, 0)


TOO_BIG = struct.pack(">H", 1009) + b"message too big"


def test_a_frame_larger_than_an_upload_ends_the_connection(wire):
    wire.send(frame(2, MESSAGE + 1))
    wire.read_until(TOO_BIG)


def test_a_message_of_many_buffers_larger_than_an_upload_ends_the_connection(wire):
    header = json.dumps({"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": 1000})
    wire.read_until(b"ACK")  # nobody listens before
    for part in (header, "{}", '{"events": []}'):
        wire.send(frame(1, len(part)) + part.encode())
    part = b"\0" * (MESSAGE // 3)
    for number in range(4):
        name = json.dumps({"id": str(number)})
        wire.send(frame(1, len(name)) + name.encode() + frame(2, len(part)) + part)
    wire.read_until(TOO_BIG)
