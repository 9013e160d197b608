"""What `panel serve dashboard` runs for each session.

Panel's own options say who signs in (``--oauth-provider``); the file that ``PHOTOZ_ACCESS`` names gives them roles.
Who has not signed in owns the dashboard at the machine itself, and only looks from elsewhere.
"""

import ipaddress
import os
from pathlib import Path

import panel as pn

from dashboard.access import LOCAL, User
from dashboard.access_file import read_access
from dashboard.app import TITLE, create_app
from photoz_core.home import Home
from photoz_core.jobs import JobQueue

FORWARDED = {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"}  # a proxy stands between


def warm_queue(home: Home) -> JobQueue:
    """The server's one queue, its UMAP worker compiling already."""
    queue = JobQueue(home)
    queue.warm()
    return queue


def open_reviews(home: Home):
    """The server's one store of reviews, in the database that `DATABASE` names."""
    from photoz_core.review import DATABASE, ReviewStore

    return ReviewStore.open(os.environ.get(DATABASE), home)


def user_of(name: str | None, request) -> User | None:
    """Who is behind a session; None for somebody who may not come in.

    Parameters
    ----------
    name : str, optional
        Under which they signed in.
    request : object
        With `remote_ip` and `headers`; None while the server warms itself.
    """
    if name:
        file = os.environ.get("PHOTOZ_ACCESS")
        return read_access(Path(file)).user(name) if file else User(name, "viewer", signed_in=True)
    at_the_machine = request is not None and not FORWARDED & set(request.headers)
    if at_the_machine and ipaddress.ip_address(request.remote_ip).is_loopback:
        return LOCAL
    return User("", "viewer")


home = Home.default()
user = user_of(pn.state.user, pn.state.curdoc.session_context.request)
if user is None:
    pn.pane.Str(f"{pn.state.user} may not look at this dashboard.").servable(title=TITLE)
else:
    queue = pn.state.as_cached("queue", warm_queue, home=home)
    reviews = pn.state.as_cached("reviews", open_reviews, home=home)
    create_app(home, queue, user, reviews).servable(title=TITLE)
