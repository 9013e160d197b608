"""What a session has to be told, at the bottom of whatever page is in front; and the question for a person's name."""

from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.review_desk import LONGEST
from dashboard.state import State
from dashboard.views._fields import on_enter


class Notices(pn.viewable.Viewer):
    """The last thing that was refused or done out of sight, and whether the reviews can be reached.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.desk = state, state.desk
        self.text = pn.pane.HTML(margin=0, stylesheets=[theme.NOTICES_CSS])
        self.field = pmui.TextInput(label="Your name", max_length=LONGEST, size="small", width=280, margin=0)
        on_enter(self.field, self._introduce)
        go = pmui.Button(label="Go on", size="small", margin=0, on_click=lambda event: self._introduce())
        self.dialog = pmui.Dialog(title="Who is reviewing?", title_variant="h6", close_on_click=True)
        self._inside = pn.Column(
            pn.pane.HTML("It stands beside what you write, for this session.", margin=(0, 0, 10, 0)),
            pn.Row(self.field, go, margin=0, styles={"gap": "8px", "align-items": "center"}),
            margin=0,
        )
        self.desk.param.watch(self._say, ["notice", "problem"])
        self.desk.param.watch(self._ask, "asking")
        self.dialog.param.watch(self._closed, "open")
        self._say()

    def __panel__(self):
        return pn.Row(self.text, self.dialog, width=0, height=0, margin=0)

    def _say(self, *events) -> None:
        problem, notice = self.desk.problem, self.desk.notice
        kind = "bad" if notice.startswith("not saved") else "said"
        parts = [f"<div class='{kind}' role='status'>{escape(notice)}</div>"] if notice else []
        if problem:
            parts.append(
                f"<div class='off' role='status'>The reviews are out of reach: nothing is saved now, and what is typed "
                f"stays in its field. Tried again every second. ({escape(problem)})</div>"
            )
        self.text.object = "".join(parts)

    def _ask(self, *events) -> None:
        if self.desk.asking and not self.dialog.objects:
            self.dialog.objects = [self._inside]
        self.dialog.open = self.desk.asking

    def _closed(self, event) -> None:
        if not event.new and self.desk.asking:
            self.desk.stay_nameless()

    def _introduce(self) -> None:
        self.desk.introduce(self.field.value_input or "")
