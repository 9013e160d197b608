"""Shared links: whoever has the token sees the view, until it expires or is revoked."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, select, update

from photoz_core.errors import OutOfReach, PhotozError, unknown
from photoz_core.review.bodies import Author, Name, check_hours
from photoz_core.review.database import reading, writing
from photoz_core.review.entries import MAY, Link
from photoz_core.review.packed import pack, unpack
from photoz_core.review.schema import LINKS

LARGEST_VIEW = 1_000_000  # bytes, packed
HOUR = 3600  # seconds
EXPIRED = "this link has expired; ask whoever sent it for another one"


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
        raise PhotozError(EXPIRED)
    return _link(row)


class Lately:
    """Remembers what came of looking links up, so that whoever asks often does not ask the database as often.

    Parameters
    ----------
    look_up : callable
        ``look_up(token)``, as `find`.
    clock : callable
        Seconds that never go back.
    """

    MOST = 500  # answers

    def __init__(self, look_up: Callable[[str], Link], clock: Callable[[], float] = time.monotonic):
        self.look_up, self.clock, self._turn = look_up, clock, threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Ask anew about every link."""
        self._answers: dict[str, tuple[float, Link | str]] = {}  # when, and the link or why there is none
        self._silence = (-float("inf"), "")  # since when the database is out of reach, and why

    def find(self, token: str, age: float) -> Link:
        """The link, by an answer at most `age` seconds old; raises as `find` does."""
        now = self.clock()
        at, answer = self._answers.get(token, (-float("inf"), ""))
        if now - at >= age:
            if now - self._silence[0] < age:
                raise OutOfReach(self._silence[1])
            answer = self._ask(token)
        if isinstance(answer, str) or answer.expires <= time.time():
            raise PhotozError(answer if isinstance(answer, str) else EXPIRED)
        return answer

    def _ask(self, token: str) -> Link | str:
        try:
            answer: Link | str = self.look_up(token)
        except OutOfReach as error:
            self._silence = (self.clock(), str(error))
            raise
        except PhotozError as error:
            answer = str(error)
        with self._turn:
            self._silence = (-float("inf"), "")
            self._answers.pop(token, None)
            self._answers[token] = (self.clock(), answer)
            while len(self._answers) > self.MOST:
                del self._answers[next(iter(self._answers))]
        return answer


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
