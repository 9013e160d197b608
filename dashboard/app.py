"""create_app(): the dashboard of one browser session, notebook cell or shared link."""

from types import ModuleType

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

from dashboard import theme, views
from dashboard.defaults import offering
from dashboard.state import State
from photoz_core import registry
from photoz_core.dataset import Dataset
from photoz_core.home import Home

FIRST = "Explore"  # the page that every dataset has
TAB, LETTER = 30, 8  # px of a tab without its letters, and of a letter
TITLE = "photoz"  # hand it to pn.serve too, which names the browser's tab
POLL = 1000  # ms between two looks for new runs
LEGEND = """
**Maps** · wheel zooms, double-click shows the whole map · drag selects a box, **L** lasso, **P** pan, **B** box again
· **Shift** adds to the selection, **Ctrl** takes away, **Esc** clears it · click an object to see it

**Gallery** · **←** **→** walk

Gray pixels have no value; each map counts them. Colors end at the percentiles set under *Limits*; the share beyond
is stated below each map. A pixel with several objects shows their mean,
of classes the commonest; a click on a class below a map selects its objects.
"""


def create_app(home: Home | None = None, queue=None) -> pn.viewable.Viewable:
    """Make the dashboard for one session.

    Parameters
    ----------
    home : Home
        Where datasets and runs live; `Home.default()` if not given.
    queue : photoz_core.jobs.JobQueue
        Trains what the Train page asks for; without it the page only shows.

    Returns
    -------
    pn.viewable.Viewable
        A `Page` in a server session, a plain layout in a notebook cell.
    """
    state = State(home or Home.default(), queue)
    pages = find_pages()
    _offer(state)
    main = pn.Column(_loading(), sizing_mode="stretch_both", margin=0)
    built: dict[str, pn.viewable.Viewer] = {}

    def show(*events) -> None:
        if state.page not in built:
            built[state.page] = pages[state.page](state)
        main.objects = [built[state.page]]

    state.param.watch(show, "page")
    state.param.watch(lambda *events: _offer(state), ["data", "revision"])
    pn.state.onload(show)
    served = bool(pn.state.curdoc and pn.state.curdoc.session_context)
    if served:
        pn.state.add_periodic_callback(state.refresh, POLL)
        return _page(state, main)
    show()
    return pn.Column(_header(state), main)


def find_pages() -> dict[str, type[pn.viewable.Viewer]]:
    """Page classes by title, in the order of the tabs: every public module of `dashboard.views` is one."""
    return {module.TITLE: module.View for module in _modules()}


def titles_for(dataset: Dataset | None) -> list[str]:
    """Titles of the pages that a dataset has: those whose module has no `applies(dataset)`, or one that says so."""
    return [page.TITLE for page in _modules() if not hasattr(page, "applies") or page.applies(dataset)]


def _modules() -> list[ModuleType]:
    modules = [registry.load(views, name) for name in registry.names(views)]
    return sorted(modules, key=lambda module: module.ORDER)


def _offer(state: State) -> None:
    """Offer the pages that the dataset has; from one that it has not, go to the first."""
    titles = titles_for(state.data)
    with offering(state, page={title: title for title in titles}):
        state.page = state.page if state.page in titles else FIRST


def _page(state: State, main: pn.Column) -> pmui.Page:
    page = pmui.Page(
        title=TITLE,
        header=[_header(state)],
        main=[main],
        sx=theme.PAGE_SX,
        theme_config=theme.THEME,
        busy_indicator=None,
        raw_css=[theme.STYLE],
    )
    # Page follows the server-wide busy flag: each change in one session would be written to every other, which makes
    # the server busy again; three idle sessions kept a core at 80 %.
    with edit_readonly(page):
        page.busy = False
    for watcher in pn.state.param.watchers["busy"]["value"][:]:  # or it keeps closed pages in memory
        if getattr(getattr(watcher.fn, "__self__", None), "self", None) is page:
            pn.state.param.unwatch(watcher)
    return page


def _header(state: State) -> pn.Row:
    select = {
        "size": "small",
        "variant": "standard",
        "label": "",
        "margin": (0, 4),
        "align": "center",
        "sx": theme.QUIET_SELECT_SX,
    }
    legend = pmui.Dialog(pn.pane.Markdown(LEGEND, width=520), title="How to use the maps", close_on_click=True)
    ask = pmui.IconButton(
        icon="help_outline", icon_size="20px", description="Help", margin=0, size="small", align="center"
    )
    ask.on_click(lambda event: setattr(legend, "open", True))
    return pn.Row(
        pmui.Select.from_param(state.param.dataset, width=150, **select),
        pmui.Select.from_param(state.param.run, width=250, **select),
        pn.Spacer(sizing_mode="stretch_width"),
        pmui.RadioButtonGroup.from_param(
            state.param.page,
            size="small",
            variant="outlined",
            label="",
            margin=0,
            width=pn.bind(_tabs_width, state.param.data, state.param.revision),
            sx=theme.TABS_SX,
        ),
        pn.Spacer(sizing_mode="stretch_width"),
        pn.pane.HTML(
            pn.bind(_jobs, state.param.jobs), margin=(0, 8), width=64, align="center", styles={"font-size": "12px"}
        ),
        ask,
        legend,
        margin=(0, 0, 0, 16),
        height=theme.HEADER,
        sizing_mode="stretch_width",
    )


def _tabs_width(dataset: Dataset | None, revision: int) -> int:
    """Width [px] of the tabs of a dataset at a `revision` of its runs."""
    return sum(TAB + LETTER * len(title) for title in titles_for(dataset))


def _jobs(jobs: dict[str, int]) -> str:
    """`3 jobs ●` while something is queued or running."""
    waiting = jobs.get("queued", 0) + jobs.get("running", 0)
    if not waiting:
        return ""
    return f'{waiting} job{"s" * (waiting > 1)} <span style="color: var(--mui-palette-primary-main)">●</span>'


def _loading() -> pn.viewable.Viewable:
    return pn.pane.HTML("<p style='opacity:.6; padding: 24px'>Loading…</p>", sizing_mode="stretch_width")
