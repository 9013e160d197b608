"""One form field for each option of a method's `Config` and of `FitConfig`, made from the dataclasses themselves."""

import tomllib
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, get_args, get_origin

import tomli_w

from photoz_core.options import notes


@dataclass(frozen=True)
class OptionField:
    """How an option is shown and read.

    Parameters
    ----------
    path : str
        Dotted name, e.g. ``fit.lr`` or ``options.encoder.latent``.
    kind : {"switch", "choice", "text", "value"}
        A text is taken as it is; a value is written as in a recipe file: ``1e-3``, ``[256, 128]``.
    value
        Plain value in the resolved recipe.
    choices : tuple of str
        Of a choice.
    note : str
        What it is.
    """

    path: str
    kind: str
    value: Any
    choices: tuple[str, ...] = ()
    note: str = ""

    def show(self, value: Any) -> Any:
        """What its widget holds for a plain value: a bool, a choice, or text."""
        return _written(value) if self.kind == "value" else value

    def read(self, shown: Any) -> Any:
        """The plain value of what its widget holds; text that is no value stays text, for the option to refuse."""
        if self.kind != "value":
            return shown
        try:
            return tomllib.loads(f"value = {shown}")["value"]
        except tomllib.TOMLDecodeError:
            return shown


def option_fields(config: Any, values: dict[str, Any], section: str) -> list[OptionField]:
    """Fields of the options in dataclass instance `config`, nested ones included, in their order.

    Parameters
    ----------
    values : dict
        Their plain values (see `photoz_core.options.to_dict`).
    section : str
        First part of each path: ``options`` or ``fit``.
    """
    said, found = notes(type(config)), []
    for item in fields(config):
        path, value, inner = f"{section}.{item.name}", values[item.name], getattr(config, item.name)
        if is_dataclass(inner):
            found += option_fields(inner, value, path)
        else:
            found.append(OptionField(path, *_kind(item.type, value), note=said.get(item.name, "")))
    return found


def _kind(annotation: Any, value: Any) -> tuple[str, Any, tuple[str, ...]]:
    if get_origin(annotation) is Literal:
        return "choice", value, get_args(annotation)
    if isinstance(value, bool):
        return "switch", value, ()
    return ("text" if isinstance(value, str) else "value"), value, ()


def _written(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_written(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return tomli_w.dumps({"value": value}).partition("= ")[2].strip()
