"""Plan: the choices of the training form, and what follows from them. Knows nothing of Panel."""

import param

from dashboard import cache
from dashboard.planning import Outcome, Wish, first_fitting, resolve, share, titles
from dashboard.starts import OWN
from dashboard.state import State
from photoz_core.errors import PhotozError
from photoz_core.recipe import PRESETS
from photoz_core.run import Run

NO_QUEUE = "this dashboard has no training queue; start it with: photoz serve"
PERCENT = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)


class Plan(param.Parameterized):
    """Choices of the training form (see `Wish`), and the outcome derived from them by one watcher.

    Parameters
    ----------
    state : State
        Gives the dataset, the finished runs and the queue.
    """

    recipe = param.Selector(default="", objects=[""], doc="Method and how it is trained.")
    preset = param.Selector(
        default="demo", objects=list(PRESETS), doc="demo: minutes on two cores; paper: as published."
    )
    fraction = param.Selector(default=0.1, objects={f"{p:g} %": share(p) for p in PERCENT}, doc="Share of labels seen.")
    seeds = param.String(default="0", doc="One run for each seed: 0, or 0, 1, 2, or 0-4.")
    start = param.Selector(default=OWN, objects={"from scratch": OWN}, doc="Where the encoder's weights come from.")
    changes = param.Dict(default={}, doc="Options that differ from the recipe's: dotted name → plain value.")
    outcome = param.ClassSelector(class_=Outcome, default=Outcome(), constant=True, doc="Recipes, or what is wrong.")

    def __init__(self, state: State):
        super().__init__()
        self.state = state
        self._resolved: tuple = ()  # what the outcome was derived from
        self._made_for: tuple = ()  # recipe and preset that the changes belong to
        state.param.watch(self._derive, ["data", "revision"])
        self._derive()

    def change(self, path: str, value) -> None:
        """Set option `path`; setting it to the recipe's own value takes the change back."""
        own = {item.path: item.value for item in self.outcome.fields}
        kept = {name: old for name, old in self.changes.items() if name != path}
        self.changes = kept if path in own and own[path] == value else kept | {path: value}

    def submit(self) -> list[Run]:
        """Queue a run for each seed.

        Raises
        ------
        PhotozError
            If there is no queue, or something is wrong with the plan.
        """
        if self.state.queue is None:
            raise PhotozError(NO_QUEUE)
        if self.outcome.problems:
            raise PhotozError("; ".join(self.outcome.problems.values()))
        return [self.state.queue.submit(recipe) for recipe in self.outcome.recipes]

    @param.depends("recipe", "preset", "fraction", "seeds", "start", "changes", watch=True)
    def _derive(self, *events) -> None:
        """Resolve the choices and hand out all that follows in one update."""
        home, data = self.state.home, self.state.data
        runs = [run for run, found in cache.runs(home) if found == "done"]
        known = (data, tuple(run.id for run in runs))
        if self._resolved == (*known, self._choices()):
            return
        names = titles(home)
        listed = list(names.values())
        recipe = self.recipe if self.recipe in listed else first_fitting(listed, home, data)
        fresh = self._made_for != (recipe, self.preset)
        self._made_for = (recipe, self.preset)
        start, changes = (OWN, {}) if fresh else (self.start, self.changes)
        outcome = resolve(Wish(recipe, self.preset, self.fraction, self.seeds, start, changes), home, data, runs)
        start = start if start in outcome.starts.values() else OWN
        with param.edit_constant(self), param.parameterized.batch_call_watchers(self):
            self.param.recipe.objects, self.param.start.objects = names, outcome.starts
            self.param.update(recipe=recipe, start=start, changes=changes, outcome=outcome)
            self._resolved = (*known, self._choices())

    def _choices(self) -> tuple:
        return self.recipe, self.preset, self.fraction, self.seeds, self.start, repr(self.changes)
