"""PostgreSQL for tests: one cluster of our own per session, a database per test, gone afterwards.

A test module asks for it with ``pytest_plugins = ["postgres_cluster"]``.
"""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

MUST = "PHOTOZ_REQUIRE_POSTGRES"  # set to 1, a missing PostgreSQL fails instead of skipping
USER = "postgres"  # initdb refuses to run as root
SETTINGS = {"listen_addresses": "127.0.0.1", "fsync": "off", "max_connections": "40", "shared_buffers": "16MB"}


def free_port() -> int:
    """A port of this machine that nobody listens to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Cluster:
    """A PostgreSQL server of this machine alone, on a free port.

    Parameters
    ----------
    programs : Path
        Where initdb and pg_ctl are.
    folder : Path
        Short: it also holds the server's unix socket, whose path may have a hundred characters.
    """

    def __init__(self, programs: Path, folder: Path):
        self.programs, self.folder, self._names = programs, folder, itertools.count()
        self.data, self.port = folder / "data", free_port()
        self.user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        if self.user:
            shutil.chown(folder, USER, USER)
        self._run("initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
            file.write(f"unix_socket_directories = '{folder}'\nport = {self.port}\n")

    def _run(self, program: str, *words) -> None:
        command = [str(self.programs / program), *map(str, words)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=120, **self.user)
        assert done.returncode == 0, f"{program}: {done.stdout}\n{done.stderr}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.folder / "log")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it, by default as a crash would."""
        self._run("pg_ctl", "stop", "-w", "-D", self.data, "-m", mode)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """URL of an empty database."""
        import psycopg

        name = f"test{next(self._names)}"
        with psycopg.connect(self.url(USER), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


def find_programs() -> Path:
    """Folder of initdb and pg_ctl; skips, saying why, where there is none."""
    beside = shutil.which("initdb")
    folders = [Path(beside).resolve().parent] if beside else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    found = next((one for one in folders if (one / "initdb").exists() and (one / "pg_ctl").exists()), None)
    if found is None:
        _missing("no PostgreSQL found (looked for initdb on PATH and in /usr/lib/postgresql)")
    if os.geteuid() == 0 and USER not in (entry.pw_name for entry in pwd.getpwall()):
        _missing(f"PostgreSQL does not run as root, and there is no user {USER!r}")
    return found


def _missing(reason: str) -> None:
    (pytest.fail if os.environ.get(MUST) == "1" else pytest.skip)(f"{reason}; install Debian's postgresql")


@pytest.fixture(scope="session")
def cluster():
    """A running server for all tests of this process."""
    programs = find_programs()
    with tempfile.TemporaryDirectory(prefix="photoz-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(programs, Path(folder))
        cluster.start()
        yield cluster
        cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """What `ReviewStore.open` takes as `url`: None for the home's own SQLite file, or an empty PostgreSQL database."""
    return None if request.param == "sqlite" else request.getfixturevalue("cluster").new_database()
