"""Backup of the reviews into one SQLite file, from either database, and back into an empty one of either kind."""

import contextlib
import json
import math
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, Table, func, select, text

from photoz_core.errors import PhotozError
from photoz_core.files import replacing
from photoz_core.home import Home
from photoz_core.review.bodies import check
from photoz_core.review.database import connect, parse, place, reading, writing
from photoz_core.review.entries import MAY
from photoz_core.review.packed import unpack
from photoz_core.review.schema import ENTRIES, LINKS
from photoz_core.review.upgrade import bring_up, migrate, revision

MAGIC = b"SQLite format 3\0"
DIGEST = re.compile("[0-9a-f]{64}")
HEADS = ("dataset", "target", "author", "uid", "follows")
CHUNK = 200  # rows on the way at once; each may hold a selection of millions


def backup(engine: Engine, path: Path) -> int:
    """`ReviewStore.backup`: one state of the database, though others go on writing."""
    path = Path(path)
    if path.exists():
        raise PhotozError(f"{path} exists already; choose another name or delete that file")
    snapshot = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with replacing(path) as partial:
        partial.touch()
        with _file(partial) as copy, reading(engine, **snapshot) as source, writing(copy) as target:
            bring_up(target)
            return _copy(source, target, lambda table, row: None)


def restore(path: Path, url: str | None, home: Home) -> int:
    """Fill an empty review database from a backup, all of it or nothing.

    Parameters
    ----------
    path : Path
        By `ReviewStore.backup`, of this or an older photoz; it is not changed.
    url, home
        As `ReviewStore.open` has them.

    Returns
    -------
    int
        How many entries there are.

    Raises
    ------
    PhotozError
        If the file is no backup, cut off or newer, or the database holds something or cannot be reached.
    """
    path = Path(path)
    with _backup_file(path) as file:
        engine = connect(parse(url, home))
        try:
            migrate(engine)
            with reading(file) as source, writing(engine) as target:
                _require_empty(target)
                count = _copy(source, target, lambda table, row: _check(path, table, row))
                _count_on(target)
            return count
        finally:
            engine.dispose()


@contextlib.contextmanager
def _file(path: Path) -> Iterator[Engine]:
    engine = connect(URL.create("sqlite", database=str(path)), journal="DELETE")
    try:
        yield engine
    finally:
        engine.dispose()


@contextlib.contextmanager
def _backup_file(path: Path) -> Iterator[Engine]:
    """A sound copy of the backup at `path`, with the newest schema."""
    _look_at(path)
    with tempfile.TemporaryDirectory() as folder:
        try:
            copied = Path(shutil.copyfile(path, Path(folder, "backup.sqlite")))
        except OSError as error:
            raise PhotozError(f"cannot read {path}: {error.strerror or error}") from error
        with _file(copied) as engine:
            try:
                with reading(engine) as connection:
                    sound = connection.execute(text("PRAGMA integrity_check")).scalar()
                    ours = revision(connection)
            except PhotozError as error:
                raise PhotozError(f"{path} is cut off or damaged; take another backup") from error
            if sound != "ok":
                raise PhotozError(f"{path} is cut off or damaged ({sound}); take another backup")
            if ours is None:
                raise PhotozError(f"{path} is no backup of reviews; photoz review backup makes one")
            with writing(engine) as connection:
                bring_up(connection)
            yield engine


def _look_at(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(100)
        size = path.stat().st_size
        log = path.with_name(path.name + "-wal")
        in_use = log.exists() and log.stat().st_size > 0
    except OSError as error:
        raise PhotozError(f"cannot read {path}: {error.strerror or error}") from error
    if not head.startswith(MAGIC) or len(head) < 100:
        raise PhotozError(f"{path} is no backup of reviews; photoz review backup makes one")
    if in_use:  # its newest entries are in the other file
        raise PhotozError(f"{path} is a database in use; photoz review backup --database sqlite:///… makes a backup")
    page = int.from_bytes(head[16:18]) if head[16:18] != b"\0\1" else 65536  # https://www.sqlite.org/fileformat.html
    if size != page * int.from_bytes(head[28:32]):  # SQLite itself takes a page that is not whole for one with zeros
        raise PhotozError(f"{path} is cut off or damaged; take another backup")


def _require_empty(target: Connection) -> None:
    """Raise a `PhotozError` if something is in the database; nobody writes to it until the transaction ends."""
    if target.dialect.name == "postgresql":
        target.execute(text("LOCK TABLE entries, links IN SHARE ROW EXCLUSIVE MODE"))
    if any(target.execute(select(table.c.id).limit(1)).first() for table in (ENTRIES, LINKS)):
        where = place(target.engine.url)
        raise PhotozError(f"the review database ({where}) is not empty; restore into a new one")


def _copy(source: Connection, target: Connection, look: Callable[[Table, dict], None]) -> int:
    count = 0
    for table in (ENTRIES, LINKS):
        found = source.execute(select(table).order_by(table.c.id), execution_options={"yield_per": CHUNK})
        for part in found.mappings().partitions():
            rows = [dict(row) for row in part]
            for row in rows:
                look(table, row)
            target.execute(table.insert(), rows)
            count += len(rows) if table is ENTRIES else 0
    return count


def _check(path: Path, table: Table, row: dict) -> None:
    """Raise a `PhotozError` if a row of a backup is not what this program writes."""
    try:
        if table is LINKS:
            times = [row["created"], row["expires"]]
            sound = isinstance(unpack(row["view"]), dict) and row["may"] in MAY and DIGEST.fullmatch(row["digest"])
        else:
            times = [row["at"]]
            body = json.loads(row["body"]) | ({} if row["ids"] is None else {"ids": unpack(row["ids"])})
            sound = bool(check(row["kind"], body, **{name: row[name] for name in HEADS}))
        sound = sound and all(map(math.isfinite, times))
    except (PhotozError, TypeError, ValueError) as error:
        raise PhotozError(f"{path}: row {row['id']} of {table.name}: {error}") from error
    if not sound:
        raise PhotozError(f"{path}: row {row['id']} of {table.name} is not as photoz writes it; take another backup")


def _count_on(target: Connection) -> None:
    """Let PostgreSQL's next ids follow those that were restored; SQLite does by itself."""
    if target.dialect.name != "postgresql":
        return
    for table in (ENTRIES, LINKS):
        sequence = func.pg_get_serial_sequence(table.name, "id")
        if last := target.execute(select(func.max(table.c.id))).scalar():
            target.execute(select(func.setval(sequence, last)))
