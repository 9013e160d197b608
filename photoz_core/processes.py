"""Whether the process that wrote something is still there."""

import contextlib
import os
import socket
import time
from pathlib import Path

SILENCE = 60.0  # seconds without a word after which a process on another machine counts as gone


def sign_of_life() -> dict:
    """What names this process for good: its id, its start time (ids are used again), its host; and the time now."""
    pid = os.getpid()
    return {"pid": pid, "started": _stat(pid)[1], "host": socket.gethostname(), "time": time.time()}


def is_alive(sign: dict, heartbeat: Path) -> bool:
    """Whether the process that gave this sign of life runs.

    One on another machine counts as running if its sign, or the file `heartbeat` that it touches, is recent.
    """
    if sign["host"] == socket.gethostname():
        return process_alive(sign["pid"], sign["started"])
    beat = heartbeat.stat().st_mtime if heartbeat.exists() else 0.0
    return time.time() - max(sign["time"], beat) < SILENCE


def process_alive(pid: int, started: str = "") -> bool:
    """Whether process `pid`, and where `started` is given no later one of that id, runs on this machine.

    A zombie does not count.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    state, now = _stat(pid)
    return state != "Z" and started in ("", now)


def _stat(pid: int) -> tuple[str, str]:
    """State letter and start time [ticks since boot] of a process (proc(5), fields 3 and 22); "" without /proc."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0], fields[19]
    return "", ""
