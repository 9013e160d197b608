"""access.toml: how people sign in, and what each may do."""

import ipaddress
import logging
import os
from dataclasses import field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dashboard.access import LOCAL, ROLES, User
from photoz_core.errors import PhotozError, unknown
from photoz_core.files import read_toml
from photoz_core.options import PositiveFloat, build, options, to_dict

PASSWORDS = "passwords.json"  # beside access.toml
PROVIDERS = ("auth0", "azure", "azurev2", "bitbucket", "generic", "github", "gitlab", "google", "okta")
REFUSE = "refuse"
FORWARDED = {"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"}  # a proxy stands between
LOG = logging.getLogger("photoz.access")


@options
class Roles:
    """Names or e-mail addresses by role.

    Parameters
    ----------
    owner, reviewer, viewer : list of str
    default : str
        Role of those who sign in and stand in no list. If not said, viewer for those who have a password here, and
        refuse with OAuth, where anybody with an account somewhere can sign in.
    """

    owner: list[str] = field(default_factory=list)
    reviewer: list[str] = field(default_factory=list)
    viewer: list[str] = field(default_factory=list)
    default: Literal["viewer", "reviewer", "refuse"] | None = None


@options
class OAuth:
    """Sign-in by an account elsewhere.

    Parameters
    ----------
    provider : str
        One of `PROVIDERS`.
    key, secret : str
        Names of the environment variables that hold them; the values do not belong into a file.
    redirect_uri : str
        Where the provider sends people back to: ``https://HOST/login``, as registered there.
    user : str
        Which of the provider's claims names a person; its own choice (login, e-mail) if empty.
    extra : dict
        What the provider needs beyond, e.g. ``AUTHORIZE_URL``, ``TOKEN_URL``, ``USER_URL`` of a generic one.
    """

    provider: str
    redirect_uri: str
    key: str = "PHOTOZ_OAUTH_KEY"
    secret: str = "PHOTOZ_OAUTH_SECRET"
    user: str = ""
    extra: dict[str, str] | None = None


@options
class Access:
    """What access.toml says.

    Parameters
    ----------
    sign_in : str
        basic (name and password), oauth or none.
    links : str
        For whom a share link opens: those signed in, or anyone who has it, who then may look at all that a viewer may
        until it expires.
    days : float
        After which everybody signs in anew.
    roles : Roles
    oauth : OAuth
    """

    sign_in: Literal["basic", "oauth", "none"]
    links: Literal["signed in", "anyone"] = "signed in"
    days: PositiveFloat = 7.0
    roles: Roles = field(default_factory=Roles)
    oauth: OAuth | None = None

    def user(self, name: str) -> User | None:
        """Who signed in as `name`, compared without regard to case; None for somebody who may not come in."""
        for role in reversed(ROLES):
            if name.casefold() in map(str.casefold, getattr(self.roles, role)):
                return User(name, role, signed_in=True)
        default = self.roles.default or ("viewer" if self.sign_in == "basic" else REFUSE)
        return None if default == REFUSE else User(name, default, signed_in=True)


class AccessFile:
    """access.toml as it is now: read again when it has changed. One that is broken then leaves what it said before.

    Parameters
    ----------
    path : Path

    Raises
    ------
    PhotozError
        If it cannot be read at first.
    """

    def __init__(self, path: Path):
        self.path, self._seen, self._access = path, _signature(path), read_access(path)

    @property
    def now(self) -> Access:
        """What it says; how people sign in stays as it was when the server started."""
        seen = _signature(self.path)
        if seen != self._seen:
            self._seen = seen
            try:
                found = read_access(self.path)
                self._access = replace(found, sign_in=self._access.sign_in, oauth=self._access.oauth)
            except PhotozError as error:
                LOG.warning("%s; what the file said before still holds", error)
        return self._access


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def user_of(name: str | None, request, access: Access | None) -> User | None:
    """Who is behind a session of a server that others set up, as ``panel serve``; None for who may not come in.

    Parameters
    ----------
    name : str, optional
        Under which they signed in.
    request : object
        With `remote_ip` and `headers`; None while the server warms itself.
    access : Access, optional
        Gives names their roles; without it they only look.
    """
    if name:
        return access.user(name) if access else User(name, "viewer", signed_in=True)
    return LOCAL if request is not None and _is_here(request) else User("", "viewer")


def _is_here(request) -> bool:
    """Whether a request comes from a browser at this machine, and no proxy stands between."""
    headers = {name.title(): value for name, value in request.headers.items()}
    if FORWARDED & headers.keys() or not ipaddress.ip_address(request.remote_ip).is_loopback:
        return False
    host = urlsplit(f"//{headers.get('Host', '')}").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # the name of a machine, which a proxy passes on
        return False


def read_access(path: Path) -> Access:
    """Read and check access.toml.

    Raises
    ------
    PhotozError
        Naming the file and each key that is wrong.
    """
    values = read_toml(path)
    elsewhere = values.pop("oauth", None)
    found = build(Access, values, str(path))
    names = [name.casefold() for role in ROLES for name in getattr(found.roles, role)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PhotozError(f"{path}: {twice[0]!r} stands twice under [roles]; give each name one role")
    if elsewhere is not None:
        found = replace(found, oauth=build(OAuth, elsewhere, f"{path}, [oauth]"))
    if found.sign_in == "oauth":
        _check_oauth(path, found.oauth)
    return found


def _check_oauth(path: Path, oauth: OAuth | None) -> None:
    if oauth is None:
        raise PhotozError(f"{path}: sign_in is 'oauth', but there is no [oauth] with provider and redirect_uri")
    if oauth.provider not in PROVIDERS:
        raise PhotozError(f"{path}: oauth.provider: {unknown('provider', oauth.provider, PROVIDERS)}")
    if not oauth.redirect_uri.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        raise PhotozError(f"{path}: oauth.redirect_uri = {oauth.redirect_uri!r}: https://HOST/login is needed")
    for key in ("key", "secret"):
        variable = getattr(oauth, key)
        if not os.environ.get(variable):
            raise PhotozError(f"{path}: oauth.{key} names the environment variable {variable}, which is not set")


def write_first_access(path: Path, name: str, role: str) -> None:
    """Write an access.toml for sign-in by password, with one person in it."""
    from photoz_core.files import write_toml

    write_toml(path, to_dict(Access(sign_in="basic", roles=Roles(**{role: [name]}))))
