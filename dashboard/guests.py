"""Those who come by a shared link: who they are, and what of the home they see. Knows nothing of Panel."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from dashboard.access import ROLES, User
from photoz_core.errors import PhotozError
from photoz_core.home import Home

SHARE = "share"  # ?share=TOKEN
RECENT = 3.0  # s that the answer about a link may be old when somebody comes by it
RIGHTS = {"look": "viewer", "comment": "reviewer"}  # role by what a link allows


@dataclass(frozen=True)
class Visit:
    """A session that a link opened.

    Parameters
    ----------
    user : User
    home : Home
    view : dict
        As `dashboard.shared_view.restore` takes it.
    expires : float
        When the link does [s since 1970]; infinite for somebody who needs none.
    dataset : str
        The link's.
    """

    user: User
    home: Home
    view: dict
    expires: float
    dataset: str

    @property
    def is_over(self) -> bool:
        return time.time() >= self.expires


@dataclass(frozen=True)
class OneDataset(Home):
    """A home of which one dataset is seen.

    Parameters
    ----------
    path : Path
    only : str
        Its name.
    """

    path: Path
    only: str

    def dataset_names(self) -> list[str]:
        return [name for name in super().dataset_names() if name == self.only]


def visit(home: Home, user: User, reviews, token: str) -> Visit:
    """Open a link.

    Somebody who signed in keeps what they may, and may what the link allows in its dataset besides. Others are the
    link's guests, nameless at first: they may what it allows, and see its dataset alone.

    Raises
    ------
    OutOfReach
        If nobody can tell now.
    PhotozError
        If the link opens nothing; says what to do.
    """
    if reviews is None:
        raise PhotozError("this dashboard keeps no reviews, so it has no links; ask whoever sent it where it belongs")
    link = reviews.link(token, age=RECENT)
    role = RIGHTS[link.may]
    if user.signed_in:
        role = max(role, user.role, key=ROLES.index)
        needed = role != user.role
        return Visit(replace(user, role=role), home, link.view, link.expires if needed else float("inf"), link.dataset)
    guests = OneDataset(home.path, link.dataset)
    if not guests.dataset_names():
        raise PhotozError(f"its dataset, {link.dataset}, is not there any more; ask whoever sent it for another one")
    return Visit(User("", role), guests, link.view, link.expires, link.dataset)
