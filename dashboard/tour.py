"""Finding one's way: a link past the header, keys of the pages, and a tour for the first visit."""

from pathlib import Path
from typing import ClassVar

import param
from panel.custom import JSComponent

from dashboard.keys import KEYBOARD
from dashboard.pages import HELP
from dashboard.state import State

STATIC = Path(__file__).parent / "static"
CSS = (STATIC / "tour.css").read_text()
STEPS = [
    ("Dataset and run", "[role='combobox']",
     "Everything on the pages is of this dataset and this run. New ones appear here by themselves."),
    ("The mosaic", "[aria-label^='Mosaic of']",
     "Latent space with galaxies in the place of points: near each other means alike to the model. The wheel zooms, "
     "and the mosaic fills in with more of them."),
    ("The maps", "[aria-label^='Map colored']",
     "The same places, each map colored by one column; the select above it chooses which. Where a property runs "
     "smoothly, the model has learned it. Gray objects have no value; below stands how many."),
    ("Select", "[aria-label='Dragging']",
     "Drag a box on any map, or a lasso (L). Shift adds, Ctrl takes away, Escape clears. By keys: Tab to a map, move "
     "and zoom it with arrows, + and −, and press S to select what is in view. All pages share it."),
    ("The selection", ".pz-title", "What is selected, or in view. Click a picture, or walk with the arrow keys."),
    ("One object", ".pz-object", "Every band, the catalog row and the nearest neighbours in latent space."),
    ("Help", "button[aria-label='Help']", "Keys, what the numbers mean, and this tour once more: here, or press ?."),
]  # fmt: skip


class Guide(JSComponent):
    """Sits in the header of a session: skip link, keys of the pages, the offer of a tour, and the tour.

    Nothing of it is in the way: the link is seen while the keyboard is on it; the offer is a line in a free corner of
    the first page until the tour was taken or declined in this browser, and never stands behind a shared link.

    Parameters
    ----------
    state : State
    """

    steps = param.List(default=[dict(zip(("title", "at", "text"), step, strict=True)) for step in STEPS])
    page = param.String(default="")
    css = param.String(default=CSS)

    _esm = KEYBOARD + (STATIC / "tour.js").read_text()
    _stylesheets: ClassVar = [CSS]

    def __init__(self, state: State, **params):
        super().__init__(page=state.param.page, width=0, height=0, margin=0, **params)
        self._state = state

    def _handle_msg(self, message) -> None:
        titles, wanted = list(self._state.param.page.objects), message.get("page")
        if wanted == HELP and HELP in titles:
            self._state.page = HELP
        elif isinstance(wanted, int) and 0 <= wanted < len(titles):
            self._state.page = titles[wanted]
        if message.get("phone"):
            self._state.drag = "pan"  # a finger that moves means no box


class TourButton(JSComponent):
    """Starts the tour of the session's `Guide`."""

    _esm = """
    export function render({ model }) {
      const button = document.createElement("button")
      button.textContent = "Take the tour"
      button.onclick = () => { model.send_msg("tour"); document.dispatchEvent(new Event("pz-tour")) }
      return button
    }
    """
    _stylesheets: ClassVar = [CSS]

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self._state = state

    def _handle_msg(self, message) -> None:
        self._state.page = next(iter(self._state.param.page.objects))
