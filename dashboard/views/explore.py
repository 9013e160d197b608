"""Explore: the latent space as a mosaic of cutouts and six maps, with the selection and one object below."""

import panel as pn

from dashboard.state import State

TITLE, ORDER = "Explore", 10


class View(pn.viewable.Viewer):
    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state

    def __panel__(self):
        return pn.pane.Markdown("Explore")
