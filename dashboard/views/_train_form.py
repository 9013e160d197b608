"""The form of the Train page."""

from collections.abc import Callable
from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard.job_list import duration
from dashboard.option_fields import OptionField
from dashboard.plan import Plan
from dashboard.planning import Outcome
from dashboard.state import State
from dashboard.theme import FIELD_SX
from dashboard.views._train_options import OptionWidget, option_groups
from photoz_core.errors import PhotozError
from photoz_core.run import Run

WIDTH = 324  # px
UP_FRONT = ("fit.epochs", "fit.lr")  # options that stand in the form itself
SEEDS = {"description": "A run for each: 0, or 0, 1, 2, or 0-4."}
SMALL = {"font-size": "12px", "line-height": "16px"}


class Form(pn.viewable.Viewer):
    """What to train, on what, with how many labels; a button that queues it.

    Parameters
    ----------
    state : State
    on_queued : callable
        Called with the runs that were queued.
    """

    def __init__(self, state: State, on_queued: Callable[[list[Run]], None], **params):
        super().__init__(**params)
        self.state, self.plan, self._on_queued = state, Plan(state), on_queued
        self._fields: tuple = ()
        self._widgets: dict[str, OptionWidget] = {}
        self._about, self._labels, self._message = (small_text() for _ in range(3))
        self._estimate = small_text(130)
        self._front = pn.Row(margin=0)
        small = {"size": "small"}
        self._options = pn.Column(visible=False, margin=(0, 0, 0, 4))
        self._more = pmui.Button(label="All options", variant="text", icon="expand_more", margin=(0, 4), **small)
        self._button = pmui.Button(variant="contained", disable_elevation=True, width=150, margin=(4, 8), **small)
        self._more.on_click(self._toggle_options)
        self._button.on_click(self._submit)
        self._layout = self._lay_out()
        self.plan.param.watch(self._show, "outcome")
        self._show()

    def __panel__(self):
        return self._layout

    def _lay_out(self) -> pn.viewable.Viewable:
        plan, half = self.plan, {"size": "small", "width": 146, "margin": (5, 4), "description": "", "sx": FIELD_SX}
        wide = {**half, "width": WIDTH - 24}
        self._recipe = pmui.Select.from_param(plan.param.recipe, label="Method", **wide)
        self._seeds = pmui.TextInput.from_param(plan.param.seeds, label="Seeds", **half | SEEDS)
        self._start = pmui.Select.from_param(plan.param.start, label="Encoder starts", **wide)
        self._fraction = pmui.DiscreteSlider.from_param(
            plan.param.fraction, label="Labels", **wide | {"margin": (5, 12)}
        )
        return pn.Column(
            pmui.Select.from_param(self.state.param.dataset, label="Dataset", **wide),
            self._recipe,
            self._about,
            self._fraction,
            self._labels,
            pn.Row(pmui.Select.from_param(plan.param.preset, label="Preset", **half), self._seeds, margin=0),
            self._start,
            self._front,
            pn.Row(self._button, self._estimate, margin=0, styles={"align-items": "center"}),
            self._message,
            self._more,
            self._options,
            width=WIDTH,
            margin=0,
        )

    def _show(self, *events) -> None:
        """Bring texts, fields and complaints up to date."""
        outcome = self.plan.outcome
        if outcome.fields != self._fields:
            self._fields = outcome.fields
            self._widgets.clear()
            self._front.objects = [self._widget(item) for item in self._fields if item.path in UP_FRONT]
            self._options.objects = self._option_widgets() if self._options.visible else []
        self._about.object = outcome.about
        self._labels.object = _label_count(outcome)
        self._fraction.disabled = not outcome.uses_labels
        self._start.visible = len(outcome.starts) > 1
        self._complain(outcome.problems)
        count = len(outcome.recipes)
        self._button.param.update(
            disabled=not count, label=f"Start {count} trainings" if count > 1 else "Start training"
        )
        self._estimate.object = _estimate(outcome)

    def _complain(self, problems: dict[str, str]) -> None:
        """Say each problem at its field; what belongs to none that is in sight, below the button."""
        heads = {"recipe": self._recipe, "seeds": self._seeds}
        for field, widget in heads.items():
            widget.param.update(error_state=field in problems, helper_text=problems.get(field, ""))
        for path, widget in self._widgets.items():
            widget.complain(problems.get(path, ""))
        self._say(
            "; ".join(text for field, text in problems.items() if field not in {**heads, **self._widgets}), "error"
        )

    def _say(self, text: str, color: str = "text-secondary") -> None:
        self._message.object = complaint(text, "error-main" if color == "error" else color)

    def _widget(self, item: OptionField) -> OptionWidget:
        value = self.plan.changes.get(item.path, item.value)
        self._widgets[item.path] = OptionWidget(item, value, self.plan.change)
        return self._widgets[item.path]

    def _option_widgets(self) -> list[pn.viewable.Viewable]:
        """All options that are not in the form itself, under the name of what they belong to."""
        groups = option_groups([item for item in self._fields if item.path not in UP_FRONT])
        found = []
        for name, items in groups.items():
            title = name.removeprefix("options.").replace("options", "method").replace("fit", "training")
            found.append(pn.pane.HTML(f"<b>{escape(title)}</b>", styles=SMALL, margin=(8, 4, 2, 4)))
            found.append(pn.FlexBox(*map(self._widget, items), max_width=WIDTH - 8, margin=0))
        return found

    def _toggle_options(self, event) -> None:
        """Make the options' widgets when they are first asked for: there are dozens."""
        opened = not self._options.visible
        if opened:
            self._options.objects = self._option_widgets()
            self._complain(self.plan.outcome.problems)
        self._options.visible = opened
        self._more.icon = "expand_less" if opened else "expand_more"

    def _submit(self, event) -> None:
        try:
            runs = self.plan.submit()
        except PhotozError as error:
            self._say(str(error), "error")
            return
        self._say(f"{runs[0].name} queued" if len(runs) == 1 else f"{len(runs)} runs queued")
        self._on_queued(runs)


def _label_count(outcome: Outcome) -> str:
    if not outcome.uses_labels:
        return "learns without labels"
    seen, known = outcome.labels
    return f"<b>{seen:,}</b> of {known:,} training labels"


def _estimate(outcome: Outcome) -> str:
    if outcome.seconds is not None:
        return f"about {duration(outcome.seconds)}"
    return "time unknown: no such run yet" if outcome.recipes else ""


def complaint(text: str, color: str = "error-main") -> str:
    """A text as HTML in a color of the theme; nothing of nothing."""
    return f'<span style="color: var(--mui-palette-{color})">{escape(text)}</span>' if text else ""


def small_text(width: int = WIDTH - 24) -> pn.pane.HTML:
    """An empty line of the form."""
    return pn.pane.HTML(styles=SMALL, margin=(0, 12, 4, 12), width=width)
