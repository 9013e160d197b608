"""Selections that were given a name: save, open, change, settle what two people wrote at once."""

from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.pressable import Pressable
from dashboard.review_acts import change, keep, settle, tag
from dashboard.review_choices import Choices
from dashboard.review_words import size, standing, what, when, who
from dashboard.views._fields import fill, on_enter
from dashboard.views._review_remarks import Remarks
from photoz_core.review.bodies import LONGEST_NAME
from photoz_core.review.entries import Entry, Selection

EMPTY = "<p class=quiet>None yet. Select objects on a map, give them a name above and save them.</p>"


class Selections(pn.viewable.Viewer):
    """The named selections of the dataset, and what is said about the one that is open.

    Parameters
    ----------
    choices : Choices
    """

    def __init__(self, choices: Choices, **params):
        super().__init__(**params)
        self.choices, self.state, self.desk = choices, choices.state, choices.state.desk
        self._renaming = ""  # uid
        field = {"size": "small", "margin": 0, "sx": theme.FIELD_SX}
        small = {"size": "small", "variant": "text", "margin": 0, "align": "center"}
        self.called = pmui.TextInput(label="Name of a selection", max_length=LONGEST_NAME, width=190, **field)
        self.save = pmui.Button(label="save", on_click=self._save, **small)
        hidden = {"stylesheets": [theme.PHONE_HIDES]}
        self.tag = pmui.TextInput(label="Tag its objects", max_length=60, width=150, **field, **hidden)
        on_enter(self.called, self._save)
        self.called.param.watch(self._label, "value_input")
        on_enter(self.tag, self._tag)
        css = {"stylesheets": [theme.REVIEW_CSS], "sizing_mode": "stretch_width"}
        self.list = Pressable(self._press, margin=(4, 0), **css)
        self.title = pn.pane.HTML(margin=(8, 0, 0, 0), **css)
        self.remarks = Remarks(self.state, "Comment on the selection")
        row = {"margin": (6, 0, 0, 0), "styles": {"gap": "6px", "align-items": "center"}}
        self.entry = pn.Row(self.called, self.save, **row, **hidden)
        self._layout = pn.Column(
            pn.pane.HTML("<h4>Selections</h4>", margin=0, **css),
            self.entry, self.list, self.title, self.tag, self.remarks,
            margin=0, sizing_mode="stretch_width",
        )  # fmt: skip

    def __panel__(self):
        return self._layout

    def show(self) -> None:
        """The list, and the remarks on what is open."""
        may = self.desk.may_write
        self.entry.visible = may
        rows = "".join(map(self._row, self.choices.selections))
        self.list.object = rows or EMPTY
        one = self.choices.selection
        self.title.object = f"<h4>{escape(one.name)}</h4>" if one else ""
        self.title.visible, self.tag.visible = bool(one), bool(one) and may
        self.remarks.show(f"selection:{one.uid}" if one else "")
        self._label()

    def _label(self, *events) -> None:
        count = int(self.state.selected.sum())
        text = "rename" if self._renaming else f"save {count:,} selected"
        named = bool((self.called.value_input or "").strip())
        self.save.param.update(label=text, disabled=not (named and (count or self._renaming)))

    # --- what is pressed --------------------------------------------------------------------------------------------

    def _save(self, *events) -> None:
        name = (self.called.value_input or "").strip()
        one = self._find(self._renaming)
        if not name or not self.desk.may_write:
            return
        if self._renaming and one:
            change(self.desk, one, name=name, done=lambda: self._saved(one.uid, name))
        elif self.state.selected.any():
            keep(self.desk, name, self.state.selection.tolist(), lambda uid: self._saved(uid, name))

    def _saved(self, uid: str, name: str) -> None:
        self._renaming, self.choices.opened = "", uid
        if (self.called.value_input or "").strip() == name:
            fill(self.called, "")
        self.show()

    def _tag(self) -> None:
        one, name = self.choices.selection, self.tag.value_input or ""
        if one:
            tag(self.desk, list(one.ids), name, done=lambda: fill(self.tag, ""))

    def _find(self, uid: str) -> Selection | None:
        return next((one for one in self.choices.selections if one.uid == uid), None)

    def _press(self, press: str, mode: str) -> None:
        act, uid, number = [*press.split(" "), "", ""][:3]
        one = self._find(uid)
        if one is None:
            return
        if act == "open":
            version = next((entry for entry in one.versions if str(entry.id) == number), None)
            self.choices.open(one, version.body["ids"] if version else None)
            self.show()
        elif not self.desk.may_write:
            return
        elif act == "replace" and self.state.selected.any():
            change(self.desk, one, ids=self.state.selection.tolist())
        elif act == "rename":
            self._renaming = "" if self._renaming == uid else uid
            fill(self.called, one.name if self._renaming else "")
            self.show()
        elif act == "delete":
            change(self.desk, one, deleted=True)
        elif act in ("stand", "rival", "both"):
            rival = next((entry for entry in one.rivals if str(entry.id) == number), None)
            if rival:
                settle(self.desk, one, rival, act)

    # --- as HTML ----------------------------------------------------------------------------------------------------

    def _row(self, one: Selection) -> str:
        is_open, name, uid = one.uid == self.choices.opened, escape(one.name), escape(one.uid)
        rename = "keep the name" if self._renaming == one.uid else "rename"
        acts = self._acts(uid, {"replace": "replace by what is selected", "rename": rename, "delete": "delete"})
        rivals = "".join(self._rival(one, rival) for rival in one.rivals)
        more = self._versions(one) + acts
        return (
            f"<div class='row{' on' * is_open}'><div><button class=name data-press='open {uid}'>{name}</button>"
            f"<span>{size(standing(one)):,}</span><span class=quiet>{escape(one.author)} {when(one.at)}</span></div>"
            f"{more * is_open}{rivals}</div>"
        )

    def _versions(self, one: Selection) -> str:
        if len(one.versions) < 2:
            return ""
        lines = [
            f"<p><button data-press='open {escape(one.uid)} {entry.id}' title='Select these objects'>"
            f"{size(entry):,}</button> {who(entry.author)} {when(entry.at)} "
            f"<span class=quiet>{escape(what(entry, list(one.versions)))}</span></p>"
            for entry in reversed(one.versions)
        ]
        return "".join(lines)

    def _rival(self, one: Selection, rival: Entry) -> str:
        """Two versions that nobody has chosen between yet."""
        stands = "deleted it" if one.deleted else f"{size(standing(one)):,} objects"
        other = f"{escape(rival.body['name'])}, {size(rival):,} objects"
        other = "deleted it" if rival.body.get("deleted") else other
        first, second = (self._take(author) for author in (one.author, rival.author))
        if one.author == rival.author:  # in two windows
            first, second = "take the first", "take the second"
        words = {"stand": first, "rival": second, "both": "keep both"}
        acts = self._acts(escape(one.uid), words, f" {rival.id}")
        return (
            f"<div class=two>Two versions: {who(one.author)} {when(one.at)} {stands}; "
            f"{who(rival.author)} {when(rival.at)} {other}<br>{acts}</div>"
        )

    def _take(self, author: str) -> str:
        return "take mine" if author == self.state.user.name else f"take {escape(author)}'s"

    def _acts(self, uid: str, words: dict[str, str], rest: str = "") -> str:
        """Buttons by what they do; none for who may only look."""
        if not self.desk.may_write:
            return ""
        acts = "".join(f"<button data-press='{act} {uid}{rest}'>{text}</button>" for act, text in words.items())
        return f"<span class=actions style='margin: 0'>{acts}</span>"
