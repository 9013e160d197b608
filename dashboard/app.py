"""create_app(): the dashboard of one browser session, notebook cell or shared link."""

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

from dashboard import theme
from dashboard.access import LOCAL, User
from dashboard.defaults import offering
from dashboard.header import header
from dashboard.pages import find_pages, titles_for
from dashboard.state import State
from photoz_core.home import Home

FIRST = "Explore"  # the page that every dataset has
TITLE = "photoz"  # hand it to pn.serve too, which names the browser's tab
POLL = 1000  # ms between two looks for new runs


def create_app(home: Home | None = None, queue=None, user: User = LOCAL, reviews=None) -> pn.viewable.Viewable:
    """Make the dashboard for one session.

    Parameters
    ----------
    home : Home
        Where datasets and runs live; `Home.default()` if not given.
    queue : photoz_core.jobs.JobQueue
        Trains what the Train page asks for; without it the page only shows.
    user : User
        Who looks.
    reviews : ReviewStore
        Where reviews are kept; without it there is no Review page.

    Returns
    -------
    pn.viewable.Viewable
        A `Page` in a server session, a plain layout in a notebook cell.
    """
    state = State(home or Home.default(), queue, user, reviews)
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
    return pn.Column(header(state), main)


def _offer(state: State) -> None:
    """Offer the pages that the dataset has; from one that it has not, go to the first."""
    titles = titles_for(state.data)
    with offering(state, page={title: title for title in titles}):
        state.page = state.page if state.page in titles else FIRST


def _page(state: State, main: pn.Column) -> pmui.Page:
    page = pmui.Page(
        title=TITLE,
        header=[header(state)],
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


def _loading() -> pn.viewable.Viewable:
    return pn.pane.HTML("<p style='opacity:.6; padding: 24px'>Loading…</p>", sizing_mode="stretch_width")
