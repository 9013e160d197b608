"""Whether a session may go on: people are sent away, roles change, links end. Knows nothing of Panel."""

from collections.abc import Callable

from dashboard.access import User
from dashboard.guests import Visit
from dashboard.review_watch import watch_of
from photoz_core.errors import OutOfReach, PhotozError

EXPIRED = "this link has expired; ask whoever sent it for another one"
SHUT = "This link opens nothing"
GONE = ("You are not signed in any more", "load the page again to sign in")
CHANGED = ("What you may do here has changed", "load the page again")
SHARED = 1.0  # s for which the sessions of one link share an answer


class Stay:
    """The stay of one session, from what held when it began.

    Parameters
    ----------
    user : User
        As they came in, before a link.
    ask : callable, optional
        ``ask()``, who they are now; None for somebody who may not come in any more.
    link : tuple of Visit, ReviewStore and str, optional
        What a link opened that they need, where it is kept, and its token.
    """

    def __init__(
        self, user: User, ask: Callable[[], User | None] | None = None, link: tuple[Visit, object, str] | None = None
    ):
        self.user, self.ask, self.link = user, ask or (lambda: user), link
        self._asking = None  # the look-up of the link, in a thread: a database that is gone takes seconds to say so
        self._revoked = ""

    def over(self) -> tuple[str, str] | None:
        """Why it is: a title and what to do; None while it may go on, and while nobody can tell."""
        try:
            user = self.ask()
        except PhotozError:  # a file that somebody edits right now
            user = self.user
        if user != self.user:
            return GONE if user is None else CHANGED
        reason = self._link_ended()
        return (SHUT, reason) if reason else None

    def _link_ended(self) -> str:
        if self.link is None:
            return ""
        opened, reviews, token = self.link
        if opened.is_over:
            return EXPIRED
        if self._asking is None or self._asking.done():
            self._asking = watch_of(reviews).asker.submit(self._look_up, reviews, token)
        return self._revoked

    def _look_up(self, reviews, token: str) -> None:
        try:
            reviews.link(token, age=SHARED)
        except OutOfReach:
            pass
        except PhotozError as error:
            self._revoked = str(error)
