"""Shared links: whoever has the token sees the view, until it expires or is revoked."""

import hashlib
import secrets
import time

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, select, update

from photoz_core.errors import PhotozError, unknown
from photoz_core.review.bodies import Author, Name, check_hours
from photoz_core.review.database import reading, writing
from photoz_core.review.entries import MAY, Link
from photoz_core.review.packed import pack, unpack
from photoz_core.review.schema import LINKS

LARGEST_VIEW = 1_000_000  # bytes, packed
HOUR = 3600  # seconds


def share(engine: Engine, dataset: str, view: dict, by: str, may: str, hours: float) -> str:
    """`ReviewStore.share`"""
    if may not in MAY:
        raise unknown("right of a link", may, MAY)
    try:
        TypeAdapter(Name).validate_python(dataset)
        TypeAdapter(Author).validate_python(by)
        packed = pack(view)
    except ValidationError as error:
        raise PhotozError(f"this link cannot be made: {error.errors()[0]['msg']}") from None
    except (TypeError, ValueError) as error:
        raise PhotozError(f"this view cannot be shared: {error}") from error
    if len(packed) > LARGEST_VIEW:
        raise PhotozError(
            f"this view takes {len(packed) / 1e6:.1f} MB and a link holds 1 MB; save its selection under a name first"
        )
    token, now = secrets.token_urlsafe(24), time.time()
    times = {"created": now, "expires": now + HOUR * check_hours(hours)}
    with writing(engine) as connection:
        connection.execute(
            LINKS.insert().values(digest=_digest(token), dataset=dataset, view=packed, by=by, may=may, **times)
        )
    return token


def find(engine: Engine, token: str) -> Link:
    """`ReviewStore.link`: the look-up is of a hash, so that its time says nothing of the tokens there are."""
    with reading(engine) as connection:
        row = connection.execute(select(LINKS).where(LINKS.c.digest == _digest(token))).one_or_none()
    if row is None:
        raise PhotozError("there is no such link; ask for it again, and copy the whole of it")
    if row.revoked is not None:
        raise PhotozError("this link was revoked; ask whoever sent it for another one")
    if row.expires <= time.time():
        raise PhotozError("this link has expired; ask whoever sent it for another one")
    return _link(row)


def living(engine: Engine, dataset: str | None) -> list[Link]:
    """`ReviewStore.links`"""
    query = select(LINKS).where(LINKS.c.revoked.is_(None), LINKS.c.expires > time.time()).order_by(LINKS.c.id.desc())
    if dataset is not None:
        query = query.where(LINKS.c.dataset == dataset)
    with reading(engine) as connection:
        return [_link(row) for row in connection.execute(query)]


def revoke(engine: Engine, id: int, by: str) -> None:
    """`ReviewStore.revoke`"""
    with writing(engine) as connection:
        if connection.execute(select(LINKS.c.id).where(LINKS.c.id == id)).one_or_none() is None:
            raise PhotozError(f"there is no link {id}; photoz review links lists them")
        still_open = update(LINKS).where(LINKS.c.id == id, LINKS.c.revoked.is_(None))
        connection.execute(still_open.values(revoked=time.time(), revoked_by=by))


def _digest(token: str) -> str:
    return hashlib.sha256(str(token).encode(errors="replace")).hexdigest()


def _link(row) -> Link:
    return Link(row.id, row.dataset, unpack(bytes(row.view)), row.by, row.may, row.expires, row.created)
