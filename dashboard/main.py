"""What `panel serve dashboard` runs for each session.

Panel's own options say who signs in (``--oauth-provider``); the file that ``PHOTOZ_ACCESS`` names gives them roles.
Who has not signed in owns the dashboard at the machine itself, and only looks from elsewhere.
"""

import os
from collections.abc import Callable
from pathlib import Path

import panel as pn

from dashboard.access import User
from dashboard.access_file import AccessFile, user_of
from dashboard.app import TITLE, create_app
from photoz_core.home import Home
from photoz_core.jobs import JobQueue


def warm_queue(home: Home) -> JobQueue:
    """The server's one queue, its UMAP worker compiling already."""
    queue = JobQueue(home)
    queue.warm()
    return queue


def open_reviews(home: Home):
    """The server's one store of reviews, in the database that `DATABASE` names."""
    from photoz_core.review import DATABASE, ReviewStore

    return ReviewStore.open(os.environ.get(DATABASE), home)


def open_access() -> AccessFile | None:
    """The server's one file of roles."""
    file = os.environ.get("PHOTOZ_ACCESS")
    return AccessFile(Path(file)) if file else None


def whoever() -> Callable[[], User | None]:
    """A function that says who is behind the session being made, whenever it is asked."""
    file = pn.state.as_cached("access", open_access)
    name, request = pn.state.user, pn.state.curdoc.session_context.request
    return lambda: user_of(name, request, file.now if file else None)


home = Home.default()
ask = whoever()
user = ask()
if user is None:
    pn.pane.Str(f"{pn.state.user} may not look at this dashboard.").servable(title=TITLE)
else:
    queue = pn.state.as_cached("queue", warm_queue, home=home)
    reviews = pn.state.as_cached("reviews", open_reviews, home=home)
    create_app(home, queue, user, reviews, ask).servable(title=TITLE)
