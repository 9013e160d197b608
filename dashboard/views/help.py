"""Help: what each page answers, every key, what the numbers and colors mean, and how to go on."""

import panel as pn

from dashboard import theme
from dashboard.help_text import help_html
from dashboard.pages import HELP
from dashboard.state import State
from dashboard.tour import TourButton

TITLE, ORDER = HELP, 100


class View(pn.viewable.Viewer):
    """The Help page.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        text = pn.pane.HTML(
            f"<div class=all>{help_html()}</div>", margin=0, stylesheets=[theme.HELP_CSS],
            styles={"flex": "none", "width": "100%"},
        )  # fmt: skip
        title = pn.pane.HTML("<h1>Help</h1>", margin=0, stylesheets=[theme.HELP_CSS])
        head = pn.Row(title, TourButton(state), margin=0, styles={"gap": "20px", "align-items": "center"})
        self._layout = pn.Column(
            head, text, margin=0, sizing_mode="stretch_both", stylesheets=[theme.FIT],
            styles={"overflow": "hidden auto", "height": "100%", "padding": "14px 28px 40px"},
        )  # fmt: skip

    def __panel__(self):
        return self._layout
