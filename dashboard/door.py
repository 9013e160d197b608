"""The server's door: who is let in to a page or a websocket, by a signed cookie or a share link."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bokeh.server.auth_provider import AuthProvider
from bokeh.util.token import check_token_signature, get_token_payload
from tornado.web import HTTPError, RequestHandler, decode_signed_value
from tornado.websocket import WebSocketHandler

from dashboard.access import User
from dashboard.access_file import Access
from dashboard.passwords import Passwords, Patience
from dashboard.sign_in_page import SignInPage, SignOutPage, oauth_page
from photoz_core.errors import PhotozError

COOKIE = "user"  # as Panel's sign-in by OAuth calls it
SHARE = "share"  # ?share=TOKEN
CHOSEN = {"bokeh-session-id", "bokeh-token"}  # arguments that name a session
GUEST = "guest"
GUESSES_FROM, GUESSES_AT = 5, 20  # free failures from one address, at one name


class Door(AuthProvider):
    """Lets in whoever signed in and has a role and, if access.toml says so, whoever has a share link.

    Parameters
    ----------
    access : Access
    passwords : Passwords
    find_link : callable
        ``find_link(token)``, a `photoz_core.review.Link`; raises a `PhotozError` for one that opens nothing.
    """

    def __init__(self, access: Access, passwords: Passwords, find_link: Callable):
        self.access, self.passwords, self.find_link = access, passwords, find_link
        self.by_address, self.by_name = Patience(GUESSES_FROM), Patience(GUESSES_AT, longest=60)
        self.checks = ThreadPoolExecutor(1, "passwords")  # one hash at a time: guesses must not take every core
        super().__init__()

    # --- what Bokeh asks a provider for -------------------------------------------------------------------------------

    login_url, logout_url = "/login", "/logout"
    logout_handler = SignOutPage

    @property
    def login_handler(self) -> type[RequestHandler]:
        oauth = self.access.oauth
        return oauth_page(oauth.provider) if self.access.sign_in == "oauth" else SignInPage

    @property
    def get_user(self) -> Callable[[RequestHandler], str | None]:
        return self._let_in

    def _let_in(self, handler: RequestHandler) -> str | None:
        """The name to let in; None to send to the sign-in page, or refuse a websocket."""
        if CHOSEN & handler.request.arguments.keys() or "Bokeh-Session-Id" in handler.request.headers:
            raise HTTPError(403, "sessions are named by the server")  # or somebody would wait in one for an owner
        name = self.signed_in(handler)
        if name is not None:
            return name if self.person(name) else None
        return GUEST if self._guest(_shared(handler)) else None

    # --- who --------------------------------------------------------------------------------------------------------

    def signed_in(self, handler: RequestHandler) -> str | None:
        """The name in a request's cookie, whatever it may do; None without one."""
        value = handler.get_signed_cookie(COOKIE, max_age_days=self.access.days)
        return value.decode() if value else None

    def person(self, name: str) -> User | None:
        """Who `name` is; None for somebody who may not come in, or no longer."""
        if self.access.sign_in == "basic" and not self.passwords.knows(name):
            return None
        return self.access.user(name)

    def user(self, key: str, cookies: dict, arguments: dict) -> User:
        """Who is behind a session, from its request; nobody in particular, who only looks, while the server warms up.

        Parameters
        ----------
        key : str
            Of the cookies' signature.
        cookies : dict of str
        arguments : dict of list of bytes
            Of the page's address.
        """
        value = cookies.get(COOKIE)
        name = decode_signed_value(key, COOKIE, value, max_age_days=self.access.days) if value else None
        found = self.person(name.decode()) if name else self._guest(arguments)
        return found or User("", "viewer")

    def _guest(self, arguments: dict) -> User | None:
        """Whoever holds a link; its right is theirs."""
        tokens = arguments.get(SHARE, [])
        if self.access.links != "anyone" or len(tokens) != 1:
            return None
        try:
            link = self.find_link(tokens[0].decode(errors="replace"))
        except PhotozError:
            return None
        return User("", "reviewer" if link.may == "comment" else "viewer")


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
