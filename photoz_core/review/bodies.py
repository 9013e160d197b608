"""What an entry of each kind may hold, checked before anything is written."""

import math
import re
import uuid
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator

from photoz_core.errors import PhotozError, unknown
from photoz_core.review.entries import KINDS

LONGEST_TEXT, LONGEST_NAME, LONGEST_AUTHOR, MOST_IDS, MOST_MERGES = 20_000, 200, 100, 2_000_000, 1000
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # lines and tabs are text
COMMENTED = re.compile(r"(object|selection):.+", re.DOTALL)


def _plain(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("control characters are not allowed")
    if not text.strip():
        raise ValueError("it is empty")
    return text


def _lines(text: str) -> str:
    if CONTROL_IN_TEXT.search(text):
        raise ValueError("control characters other than line breaks and tabs are not allowed")
    return text


def _ids(ids: list[str]) -> list[str]:
    if CONTROL.search(" ".join(ids)):
        raise ValueError("control characters are not allowed")
    return list(dict.fromkeys(ids))


def _listed(ids: Any) -> Any:
    """A list of any sequence of ids, arrays too; pydantic says what is wrong with the rest."""
    if hasattr(ids, "tolist"):
        return ids.tolist()
    return list(ids) if isinstance(ids, Iterable) and not isinstance(ids, str | bytes | dict) else ids


def _commented(target: str) -> str:
    if not COMMENTED.fullmatch(target):
        raise ValueError("a comment is on object:<id> or selection:<uid>")
    return target


def _uid(uid: str | None) -> str:
    return str(uuid.uuid4() if uid is None else uid)


def _text(longest: int, check) -> Any:
    return Annotated[str, Field(max_length=longest), AfterValidator(check)]


Name = _text(LONGEST_NAME, _plain)
Author = _text(LONGEST_AUTHOR, _plain)
Target = _text(LONGEST_NAME + len("selection:"), _plain)
ObjectIds = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]],
    Field(max_length=MOST_IDS),
    BeforeValidator(_listed),
    AfterValidator(_ids),
]


class _Body(BaseModel, extra="forbid"):
    pass


class SelectionBody(_Body):
    """A version of a selection; `merges` names the rivals that it settles."""

    name: Name
    ids: ObjectIds
    deleted: bool = False
    merges: list[Annotated[int, Field(gt=0)]] = Field([], max_length=MOST_MERGES)


class TagBody(_Body):
    """A tag put on an object, or taken off."""

    tag: Name
    on: bool = True


class ScoreBody(_Body):
    """A score; None takes it back."""

    score: Annotated[int, Field(ge=0, le=5, strict=True)] | None


class CommentBody(_Body):
    """A comment, or what replaces it."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_lines)] = ""
    deleted: bool = False

    @model_validator(mode="after")
    def _says_something(self):
        if not self.deleted and not self.text.strip():
            raise ValueError("it is empty")
        return self


BODIES = dict(zip(KINDS, (SelectionBody, TagBody, ScoreBody, CommentBody), strict=True))


class _Head(BaseModel):
    """What every entry has."""

    dataset: Name
    target: Target
    author: Author
    uid: Annotated[_text(LONGEST_NAME, _plain), BeforeValidator(_uid)]
    follows: Annotated[int, Field(gt=0)] | None


class _CommentHead(_Head):
    target: Annotated[Target, AfterValidator(_commented)]


def check(kind: str, body: dict, **head) -> tuple[dict, dict]:
    """The checked body of an entry, defaults filled in, and its checked `head` with a uid.

    Parameters
    ----------
    head
        dataset, target, author, uid, follows.

    Raises
    ------
    PhotozError
        Naming what is wrong, without repeating it.
    """
    if kind not in KINDS:
        raise unknown("kind of entry", kind, KINDS)
    try:
        checked = (_CommentHead if kind == "comment" else _Head).model_validate(head).model_dump()
        body = BODIES[kind].model_validate(body).model_dump()
    except ValidationError as error:
        sentences = (f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in error.errors()[:3])
        raise PhotozError(f"this {kind} cannot be written: {'; '.join(sentences)}") from None
    if not body.get("merges", True):
        del body["merges"]
    return body, checked


def check_hours(hours: float) -> float:
    """How long a link lives [h]: more than nothing, at most ten years."""
    if not isinstance(hours, int | float) or not math.isfinite(hours) or not 0 < hours <= 87_660:
        raise PhotozError(f"a link lives {hours!r} hours? Give a number above 0, at most 87,660 (ten years)")
    return float(hours)
