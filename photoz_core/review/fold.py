"""From the book of entries to what stands now. Pure: no database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from photoz_core.review.entries import Comment, Entry, Selection


@dataclass(frozen=True)
class Review:
    """What the entries of a dataset come to; nobody changes it, `fold` makes the next one.

    Attributes
    ----------
    last : int
        Id of the last entry in it; 0 for none.
    tags : dict
        Tags of each object: ``{object: {tag: (author, at)}}``, by whom and when it was put on.
    scores : dict
        ``{object: {author: 0 … 5}}``.
    every : dict
        Each `Selection` by its uid, deleted ones too.
    threads : dict
        Each `Comment` by the id of its newest entry, deleted ones too.
    about : dict
        All entries by what they are about, ``object:<id>`` or ``selection:<uid>``, oldest first.
    """

    last: int = 0
    tags: dict[str, dict[str, tuple[str, float]]] = field(default_factory=dict)
    scores: dict[str, dict[str, int]] = field(default_factory=dict)
    every: dict[str, Selection] = field(default_factory=dict)
    threads: dict[int, Comment] = field(default_factory=dict)
    about: dict[str, list[Entry]] = field(default_factory=dict)

    @cached_property
    def selections(self) -> dict[str, Selection]:
        """Selections to show by uid: those not deleted, and deleted ones that somebody wrote to meanwhile."""
        return {uid: one for uid, one in self.every.items() if not one.deleted or one.rivals}

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """Comments that are not deleted, oldest first."""
        return tuple(sorted((one for one in self.threads.values() if not one.deleted), key=lambda one: one.first))

    def history(self, target: str) -> tuple[Entry, ...]:
        """All that was ever written about ``object:<id>`` or ``selection:<uid>``, newest first."""
        return tuple(reversed(self.about.get(target, ())))


def subject(entry: Entry) -> str:
    """What an entry is about: ``object:<id>`` or ``selection:<uid>``."""
    if entry.kind == "comment":
        return entry.target
    return f"{'selection' if entry.kind == 'selection' else 'object'}:{entry.target}"


def fold(entries: Iterable[Entry], before: Review | None = None) -> Review:
    """Add entries to a review.

    A selection's version that does not follow the one that stands becomes a rival, and the first stays. A comment's
    edit that does not follow its newest text, or is not by its author, becomes a comment of its own. So nothing that
    anybody wrote is out of sight before somebody who saw it decided so.

    Parameters
    ----------
    entries : iterable of Entry
        Of one dataset, in the order of their ids; those that are in `before` already are passed over.
    before : Review, optional
        Stays as it is.
    """
    before = before or Review()
    new = [entry for entry in entries if entry.id > before.last]
    if not new:
        return before
    after = replace(
        before,
        last=new[-1].id,
        tags=dict(before.tags),
        scores=dict(before.scores),
        every=dict(before.every),
        threads=dict(before.threads),
        about=before.about | {name: list(before.about.get(name, ())) for name in set(map(subject, new))},
    )
    for entry in new:
        after.about[subject(entry)].append(entry)
        ADD[entry.kind](after, entry)
    return after


def _add_selection(review: Review, entry: Entry) -> None:
    now = review.every.get(entry.target)
    if now is not None and entry.follows != now.entry:
        review.every[entry.target] = _with_rival(now, entry)
        return
    settled = {entry.id, *entry.body.get("merges", ())}
    review.every[entry.target] = Selection(
        uid=entry.target,
        name=entry.body["name"],
        ids=entry.body["ids"],
        author=entry.author,
        at=entry.at,
        entry=entry.id,
        versions=(*(now.versions if now else ()), entry),
        rivals=tuple(rival for rival in (now.rivals if now else ()) if rival.id not in settled),
        deleted=entry.body.get("deleted", False),
    )


def _with_rival(now: Selection, entry: Entry) -> Selection:
    versions = (*now.versions, entry)
    if _same(now, entry):  # two people did the same at once: nothing to settle
        return replace(now, versions=versions)
    return replace(now, versions=versions, rivals=(*(one for one in now.rivals if one.id != entry.follows), entry))


def _same(now: Selection, entry: Entry) -> bool:
    deleted = entry.body.get("deleted", False)
    if now.deleted or deleted:
        return now.deleted and deleted
    return now.name == entry.body["name"] and now.ids == entry.body["ids"]


def _add_tag(review: Review, entry: Entry) -> None:
    tag, tags = entry.body["tag"], review.tags.get(entry.target, {})
    others = {name: by for name, by in tags.items() if name != tag}
    standing = {tag: tags.get(tag, (entry.author, entry.at))} if entry.body["on"] else {}
    _put(review.tags, entry.target, others | standing)


def _add_score(review: Review, entry: Entry) -> None:
    score, scores = entry.body["score"], review.scores.get(entry.target, {})
    others = {author: value for author, value in scores.items() if author != entry.author}
    _put(review.scores, entry.target, others if score is None else others | {entry.author: score})


def _put(table: dict, target: str, values: dict) -> None:
    table.pop(target, None)
    if values:
        table[target] = values


def _add_comment(review: Review, entry: Entry) -> None:
    text, deleted = entry.body.get("text", ""), entry.body.get("deleted", False)
    old = review.threads.get(entry.follows)
    if old is not None and old.target == entry.target and (deleted or old.author == entry.author):
        del review.threads[old.entry]
        review.threads[entry.id] = replace(old, entry=entry.id, text=text, edited=entry.at, deleted=deleted)
    else:
        review.threads[entry.id] = Comment(
            entry.id, entry.target, text, entry.author, entry.at, edited=None, first=entry.id, deleted=deleted
        )


ADD = {"selection": _add_selection, "tag": _add_tag, "score": _add_score, "comment": _add_comment}
