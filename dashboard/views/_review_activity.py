"""What happened last in the review, newest first; and the whole of it as a file."""

from html import escape

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.download import Download
from dashboard.pressable import Pressable
from dashboard.review_choices import Choices
from dashboard.review_words import latest, what, when, who
from photoz_core.columns import Column
from photoz_core.errors import PhotozError
from photoz_core.export import Export, file_name, provenance, to_bytes
from photoz_core.review.table import HEADER, rows

EMPTY = "<p class=quiet>Nobody has written anything about this dataset yet.</p>"
DESCRIBED = {
    "kind": "score, tag or comment", "target": "object id, or selection:<uid>", "value": "what was said",
    "author": "by whom", "time": "when, UTC",
}  # fmt: skip


class Activity(pn.viewable.Viewer):
    """The latest entries; a press brings what they are about.

    Parameters
    ----------
    choices : Choices
    """

    def __init__(self, choices: Choices, **params):
        super().__init__(**params)
        self.choices, self.state, self.desk = choices, choices.state, choices.state.desk
        css = {"stylesheets": [theme.REVIEW_CSS], "sizing_mode": "stretch_width"}
        self.list = Pressable(self._press, margin=0, **css)
        self.download = Download(width=0, height=0, margin=0)
        small = {"size": "small", "variant": "text", "margin": 0, "align": "center"}
        self.saves = [
            pmui.Button(label=f"save as {form.upper()}", on_click=lambda event, form=form: self._save(form), **small)
            for form in ("csv", "ecsv")
        ]
        title = pn.pane.HTML("<h4>Activity</h4>", margin=0, **css)
        head = pn.Row(title, *self.saves, self.download, margin=0, sizing_mode="stretch_width")
        self._layout = pn.Column(head, self.list, margin=0, sizing_mode="stretch_width")

    def __panel__(self):
        return self._layout

    def show(self) -> None:
        """List what is new."""
        review = self.desk.review
        found = latest(review) if review else []
        self.list.object = "".join(self._line(*one) for one in found) or EMPTY
        for button in self.saves:
            button.disabled = not (review and (review.scores or review.tags or review.comments))

    def _line(self, about: str, entry) -> str:
        kind, _, name = about.partition(":")
        review = self.desk.review
        if kind == "selection":
            name = review.every[name].name if name in review.every else "a selection"
        done = escape(what(entry, review.about[about]))
        return (
            f"<button class=activity data-press='{escape(about)}'>{when(entry.at)} {who(entry.author)} "
            f"{escape(name)}: <i>{done}</i></button>"
        )

    def _press(self, press: str, mode: str) -> None:
        kind, _, name = press.partition(":")
        if kind == "object":
            if len(self.state.rows([name])):
                self.state.focus = name
            else:
                self.desk.notice = f"{name} is not in this dataset any more"
            return
        one = next((one for one in self.choices.selections if one.uid == name), None)
        if one:
            self.choices.open(one)
        else:
            self.desk.notice = "this selection was deleted"

    def _save(self, form: str) -> None:
        state = self.state
        try:
            frame = pd.DataFrame(rows(self.desk.review), columns=list(HEADER), dtype=str)
            columns = {name: Column(name, description=DESCRIBED[name]) for name in HEADER}
            data = to_bytes(Export(frame, columns, provenance(state.data)), form)
        except PhotozError as error:
            self.desk.notice = str(error)
            return
        self.download.send(file_name(state.dataset, "review", suffix=form), data)
