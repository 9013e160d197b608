"""How people come in to a served dashboard: what the server must be told for it, and who is behind a session."""

import base64
import hashlib
import hmac
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tornado.web import OutputTransform

from dashboard.access import LOCAL, User
from dashboard.access_file import PASSWORDS, Access, AccessFile
from dashboard.guests import RECENT
from dashboard.passwords import Passwords
from dashboard.secret_files import server_key
from photoz_core.home import Home

BODY = 1 << 16  # bytes of a form
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # an address may hold a share link's token
    "X-Frame-Options": "SAMEORIGIN",
}
SECRET = re.compile(r"(?i)(share|code|state|bokeh-token)(=|%3d)[^&\s'\"%]+")
LOGS = ("tornado.access", "tornado.application", "tornado.general")


@dataclass(frozen=True)
class Entrance:
    """The way in.

    Parameters
    ----------
    options : dict
        For ``panel.io.server.get_server``.
    user : callable
        ``user()``, who is behind the session being made.
    asker : callable
        ``asker(user)``, for that session: a function that says who they are from then on; None once they are out.
    notes : tuple of str
        What whoever starts the server should know.
    """

    options: dict[str, Any] = field(default_factory=dict)
    user: Callable[[], User] = lambda: LOCAL
    asker: Callable[[User], Callable[[], User | None]] = lambda user: lambda: user
    notes: tuple[str, ...] = ()


def open_entrance(home: Home, file: AccessFile | None, everybody: User, reviews) -> Entrance:
    """The entrance of a home's server.

    Parameters
    ----------
    file : AccessFile, optional
        Without it, or with its sign-in none, all are `everybody`; passwords are beside it.
    reviews : ReviewStore or None
        Knows the share links.

    Raises
    ------
    PhotozError
        If the server's key or the passwords cannot be used.
    """
    import panel as pn

    keep_out_of_logs()
    key = server_key(home)
    options = _options(key)
    if file is None or file.now.sign_in == "none":
        return Entrance(options, lambda: everybody)
    from dashboard.door import Door

    access, passwords = file.now, Passwords(file.path.parent / PASSWORDS)
    door = Door(file, passwords, partial(reviews.link, age=RECENT))
    cookies = _derived(key, "cookies")
    options |= {"auth_provider": door, "cookie_secret": cookies, "xsrf_cookies": True} | _oauth(access)
    pn.config.oauth_expiry = access.days

    def user() -> User:
        """Nobody in particular, who only looks, while the server warms up."""
        request = pn.state.curdoc.session_context.request
        found = door.user(cookies, getattr(request, "cookies", {}), getattr(request, "arguments", {}))
        return found or User("", "viewer")

    def asker(before: User) -> Callable[[], User | None]:
        return partial(door.again, before, cookies, getattr(pn.state.curdoc.session_context.request, "cookies", {}))

    return Entrance(options, user, asker, _notes(access, passwords))


def _options(key: bytes) -> dict[str, Any]:
    """What holds whoever comes."""
    from dashboard.messages import MESSAGE, bound_messages

    bound_messages()
    return {
        "sign_sessions": True,
        "secret_key": _derived(key, "sessions").encode(),
        "generate_session_ids": True,
        "websocket_max_message_size": MESSAGE,
        "http_server_kwargs": {"max_body_size": BODY},
        "transforms": [Careful],
    }


def _notes(access: Access, passwords: Passwords) -> tuple[str, ...]:
    nobody = access.sign_in == "basic" and not passwords.read()
    return tuple(
        note
        for note in (
            passwords.warning() if access.sign_in == "basic" else "",
            "nobody can sign in yet; photoz access add NAME gives somebody a password" if nobody else "",
        )
        if note
    )


def _oauth(access: Access) -> dict[str, Any]:
    oauth = access.oauth
    if access.sign_in != "oauth":
        return {}
    return {
        "oauth_key": os.environ[oauth.key],
        "oauth_secret": os.environ[oauth.secret],
        "oauth_redirect_uri": oauth.redirect_uri,
        "oauth_extra_params": dict(oauth.extra or {}),
        "oauth_jwt_user": oauth.user or None,
    }


def _derived(key: bytes, purpose: str) -> str:
    """One secret for each purpose (HKDF's expand step, RFC 5869, of one block)."""
    return base64.urlsafe_b64encode(hmac.digest(key, purpose.encode() + b"\x01", hashlib.sha256)).decode()


class Careful(OutputTransform):
    """Says with every answer that it is not to be guessed at, framed by other sites or told of to them."""

    def transform_first_chunk(self, status_code, headers, chunk, finishing):
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        return status_code, headers, chunk


class _Redacted(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = SECRET.sub(r"\1\2…", record.getMessage()), ()
        return True


def keep_out_of_logs() -> None:
    """Tokens in an address, as of share links, are not written to the server's log."""
    for name in LOGS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, _Redacted) for one in logger.filters):
            logger.addFilter(_Redacted())
