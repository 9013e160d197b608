"""What is written, and what is read back."""

from collections.abc import Sequence
from dataclasses import dataclass

KINDS = ("selection", "tag", "score", "comment")
MAY = ("look", "comment")  # what a shared link allows


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the book; it is never changed.

    Attributes
    ----------
    id : int
        Grows with every entry; whoever saw 6 will meet no new 5 of the same dataset.
    uid : str
        Made by the writer: the same uid written twice is one entry.
    dataset : str
    kind : str
        One of `KINDS`.
    target : str
        An object id (tag, score), the uid of a selection, or of a comment ``object:<id>`` or ``selection:<uid>``.
    body : dict
        As `photoz_core.review.bodies` has it for the kind.
    author : str
    at : float
        When it was written, in seconds since 1970.
    follows : int or None
        Id of the entry that it replaces.
    """

    id: int
    uid: str
    dataset: str
    kind: str
    target: str
    body: dict
    author: str
    at: float
    follows: int | None = None


@dataclass(frozen=True)
class Selection:
    """A named selection as it stands.

    Attributes
    ----------
    uid, name : str
    ids : sequence of str
        Object ids; a large one is unpacked when it is asked for.
    author : str
        Of the version that stands.
    at : float
        When that was written.
    entry : int
        Id of the version that stands: what the next one must follow.
    versions : tuple of Entry
        Everything ever written to it, rivals too, oldest first.
    rivals : tuple of Entry
        Written without knowledge of the version that stood; open until a later one names them in ``body["merges"]``.
    deleted : bool
    """

    uid: str
    name: str
    ids: Sequence[str]
    author: str
    at: float
    entry: int
    versions: tuple[Entry, ...]
    rivals: tuple[Entry, ...] = ()
    deleted: bool = False


@dataclass(frozen=True)
class Comment:
    """A comment as it stands.

    Attributes
    ----------
    entry : int
        Id of its newest entry: what an edit must follow.
    target : str
        ``object:<id>`` or ``selection:<uid>``.
    text, author : str
    at : float
        When it was first written.
    edited : float or None
        When it was last changed.
    first : int
        Id of its first entry, the same through all edits.
    deleted : bool
    """

    entry: int
    target: str
    text: str
    author: str
    at: float
    edited: float | None
    first: int
    deleted: bool = False


@dataclass(frozen=True)
class Link:
    """A shared link; its token is known to those who have it only.

    Attributes
    ----------
    id : int
    dataset : str
    view : dict
        What it opens.
    by : str
        Who shared it.
    may : str
        One of `MAY`.
    expires, created : float
        In seconds since 1970.
    """

    id: int
    dataset: str
    view: dict
    by: str
    may: str
    expires: float
    created: float
