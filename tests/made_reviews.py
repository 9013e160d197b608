"""Sessions of several people at one review, and a database that can be out of reach."""

from panel.util import edit_readonly

from dashboard.access import User
from dashboard.review_acts import change, keep, score, tag
from dashboard.state import State
from photoz_core.errors import OutOfReach

ADA, BOB, EVE = User("Ada"), User("Bob", "reviewer"), User("Eve", "viewer")
UNSAFE = "<img src=x onerror=alert(1)> & <b>bold</b>"


class Broken:
    """A store that can be out of reach."""

    def __init__(self, store):
        self.store, self.gone = store, False

    def __getattr__(self, name):
        if self.gone:
            raise OutOfReach("the review database cannot be reached at test")
        return getattr(self.store, name)


def session(home, store, user=ADA) -> State:
    state = State(home, None, user, store)
    state.param.page.objects = ["Explore", "Review"]
    state.page = "Review"
    return state


def write_something(state) -> None:
    """One of each kind, and two versions of a selection."""
    desk = state.desk
    score(desk, "m0001", 4)
    tag(desk, ["m0001", "m0002"], UNSAFE)
    desk.write(desk.wish("comment", "object:m0001", {"text": UNSAFE}))
    keep(desk, UNSAFE, ["m0001", "m0003"], lambda uid: None)
    one = next(iter(desk.review.selections.values()))
    change(desk, one, ids=["m0001"])
    change(desk, one, ids=["m0001", "m0003", "m0005"], name="late")
    assert desk.notice == "" and next(iter(desk.review.selections.values())).rivals


def type_into(field, text: str) -> None:
    """What the browser says while somebody types."""
    with edit_readonly(field):
        field.value_input = text
