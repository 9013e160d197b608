"""The server's door: who is let in to a page or a websocket, by a signed cookie or a share link."""

import hmac
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from bokeh.server.auth_provider import AuthProvider
from bokeh.util.token import check_token_signature, get_token_payload
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, RequestHandler, decode_signed_value
from tornado.websocket import WebSocketHandler

from dashboard.access import User
from dashboard.access_file import Access, AccessFile
from dashboard.guests import SHARE
from dashboard.passwords import Passwords, Patience
from dashboard.sign_in_page import SignInPage, SignOutPage, oauth_page
from photoz_core.errors import OutOfReach, PhotozError
from photoz_core.review.entries import Link

COOKIE = "user"  # as Panel's sign-in by OAuth calls it
CHOSEN = {"bokeh-session-id", "bokeh-token"}  # arguments that name a session
GUEST = "guest"
GUESSES_FROM, GUESSES_AT = 5, 20  # free failures from one address, at one name


class Door(AuthProvider):
    """Lets in whoever signed in and has a role and, if access.toml says so, whoever has a share link.

    Parameters
    ----------
    file : AccessFile
    passwords : Passwords
    find_link : callable
        ``find_link(token)``, a `photoz_core.review.Link`; raises a `PhotozError` for one that opens nothing, which is
        `OutOfReach` while nobody can tell.
    """

    def __init__(self, file: AccessFile, passwords: Passwords, find_link: Callable):
        self.file, self.passwords, self.find_link = file, passwords, find_link
        self.by_address, self.by_name = Patience(GUESSES_FROM), Patience(GUESSES_AT, longest=60)
        self.finds = ThreadPoolExecutor(4, "links")  # a database that is silent must not stop the sessions
        self.checks = ThreadPoolExecutor(1, "passwords")  # one hash at a time: guesses must not take every core
        super().__init__()

    @property
    def access(self) -> Access:
        """What access.toml says now."""
        return self.file.now

    # --- what Bokeh asks a provider for -------------------------------------------------------------------------------

    login_url, logout_url = "/login", "/logout"
    logout_handler = SignOutPage

    @property
    def login_handler(self) -> type[RequestHandler]:
        oauth = self.access.oauth
        return oauth_page(oauth.provider) if self.access.sign_in == "oauth" else SignInPage

    @property
    def get_user_async(self) -> Callable[[RequestHandler], Awaitable[str | None]]:
        return self._let_in

    async def _let_in(self, handler: RequestHandler) -> str | None:
        """The name to let in; None to send to the sign-in page, or refuse a websocket."""
        if CHOSEN & handler.request.arguments.keys() or "Bokeh-Session-Id" in handler.request.headers:
            raise HTTPError(403, "sessions are named by the server")  # or somebody would wait in one for an owner
        name = self.signed_in(handler)
        if name is not None and not self.person(name):
            return None
        try:
            link = await IOLoop.current().run_in_executor(self.finds, self._find, _shared(handler))
        except OutOfReach as error:
            if name is None and self.access.links == "anyone":
                raise HTTPError(503, str(error), reason="links cannot be looked up now; try again") from error
            link = None  # who signed in is told on their page
        return name or (GUEST if link and self.access.links == "anyone" else None)

    # --- who --------------------------------------------------------------------------------------------------------

    def signed_in(self, handler: RequestHandler) -> str | None:
        """The name in a request's cookie, whatever it may do; None without one."""
        return self._name(handler.get_signed_cookie(COOKIE, max_age_days=self.access.days))

    def cookie(self, name: str) -> str:
        """What the cookie of somebody who gave their password says; nothing more after another one is set."""
        return f"{name}:{self.passwords.mark(name)}"

    def _name(self, value: bytes | None) -> str | None:
        """The name in a cookie, whose signature was right; None if it was made for another password."""
        if not value or self.access.sign_in != "basic":
            return value.decode() if value else None
        name, _, mark = value.decode().rpartition(":")
        return name if mark and hmac.compare_digest(mark, self.passwords.mark(name)) else None

    def person(self, name: str) -> User | None:
        """Who `name` is; None for somebody who may not come in, or no longer."""
        if self.access.sign_in == "basic" and not self.passwords.knows(name):
            return None
        return self.access.user(name)

    def user(self, key: str, cookies: dict, arguments: dict) -> User | None:
        """Who is behind a session, from its request; None for somebody who may not come in, or nobody can tell.

        Parameters
        ----------
        key : str
            Of the cookies' signature.
        cookies : dict of str
        arguments : dict of list of bytes
            Of the page's address.
        """
        name = self._named(key, cookies)
        try:
            link = None if name or self.access.links != "anyone" else self._find(arguments)
        except OutOfReach:
            return None
        guest = User("", "reviewer" if link.may == "comment" else "viewer") if link else None
        return self.person(name) if name else guest

    def again(self, before: User, key: str, cookies: dict) -> User | None:
        """Who somebody is now that `user` found before, whatever became of their link; as there."""
        name = self._named(key, cookies)
        if name or before.signed_in:
            return self.person(name) if name else None
        return before if self.access.links == "anyone" else None

    def _named(self, key: str, cookies: dict) -> str | None:
        value = cookies.get(COOKIE)
        return self._name(decode_signed_value(key, COOKIE, value, max_age_days=self.access.days) if value else None)

    def _find(self, arguments: dict) -> Link | None:
        """The link of a page's address; None where there is none. Raises `OutOfReach` while nobody can tell."""
        tokens = arguments.get(SHARE, [])
        try:
            return self.find_link(tokens[0].decode(errors="replace")) if len(tokens) == 1 else None
        except OutOfReach:
            raise
        except PhotozError:
            return None


def _shared(handler: RequestHandler) -> dict:
    """Arguments of the page behind a request: of the app itself, or that whose signed token a websocket brings."""
    application, request = handler.application, handler.request
    if not isinstance(handler, WebSocketHandler):
        return request.arguments if request.path == f"{application.prefix}/" else {}
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(", ")
    token = offered[-1]
    try:
        if not check_token_signature(token, secret_key=application.secret_key, signed=application.sign_sessions):
            return {}
        return get_token_payload(token).get("arguments", {})
    except (ValueError, KeyError, TypeError):  # not a token at all
        return {}
