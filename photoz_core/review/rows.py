"""Between an entry and its row."""

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from photoz_core.errors import PhotozError
from photoz_core.review.entries import Entry
from photoz_core.review.packed import Ids, pack
from photoz_core.review.schema import ENTRIES


def columns_of(body: dict) -> dict:
    """The columns that hold a checked body: ids packed, the rest as JSON."""
    ids = body.get("ids")
    rest = {name: value for name, value in body.items() if name != "ids"}
    return {"body": json.dumps(rest, ensure_ascii=False), "ids": None if ids is None else pack(list(ids))}


def entry(id, uid, dataset, kind, target, body, ids, author, at, follows) -> Entry:
    """The entry in a row of `ENTRIES`."""
    held = json.loads(body)
    if ids is not None:
        held["ids"] = Ids(bytes(ids))
    return Entry(id, uid, dataset, kind, target, held, author, at, follows)


def take_turn(connection: Connection, dataset: str) -> None:
    """Wait until nobody else writes to the dataset, so that entries come in sight in the order of their ids.

    SQLite has one writer at a time anyway. PostgreSQL hands out ids before a transaction ends: without this lock, held
    until then, 6 could be seen before 5.
    """
    if connection.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"photoz {dataset}".encode()).digest()[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def check_follows(connection: Connection, row: dict, merges: Sequence[int]) -> None:
    """Raise a `PhotozError` unless what the row follows and merges was written about the same target."""
    wanted = {*merges, *([] if row["follows"] is None else [row["follows"]])}
    if not wanted:
        return
    same = [ENTRIES.c[name] == row[name] for name in ("dataset", "kind", "target")]
    found = set(connection.execute(select(ENTRIES.c.id).where(ENTRIES.c.id.in_(wanted), *same)).scalars())
    if missing := sorted(wanted - found):
        raise PhotozError(f"this {row['kind']} follows entry {missing[0]}, which is of something else; reload the page")


def written(connection: Connection, row: dict) -> Entry:
    """The entry that has the uid of the row already.

    Raises
    ------
    PhotozError
        If it is another one.
    """
    found = entry(*connection.execute(select(ENTRIES).where(ENTRIES.c.uid == row["uid"])).one())
    names = ("dataset", "kind", "target", "author")
    if any(getattr(found, name) != row[name] for name in names):
        raise PhotozError("the uid of this entry is taken by another one; write it with a new uid")
    return found
