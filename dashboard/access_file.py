"""access.toml: how people sign in, and what each may do."""

import os
from dataclasses import field, replace
from pathlib import Path
from typing import Literal

from dashboard.access import ROLES, User
from photoz_core.errors import PhotozError, unknown
from photoz_core.files import read_toml
from photoz_core.options import PositiveFloat, build, options, to_dict

PASSWORDS = "passwords.json"  # beside access.toml
PROVIDERS = ("auth0", "azure", "azurev2", "bitbucket", "generic", "github", "gitlab", "google", "okta")
REFUSE = "refuse"


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
