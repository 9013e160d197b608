"""Comments on one thing, an object or a selection: what is said, and a field to say something."""

from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.pressable import Pressable
from dashboard.review_acts import may_change, remove_comment
from dashboard.review_desk import Wish
from dashboard.review_words import what, when, who
from dashboard.state import State
from dashboard.views._fields import fill, on_enter
from photoz_core.review.bodies import LONGEST_TEXT
from photoz_core.review.entries import Comment


class Remarks(pn.viewable.Viewer):
    """The comments on a target; what is typed stays with its target until it is saved.

    Parameters
    ----------
    state : State
    label : str
        Of the field.
    """

    def __init__(self, state: State, label: str = "Comment", **params):
        super().__init__(**params)
        self.state, self.desk, self.label = state, state.desk, label
        self.target = ""
        self._editing: Comment | None = None
        self._unfolded = False  # the history
        self._tried: dict[str, Wish] = {}  # the same text, tried again, is the same entry
        self.list = Pressable(self._press, margin=0, stylesheets=[theme.REVIEW_CSS], sizing_mode="stretch_width")
        self.field = pmui.TextAreaInput(
            label=label, rows=1, auto_grow=True, max_rows=6, max_length=LONGEST_TEXT, size="small", margin=0,
            sizing_mode="stretch_width", sx=theme.FIELD_SX,
        )  # fmt: skip
        small = {"size": "small", "variant": "text", "margin": 0}
        self.save = pmui.Button(label="comment", on_click=self._save, **small)
        self.cancel = pmui.Button(label="cancel", on_click=lambda event: self._edit(None), visible=False, **small)
        self.field.param.watch(self._type, "value_input")
        on_enter(self.field, self._save)
        self.entry = pn.Row(
            self.field, self.save, self.cancel, margin=(6, 0, 0, 0), styles={"gap": "4px", "align-items": "flex-end"},
            sizing_mode="stretch_width", stylesheets=[theme.PHONE_HIDES],
        )  # fmt: skip
        state.param.watch(lambda event: self._recall(), "page")

    def __panel__(self):
        return pn.Column(self.list, self.entry, margin=0, sizing_mode="stretch_width")

    def show(self, target: str) -> None:
        """The comments on ``object:<id>`` or ``selection:<uid>``; nothing of an empty target."""
        if target != self.target:
            self.target, self._unfolded = target, False
            self._edit(None)
        self.entry.visible = bool(target) and self.desk.may_write
        self.list.object = self._html()

    # --- the field --------------------------------------------------------------------------------------------------

    @property
    def _key(self) -> str:
        return f"edit:{self._editing.first}" if self._editing else self.target

    def _type(self, event) -> None:
        self.desk.drafts[self._key] = event.new or ""

    def _recall(self) -> None:
        """Put the draft into the field: it may have been typed into the same field of another page."""
        text = self.desk.drafts.get(self._key, self._editing.text if self._editing else "")
        if text != (self.field.value_input or ""):
            fill(self.field, text)

    def _edit(self, comment: Comment | None) -> None:
        self._editing = comment
        self._recall()
        self.save.label = "save" if comment else "comment"
        self.cancel.visible = comment is not None
        self.field.label = f"Change the comment of {comment.author}" if comment else self.label

    def _save(self, *events) -> None:
        text, key, changed = (self.field.value_input or "").strip(), self._key, self._editing
        if not text or not self.target:
            return
        wish = self._tried.get(key)
        if wish is None or wish.body != {"text": text}:
            wish = self.desk.wish("comment", self.target, {"text": text}, changed.entry if changed else None)
        self._tried[key] = wish
        self.save.disabled = True
        self.desk.write(wish, done=lambda: self._saved(key, text), failed=lambda: self._free())

    def _saved(self, key: str, text: str) -> None:
        """Take the saved text out of its field, unless more was typed."""
        self._free()
        self._tried.pop(key, None)
        if (self.desk.drafts.get(key) or "").strip() == text:
            self.desk.drafts[key] = ""
        if key == self._key:
            self._edit(None)

    def _free(self) -> None:
        self.save.disabled = False

    # --- the list ---------------------------------------------------------------------------------------------------

    def _comments(self) -> list[Comment]:
        review = self.desk.review
        return [one for one in review.comments if one.target == self.target] if review else []

    def _press(self, press: str, mode: str) -> None:
        act, _, number = press.partition(" ")
        if act == "history":
            self._unfolded = not self._unfolded
            self.list.object = self._html()
            return
        comment = next((one for one in self._comments() if str(one.first) == number), None)
        if comment is None or not may_change(self.desk, comment):
            return
        if act == "edit":
            self._edit(comment)
        elif act == "delete":
            remove_comment(self.desk, comment)

    def _html(self) -> str:
        review = self.desk.review
        if not self.target or review is None:
            return ""
        said = "".join(map(self._comment, self._comments()))
        history = review.history(self.target)
        if not history:
            return said
        verb = "hide the history" if self._unfolded else f"history ({len(history)})"
        fold = f"<button data-press='history' aria-expanded='{str(self._unfolded).lower()}'>{verb}</button>"
        lines = [
            f"<p class='quiet text'>{when(entry.at)} {who(entry.author)} {escape(what(entry, list(history)))}</p>"
            for entry in history
        ]
        return f"{said}<small>{fold}</small>{''.join(lines) if self._unfolded else ''}"

    def _comment(self, comment: Comment) -> str:
        acts = ""
        if may_change(self.desk, comment):
            acts = "".join(f"<button data-press='{act} {comment.first}'>{act}</button>" for act in ("edit", "delete"))
            acts = f"<span class=actions>{acts}</span>"
        edited = " · changed" if comment.edited else ""
        return (
            f"<div class=said>{who(comment.author)} {when(comment.at)}<small class=quiet>{edited}</small>{acts}"
            f"<p class=text>{escape(comment.text)}</p></div>"
        )
