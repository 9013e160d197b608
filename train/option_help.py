"""What ``--help`` says of the options that only a recipe or a simulator knows: type, default and text of each."""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from photoz_core.errors import PhotozError
from photoz_core.options import notes

Part = tuple[str, str, Any]  # a title, how its options begin (``fit``), a dataclass instance that holds their values


class Help(argparse.Action):
    """``--help`` that goes on with the `Part`s which ``parts(arguments)`` finds in the line as far as it was read."""

    def __init__(self, *names, parts: Callable[[argparse.Namespace], Iterable[Part]], **options):
        super().__init__(*names, nargs=0, **options)
        self._parts = parts

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        said = [parser.format_help()]
        try:
            said += [_listed(*part) for part in self._parts(namespace)]
        except PhotozError as error:
            said.append(f"{error}\n")
        print("\n".join(said), end="")
        parser.exit()


def _listed(title: str, section: str, config: Any) -> str:
    """The options of `config`, nested ones in groups of their own."""
    layout = argparse.ArgumentParser(usage=argparse.SUPPRESS, add_help=False, allow_abbrev=False)
    _add(layout, title, section, config)
    return layout.format_help()


def _add(layout: argparse.ArgumentParser, title: str, section: str, config: Any, about: str = "") -> None:
    said, group = notes(type(config)), layout.add_argument_group(title, about.replace("%", "%%"))
    for item in fields(config):
        path, value = f"{section}.{item.name}", getattr(config, item.name)
        if is_dataclass(value):
            _add(layout, f"{title}: {item.name}", path, value, said.get(item.name, ""))
            continue
        text = f"{said.get(item.name, '')} (default {_written(value)})".strip().replace("%", "%%")
        group.add_argument(f"--{path}", metavar=_kind(item.type), help=text)


def _kind(annotation: Any) -> str:
    """A type as one reads it: ``int``, ``{a,b}``, ``[float,…]``."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inner[0])
    if origin is Literal:
        return f"{{{','.join(map(str, inner))}}}"
    if origin is tuple:
        return f"[{','.join('…' if part is ... else _kind(part) for part in inner)}]"
    if inner and origin is not dict:  # one of several
        return "|".join(map(_kind, inner))
    return {type(None): "none", dict: "table"}.get(origin or annotation, getattr(annotation, "__name__", "value"))


def _written(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
