"""What happened in a review, as a person reads it. Knows nothing of Panel."""

import heapq
from datetime import UTC, datetime
from html import escape

from photoz_core.review.entries import Entry, Selection
from photoz_core.review.fold import Review

LISTED = 80  # entries in the list of what happened
LETTERS = 140  # of a comment there
KNOWN = 10_000  # sizes of selections that are remembered
_sizes: dict[str, int] = {}  # by the entry's uid


def latest(review: Review, count: int = LISTED) -> list[tuple[str, Entry]]:
    """The newest entries with what they are about, ``object:<id>`` or ``selection:<uid>``; newest first."""
    recent = ((about, entry) for about, entries in review.about.items() for entry in entries[-count:])
    return heapq.nlargest(count, recent, key=lambda found: found[1].id)


def what(entry: Entry, before: list[Entry]) -> str:
    """What an entry did, in a few words; `before` are the entries about the same thing."""
    body = entry.body
    if entry.kind == "score":
        return "took the score back" if body["score"] is None else f"scored {body['score']}"
    if entry.kind == "tag":
        return f"tagged {body['tag']}" if body["on"] else f"took off the tag {body['tag']}"
    if body.get("deleted"):
        return f"deleted {'a comment' if entry.kind == 'comment' else body['name']}"
    if entry.kind == "comment":
        text = body["text"] if len(body["text"]) <= LETTERS else f"{body['text'][:LETTERS]}…"
        return f"{'changed a comment' if entry.follows else 'wrote'}: {text}"
    return f"{_change(entry, before)} ({size(entry):,})"


def summary(review: Review | None, thing: str) -> str:
    """What the reviewers of an object came to, in a line; empty where nobody said anything."""
    if review is None:
        return ""
    scores, tags = review.scores.get(thing, {}), review.tags.get(thing, {})
    parts = [f"mean score {sum(scores.values()) / len(scores):.1f} ({len(scores)})"] if scores else []
    if count := sum(comment.target == f"object:{thing}" for comment in review.comments):
        parts.append(f"{count} comment{'s' * (count > 1)}")
    return " · ".join([*parts, *sorted(tags)])


def size(entry: Entry) -> int:
    """How many objects a version of a selection has; counted once, for a large one is packed."""
    if entry.uid not in _sizes:
        if len(_sizes) >= KNOWN:
            _sizes.clear()
        _sizes[entry.uid] = len(entry.body["ids"])
    return _sizes[entry.uid]


def standing(one: Selection) -> Entry:
    """The version of a selection that stands."""
    return next(entry for entry in one.versions if entry.id == one.entry)


def when(at: float) -> str:
    """A time as HTML: short, and in full as its title; UTC, for reviewers sit far apart."""
    time = datetime.fromtimestamp(at, UTC)
    today = time.date() == datetime.now(UTC).date()
    return f"<time title='{time:%Y-%m-%d %H:%M:%S} UTC'>{time:%H:%M}{'' if today else f'{time: · %d %b}'}</time>"


def who(author: str) -> str:
    """A person's name as HTML."""
    return f"<b>{escape(author)}</b>"


def _change(entry: Entry, before: list[Entry]) -> str:
    name = entry.body["name"]
    old = next((one for one in before if one.id == entry.follows), None)
    if old is None:
        return f"saved {name}"
    if entry.body.get("merges"):
        return f"settled {name}"
    return f"renamed {old.body['name']} to {name}" if old.body["name"] != name else f"changed {name}"
