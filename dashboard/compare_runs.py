"""Which runs there are to compare, and what a comparison begins with. Knows nothing of Panel."""

from dashboard import cache
from dashboard.stamps import stamp
from dashboard.state import State
from photoz_core.home import Home

PAIRS = (("moco", "pita"), ("simsiam", "lensiam"))  # methods that the papers set side by side: without, with physics
MAPS = ("projections", "aligned")  # folders of a run


def finished(home: Home, dataset: str) -> tuple[dict[str, str], tuple]:
    """Method by id of the finished runs of a dataset, newest first; and what changes with them or with their maps."""
    done = [run for run, state in reversed(cache.runs(home)) if state == "done" and run.recipe.dataset == dataset]
    signature = tuple((run.id, *(stamp(run.folder / kind) for kind in MAPS)) for run in done)
    return {run.id: run.recipe.method for run in done}, signature


def runs_to_compare(methods: dict[str, str], current: str = "") -> list[str]:
    """Ids of the runs that a comparison begins with: two where there are two.

    The first of `PAIRS` of which both methods are there; else the current run and the newest of another method.

    Parameters
    ----------
    methods : dict
        Method by id of the finished runs, newest first.
    current : str
        Id of the run in front.
    """
    newest = {method: run for run, method in reversed(methods.items())}
    for pair in PAIRS:
        if all(method in newest for method in pair):
            return [newest[method] for method in pair]
    first = current if current in methods else next(iter(methods), "")
    others = [run for run in methods if run != first]
    others.sort(key=lambda run: methods[run] == methods[first])
    return [first, *others[:1]] if first else []


def first_coloring(state: State, names: list[str]) -> str:
    """The reddest color, by which maps with and without physics differ most; else what maps start with."""
    colors = [name for name in state.data.columns_of("color") if name in names]
    suggested = [name for name in state.columns if name in names]
    return [*colors[-1:], *suggested, *names, ""][0]
