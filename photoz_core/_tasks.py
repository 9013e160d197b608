"""What the workers of the queue's cluster do; they and whoever submits share the home, perhaps on a network disk."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from photoz_core.errors import PhotozError
from photoz_core.files import read_json, write_json
from photoz_core.home import Home
from photoz_core.run import RESUME, Run

POLL = 0.1  # seconds between looks for a wish to cancel
GRACE = 1.0  # seconds between asking a training to end and ending it
MAP_NICENESS = 10  # maps come after trainings, which come after the dashboard


def run_training(home_folder: str, run_id: str, ticket: str, parent: object = None) -> str:
    """Train a queued run in a process of its own and see to its state, whatever happens to that process.

    Parameters
    ----------
    ticket : str
        The run is left alone unless it is still queued under this ticket: it may have been cancelled or queued anew.
    parent : object
        Result of the parent's task; it only makes this task wait.

    Returns
    -------
    str
        The run's state.
    """
    run = Run(Home(Path(home_folder)).run(run_id))
    if run.state != "queued" or run.status.get("ticket") != ticket:
        return run.state
    try:
        _wait_for_parent(home_folder, run)
        process = _watch_training(home_folder, run)
    except (PhotozError, OSError) as error:
        run.set_state("failed", str(error))
    else:
        _settle(run, ticket, process)
    return run.state


def run_projection(home_folder: str, run_id: str, name: str, training: object = None) -> None:
    """Make a map of a done run, in this process; what goes wrong goes into the run's log and the map's json."""
    from photoz_core.pipeline import project

    run = Run(Home(Path(home_folder)).run(run_id))
    if run.state != "done":
        return
    try:
        project(run, name)
    except Exception as error:  # a map is an extra: whatever happens to it, the run is good
        with (run.folder / "log.txt").open("a") as log:
            log.write(f"projection {name}: {type(error).__name__}: {error}\n")
        write_json(run.folder / "projections" / f"{name}.json", {"error": str(error)})


def run_together(home_folder: str, run_ids: tuple[str, ...]) -> None:
    """Map done runs together, in this process; why it cannot be done is kept beside the maps."""
    from photoz_core.aligned_umap import make

    home = Home(Path(home_folder))
    try:
        make([Run(home.run(run_id)) for run_id in run_ids])
    except Exception as error:  # told on the page as well
        print(f"AlignedUMAP: {error}", file=sys.stderr)


def warm_projector() -> None:
    """Import and compile what maps need, at low priority."""
    os.nice(MAP_NICENESS)
    from photoz_core.projections.umap import warm

    warm()


def _wait_for_parent(home_folder: str, run: Run) -> None:
    """Wait for a parent that another process trains; the queue's own parents are done when a child's task starts."""
    if not run.info["parent"]:
        return
    parent = Run(Home(Path(home_folder)).run(run.info["parent"]))
    while parent.state in ("queued", "running") and not run.cancel_requested:
        time.sleep(POLL)
    if parent.state != "done":
        raise PhotozError(f"its parent run {parent.name!r} is {parent.state}; resume this one to train both")


def _watch_training(home_folder: str, run: Run) -> subprocess.Popen:
    """The training's process, once it has ended; a wish to cancel ends it."""
    command = [sys.executable, "-u", "-m", "photoz_core.worker", home_folder, run.id]
    with (
        (run.folder / "log.txt").open("ab") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        while True:
            try:
                process.wait(POLL)
                return process
            except subprocess.TimeoutExpired:
                if run.cancel_requested:
                    _stop(process)


def _stop(process: subprocess.Popen) -> None:
    """End a training and the processes it started."""
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
        os.killpg(process.pid, number)
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue


def _settle(run: Run, ticket: str, process: subprocess.Popen) -> None:
    """Give a run the state that its process, which has ended, could not give it."""
    written = read_json(run.folder / "progress.json")
    own = {"queued": written.get("ticket") == ticket, "running": written.get("pid") == process.pid}
    if run.state == "done" or not own.get(written["state"]):
        return
    if run.cancel_requested:
        run.set_state("cancelled")
        return
    code = process.returncode
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
    hint = "; out of memory?" if code == -signal.SIGKILL else ""
    run.set_state("failed", f"the training process {how}{hint}; {RESUME}\n{run.log_tail()}")
