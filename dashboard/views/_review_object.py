"""What is said of the object in focus: scores, tags and comments, and the fields to say more."""

from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.pressable import Pressable
from dashboard.review_acts import DIGITS, score, tag
from dashboard.state import State
from dashboard.views._fields import fill, on_enter
from dashboard.views._review_remarks import Remarks


class ObjectReview(pn.viewable.Viewer):
    """Scores, tags and comments of `state.focus`.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state, self.desk = state, state.desk
        css = {"margin": 0, "stylesheets": [theme.REVIEW_CSS]}
        self.marks = Pressable(self._press, sizing_mode="stretch_width", **css)
        self.tag = pmui.TextInput(
            label="Add a tag", size="small", margin=(10, 0, 0, 0), width=150, max_length=60, sx=theme.FIELD_SX,
            stylesheets=[theme.PHONE_HIDES],
        )  # fmt: skip
        on_enter(self.tag, self._add_tag)
        self.remarks = Remarks(state)
        self._layout = pn.Column(self.marks, self.tag, self.remarks, margin=0, sizing_mode="stretch_width")
        state.param.watch(self._show, ["focus_row", "data"])
        self.desk.param.watch(self._show, "review")
        self._show()

    def __panel__(self):
        return self._layout

    def _show(self, *events) -> None:
        known = self.state.focus_row >= 0 and self.desk.is_open
        self._layout.visible = known
        self.tag.visible = known and self.desk.may_write
        if known:
            self.marks.object = f"{self._scores()}{self._tags()}"
        self.remarks.show(f"object:{self.state.focus}" if known else "")

    def _press(self, press: str, mode: str) -> None:
        act, _, value = press.partition(" ")
        if act == "score":
            score(self.desk, self.state.focus, int(value) if value in DIGITS else None)
        elif act == "untag":
            tag(self.desk, [self.state.focus], value, on=False)

    def _add_tag(self) -> None:
        name = self.tag.value_input or ""
        tag(self.desk, [self.state.focus], name, done=lambda: self._tagged(name))

    def _tagged(self, name: str) -> None:
        if self.tag.value_input == name:
            fill(self.tag, "")

    def _scores(self) -> str:
        scores = self.desk.review.scores.get(self.state.focus, {}) if self.desk.review else {}
        own = scores.get(self.state.user.name) if self.state.user.name else None
        parts = []
        if self.desk.may_write:
            parts = [
                f"<button data-press='score {digit}' aria-pressed='{str(digit == str(own)).lower()}' "
                f"aria-label='Score {digit}' title='Score {digit} (key {digit})'>{digit}</button>"
                for digit in DIGITS
            ]
            parts += ["<button class=bare data-press='score none'>take back</button>"] * (own is not None)
        others = [f"{escape(name)} {value}" for name, value in scores.items() if name != self.state.user.name]
        if scores:
            mean = sum(scores.values()) / len(scores)
            text = " · ".join([f"mean {mean:.1f} of {len(scores)} score{'s' * (len(scores) > 1)}", *others])
        else:
            text = "no score yet"
        return f"<div class=scores>{''.join(parts)}<span class=quiet>{text}</span></div>"

    def _tags(self) -> str:
        tags = self.desk.review.tags.get(self.state.focus, {}) if self.desk.review else {}
        if not tags:
            return ""
        parts = []
        for name, (author, _) in sorted(tags.items()):
            text = escape(name, quote=True)
            off = f"<button data-press='untag {text}' aria-label='Take off the tag {text}'>×</button>"
            parts.append(f"<span title='by {escape(author, quote=True)}'>{text}{off * self.desk.may_write}</span>")
        return f"<div class=tags style='margin-top: 4px'>{''.join(parts)}</div>"
