"""Runs that are mapped together in the queue's cluster: each company once at a time, and what became of it."""

from collections.abc import Callable

from photoz_core._cluster import lost
from photoz_core._tasks import run_together
from photoz_core.aligned_umap import give_up
from photoz_core.home import Home
from photoz_core.run import Run


class Companies:
    """The companies whose maps are on their way.

    Parameters
    ----------
    home : Home
    submit : callable
        Hands a task and its arguments to the cluster's projector; returns its future.
    """

    def __init__(self, home: Home, submit: Callable):
        self.home, self._submit = home, submit
        self._under_way: set[tuple[str, ...]] = set()

    def enter(self, run_ids: tuple[str, ...]) -> bool:
        """Whether these runs, by sorted id, are to be sent: not where they are on their way already."""
        is_new = run_ids not in self._under_way
        self._under_way.add(run_ids)
        return is_new

    def send(self, run_ids: tuple[str, ...]) -> None:
        """Hand them to the cluster, in the queue's own thread."""
        try:
            sent = self._submit(run_together, run_ids)
        except Exception as error:  # whatever kept the cluster from starting, the runs must say it
            self._end(run_ids, f"the job queue did not start: {error}")
        else:
            sent.add_done_callback(lambda future: self._end(run_ids, lost(future)))

    def _end(self, run_ids: tuple[str, ...], problem: str) -> None:
        """They may be asked for again, whatever came of it; why the task could not even end is kept with them."""
        if problem:
            give_up([Run(self.home.run(run_id)) for run_id in run_ids], problem)
        self._under_way.discard(run_ids)
