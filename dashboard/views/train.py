"""Train: start trainings at a chosen label fraction, watch them, and see what labels buy."""

import panel as pn

from dashboard.job_list import JobList, job_row
from dashboard.state import State
from dashboard.views._efficiency import Efficiency
from dashboard.views._losses import Losses
from dashboard.views._train_form import Form
from photoz_core.errors import PhotozError
from photoz_core.run import Run

TITLE, ORDER = "Train", 40
EMPTY = "Nothing in the queue. Choose a method and a label fraction on the left and start a training."
NO_QUEUE = "This dashboard only looks: started with photoz serve, it trains."
QUEUE_HEIGHT = 250  # px


class View(pn.viewable.Viewer):
    """The Train page; it follows the runs' folders, and never waits for a training.

    Parameters
    ----------
    state : State
        Its `revision`, which the app's one poll raises, is what makes this page look again.
    """

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._chosen = ""  # id of the run whose losses are shown
        self._form, self._losses, self._efficiency = Form(state, self._on_queued), Losses(), Efficiency(state)
        empty = EMPTY if state.queue else NO_QUEUE
        self._jobs = JobList(self._act, empty=empty, sizing_mode="stretch_width", height=QUEUE_HEIGHT, margin=(4, 0))
        self._notice = pn.pane.Alert(visible=False, alert_type="warning", margin=(4, 8))
        side = {"sizing_mode": "stretch_both", "min_height": 260}
        diagrams = pn.Row(*(pn.Column(part, **side) for part in (self._losses, self._efficiency)), **side)
        self._layout = pn.Row(
            self._form,
            pn.Column(self._notice, self._jobs, diagrams, sizing_mode="stretch_both"),
            sizing_mode="stretch_both",
            margin=(4, 8),
        )
        state.param.watch(self._look, ["revision", "dataset", "page"])
        self._look()

    def __panel__(self):
        return self._layout

    def _look(self, *events) -> None:
        """Bring queue, losses and curve up to date, if this page is in front."""
        pages = self.state.param.page.objects
        if TITLE in pages and self.state.page != TITLE:
            return
        runs = self.state.queue.jobs() if self.state.queue else []
        known = {run.id: run for run in runs}
        if self._chosen not in known:
            self._chosen = next(iter(known), "")
        self._jobs.param.update(rows=[job_row(run) for run in runs], current=self._chosen)
        self._losses.show(known.get(self._chosen))
        self._efficiency.show()

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
            elif action in ("cancel", "resume"):
                getattr(self.state.queue, action)(run_id)
            self._notice.visible = False
        except PhotozError as error:
            self._notice.param.update(object=str(error), visible=True)
        self._look()
