"""What a person does to a review: score, tag, comment, and keep selections. Knows nothing of Panel."""

import uuid
from collections.abc import Callable, Sequence

from dashboard.review_desk import Desk, Wish
from photoz_core.review.entries import Comment, Entry, Selection

MOST_TAGGED = 500  # objects that get a tag at once: each is an entry of its own
DIGITS = tuple("012345")  # keys that score the object in focus


def score(desk: Desk, thing: str, value: int | None, done: Callable[[], None] = lambda: None) -> None:
    """Give an object a score of 0 to 5, or take one's own back."""
    desk.write(desk.wish("score", thing, {"score": value}), done=done)


def score_by_key(desk: Desk, key: str) -> None:
    """Score the object in focus by a key of `DIGITS`; says so, for on some pages nothing else does."""
    thing = desk.state.focus
    if desk.is_open and thing:

        def done() -> None:
            desk.notice = f"{thing}: {key} of 5"

        score(desk, thing, int(key), done)


def tag(desk: Desk, things: Sequence[str], name: str, on: bool = True, done: Callable[[], None] = lambda: None) -> None:
    """Put a tag on objects, or take it off."""
    name = " ".join(name.split())
    if len(things) > MOST_TAGGED:
        desk.notice = (
            f"{len(things):,} objects are too many to tag at once (at most {MOST_TAGGED}); keep them as a selection"
        )
    elif name and len(things):
        desk.write(*(desk.wish("tag", str(thing), {"tag": name, "on": on}) for thing in things), done=done)


def remove_comment(desk: Desk, comment: Comment) -> None:
    """Delete a comment; it stays in the history."""
    if may_change(desk, comment):
        desk.write(desk.wish("comment", comment.target, {"text": "", "deleted": True}, comment.entry))


def may_change(desk: Desk, comment: Comment) -> bool:
    """Whether a comment is the person's own."""
    return desk.may_write and bool(desk.state.user.name) and comment.author == desk.state.user.name


# --- selections -----------------------------------------------------------------------------------------------------


def keep(desk: Desk, name: str, ids: Sequence[str], done: Callable[[str], None]) -> None:
    """Keep a new selection; `done` gets its uid."""
    uid = str(uuid.uuid4())
    desk.write(desk.wish("selection", uid, _body(name, ids)), done=lambda: done(uid))


def change(desk: Desk, one: Selection, done: Callable[[], None] = lambda: None, **changes) -> None:
    """Write a new version, with another `name`, other `ids`, or `deleted`; whoever did so meanwhile is not undone."""
    desk.write(_version(desk, one, changes), done=done)


def settle(desk: Desk, one: Selection, rival: Entry, how: str) -> None:
    """Decide between the version that stands and a rival: ``stand``, ``rival`` or ``both``, their union."""
    chosen = {
        "stand": {"deleted": one.deleted},
        "rival": {name: rival.body.get(name, False) for name in ("name", "ids", "deleted")},
        "both": {"ids": list(dict.fromkeys([*one.ids, *rival.body["ids"]])), "deleted": False},
    }[how]
    desk.write(_version(desk, one, chosen | {"merges": [rival.id]}))


def _version(desk: Desk, one: Selection, changes: dict) -> Wish:
    body = _body(changes.pop("name", one.name), changes.pop("ids", one.ids)) | changes
    return desk.wish("selection", one.uid, body, one.entry)


def _body(name: str, ids: Sequence[str]) -> dict:
    return {"name": " ".join(name.split()), "ids": [str(thing) for thing in ids]}
