"""Files that only their owner reads: hashes of passwords, and the key that signs cookies."""

import contextlib
import os
import secrets
from pathlib import Path

from photoz_core.errors import PhotozError
from photoz_core.files import replacing
from photoz_core.home import Home

PRIVATE = 0o600
SHORTEST = 32  # characters of a key


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` in one step; from its first moment only the owner can read it."""
    with replacing(path) as partial:
        _create(partial, text)


def is_private(path: Path) -> bool:
    """Whether nobody but the owner, and root, can read or write a file."""
    return path.stat().st_mode & 0o077 == 0


def server_key(home: Home) -> bytes:
    """The secret with which a home's server signs cookies and sessions, made at the first call.

    Raises
    ------
    PhotozError
        If others can read it, it is too short, or it cannot be made.
    """
    path = home.path / "server.key"
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _create(path, secrets.token_urlsafe(48))
        key = path.read_text().strip()
    except OSError as error:
        raise PhotozError(f"cannot keep the server's key in {path}: {error.strerror or error}") from error
    if not is_private(path) or len(key) < SHORTEST:
        problem = f"has fewer than {SHORTEST} characters" if len(key) < SHORTEST else "can be read by others"
        raise PhotozError(f"{path} {problem}; delete it: a new one is made, and everybody signs in anew")
    return key.encode()


def _create(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
