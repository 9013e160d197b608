"""How a server looks for garbage: pages are made with few searches, and sessions that have left are still found."""

import subprocess
import sys

MADE = """
import gc, sys, weakref
from pathlib import Path
sys.path.insert(0, "tests")
from made_homes import add_run, made_home
from dashboard.garbage import collect_seldom
home = made_home(Path(sys.argv[1]))
add_run(home)
if sys.argv[2] == "seldom":
    collect_seldom()
from dashboard.state import State
from dashboard.views.explore import View
searches = []
gc.callbacks.append(lambda phase, info: searches.append(info["generation"]))
View(State(home)).__panel__().get_root()
made, first = len(searches), None
for _ in range(1_000_000):  # each holds itself; together what ten sessions leave behind
    knot = []
    knot.append(knot)
class Page:
    pass
page = Page()
page.itself, first = page, weakref.ref(page)
del page
for _ in range(1_000_000):
    knot = []
    knot.append(knot)
print(made, first() is None)
"""


def counted(folder, how: str) -> tuple[int, bool]:
    """How often Python looked for garbage while it made a page, and whether it finds by itself what has left."""
    command = [sys.executable, "-c", MADE, str(folder), how]
    done = subprocess.run(command, check=True, timeout=300, capture_output=True, text=True)
    searches, found = done.stdout.split()
    return int(searches), found == "True"


def test_few_searches_and_nothing_stays(tmp_path):
    usual, _ = counted(tmp_path / "usual", "usual")
    seldom, found = counted(tmp_path / "seldom", "seldom")
    assert seldom < usual / 10 and found
