"""A queue that makes run folders and starts nothing, and plans of sweeps of the dataset `tiny`."""

from dashboard.sweeping import SweepOutcome, SweepWish, resolve_sweep
from photoz_core.dataset import Dataset
from photoz_core.home import Home
from photoz_core.jobs import JobQueue
from photoz_core.run import Run, list_runs

THREE = "5, 50, 100"  # %


class StillQueue(JobQueue):
    """A queue that makes run folders and starts neither a training nor a map."""

    def _send(self, run, ticket, projections):
        pass

    def project(self, run_id, name):
        pass


def states(home: Home) -> list[tuple[Run, str]]:
    """Runs and their states, oldest first."""
    return [(run, run.state) for run in list_runs(home)]


def resolved(home: Home, *recipes: str, amounts: str = THREE, **wish) -> SweepOutcome:
    """What a wish for a sweep of these recipes comes to."""
    return resolve_sweep(SweepWish(recipes, amounts=amounts, **wish), home, Dataset(home.dataset("tiny")), states(home))
