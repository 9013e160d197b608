"""Options: frozen dataclasses checked by pydantic; a misspelt name stops before any folder is made."""

import dataclasses
import inspect
import re
from functools import cache
from typing import Annotated, Any

from photoz_core.errors import PhotozError, unknown


@dataclasses.dataclass(frozen=True)
class Bound:
    """Limits of a number, for pydantic; this module imports without it, so that a bare training does too."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    def __get_pydantic_core_schema__(self, source, handler) -> dict:
        return handler(source) | {name: limit for name, limit in vars(self).items() if limit is not None}


Positive = Annotated[int, Bound(gt=0)]
PositiveFloat = Annotated[float, Bound(gt=0)]
NonNegative = Annotated[float, Bound(ge=0)]
NonNegativeInt = Annotated[int, Bound(ge=0)]
Share = Annotated[float, Bound(ge=0, le=1)]


def options(cls: type) -> type:
    """Class decorator: a frozen keyword-only dataclass that refuses unknown names."""
    cls.__pydantic_config__ = {"extra": "forbid"}
    return dataclasses.dataclass(frozen=True, kw_only=True)(cls)


def build(cls: type, values: dict[str, Any], where: str):
    """Make the options `cls` from plain `values`.

    Parameters
    ----------
    where : str
        What to call them in an error, e.g. ``recipe 'pita_candels', [fit]``.

    Raises
    ------
    PhotozError
        Naming each wrong option; an unknown one lists the right ones.
    """
    from pydantic import ValidationError

    try:
        return _adapter(cls).validate_python(values)
    except ValidationError as error:
        sentences = (f"{where}: {_sentence(cls, item)}" for item in error.errors())
        raise PhotozError("; ".join(sentences)) from error


def defects(cls: type, values: dict[str, Any]) -> dict[str, str]:
    """What `build` would complain of, by dotted option name: for a form that says it at the field."""
    from pydantic import ValidationError

    try:
        _adapter(cls).validate_python(values)
    except ValidationError as error:
        return {_name(item): _sentence(cls, item) for item in error.errors()}
    return {}


def notes(cls: type) -> dict[str, str]:
    """What the numpydoc *Parameters* section of options `cls` says of each, by option name."""
    section = (inspect.getdoc(cls) or "").partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    entries = re.split(r"^(?=\S)", section, flags=re.MULTILINE)
    heads = ((head, " ".join(body.split())) for head, _, body in (entry.partition("\n") for entry in entries if entry))
    return {name.strip(): text for head, text in heads for name in head.partition(":")[0].split(",") if text}


def to_dict(value: Any) -> dict[str, Any]:
    """Options as plain values, tuples as lists, for TOML."""
    return _adapter(type(value)).dump_python(value, mode="json")


@cache
def _adapter(cls: type):
    """Pydantic's checker of `cls`; it takes ten milliseconds to make."""
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def _name(item: dict) -> str:
    return ".".join(str(part) for part in item["loc"])


def _sentence(cls: type, item: dict) -> str:
    if item["type"] == "unexpected_keyword_argument":
        owner = cls
        for part in item["loc"][:-1]:
            owner = {field.name: field.type for field in dataclasses.fields(owner)}[part]
        return str(unknown("option", _name(item), (field.name for field in dataclasses.fields(owner))))
    return f"option {_name(item)!r} = {item['input']!r}: {item['msg']}"
