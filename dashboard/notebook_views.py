"""Single views of a run for a notebook: what the pages are made of, in frames of their own."""

from operator import attrgetter
from pathlib import Path

import panel as pn

from dashboard import notebook_assets
from dashboard.notebook_cell import HEIGHT, framed
from dashboard.notebook_session import Session
from dashboard.pages import find_pages
from dashboard.state import State
from dashboard.views._canvas import Canvas
from dashboard.views._maps import Maps
from dashboard.views._mosaic import Mosaic
from photoz_core.errors import PhotozError, unknown
from photoz_core.home import Home
from photoz_core.run import Run, list_runs

MAP, MOSAIC = 380, 520  # px
AROUND = 56  # px above and below a map: its column and its scale
BELOW = 44  # px above and below a mosaic


def home_of(home: Home | Path | str | None) -> Home:
    """A home from whatever names it; `Home.default()` without."""
    return home if isinstance(home, Home) else Home(Path(home).expanduser()) if home else Home.default()


def map(run=None, color: str = "", *, session: Session | None = None, home=None, projection: str = "", size: int = MAP):
    """One map of a run.

    Parameters
    ----------
    run : Run or str, optional
        A finished run, or its id or name; or a recipe or dataset, whose newest run is taken. By default the session's.
    color : str
        Column that colors it; the first that the page would start with if not given.
    session : Session, optional
        What `explore` or another view gave: selection, object in focus and colors' limits are then shared.
    home : Home, Path or str, optional
        Where the run lives; the session's, or `Home.default()`.
    projection : str
        Which map, e.g. ``umap``.
    size : int
        Side [px].

    Returns
    -------
    Session

    Raises
    ------
    PhotozError
        For an unknown run, column or projection, listing those there are; for a run that is not done.
    """
    state = state_of(run, session, home, projection)
    if color and color not in state.colorable():
        raise unknown("column", color, state.colorable())
    state.columns = [color or state.columns[0]]

    def build() -> pn.viewable.Viewable:
        maps = Maps(state, Canvas(state), 1, 1, f"{size}px")
        return framed(maps, width=size, height=size + AROUND)

    return _session(state, build, session)


def mosaic(run=None, *, session: Session | None = None, home=None, projection: str = "", size: int = MOSAIC):
    """The mosaic of a run: cutouts in the place of points. Parameters and errors as of `map`."""
    state = state_of(run, session, home, projection)

    def build() -> pn.viewable.Viewable:
        part = Mosaic(state, Canvas(state))
        return framed(part, width=size, height=size + BELOW, css=f":host {{ --pz-mosaic: {size}px; }}")

    return _session(state, build, session)


def compare(*runs, color: str = "", session: Session | None = None, home=None, height: int = HEIGHT):
    """Two to six runs of one dataset side by side; the first is the one that the others are laid over.

    Parameters and errors as of `map`; `color` is the column that colors all of them.
    """
    from dashboard.compare_choices import MOST

    states = [state_of(run, session, home) for run in runs] or [state_of(None, session, home)]
    state, others = states[0], {other.dataset for other in states}
    if len(others) > 1 or len(runs) > MOST:
        raise PhotozError(f"compare {MOST} runs of one dataset at most; these are {len(runs)} of {', '.join(others)}")

    def build() -> pn.viewable.Viewable:
        page = find_pages()["Compare"](state)
        chosen = page.comparison
        if len(runs) > 1:
            chosen.choose([other.run for other in states])
        if color:
            if color not in chosen.param.coloring.objects:
                raise unknown("column", color, chosen.param.coloring.objects)
            chosen.coloring = color
        return framed(page, height=height)

    return _session(state, build, session)


def page(title: str, run=None, *, session: Session | None = None, home=None, height: int = HEIGHT):
    """One page of the app by its title, e.g. ``Similar``. Other parameters and errors as of `map`."""
    pages = find_pages()
    if title not in pages:
        raise unknown("page", title, pages)
    state = state_of(run, session, home)
    return _session(state, lambda: framed(pages[title](state), height=height), session)


def photoz(run=None, *, session: Session | None = None, home=None, height: int = HEIGHT):
    """How well the redshifts of a run come out, whole, bright and selected. Parameters and errors as of `map`."""
    return page("Photo-z", run, session=session, home=home, height=height)


def state_of(run=None, session: Session | None = None, home=None, projection: str = "") -> State:
    """A state that shows this run; parameters and errors as of `map`."""
    if isinstance(run, Run):
        home = run.folder.parent.parent
    elif home is None and session is not None:
        home = session.state.home
        run = run or session.state.run
    home = home_of(home)
    state = State(home)
    if run:
        state.open_run(run.id if isinstance(run, Run) else find_run(home, run).id)
    if state.problem:
        raise PhotozError(state.problem)
    if state.current is None:
        raise PhotozError(f"no finished run in {home.runs}; train one with `photoz train RECIPE`, or name another home")
    if projection or (session is not None and session.state.run == state.run):
        wanted = projection or session.state.projection
        if wanted not in state.current.projection_names():
            raise unknown("projection", wanted, state.current.projection_names())
        state.projection = wanted
    return state


def find_run(home: Home, name: str) -> Run:
    """The run of this id or name; else the newest of this recipe, by its title or name, or of this dataset."""
    runs = list_runs(home)
    for known in (["id", "name"], ["recipe.title", "recipe.name"], ["recipe.dataset"]):
        if found := [run for run in runs if name in attrgetter(*known, "id")(run)]:
            done = [run for run in found if run.state == "done"]
            return (done or found)[-1]
    raise unknown("run", name, [run.name for run in runs])


def _session(state: State, build, session: Session | None) -> Session:
    notebook_assets.load()
    return Session(state, build, session and session.link)
