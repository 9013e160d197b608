"""The pages there are: every public module of `dashboard.views` is one."""

from types import ModuleType

import panel as pn

from dashboard import views
from photoz_core import registry
from photoz_core.dataset import Dataset

HELP = "Help"  # title of the page behind the question mark


def find_pages() -> dict[str, type[pn.viewable.Viewer]]:
    """Page classes by title, in the order of the tabs."""
    return {module.TITLE: module.View for module in _modules()}


def titles_for(dataset: Dataset | None) -> list[str]:
    """Titles of the pages that a dataset has: those whose module has no `applies(dataset)`, or one that says so."""
    return [page.TITLE for page in _modules() if not hasattr(page, "applies") or page.applies(dataset)]


def about_pages() -> dict[str, str]:
    """What each page answers, by its title: the first line of its module."""
    return {page.TITLE: page.__doc__.splitlines()[0].partition(": ")[2] for page in _modules()}


def _modules() -> list[ModuleType]:
    modules = [registry.load(views, name) for name in registry.names(views)]
    return sorted(modules, key=lambda module: module.ORDER)
