"""Passwords: their hashes in a file, and a wait for whoever guesses."""

import hashlib
import hmac
import re
import secrets
import time
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from dashboard.secret_files import is_private, write_private
from photoz_core.errors import PhotozError
from photoz_core.files import read_json, to_json

COST, BLOCK, LANES = 1 << 14, 8, 5  # scrypt's N, r, p: OWASP's choice of 16 MB; a quarter of a second
STORED = re.compile(r"scrypt\$(\d{4,7})\$(\d{1,2})\$(\d{1,2})\$([\w+/=]{16,})\$([\w+/=]{24,})", re.ASCII)
SHORTEST, LONGEST = 10, 200  # characters of a password
NAME = re.compile(r"[\w.@+-]{1,64}")


def hash_password(password: str) -> str:
    """A salted scrypt hash (RFC 7914), its parameters with it: ``scrypt$N$r$p$salt$key``."""
    salt = secrets.token_bytes(16)
    key = _derive(password, salt, COST, BLOCK, LANES)
    return f"scrypt${COST}${BLOCK}${LANES}${b64encode(salt).decode()}${b64encode(key).decode()}"


def is_password(password: str, stored: str) -> bool:
    """Whether a password has the hash `stored`; compared in constant time."""
    if not (found := STORED.fullmatch(stored)) or len(password) > LONGEST:
        return False
    cost, block, lanes = map(int, found.groups()[:3])
    return hmac.compare_digest(
        _derive(password, b64decode(found[4]), cost, block, lanes), b64decode(found[5])
    )  # fmt: skip


def _derive(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    text = unicodedata.normalize("NFKC", password).encode()  # the same letters from any keyboard
    return hashlib.scrypt(text, salt=salt, n=cost, r=block, p=lanes, maxmem=1 << 28, dklen=32)


class Passwords:
    """Names and hashes in a JSON file, read at every question: who is added or deleted is so at once.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def _nobody(self) -> str:
        """A hash for names that nobody has, so that they take as long as others."""
        return hash_password(secrets.token_urlsafe())

    def read(self) -> dict[str, str]:
        """Hash by name; nobody where there is no file.

        Raises
        ------
        PhotozError
            If the file is broken.
        """
        if not self.path.exists():
            return {}
        found = read_json(self.path)
        wrong = [name for name, stored in found.items() if not STORED.fullmatch(str(stored))]
        if wrong:
            raise PhotozError(f"{self.path}: no hash of a password beside {wrong[0]!r}; run photoz access add again")
        return found

    def knows(self, name: str) -> bool:
        return name in self.read()

    def mark(self, name: str) -> str:
        """What a cookie carries beside the name: another once the password is; empty for a name that nobody has."""
        stored = self.read().get(name)
        return hashlib.sha256(stored.encode()).hexdigest()[:16] if stored else ""

    def accept(self, name: str, password: str) -> bool:
        """Whether this is the password of that name; takes as long for a name that nobody has."""
        stored = self.read().get(name)
        return is_password(password, stored or self._nobody) and stored is not None

    def set(self, name: str, password: str) -> None:
        """Keep the hash of a new password.

        Raises
        ------
        PhotozError
            If the name or the password is not one to use.
        """
        if not NAME.fullmatch(name):
            raise PhotozError(f"name {name!r}: up to 64 letters, digits and . _ - + @, without spaces")
        if not SHORTEST <= len(password) <= LONGEST:
            raise PhotozError(f"a password has {SHORTEST} to {LONGEST} characters; three or four words do well")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_private(self.path, to_json(self.read() | {name: hash_password(password)}))

    def forget(self, name: str) -> None:
        """Delete a name; who is signed in by it is so no longer."""
        known = self.read()
        if name not in known:
            raise PhotozError(f"{self.path} has no {name!r}; it has {', '.join(known) or 'nobody'}")
        write_private(self.path, to_json({key: stored for key, stored in known.items() if key != name}))

    def warning(self) -> str:
        """What to say about the file before it is used; empty if it is as it should be."""
        if not self.path.exists() or is_private(self.path):
            return ""
        return f"{self.path} can be read by others; run chmod 600 on it"


class Patience:
    """Makes whoever guesses wait: after `free` failures in a row 1 s, then twice as long each time, up to `longest`.

    Parameters
    ----------
    free : int
    longest : float
        [s]
    clock : callable
        Seconds that never go back.
    """

    MOST = 10_000  # keys held; guesses from more addresses than that push the oldest out

    def __init__(self, free: int, longest: float = 300.0, clock: Callable[[], float] = time.monotonic):
        self.free, self.longest, self.clock = free, longest, clock
        self._failures: dict[str, tuple[int, float]] = {}  # count and the end of the wait

    def wait(self, key: str) -> float:
        """Seconds until `key` may try again."""
        return max(self._failures.get(key, (0, 0.0))[1] - self.clock(), 0.0)

    def failed(self, key: str) -> None:
        count = self._failures.pop(key, (0, 0.0))[0] + 1
        pause = min(2.0 ** min(count - self.free, 30), self.longest) if count >= self.free else 0.0
        self._failures[key] = (count, self.clock() + pause)
        while len(self._failures) > self.MOST:
            del self._failures[next(iter(self._failures))]

    def passed(self, key: str) -> None:
        self._failures.pop(key, None)
