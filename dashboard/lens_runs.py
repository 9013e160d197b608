"""Which two runs of a dataset of lenses are compared, and what to do where there are none."""

from dashboard import cache
from photoz_core.home import Home
from photoz_core.run import Run

RECIPES = {
    "lensiam": "lensiam_lenses",
    "simsiam": "simsiam_lenses",
}  # rows of the paper's Figure 2 and what trains them
RECIPES_OF = "lenses-mock"  # the dataset that the recipes name


def runs_of(home: Home, dataset: str) -> list[tuple[Run, str]]:
    """Runs of a dataset and their states, newest first."""
    return [(run, state) for run, state in reversed(cache.runs(home)) if run.recipe.dataset == dataset]


def runs_to_compare(methods: dict[str, str]) -> tuple[str, str]:
    """Ids of two runs: the first of LenSiam and of SimSiam, where there is none the first of the others.

    Parameters
    ----------
    methods : dict
        Method by id of the finished runs, newest first.

    Returns
    -------
    tuple of str
        The second is empty where there is only one run.
    """
    chosen = [next((run for run, method in methods.items() if method == wanted), "") for wanted in RECIPES]
    others = [run for run in methods if run not in chosen]
    first, second = (run or (others.pop(0) if others else "") for run in chosen)
    return (first, second) if first else (second, "")


def whats_next(home: Home, dataset: str) -> str:
    """What to do for a comparison of LenSiam and SimSiam, as Markdown; one paragraph a method that is not there."""
    newest = {run.recipe.method: (run, state) for run, state in reversed(runs_of(home, dataset))}
    done = {run.recipe.method for run, state in runs_of(home, dataset) if state == "done"}
    missing = [method for method in RECIPES if method not in done]
    return "\n\n".join(_next(method, *newest.get(method, (None, "")), dataset) for method in missing)


def _next(method: str, run: Run | None, state: str, dataset: str) -> str:
    other = "" if dataset == RECIPES_OF else f" --dataset {dataset}"
    if state in ("queued", "running"):
        return f"**{method}** is {state}: its maps appear here by themselves."
    command = f"`photoz train {RECIPES[method]}{other}`"
    if state == "failed":
        error = (run.status.get("error") or "no reason known").strip().splitlines()[-1]
        return f"**{method}** failed: {error}\n\nResume it on the **Train** page, or train it again: {command}"
    return f"**{method}**: {command}, or start it on the **Train** page."
