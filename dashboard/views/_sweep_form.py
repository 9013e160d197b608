"""The form of a sweep: methods × numbers of labels × seeds, what that comes to, and a button that starts it."""

from collections.abc import Callable
from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard.state import State
from dashboard.sweeping import SweepChoices, SweepOutcome, told
from dashboard.theme import FIELD_SX
from dashboard.views._train_form import SEEDS, WIDTH, complaint, small_text
from photoz_core.errors import PhotozError

HEAD = "A curve for each method: the metric against the number of labels, a band over seeds."


class SweepForm(pn.viewable.Viewer):
    """What a sweep trains; says how many runs that is, how many there are already, and how long the others take.

    Parameters
    ----------
    state : State
    on_queued : callable
        Called once a sweep has started.
    """

    def __init__(self, state: State, on_queued: Callable[[], None], **params):
        super().__init__(**params)
        self.state, self.choices, self._on_queued = state, SweepChoices(state), on_queued
        self._labels, self._told, self._message = (small_text() for _ in range(3))
        self._button = pmui.Button(
            label="Start sweep", variant="contained", disable_elevation=True, width=150, margin=(4, 8), size="small"
        )
        self._button.on_click(self._start)
        self._layout = self._lay_out()
        self.choices.param.watch(self._show, "outcome")

    def __panel__(self):
        return self._layout

    def _lay_out(self) -> pn.viewable.Viewable:
        choices = self.choices
        half = {"size": "small", "width": 146, "margin": (5, 4), "description": "", "sx": FIELD_SX}
        wide = {**half, "width": WIDTH - 24}
        self._methods = pmui.MultiChoice.from_param(
            choices.param.recipes, label="Methods", delete_button=True, searchable=True, visual_size="small",
            **{name: value for name, value in wide.items() if name != "size"},
        )  # fmt: skip
        self._amounts = pmui.TextInput.from_param(choices.param.amounts, label="Labels", **half | {"width": 180})
        self._seeds = pmui.TextInput.from_param(choices.param.seeds, label="Seeds", **half | SEEDS)
        return pn.Column(
            pmui.Select.from_param(self.state.param.dataset, label="Dataset", **wide),
            self._methods,
            pn.Row(
                self._amounts, pmui.Select.from_param(choices.param.unit, label="in", **half | {"width": 112}), margin=0
            ),
            self._labels,
            pn.Row(pmui.Select.from_param(choices.param.preset, label="Preset", **half), self._seeds, margin=0),
            self._told,
            self._button,
            self._message,
            pn.pane.HTML(HEAD, styles={"font-size": "12px", "opacity": ".7"}, margin=(8, 12), width=WIDTH - 24),
            width=WIDTH,
            margin=0,
        )

    def _show(self, *events) -> None:
        """Bring texts and complaints up to date."""
        outcome = self.choices.outcome
        fields = {"recipes": self._methods, "amounts": self._amounts, "seeds": self._seeds}
        for name, widget in fields.items():
            problem = outcome.problems.get(name, "")
            widget.param.update(error_state=bool(problem) and not _untouched(name, self.choices), helper_text=problem)
        plan, self._message.object = outcome.plan, ""
        rest = "; ".join(text for name, text in outcome.problems.items() if name not in fields)
        self._told.object = complaint(rest) if rest else (escape(told(plan)) if plan else "")
        self._labels.object = _label_counts(outcome)
        count = len(plan.to_train) + len(plan.parents) if plan else 0
        self._button.param.update(
            disabled=not count, label=f"Start {count} training{'s' if count > 1 else ''}" if count else "Start sweep"
        )

    def _start(self, event) -> None:
        try:
            sweep = self.choices.start()
        except PhotozError as error:
            self._message.object = complaint(str(error))
            return
        self._message.object = f"{len(sweep.plan.to_train)} trainings are being queued"
        self._on_queued()


def _untouched(name: str, choices: SweepChoices) -> bool:
    """Whether a field is as it came: an empty one asks, it does not complain."""
    return name == "recipes" and not choices.recipes


def _label_counts(outcome: SweepOutcome) -> str:
    """`1 % = 5 · 10 % = 42 training labels`, or nothing."""
    if not outcome.labels:
        return ""
    if all(said == f"{count:,}" for said, count in outcome.labels):
        return "training labels"
    return " · ".join(f"{said} = <b>{count:,}</b>" for said, count in outcome.labels) + " training labels"
