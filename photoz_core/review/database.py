"""The database behind the reviews: which one, how it is reached, and what it says when it is not."""

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import OperationalError as Unreachable
from sqlalchemy.exc import TimeoutError as PoolTimeout

from photoz_core.errors import OutOfReach, PhotozError
from photoz_core.home import Home

PATIENCE = 5  # seconds until a database that does not answer counts as gone
FILE = "reviews.sqlite"
POSTGRES = ("postgresql", "postgresql+psycopg", "postgres")
ANSWER_OR_FAIL = {"connect_timeout": 3, "tcp_user_timeout": 1000 * PATIENCE, "keepalives_idle": PATIENCE}


def parse(url: str | None, home: Home) -> URL:
    """Where the reviews are: a URL, or the home's own SQLite file.

    Raises
    ------
    PhotozError
        If it is no URL of a kind that is supported; the message does not repeat it, for it may hold a password.
    """
    if not url:
        return URL.create("sqlite", database=str((home.path / FILE).absolute()))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is not None and parsed.drivername in POSTGRES:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed is not None and parsed.drivername == "sqlite" and parsed.database and parsed.database != ":memory:":
        return URL.create("sqlite", database=str(Path(parsed.database).expanduser().absolute()))
    raise PhotozError(
        "this is no database for reviews; give postgresql://user@host/name or sqlite:////absolute/path.sqlite"
    )


def place(url: URL) -> str:
    """What to call a database in a message: no password in it, nor options, where one may hide."""
    if url.drivername == "sqlite":
        return str(url.database)
    return f"{url.database or 'postgresql'} at {url.host or 'local socket'}{f':{url.port}' if url.port else ''}"


def connect(url: URL, journal: str = "WAL") -> Engine:
    """An engine for `url`; nothing is connected yet.

    Parameters
    ----------
    journal : str
        SQLite's; WAL lets readers read while somebody writes, DELETE leaves one file.

    Raises
    ------
    PhotozError
        If PostgreSQL's driver is missing.
    """
    if url.drivername == "sqlite":
        return _sqlite(url, journal)
    try:
        engine = create_engine(
            url, pool_pre_ping=True, pool_timeout=PATIENCE, hide_parameters=True, connect_args=dict(ANSWER_OR_FAIL)
        )
    except ImportError as error:
        raise PhotozError('PostgreSQL needs its driver: pip install "photoz[postgres]"') from error

    @event.listens_for(engine, "connect")
    def give_up_on_locks(connection, record):
        connection.execute(f"SET lock_timeout = '{PATIENCE}s'")
        connection.commit()

    return engine


def _sqlite(url: URL, journal: str) -> Engine:
    path = Path(url.database)
    uri = f"file:{quote(str(path))}?mode=rw"  # never make an empty file where a database was

    def opened():
        return sqlite3.connect(uri, uri=True, timeout=PATIENCE, check_same_thread=False, isolation_level=None)

    engine = create_engine(url, creator=opened, pool_pre_ping=True, pool_timeout=PATIENCE, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def sure(connection, record):
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("PRAGMA synchronous=FULL")
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def still_there(connection, record, proxy):
        if record.info["file"] != _identity(path):  # what is written to a deleted file is gone
            raise DisconnectionError(f"{path} was moved or deleted")

    @event.listens_for(engine, "begin")
    def begin(connection):
        immediate = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _identity(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


@contextlib.contextmanager
def reading(engine: Engine, **options) -> Iterator[Connection]:
    """A transaction that sees one state of the database; what goes wrong is a `PhotozError`."""
    with _understood(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is on disk when the block has ended; what goes wrong is a `PhotozError`."""
    with _understood(engine), engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextlib.contextmanager
def _understood(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (Unreachable, PoolTimeout) as error:
        raise OutOfReach(
            f"the review database cannot be reached ({place(engine.url)}): {_reason(engine.url, error)}; try again"
        ) from None
    except IntegrityError as error:
        raise PhotozError("an entry of the same uid is there already; write it with a new uid") from error
    except SQLAlchemyError as error:
        raise OutOfReach(
            f"the review database ({place(engine.url)}) does not answer as it should: {_reason(engine.url, error)}"
        ) from None


def _reason(url: URL, error: SQLAlchemyError) -> str:
    lines = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    secrets = [url.password, *(value for key, value in url.query.items() if "password" in key)]
    reason = lines[0] if lines else type(error).__name__
    for secret in filter(None, secrets):
        reason = reason.replace(str(secret), "***")
    return reason


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock beside the SQLite file `path`, waiting for it: one process at a time turns on WAL and migrates."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f".{path.name}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            path.touch()
            yield
    except OSError as error:
        raise PhotozError(f"the review database cannot be reached ({path}): {error.strerror or error}") from error
