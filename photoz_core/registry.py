"""A folder is a registry: every public module of a package is one method, projection, dataset or view."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from photoz_core.errors import unknown


def names(package: ModuleType) -> list[str]:
    """Names of the plug-ins in `package`: its modules, without `base` and underscore siblings."""
    found = (module.name for module in pkgutil.iter_modules(package.__path__))
    return sorted(name for name in found if name != "base" and not name.startswith("_"))


@cache
def load(package: ModuleType, name: str) -> ModuleType:
    """Import plug-in `name` of `package`.

    Raises
    ------
    PhotozError
        If there is no such plug-in; the message lists those there are.
    """
    if name not in names(package):
        raise unknown(package.__name__.rpartition(".")[2].removesuffix("s"), name, names(package))
    return importlib.import_module(f"{package.__name__}.{name}")
