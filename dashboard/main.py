"""What `panel serve dashboard` runs for each session."""

import panel as pn

from dashboard.app import TITLE, create_app
from photoz_core.home import Home
from photoz_core.jobs import JobQueue

home = Home.default()
create_app(home, pn.state.as_cached("queue", JobQueue, home=home)).servable(title=TITLE)
