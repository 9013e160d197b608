"""The queue as a list: one row a job with its state, progress and what can be done with it."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from photoz_core.errors import PhotozError
from photoz_core.run import Run
from photoz_core.sweeping import Standing, Sweep
from photoz_core.sweeps import OPEN

STATIC = Path(__file__).parent / "static"
SWEEP_ID = "sweep-"  # begins the id of a sweep's row
FEW = 3  # reasons of a sweep that are told in full
ACTIONS = {"queued": ["cancel"], "running": ["cancel"], "cancelled": ["resume"], "failed": ["resume"], "done": ["open"]}


class JobList(JSComponent):
    """Rows of jobs that are written to in place.

    Parameters
    ----------
    rows : list of dict
        See `job_row` and `sweep_row`.
    current : str
        Id of the run whose row is marked.
    empty : str
        Shown while there are no rows.
    more : str
        What the button below the rows says, whose action is ``older``; without it there is none.
    """

    rows = param.List(default=[], item_type=dict)
    current = param.String(default="")
    empty = param.String(default="")
    more = param.String(default="")

    _esm = STATIC / "job_list.js"
    _stylesheets: ClassVar = [(STATIC / "job_list.css").read_text()]

    def __init__(self, on_action: Callable[[str, str], None], **params):
        super().__init__(**params)
        self._on_action = on_action

    def _handle_msg(self, message) -> None:
        self._on_action(message["action"], message["id"])


def sweep_row(number: int, sweep: Sweep, now: Standing) -> dict[str, Any]:
    """What the row of a sweep shows: as `job_row`, one line for all of its trainings."""
    count = len(sweep.plan.to_train) + len(sweep.plan.parents)
    counts = " · ".join(f"{many} {state}" for state, many in now.states.items() if many)
    left = f"{duration(now.eta)} left" if now.eta is not None else ""
    state = "running" if now.goes_on else "cancelled" if sweep.cancelled else "done"
    reasons = [f"{name}: {why}" for name, why in sweep.left_out.items()]
    more = f" and {len(reasons) - FEW} more" if len(reasons) > FEW else ""
    return {
        "id": f"{SWEEP_ID}{number}",
        "name": f"sweep of {count} training{'s' if count != 1 else ''}",
        "state": "failed" if state == "done" and now.states.get("failed") else state,
        "share": now.share,
        "text": " · ".join(filter(None, (counts, left))),
        "loss": "",
        "error": f"not made: {'; '.join(reasons[:FEW])}{more}" if reasons else "",
        "log": "\n".join(reasons[FEW:]),
        "actions": ["cancel all"] if now.goes_on and not sweep.cancelled else [],
    }


def older_text(done: int, listed: list[Run], older: bool) -> str:
    """What the button says that lists runs done long ago, or no longer does; empty where there are none.

    Parameters
    ----------
    done : int
        Done runs there are.
    listed : list of Run
    older : bool
        Whether they are listed.
    """
    if older:
        return "only the last day's"
    hidden = done - sum(run.state == "done" for run in listed)
    return f"{hidden:,} older run{'s' if hidden > 1 else ''}" if hidden > 0 else ""


def job_row(run: Run, may_delete: bool = False) -> dict[str, Any]:
    """What a row shows of a run; all numbers as text.

    Returns
    -------
    dict
        ``id``, ``name``, ``state``, ``share`` done (0 to 1), ``text``, ``loss``, ``error`` (its first line), ``log``
        (the rest of it and the last lines printed), ``actions``.
    """
    status = run.status
    state, total = status["state"], status.get("total", 0)
    share = 1.0 if state == "done" else status.get("done", 0) / total if total else 0.0
    losses = status.get("losses", {}) if state in ("running", "cancelled", "failed") else {}
    error, _, details = str(status.get("error") or "").partition("\n")
    return {
        "id": run.id,
        "name": run.name,
        "state": state,
        "share": share,
        "text": _progress(run, status),
        "loss": " · ".join(f"{name} {value:.3g}" for name, value in losses.items() if value is not None),
        "error": error if state == "failed" else "",
        "log": "\n".join(filter(None, (details, run.log_tail()))) if state == "failed" else "",
        "actions": [*ACTIONS[state], *(["delete"] if may_delete and state not in OPEN else [])],
    }


def duration(seconds: float | None) -> str:
    """`45 s`, `3 min 20 s` or `2 h 05 min`; empty for None or NaN."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s" if whole < 600 else f"{whole / 60:.0f} min"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _progress(run: Run, status: dict) -> str:
    state = status["state"]
    if state == "done":
        return _result(run)
    epoch = f"epoch {status['epoch']}/{status['epochs']}" if "epoch" in status else ""
    if state != "running":
        return f"stopped at {epoch}" if epoch and state != "queued" else ""
    left = duration(status.get("eta"))
    return " · ".join(filter(None, (epoch or status.get("stage", ""), f"{left} left" if left else "")))


def _result(run: Run) -> str:
    """The figure one asks for first: the scatter of z_phot, an accuracy, else what the latents know of z_spec."""
    try:
        metrics = run.metrics
    except PhotozError as error:
        return str(error)
    point, known = metrics.get("point", {}).get("scatter"), metrics.get("knn_r2", {}).get("z_spec")
    if point is not None:
        return f"σ_NMAD {point:.4f}"
    accuracy = metrics.get("classification", {}).get("test", {}).get("accuracy")
    if accuracy is not None:
        return f"accuracy {accuracy:.4f}"
    return f"kNN R² of z_spec {known:.2f}" if known is not None else ""
