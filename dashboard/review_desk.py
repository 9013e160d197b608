"""A session's desk in the review: what stands, and what its person writes. Knows nothing of Panel."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import param

from dashboard import review_columns
from dashboard.access import LOCAL
from dashboard.cache import Values
from dashboard.review_watch import Board, watch_of
from photoz_core.errors import PhotozError
from photoz_core.review.entries import Link

if TYPE_CHECKING:
    from dashboard.state import State

GUEST = " (guest {})"  # after the name that somebody gave themselves; two of one name are not one person
LONGEST = 60  # letters of such a name


@dataclass(frozen=True)
class Wish:
    """Something to write, as `ReviewStore.write` takes it; the same uid, tried again, is one entry.

    Parameters
    ----------
    dataset : str
    kind, target, body, follows
        As of `photoz_core.review.Entry`.
    uid : str
    """

    dataset: str
    kind: str
    target: str
    body: dict
    follows: int | None = None
    uid: str = ""


class Desk(param.Parameterized):
    """Reads and writes the reviews of the dataset in front.

    Writing happens in a thread, for a database that is gone takes seconds to say so. What is written is seen by all
    sessions of the process at once, by others within `review_watch.PERIOD`.

    Parameters
    ----------
    state : State
    schedule : callable, optional
        Runs a function on the session's own thread, whoever calls it; without it everything is done at once, and
        what others write is read together with what is written here.
    """

    review = param.Parameter(default=None, constant=True, doc="What stands; None while nothing could be read.")
    problem = param.String(default="", constant=True, doc="Why the database does not answer.")
    notice = param.String(default="", doc="What became of the last thing that was asked for, if it was refused.")
    asking = param.Boolean(default=False, doc="Whether the person's name is wanted before anything is written.")
    drafts = param.Dict(default={}, doc="Text not saved yet, by what it is about.")

    def __init__(self, state: "State", schedule: Callable[[Callable], None] | None = None, **params):
        super().__init__(**params)
        self.state, self._schedule = state, schedule
        self.check: Callable[[], Link | None] = lambda: None  # raises where a link has come to its end
        self.only = ""  # the one dataset that they may write in; any if empty
        is_known = state.user.signed_in or state.user is LOCAL
        self.mark = "" if is_known else GUEST.format(secrets.token_hex(2))
        self._board: Board | None = None
        self._seated = False  # before, nobody has drawn anything of a review
        self._waiting: list[tuple] = []  # wishes that wait for a name
        self._index: tuple = (None, None)
        self._filled: tuple = (None, None, {})  # review and dataset of the columns filled so far
        state.param.watch(self._sit, "data")
        self._sit()
        self._seated = True

    # --- reading ----------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether there is a store at all."""
        return self.state.reviews is not None

    @property
    def may_write(self) -> bool:
        return self.is_open and self.state.user.may("review") and self.only in ("", self.state.dataset)

    def admit(self, token: str, dataset: str) -> None:
        """Let them write in a link's dataset as long as the link with this token opens something."""
        self.check, self.only = (lambda: self.state.reviews.link(token)), dataset

    def close(self) -> None:
        """The session is over."""
        if self._board is not None:
            self._board.leave(self)
            self._board = None

    def tell(self) -> None:
        """Take what is new, on the session's thread."""
        if self._schedule is None:
            self._take()
        else:
            self._schedule(self._take)

    def _sit(self, *events) -> None:
        """Sit down at the board of the dataset in front."""
        name = self.state.data.name if self.state.data is not None else ""
        if self._board is None or self._board.dataset != name:
            self.close()
            self._board = watch_of(self.state.reviews).board(name) if self.is_open and name else None
        if self._board is None:
            self._take()
            return
        if self._schedule is None:
            self._board.look()
        self._board.join(self)
        if self._schedule is not None:
            watch_of(self.state.reviews).follow()
        self._take()

    def _take(self) -> None:
        review, problem = (self._board.review, self._board.problem) if self._board else (None, "")
        if review is self.review and problem == self.problem:
            return
        is_new = review is not self.review and self._seated
        with param.edit_constant(self), param.edit_constant(self.state):
            self.param.update(review=review, problem=problem)
            if is_new:
                self.state.reviewed += 1

    # --- as columns -------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> list[str]:
        """Names of the columns that the review has."""
        return review_columns.said(self.review)

    def values(self, name: str) -> Values:
        """A column of `columns`, filled once."""
        data = self.state.data
        if self._index[0] is not data:
            self._index = (data, pd.Index(data.object_id))
        if self._filled[0] is not self.review or self._filled[1] is not data:
            self._filled = (self.review, data, {})
        kept = self._filled[2]
        if name not in kept:
            array, classes = review_columns.fill(name, self.review, self._index[1])
            unknown = array < 0 if classes else np.isnan(array)
            kept[name] = Values(array, classes, int(unknown.sum()))
        return kept[name]

    # --- writing ----------------------------------------------------------------------------------------------------

    def wish(self, kind: str, target: str, body: dict, follows: int | None = None) -> Wish:
        """An entry to be."""
        return Wish(self.state.dataset, kind, target, body, follows, str(uuid.uuid4()))

    def write(self, *wishes: Wish, done: Callable[[], None] = lambda: None, failed: Callable = lambda: None) -> None:
        """Write entries; then `done` is called on the session's thread, or, if one cannot be written, `failed`.

        A person without a name is asked for it before.
        """
        self.notice = ""
        try:
            self._require(wishes)
        except PhotozError as error:
            self.notice = str(error)
            failed()
            return
        if not self.state.user.name:
            self._waiting.append((wishes, done, failed))
            self.asking = True
            return
        work = Work(self.state.reviews, self._board, self.state.user.name, wishes, self.check)
        if self._schedule is None:
            self._end(work.do(), done, failed)
        else:
            watch_of(self.state.reviews).writer.submit(
                work.do_and_say, self._schedule, partial(self._end, done=done, failed=failed)
            )

    def introduce(self, name: str) -> None:
        """Take the person's name for this session, and write what has waited for it."""
        name = " ".join(name.split())[:LONGEST]
        if not name:
            return
        self.state.user = replace(self.state.user, name=name + self.mark)
        self.asking, waiting, self._waiting = False, self._waiting, []
        for wishes, done, failed in waiting:
            self.write(*wishes, done=done, failed=failed)

    def stay_nameless(self) -> None:
        """Write nothing of what has waited for a name."""
        self.asking, waiting, self._waiting = False, self._waiting, []
        for _, _, failed in waiting:
            failed()

    def _require(self, wishes: tuple[Wish, ...]) -> None:
        if not self.is_open:
            raise PhotozError("this dashboard keeps no reviews")
        self.state.user.require("review")
        stay_in(self.only, wishes)

    def _end(self, problem: str, done: Callable[[], None], failed: Callable[[], None]) -> None:
        self._take()
        self.notice = f"not saved: {problem}" if problem else self.notice
        (failed if problem else done)()


@dataclass(frozen=True)
class Work:
    """Wishes on their way to the database."""

    store: object
    board: Board
    author: str
    wishes: tuple[Wish, ...]
    check: Callable[[], Link | None]

    def do(self) -> str:
        """Write them, and let everybody know; why that failed, or nothing."""
        problem = ""
        try:
            link = self.check()
            stay_in(link.dataset if link else "", self.wishes)
            self.store.write_all([vars(wish) for wish in self.wishes], self.author)
        except Exception as error:  # in a thread nobody else would say so
            problem = str(error) if isinstance(error, PhotozError) else f"{type(error).__name__}: {error}"
        self.board.look()
        return problem

    def do_and_say(self, schedule: Callable[[Callable], None], end: Callable[[str], None]) -> None:
        """`do` in a thread, and `end` on the session's."""
        problem = self.do()
        schedule(partial(end, problem))


def stay_in(dataset: str, wishes: tuple[Wish, ...]) -> None:
    """Raise a `PhotozError` where somebody wishes to write outside the one dataset of their link."""
    if dataset and any(wish.dataset != dataset for wish in wishes):
        raise PhotozError(f"your link is for reviewing {dataset}, not another dataset")
