"""How the dashboard sits in a notebook cell: as wide as the cell, in the notebook's light or dark."""

import re

import panel as pn
import panel_material_ui as pmui
from bokeh.models import UIElement

from dashboard import theme
from dashboard.defaults import offering
from dashboard.header import header
from dashboard.pages import find_pages, titles_for
from dashboard.state import State

FIRST = "Explore"  # the page that every dataset has
WINDOW = re.compile(r"(?<!var\(--pz-v[wh], )100(vw|vh)")
HEIGHT = 740  # px of the whole app
TWO_LINES = ":host { --pz-header: 96px; }"
FRAME = """
:host { container-type: inline-size; font-variant-numeric: tabular-nums; --pz-vw: 100cqw; --pz-vh: HEIGHTpx;
  min-width: 0 !important; max-width: 100%; }
"""


def cell_css(height: int) -> str:
    """The page's stylesheet with the cell in the place of the window.

    Parameters
    ----------
    height : int
        Of the app [px].
    """
    css = theme.STYLE.replace(":root", ":host").replace("@media (max-width", "@container (max-width")
    return FRAME.replace("HEIGHT", str(height)) + _by_cell(css)


def measure_by_cell(model: UIElement) -> None:
    """Let a model whose size is a share of the window's take it of the frame that it is in, if it is in one."""
    styles = {name: _by_cell(value) if isinstance(value, str) else value for name, value in dict(model.styles).items()}
    if styles.get("width") == "100%" or str(getattr(model, "sizing_mode", "")).startswith("stretch"):
        model.min_width = None  # Panel gives a row the width of figures that are not yet laid out
    sheets = [_by_cell(sheet) if isinstance(sheet, str) else sheet for sheet in model.stylesheets]
    if styles != model.styles:
        model.styles = styles
    if sheets != model.stylesheets:
        model.stylesheets = sheets


def _by_cell(css: str) -> str:
    """Rules with the frame's width and height in the place of the window's, where they are not already."""
    return WINDOW.sub(r"var(--pz-\1, 100\1)", css)


def framed(*parts, height: int | None = None, width: int | None = None, css: str = "") -> pmui.Column:
    """Parts one below the other in a frame that the pages' stylesheet takes for the window.

    Parameters
    ----------
    height, width : int, optional
        [px]; the width of the cell by default.
    css : str
        More rules, which win.
    """
    size = {"width": width} if width else {"sizing_mode": "stretch_width"}
    if height:
        size["height"] = height
    return pmui.Column(
        *parts, theme_config=theme.THEME, margin=0, stylesheets=[cell_css(height or HEIGHT), css],
        sx={"& > *": {"minWidth": 0, "maxWidth": "100%"}}, styles={"overflow": "hidden"}, **size,
    )  # fmt: skip


def app_layout(state: State, height: int = HEIGHT) -> pmui.Column:
    """All pages under the header, each made when it is first in front."""
    pages, built = find_pages(), {}
    main = pn.Column(sizing_mode="stretch_both", margin=0)

    def show(*events) -> None:
        if state.page not in built:
            built[state.page] = pages[state.page](state)
        main.objects = [built[state.page]]

    def offer(*events) -> None:
        titles = titles_for(state.data)
        with offering(state, page={title: title for title in titles}):
            state.page = state.page if state.page in titles else FIRST

    offer()
    state.param.watch(offer, ["data", "revision"])
    state.param.watch(show, "page")
    show()
    head = header(state)  # on two lines, where the cell has not room for one
    head.height = None
    head.styles = {
        "flex": "none",
        "flex-wrap": "wrap",
        "min-width": "0",
    }
    return framed(head, main, height=height, css=TWO_LINES)
