"""A run is deleted only after its name was read once more."""

from collections.abc import Callable
from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard.state import State
from photoz_core.errors import PhotozError
from photoz_core.run import Run

WARNING = "Its maps, latents, predictions and weights are gone for good. Who looks at it is shown another run."


class Deletion(pn.viewable.Viewer):
    """A dialog that names the run and deletes it when told to.

    Parameters
    ----------
    state : State
    on_deleted : callable
        Called without arguments.
    """

    def __init__(self, state: State, on_deleted: Callable[[], None], **params):
        super().__init__(**params)
        self.state, self._on_deleted = state, on_deleted
        self._asked = ""  # id of the run that the dialog names
        self._text = pn.pane.HTML(width=420, styles={"font-size": "13px"}, margin=(0, 4, 8, 4))
        small = {"size": "small", "margin": (4, 4)}
        self._delete = pmui.Button(label="Delete", color="error", variant="contained", disable_elevation=True, **small)
        self._keep = pmui.Button(label="Keep", variant="text", **small)
        self._delete.on_click(self._confirmed)
        self._keep.on_click(self._close)
        self.dialog = pmui.Dialog(
            pn.Column(self._text, pn.Row(self._delete, self._keep, margin=0)),
            title="Delete this run?", title_variant="h6", close_on_click=True,
        )  # fmt: skip

    def __panel__(self):
        return self.dialog

    def ask(self, run_id: str) -> None:
        """Open the dialog.

        Raises
        ------
        PhotozError
            If there is no such run, or who asks may not delete.
        """
        self.state.user.require("delete")
        run = Run(self.state.home.run(run_id))
        self._asked = run.id
        self._text.object = f"<b>{escape(run.name)}</b><br>{WARNING}"
        self._delete.visible, self.dialog.open = True, True

    def _confirmed(self, event) -> None:
        try:
            self.state.user.require("delete")
            self.state.queue.delete(self._asked)
        except PhotozError as error:
            self._text.object = f'<span style="color: var(--mui-palette-error-main)">{escape(str(error))}</span>'
            self._delete.visible = False
            return
        self._close()
        self.state.refresh()
        self._on_deleted()

    def _close(self, *events) -> None:
        self._asked, self.dialog.open = "", False
