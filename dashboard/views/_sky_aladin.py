"""The button that asks for Aladin Lite, and the frame it comes in."""

from html import escape
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from dashboard import aladin, theme
from dashboard.guests import SHARE
from dashboard.markdown import Markdown
from dashboard.reach import Reach
from dashboard.sky_choices import Sky

ASKING = "Asking the CDS…"
UNREACHED = (
    "Your browser cannot reach the CDS in Strasbourg or esm.sh, from where Aladin Lite and its survey pictures come; "
    "the plain sky stays."
)
UNSERVED = "Aladin Lite is for the served app: `photoz serve`."
FRAME = (
    "<iframe src='?{address}' title='Aladin Lite: survey pictures behind the objects' "
    "style='border: 0; width: 100%; height: 100%'></iframe>"
)


class AladinPane(pn.viewable.Viewer):
    """Nothing is asked of another machine before the button is pressed.

    Parameters
    ----------
    sky : Sky
    side : str
        CSS width and height of the frame.
    """

    def __init__(self, sky: Sky, side: str, **params):
        super().__init__(**params)
        self.sky = sky
        sky.document = document = pn.state.curdoc
        self.served = bool(document and document.session_context)  # else the frame's address is another page's
        self.reach = Reach(self._answered, width=0, height=0, margin=0)
        self.button = pmui.Button(
            label="Aladin Lite", icon="travel_explore", variant="outlined", size="small", margin=0
        )
        self.button.on_click(self._press)
        self.note = Markdown(visible=False, margin=(0, 0, 0, 8), stylesheets=[theme.TEXT_CSS])
        self.frame = pn.pane.HTML(
            visible=False,
            margin=0,
            styles={"width": side, "height": side, "flex": "none", "outline": "1px solid #80808050"},
        )
        self.head = pn.Row(self.button, self.note, self.reach, margin=0, styles={"align-items": "center"})

        sky.param.watch(self._count, "plane")

    def __panel__(self):
        return self.head

    def _press(self, event) -> None:
        if self.frame.visible:
            self._close()
        elif not self.served:
            self._say(UNSERVED)
        elif not aladin.is_installed():
            self._say(aladin.MISSING)
        else:
            self._say(ASKING)
            self.reach.urls = aladin.sources()
            self.reach.asked += 1

    def _answered(self, reached: bool) -> None:
        if not reached:
            self._say(UNREACHED)
            return
        asked = {aladin.QUERY: aladin.invite(self.sky)}
        if SHARE in pn.state.session_args:  # who came by a link has no other way in
            asked[SHARE] = pn.state.session_args[SHARE][0].decode(errors="replace")
        self.frame.param.update(object=FRAME.format(address=escape(urlencode(asked))), visible=True)
        self.button.label = "Close Aladin Lite"
        self._count()

    def _count(self, *events) -> None:
        """Say how many of the objects are drawn, where not all are."""
        if self.frame.visible and self.sky.plane is not None:
            self._say(aladin.thinned(self.sky))

    def _close(self) -> None:
        self._say("")
        self.frame.param.update(object="", visible=False)
        self.button.label = "Aladin Lite"

    def _say(self, text: str) -> None:
        self.note.param.update(object=text, visible=bool(text))
