"""What a websocket may bring at once."""

import http.client
import json
import struct

import pytest
from made_homes import made_home
from made_server import TOKEN, UPGRADE, Client, running

from dashboard.messages import MESSAGE


@pytest.fixture
def connection(tmp_path, monkeypatch):
    """The connection of an open websocket."""
    with running(made_home(tmp_path, count=8), monkeypatch) as server:
        token = TOKEN.search(Client(server.port).get("/").text)[1]
        connection = http.client.HTTPConnection("localhost", server.port, timeout=60)
        offered = {"Origin": f"http://localhost:{server.port}", "Sec-WebSocket-Protocol": f"bokeh, {token}"}
        connection.request("GET", "/ws", headers={**UPGRADE, **offered})
        assert connection.getresponse().status == 101
        yield connection
        connection.close()


def frame(opcode: int, length: int) -> bytes:
    """Head of a frame of RFC 6455: whole, masked by zeros, of so many bytes."""
    return struct.pack(">BBQI", 0x80 | opcode, 0xFF, length, 0)


def ends_as_too_big(connection) -> bool:
    received = b"".join(iter(lambda: connection.sock.recv(4096), b""))
    return struct.pack(">H", 1009) + b"message too big" in received


def test_a_frame_larger_than_an_upload_ends_the_connection(connection):
    connection.sock.sendall(frame(2, MESSAGE + 1))
    assert ends_as_too_big(connection)


def test_a_message_of_many_buffers_larger_than_an_upload_ends_the_connection(connection):
    header = json.dumps({"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": 1000})
    received = b""
    while b"ACK" not in received:  # nobody listens before
        received += connection.sock.recv(4096)
    for part in (header, "{}", '{"events": []}'):
        connection.sock.sendall(frame(1, len(part)) + part.encode())
    part = b"\0" * (MESSAGE // 3)
    for number in range(4):
        name = json.dumps({"id": str(number)})
        connection.sock.sendall(frame(1, len(name)) + name.encode() + frame(2, len(part)) + part)
    connection.sock.sendall(struct.pack(">BBIH", 0x88, 0x82, 0, 1000))  # our end of it
    assert ends_as_too_big(connection)
