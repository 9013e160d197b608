"""Options: frozen dataclasses checked by pydantic; a misspelt name stops before any folder is made."""

import dataclasses
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
        raise PhotozError("; ".join(_sentence(cls, item, where) for item in error.errors())) from error


def to_dict(value: Any) -> dict[str, Any]:
    """Options as plain values, tuples as lists, for TOML."""
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def _sentence(cls: type, item: dict, where: str) -> str:
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "unexpected_keyword_argument":
        owner = cls
        for part in item["loc"][:-1]:
            owner = {field.name: field.type for field in dataclasses.fields(owner)}[part]
        return f"{where}: {unknown('option', name, (field.name for field in dataclasses.fields(owner)))}"
    return f"{where}: option {name!r} = {item['input']!r}: {item['msg']}"
