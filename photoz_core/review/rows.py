"""Between an entry and its row."""

import hashlib
import json

from sqlalchemy import Connection, func, select

from photoz_core.errors import PhotozError
from photoz_core.review.bodies import check
from photoz_core.review.entries import Entry
from photoz_core.review.packed import Ids, pack
from photoz_core.review.schema import ENTRIES


def row_of(kind: str, body: dict, at: float, **head) -> dict:
    """The row of a new entry, checked; without an id.

    Raises
    ------
    PhotozError
        As `bodies.check` does.
    """
    body, head = check(kind, body, **{"follows": None, "uid": None, **head})
    ids = body.pop("ids", None)
    packed = None if ids is None else pack(ids)
    return {**head, "kind": kind, "body": json.dumps(body, ensure_ascii=False), "ids": packed, "at": at}


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


def put(connection: Connection, row: dict) -> Entry:
    """Write a row, and give its entry; one of the same uid that is there already is given instead.

    Raises
    ------
    PhotozError
        If that is another entry, or the row follows or merges what is not about the same.
    """
    there = connection.execute(select(ENTRIES).where(ENTRIES.c.uid == row["uid"])).one_or_none()
    if there is None:
        _check_follows(connection, row)
        return entry(connection.execute(ENTRIES.insert().values(row)).inserted_primary_key[0], **row)
    found = entry(*there)
    if any(getattr(found, name) != row[name] for name in ("dataset", "kind", "target", "author")):
        raise PhotozError("the uid of this entry is taken by another one; write it with a new uid")
    return found


def _check_follows(connection: Connection, row: dict) -> None:
    """Raise a `PhotozError` unless what the row follows and merges was written about the same target."""
    wanted = {*json.loads(row["body"]).get("merges", ()), *([] if row["follows"] is None else [row["follows"]])}
    if not wanted:
        return
    same = [ENTRIES.c[name] == row[name] for name in ("dataset", "kind", "target")]
    found = set(connection.execute(select(ENTRIES.c.id).where(ENTRIES.c.id.in_(wanted), *same)).scalars())
    if missing := sorted(wanted - found):
        raise PhotozError(f"this {row['kind']} follows entry {missing[0]}, which is of something else; reload the page")
