"""The Review page and what shows reviews on other pages, without a browser."""

import re

import panel as pn
import pytest
from astropy.table import Table
from made_homes import add_run, made_home
from made_reviews import ADA, BOB, EVE, UNSAFE, session, type_into, write_something

from dashboard import app
from dashboard.access import User
from dashboard.review_acts import score, score_by_key
from dashboard.views import explore, review
from dashboard.views._card import REVIEW, Card
from dashboard.views._notices import Notices
from dashboard.views._share import Share
from photoz_core.home import Home
from photoz_core.review import ReviewStore


@pytest.fixture
def home(tmp_path):
    home = made_home(tmp_path)
    add_run(home)
    return home


@pytest.fixture
def store(home):
    store = ReviewStore.open(None, home)
    yield store
    store.close()


def rendered(view) -> str:
    """All HTML of a page."""
    root = view.__panel__()
    root.get_root()
    return "".join(str(part.object) for part in root.select() if isinstance(getattr(part, "object", None), str))


CASES = [("written", user) for user in (ADA, BOB, EVE)]
CASES += [(case, ADA) for case in ("empty", "one object", "no run", "no store", "no dataset")] + [("empty", EVE)]


@pytest.mark.parametrize(("case", "user"), CASES, ids=lambda value: getattr(value, "role", value))
def test_every_view_of_a_review_renders(tmp_path, case, user):
    home = Home(tmp_path)
    if case != "no dataset":
        home = made_home(tmp_path, count=1 if case == "one object" else 60, images=case != "empty")
    if case not in ("no dataset", "no run"):
        add_run(home)
    store = None if case == "no store" else ReviewStore.open(None, home)
    if case == "written":
        write_something(session(home, store))
    state = session(home, store, user)
    pages = [review.View(state), Card(state), Share(state), Notices(state)]
    state.focus = "m0001" if case == "written" else "m0000"
    pages[1].side = REVIEW
    html = "".join(map(rendered, pages))
    assert "<img src=x" not in html and "<b>bold" not in html
    if case == "written":
        assert "&lt;b&gt;bold" in html and "Two versions" in html
        assert ("take the second" in html) == ("data-press='score 3'" in html) == (user.role != "viewer")
        assert ("data-press='edit" in html) == (user.name == "Ada")
    if store:
        store.close()


def test_selections_are_saved_opened_renamed_and_deleted(home, store):
    state = session(home, store)
    page = review.View(state)
    part = page.selections
    state.select(["m0003", "m0001"])
    type_into(part.called, "odd ones")
    assert part.save.label == "save 2 selected" and not part.save.disabled
    part._save()
    uid = page.choices.opened
    assert part.called.value_input == "" and list(page.choices.selection.ids) == ["m0001", "m0003"]
    state.select(["m0005"])
    part._press(f"replace {uid}", "replace")
    part._press(f"rename {uid}", "replace")
    type_into(part.called, "one")
    part._save()
    assert (page.choices.selection.name, list(page.choices.selection.ids)) == ("one", ["m0005"])
    first = page.choices.selection.versions[0]
    part._press(f"open {uid} {first.id}", "replace")
    assert state.selection.tolist() == ["m0001", "m0003"]
    part._press(f"open {uid}", "replace")
    assert state.selection.tolist() == ["m0005"]
    part._press(f"delete {uid}", "replace")
    assert page.choices.selections == [] and len(store.review("made").every[uid].versions) == 4
    page.activity._press(f"selection:{uid}", "replace")
    assert "deleted" in state.desk.notice


def test_who_may_only_look_writes_nothing_whatever_is_pressed(home, store):
    write_something(session(home, store))
    state, last = session(home, store, EVE), store.last("made")
    page = review.View(state)
    state.focus = "m0001"
    state.select(["m0007"])
    uid = page.choices.selections[0].uid
    for press in (f"replace {uid}", f"delete {uid}", f"rename {uid}", f"both {uid} 6"):
        page.selections._press(press, "replace")
    type_into(page.selections.called, "mine")
    page.selections._save()
    page.object._press("score 3", "replace")
    page.object._press(f"untag {UNSAFE}", "replace")
    type_into(page.object.remarks.field, "mine")
    page.object.remarks._save()
    score_by_key(state.desk, "3")
    assert store.last("made") == last and state.desk.notice == "to review is for reviewers; Eve: viewer"
    share = Share(state)
    share.may = "comment"
    share.make()
    share._revoke("1", "replace")
    assert share.link.value == "" and store.links("made") == [] and share.__panel__().visible is False


def test_a_reviewer_without_a_name_is_asked_before_the_first_entry(home, store):
    state = session(home, store, User("", "reviewer"))
    notices = Notices(state)
    score(state.desk, "m0001", 3)
    assert notices.dialog.open and store.last("made") == 0
    notices.dialog.open = False
    assert state.desk.asking is False
    score(state.desk, "m0002", 4)
    type_into(notices.field, "  Grace   H ")
    notices._introduce()
    score(state.desk, "m0003", 5)
    name = state.user.name
    assert not notices.dialog.open and re.fullmatch(r"Grace H \(guest [0-9a-f]{4}\)", name)
    assert store.review("made").scores == {"m0002": {name: 4}, "m0003": {name: 5}}


def test_keys_score_the_object_in_focus(home, store):
    state = session(home, store)
    state.page = "Explore"
    page = explore.View(state)
    state.focus = "m0004"
    for key in "0257":
        page._key(key)
    assert store.review("made").scores == {"m0004": {"Ada": 5}} and state.desk.notice == "m0004: 5 of 5"
    assert "mean score 5.0 (1)" in page.card.title.object


def test_the_review_leaves_as_a_table(home, store, monkeypatch):
    state = session(home, store)
    write_something(state)
    page, sent = review.View(state), []
    monkeypatch.setattr(page.activity.download, "send", lambda name, data: sent.append((name, data.decode())))
    for form in ("csv", "ecsv"):
        page.activity._save(form)
    assert [name for name, _ in sent] == ["made--review.csv", "made--review.ecsv"]
    for form, (_, text) in zip(("csv", "ecsv"), sent, strict=True):
        table = Table.read(text, format=f"ascii.{form}", comment="#")
        assert ["score", "m0001", "4", "Ada"] in [[str(row[name]) for name in table.colnames[:4]] for row in table]
        assert UNSAFE in table["value"]


def test_a_link_that_opens_nothing_shows_nothing(home, store, monkeypatch):
    monkeypatch.setattr(app, "_asked", lambda name: "no such token" if name == app.SHARE else "")
    page = app.create_app(home, None, ADA, store)
    page.main[0].get_root()
    words = " ".join(part.object for part in page.main[0].select(pn.pane.Markdown))
    assert page.header == [] and "This link opens nothing" in words and "made" not in words
