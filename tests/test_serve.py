"""`photoz serve` as a program: it answers, only to its own pages, and ends cleanly."""

import http.client
import signal
import socket
import subprocess
import sys

import pytest


@pytest.fixture
def server(tiny_home):
    """A running `photoz serve` and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "train.cli",
        "serve",
        "--no-browser",
        "--port",
        str(port),
        "--home",
        tiny_home.path,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process, port
        process.kill()


def status_of(port, path, **headers):
    connection = http.client.HTTPConnection("localhost", port, timeout=60)
    connection.request("GET", path, headers=headers)
    return connection.getresponse().status


def test_it_answers_only_its_own_pages_and_ends_cleanly(server):
    process, port = server
    assert process.stdout.readline().startswith(f"photoz is at http://localhost:{port} ")
    assert status_of(port, "/") == 200
    socket_headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # RFC 6455's own example
    }
    assert status_of(port, "/ws", Origin=f"http://localhost:{port}", **socket_headers) == 101
    assert status_of(port, "/ws", Origin="http://elsewhere.example", **socket_headers) == 403
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "photoz: interrupted"
