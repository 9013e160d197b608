"""Options: frozen dataclasses checked by pydantic; a misspelt name stops before any folder is made."""

import dataclasses
import inspect
import re
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict, TypeAdapter, ValidationError

from photoz_core.errors import PhotozError, unknown

Positive = Annotated[int, Gt(0)]
PositiveFloat = Annotated[float, Gt(0)]
NonNegative = Annotated[float, Ge(0)]
Share = Annotated[float, Ge(0), Le(1)]
Dropout = Annotated[float, Ge(0), Lt(1)]


def options(cls: type) -> type:
    """Class decorator: a frozen keyword-only dataclass that refuses unknown names."""
    cls.__pydantic_config__ = ConfigDict(extra="forbid")
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
    try:
        return TypeAdapter(cls).validate_python(values)
    except ValidationError as error:
        sentences = (f"{where}: {_sentence(cls, item)}" for item in error.errors())
        raise PhotozError("; ".join(sentences)) from error


def defects(cls: type, values: dict[str, Any]) -> dict[str, str]:
    """What `build` would complain of, by dotted option name: for a form that says it at the field."""
    try:
        TypeAdapter(cls).validate_python(values)
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
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def _name(item: dict) -> str:
    return ".".join(str(part) for part in item["loc"])


def _sentence(cls: type, item: dict) -> str:
    if item["type"] == "unexpected_keyword_argument":
        owner = cls
        for part in item["loc"][:-1]:
            owner = {field.name: field.type for field in dataclasses.fields(owner)}[part]
        return str(unknown("option", _name(item), (field.name for field in dataclasses.fields(owner))))
    return f"option {_name(item)!r} = {item['input']!r}: {item['msg']}"
