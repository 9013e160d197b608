"""Who is looking, and what they may do."""

import getpass
from dataclasses import dataclass

from photoz_core.errors import PhotozError

ROLES = ("viewer", "reviewer", "owner")  # each may do what those before it may
NEEDS = {"review": "reviewer", "train": "owner", "delete": "owner", "share": "owner"}


@dataclass(frozen=True)
class User:
    """The person behind a session.

    Parameters
    ----------
    name : str
        Stands beside what they write; empty until it is known.
    role : str
        One of `ROLES`.
    signed_in : bool
        Whether they said who they are, and can sign out.
    here : bool
        Whether they sit at the machine that serves, so that its other programs are theirs.
    """

    name: str
    role: str = "owner"
    signed_in: bool = False
    here: bool = False

    def may(self, action: str) -> bool:
        """Whether their role allows an `action` of `NEEDS`."""
        return ROLES.index(self.role) >= ROLES.index(NEEDS[action])

    def require(self, action: str) -> None:
        """Raise a `PhotozError` unless their role allows an `action` of `NEEDS`."""
        if not self.may(action):
            raise PhotozError(f"to {action} is for {NEEDS[action]}s; {self.name or 'you'}: {self.role}")


def login_name() -> str:
    """The name under which somebody works at this machine; empty where it has none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


LOCAL = User(login_name(), here=True)  # whoever sits at the machine that serves to nobody else


class SealedQueue:
    """A training queue for those who may not train: they see its jobs and change nothing.

    The refusal stands here, on the server's side of every button: a browser can be made to press any.

    Parameters
    ----------
    queue : photoz_core.jobs.JobQueue
    user : User
    """

    def __init__(self, queue, user: User):
        self.user, self.jobs, self.sweeps = user, queue.jobs, queue.sweeps

    def _refuse(self, *arguments, **options):
        self.user.require("train")

    submit = ensure = cancel = resume = project = align = delete = start_sweep = cancel_sweep = _refuse
