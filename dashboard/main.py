"""What `panel serve dashboard` runs for each session."""

import panel as pn

from dashboard.app import TITLE, create_app
from photoz_core.home import Home
from photoz_core.jobs import JobQueue


def warm_queue(home: Home) -> JobQueue:
    """The server's one queue, its UMAP worker compiling already."""
    queue = JobQueue(home)
    queue.warm()
    return queue


home = Home.default()
create_app(home, pn.state.as_cached("queue", warm_queue, home=home)).servable(title=TITLE)
