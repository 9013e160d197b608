"""A run taken away for good."""

from photoz_core.errors import PhotozError
from photoz_core.files import locked, remove_folder
from photoz_core.home import Home
from photoz_core.run import Run, list_runs
from photoz_core.sweeps import OPEN


def delete_run(home: Home, run_id: str) -> None:
    """Delete a run with all that was made of it; it is out of sight at once, even if this is interrupted.

    Raises
    ------
    PhotozError
        If it is queued or running, here or in another process; if a run that starts from it is not done; if its folder
        cannot be removed.
    """
    run = Run(home.run(run_id))
    if run.state in OPEN:
        raise PhotozError(f"run {run.name!r} is {run.state}; cancel it first, then delete it")
    waiting = [child for child in list_runs(home) if child.info["parent"] == run_id and child.state != "done"]
    if waiting:
        names = ", ".join(f"{child.name!r} ({child.state})" for child in waiting[:3])
        more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
        raise PhotozError(f"run {run.name!r} is where {names}{more} start from; finish or delete these first")
    try:
        with locked(run.folder / "claim", f"run {run.name!r} is being trained by another process; cancel it first"):
            remove_folder(run.folder)
    except OSError as error:
        raise PhotozError(
            f"cannot delete {run.folder}: {error.strerror or error}; check who may write there"
        ) from error
