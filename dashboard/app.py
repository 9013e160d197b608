"""create_app(): the dashboard of one browser session, notebook cell or shared link."""

from collections.abc import Callable

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

from dashboard import theme
from dashboard.access import LOCAL, SealedQueue, User
from dashboard.defaults import offering
from dashboard.delivery import keep_delivering
from dashboard.guests import SHARE, Visit, visit
from dashboard.header import header
from dashboard.markdown import Markdown
from dashboard.pages import find_pages, titles_for
from dashboard.review_desk import Desk
from dashboard.shared_view import restore
from dashboard.state import State
from dashboard.staying import SHUT, Stay
from dashboard.views._notices import Notices
from photoz_core.errors import OutOfReach, PhotozError
from photoz_core.home import Home

FIRST = "Explore"  # the page that every dataset has
TITLE = "photoz"  # hand it to pn.serve too, which names the browser's tab
POLL = 1000  # ms between two looks for new runs
ALADIN = "aladin"  # ?aladin=KEY


def create_app(
    home: Home | None = None,
    queue=None,
    user: User = LOCAL,
    reviews=None,
    ask: Callable[[], User | None] | None = None,
) -> pn.viewable.Viewable:
    """Make the dashboard for one session.

    Parameters
    ----------
    home : Home
        Where datasets and runs live; `Home.default()` if not given.
    queue : photoz_core.jobs.JobQueue
        Trains what the Train page asks for; without it the page only shows.
    user : User
        Who looks; a shared link, in the address, may make somebody else of them.
    reviews : ReviewStore
        Where reviews are kept; without it the Review page says so.
    ask : callable, optional
        Who looks now; once that is somebody else, or nobody, the session ends.

    Returns
    -------
    pn.viewable.Viewable
        A `Page` in a server session, a plain layout in a notebook cell.
    """
    keep_delivering()
    if key := _asked(ALADIN):
        from dashboard import aladin

        return aladin.page(key)
    home, token = home or Home.default(), _asked(SHARE)
    if token:
        return _linked(home, queue, user, reviews, ask, token)
    return _session(home, queue, user, reviews, Stay(user, ask))


def _linked(home, queue, user: User, reviews, ask, token: str) -> pn.viewable.Viewable:
    """What a link opens, or why it opens nothing."""
    try:
        opened = visit(home, user, reviews, token)
    except OutOfReach as error:
        return _frame([], [closed("This link cannot be opened now", str(error))])
    except PhotozError as error:
        return _frame([], [closed(SHUT, str(error))])
    needed = opened.expires < float("inf")
    stay = Stay(user, ask, (opened, reviews, token) if needed else None)
    return _session(opened.home, queue if opened.user.signed_in else None, opened.user, reviews, stay, opened)


def _session(home, queue, user: User, reviews, stay: Stay, opened: Visit | None = None) -> pn.viewable.Viewable:
    document = pn.state.curdoc
    served = bool(document and document.session_context)
    state = State(home, queue, user, reviews)
    state.desk = Desk(state, _scheduler(document) if served else None)
    pages = find_pages()
    _offer(state)
    main = pn.Column(_loading(), sizing_mode="stretch_both", margin=0, stylesheets=[theme.FIT])
    built: dict[str, pn.viewable.Viewer] = {}

    def show(*events) -> None:
        if state.page not in built:
            built[state.page] = pages[state.page](state)
        main.objects = [built[state.page]]

    state.param.watch(lambda *events: _offer(state), ["data", "revision"])
    if stay.link:
        state.desk.admit(stay.link[2], opened.dataset)
    if opened:
        restore(state, opened.view)
    pn.state.onload(show)
    if not served:
        layout = pn.Column(header(state), main)
        state.param.watch(show, "page")
        show()
        return layout
    page = _page(state, main)
    state.param.watch(show, "page")  # after the header's own: its tab follows at once, the page when it is built
    pn.state.on_session_destroyed(lambda context: state.desk.close())
    pn.state.add_periodic_callback(lambda: _look(state, page, stay), POLL)
    return page


def _page(state: State, main: pn.Column) -> pmui.Page:
    return _frame([header(state)], [main, Notices(state)])


def _asked(name: str) -> str:
    """What the address asks for under a name; one that names several asks for nothing there is."""
    found = pn.state.session_args.get(name, [])
    return b" ".join(found).decode(errors="replace")


def _scheduler(document) -> Callable[[Callable], None]:
    """Runs a function on the session's own thread, with what it draws sent as one; nothing once the session is over."""

    def schedule(work: Callable[[], None]) -> None:
        def held() -> None:
            with pn.io.hold(document):
                work()

        if document.session_context is not None and not document.session_context.destroyed:
            document.add_next_tick_callback(held)

    return schedule


def _look(state: State, page: pmui.Page, stay: Stay) -> None:
    """Look for new runs; somebody whose stay is over sees and does nothing more."""
    if not page.header:
        return
    over = stay.over()
    if over is None:
        state.refresh()
        return
    state.desk.close()
    state.user = User("", "viewer")
    state.queue = state.queue and SealedQueue(state.queue, state.user)
    page.param.update(header=[], main=[closed(*over)])


def _offer(state: State) -> None:
    """Offer the pages that the dataset has; from one that it has not, go to the first."""
    titles = titles_for(state.data)
    with offering(state, page={title: title for title in titles}):
        state.page = state.page if state.page in titles else FIRST


def closed(title: str, reason: str) -> pn.viewable.Viewable:
    """What there is to see where nothing else is."""
    text = f"## {title}\n{reason[:1].upper()}{reason[1:]}."
    return Markdown(text, margin=60, max_width=560, align="center", stylesheets=[theme.TEXT_CSS])


def _frame(header: list, main: list) -> pmui.Page:
    page = pmui.Page(
        title=TITLE,
        header=header,
        main=main,
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
