"""What stands in a review as rows of a table."""

from collections.abc import Iterator
from datetime import UTC, datetime

from photoz_core.review.fold import Review

HEADER = ("kind", "target", "value", "author", "time")


def rows(review: Review) -> Iterator[tuple[str, str, str, str, str]]:
    """Scores, tags and comments as they stand, in the words of `HEADER`.

    The target is an object id, or ``selection:<uid>`` of a comment on one; the time is ISO 8601, UTC.
    """
    for target, scores in review.scores.items():
        written = {entry.author: entry.at for entry in review.about[f"object:{target}"] if entry.kind == "score"}
        for author, score in scores.items():
            yield "score", target, str(score), author, iso(written[author])
    for target, tags in review.tags.items():
        for tag, (author, at) in tags.items():
            yield "tag", target, tag, author, iso(at)
    for comment in review.comments:
        target = comment.target.removeprefix("object:")
        yield "comment", target, comment.text, comment.author, iso(comment.edited or comment.at)


def iso(at: float) -> str:
    """A time in seconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
