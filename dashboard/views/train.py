"""Train: start trainings at a chosen label fraction, watch them, and see what labels buy."""

import contextlib
import math

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import cache, theme
from dashboard.job_list import SWEEP_ID, JobList, job_row, older_text, sweep_row
from dashboard.keys import Keys
from dashboard.markdown import Alert
from dashboard.state import State
from dashboard.views._deletion import Deletion
from dashboard.views._efficiency import Efficiency
from dashboard.views._losses import Losses
from dashboard.views._snapshots import BesideLosses, Forming
from dashboard.views._sweep_form import SweepForm
from dashboard.views._train_form import WIDTH, Form
from photoz_core.errors import PhotozError
from photoz_core.jobs import RECENT
from photoz_core.run import Run
from photoz_core.sweeping import Sweep, standing

TITLE, ORDER = "Train", 40
EMPTY = "Nothing in the queue. Choose a method and a label fraction on the left and start a training, or a sweep."
SMALL_SCREEN = "Trainings are started on a wider screen; here they are followed."
NO_QUEUE = "This dashboard only looks: started with photoz serve, it trains."
QUEUE_HEIGHT = 250  # px
ONE, SWEEP = "one training", "sweep"


class View(pn.viewable.Viewer):
    """The Train page; it follows the runs' folders, and never waits for a training.

    Parameters
    ----------
    state : State
        Its `revision`, which the app's one poll raises, is what makes this page look again.
    """

    mode = param.Selector(default=ONE, objects=[ONE, SWEEP], doc="What the form starts.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._chosen = ""  # id of the run whose losses are shown
        self._older = False  # whether runs that were done long ago are listed
        self._form, self._sweep_form = Form(state, self._on_queued), SweepForm(state, self._look)
        self._losses, self._efficiency = Losses(), Efficiency(state)
        self._deletion = Deletion(state, self._look)
        empty = EMPTY if state.queue else NO_QUEUE
        self._jobs = JobList(self._act, empty=empty, sizing_mode="stretch_width", height=QUEUE_HEIGHT, margin=(4, 0))
        self._notice = Alert(visible=False, alert_type="warning", margin=(4, 8))
        side = {"sizing_mode": "stretch_both", "min_height": 260}
        self._forming = Forming(state)
        left = BesideLosses(self._losses, self._forming)
        diagrams = pn.Row(
            *(pn.Column(part, stylesheets=[theme.FIT, theme.CHART], **side) for part in (left, self._efficiency)),
            stylesheets=[theme.PILE],
            **side,
        )
        self.keys = Keys(lambda key: None, lambda: [self._efficiency.keyed], width=0, height=0, margin=0)
        self._layout = pn.Row(
            self._forms(),
            pn.pane.HTML(SMALL_SCREEN, margin=(8, 8), stylesheets=[theme.WIDE_SCREEN_HIDES]),
            pn.Column(
                self._notice, self._jobs, diagrams, self._deletion, sizing_mode="stretch_both", stylesheets=[theme.PILE]
            ),
            self.keys,
            sizing_mode="stretch_both",
            margin=(4, 8),
            stylesheets=[theme.PILED],
        )
        state.param.watch(self._look, ["revision", "dataset", "page"])
        self._look()

    def __panel__(self):
        return self._layout

    def _forms(self) -> pn.Column:
        """The form that the switch above it chooses."""
        switch = pmui.RadioButtonGroup.from_param(
            self.param.mode, label="One training or a sweep", size="small", margin=(6, 4, 8, 4), width=WIDTH - 24
        )
        self._columns = {
            name: pn.Column(form, visible=name == self.mode, margin=0)
            for name, form in ((ONE, self._form), (SWEEP, self._sweep_form))
        }
        return pn.Column(
            switch,
            *self._columns.values(),
            width=WIDTH,
            sizing_mode="stretch_height",
            scroll="y-auto",
            margin=0,
            styles={"overflow-x": "hidden"},
            stylesheets=[theme.PHONE_HIDES],
        )

    @param.depends("mode", watch=True)
    def _choose_form(self) -> None:
        self._sweep_form.choices.active = self.mode == SWEEP
        for name, column in self._columns.items():
            column.visible = name == self.mode

    def _look(self, *events) -> None:
        """Bring queue, losses and curve up to date, if this page is in front."""
        pages, queue = self.state.param.page.objects, self.state.queue
        if TITLE in pages and self.state.page != TITLE:
            return
        runs = queue.jobs(math.inf if self._older else RECENT) if queue else []
        known = {run.id: run for run in runs}
        if self._chosen not in known:
            self._chosen = next(iter(known), "")
        self._jobs.param.update(
            rows=[*self._sweep_rows(), *_rows(runs, self.state.user.may("delete"))],
            current=self._chosen,
            more=older_text(self.state.jobs.get("done", 0), runs, self._older) if queue else "",
        )
        self._losses.show(known.get(self._chosen))
        self._forming.show(known.get(self._chosen))
        self._efficiency.show()

    def _sweep_rows(self) -> list[dict]:
        """Rows of the sweeps that go on, or of the latest one."""
        sweeps = self.state.queue.sweeps if self.state.queue else []
        known = {run.id: (run, state) for run, state in cache.runs(self.state.home)} if sweeps else {}
        rows = [(number, sweep, standing(sweep, known)) for number, sweep in enumerate(sweeps)]
        return [sweep_row(*row) for row in rows if row[2].goes_on or row[0] == len(rows) - 1]

    def _on_queued(self, runs: list[Run]) -> None:
        self._chosen = runs[0].id
        self._look()

    def _act(self, action: str, run_id: str) -> None:
        """Do what a button of the list asks for."""
        try:
            if action == "show":
                self._chosen = run_id
            elif action == "open":
                self.state.open_run(run_id)
                return
            elif action == "older":
                self._older = not self._older
            elif action == "delete":
                self._deletion.ask(run_id)
            elif action == "cancel all":
                self.state.queue.cancel_sweep(self._sweep(run_id))
            elif action in ("cancel", "resume"):
                getattr(self.state.queue, action)(run_id)
            self._notice.visible = False
        except PhotozError as error:
            self._notice.param.update(object=str(error), visible=True)
        self._look()

    def _sweep(self, row_id: str) -> Sweep:
        """The sweep of a row.

        Raises
        ------
        PhotozError
            If there is none.
        """
        number = row_id.removeprefix(SWEEP_ID)
        sweeps = self.state.queue.sweeps
        if not number.isdecimal() or int(number) >= len(sweeps):
            raise PhotozError(f"no sweep {row_id!r}; look at the list again")
        return sweeps[int(number)]


def _rows(runs: list[Run], may_delete: bool) -> list[dict]:
    """Rows of the runs that are still there."""
    rows = []
    for run in runs:
        with contextlib.suppress(PhotozError):  # deleted since they were listed
            rows.append(job_row(run, may_delete))
    return rows
