"""Share: a link that opens the very view, for those who may look or comment, as long as it lives."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import theme
from dashboard.copy_text import CopyText
from dashboard.pressable import Pressable
from dashboard.shared_view import capture
from dashboard.state import State
from dashboard.views._spectra_stream import Stream
from photoz_core.errors import PhotozError
from photoz_core.review.entries import Link

WIDTH = 520  # px
RIGHTS = {"may look": "look", "may comment": "comment"}
LIVES = {"1 day": 1, "7 days": 7, "30 days": 30, "other": 0}  # days


class Share(pn.viewable.Viewer):
    """A button, and the menu behind it; owners have it.

    Parameters
    ----------
    state : State
    """

    may = param.Selector(default="look", objects=RIGHTS, doc="What whoever has the link may do.")
    lives = param.Selector(default=7, objects=LIVES, doc="Days that the link lives.")
    days = param.Number(default=14, bounds=(0.04, 3650), doc="Days, if other.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.stream = state, Stream("out")
        self.open_ = pmui.Button(
            label="share", icon="ios_share", size="small", variant="text", margin=0, align="center", on_click=self.show
        )
        self.link = CopyText(label="Link to this view", sizing_mode="stretch_width", margin=(12, 0, 0, 0))
        self.notice = pn.pane.HTML(margin=(8, 0, 0, 0), stylesheets=[theme.REVIEW_CSS], sizing_mode="stretch_width")
        self.list = Pressable(
            self._revoke, margin=(8, 0, 0, 0), stylesheets=[theme.REVIEW_CSS], sizing_mode="stretch_width"
        )
        self.dialog = pmui.Dialog(title="Share this view", title_variant="h6", close_on_click=True)

    def __panel__(self):
        allowed = self.state.reviews is not None and self.state.user.may("share")
        return pn.Row(self.open_, self.dialog, margin=0, align="center", visible=allowed)

    def show(self, *events) -> None:
        """Open the menu."""
        if not self.dialog.objects:
            self.dialog.objects = [self._menu()]
        self.link.value, self.notice.object, self.dialog.open = "", "", True
        self._do(lambda: None, lambda found: None)

    def make(self, *events) -> None:
        """Make a link to what is shown now."""
        state, may, hours = self.state, self.may, 24 * (self.lives or self.days)
        try:
            view, address = capture(state), _address()
        except PhotozError as error:
            self._say(str(error))
            return
        name = state.user.name or "the owner"
        work = lambda: state.reviews.share(state.dataset, view, name, may, hours)  # noqa: E731
        self._do(work, lambda token: self._made(f"{address}?share={token}"))

    def _made(self, link: str) -> None:
        self.link.value = link
        self._say(
            "It opens what is on your screen now, for whoever has it, unless this server asks them to sign in. "
            "It is shown this once."
        )

    def _revoke(self, number: str, mode: str) -> None:
        if number.isdigit():
            name = self.state.user.name or "the owner"
            self._do(lambda: self.state.reviews.revoke(int(number), name), lambda found: None)

    def _do(self, work: Callable, done: Callable) -> None:
        """Work with the database in a thread, then list the links there are."""
        state = self.state

        def ask(cancelled):
            state.user.require("share")
            found = work()
            yield found, state.reviews.links(state.dataset)

        def show(result) -> None:
            found, links = result
            self.list.object = _links(links)
            done(found)

        self.stream.run(ask, show, self._say)

    def _say(self, text: str) -> None:
        self.notice.object = f"<p>{escape(text)}</p>"

    def _menu(self) -> pn.Column:
        field = {"size": "small", "margin": 0, "description": "", "sx": theme.FIELD_SX}
        row = pn.Row(
            pmui.RadioButtonGroup.from_param(
                self.param.may, label="", size="small", margin=0, sx={"whiteSpace": "nowrap"}
            ),
            pmui.Select.from_param(self.param.lives, label="Valid for", width=100, **field),
            pmui.FloatInput.from_param(
                self.param.days, label="Days", width=80, visible=self.param.lives.rx() == 0, **field
            ),
            pmui.Button(label="Make a link", size="small", margin=0, on_click=self.make),
            margin=(8, 0, 0, 0),
            styles={"gap": "12px", "align-items": "center", "flex-wrap": "wrap"},
        )
        return pn.Column(row, self.link, self.notice, self.list, margin=0, width=WIDTH)


def _address() -> str:
    """Where this dashboard is, as the browser has it."""
    place = pn.state.location
    if place is None or not place.href:
        raise PhotozError("links are made where the dashboard is served: photoz serve")
    return place.href.split("?")[0].split("#")[0]


def _links(links: list[Link]) -> str:
    """Links that open something now, as HTML."""
    rows = [
        f"<p>{'may comment' if link.may == 'comment' else 'may look'} · until "
        f"{datetime.fromtimestamp(link.expires, UTC):%d %b %Y, %H:%M} UTC · made by {escape(link.by)} "
        f"{datetime.fromtimestamp(link.created, UTC):%d %b} · {escape(str(link.view.get('page', '')))}"
        f"<span class=actions><button data-press='{link.id}'>revoke</button></span></p>"
        for link in links
    ]
    return f"<h6>Links to this dataset that are open</h6>{''.join(rows)}" if rows else ""
