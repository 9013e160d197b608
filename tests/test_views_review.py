"""The Review page and what shows reviews on other pages, without a browser."""

import threading

import panel as pn
import pytest
from astropy.table import Table
from made_homes import add_run, made_home

from dashboard import app
from dashboard.access import User
from dashboard.review_acts import MOST_TAGGED, change, keep, score, score_by_key, settle, tag
from dashboard.review_columns import COMMENTS, SCORE, TAG
from dashboard.review_desk import Desk
from dashboard.review_watch import watch_of
from dashboard.state import State
from dashboard.views import explore, review
from dashboard.views._card import REVIEW, Card
from dashboard.views._notices import Notices
from dashboard.views._review_remarks import Remarks
from dashboard.views._share import Share
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.review import ReviewStore

ADA, BOB, EVE = User("Ada"), User("Bob", "reviewer"), User("Eve", "viewer")
UNSAFE = "<img src=x onerror=alert(1)> & <b>bold</b>"


class Broken:
    """A store that can be out of reach."""

    def __init__(self, store):
        self.store, self.gone = store, False

    def __getattr__(self, name):
        if self.gone:
            raise PhotozError("the review database cannot be reached at test")
        return getattr(self.store, name)


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


def session(home, store, user=ADA) -> State:
    state = State(home, None, user, store)
    state.param.page.objects = ["Explore", "Review"]
    state.page = "Review"
    return state


def rendered(view) -> str:
    """All HTML of a page."""
    root = view.__panel__()
    root.get_root()
    return "".join(str(part.object) for part in root.select() if isinstance(getattr(part, "object", None), str))


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


def test_what_one_writes_another_session_of_the_process_has_at_once(home, store):
    ada, bob = session(home, store), session(home, store, BOB)
    pages = [review.View(ada), review.View(bob)]
    score(ada.desk, "m0001", 4)
    score(bob.desk, "m0001", 1)
    assert ada.desk.review is bob.desk.review and ada.desk.review.scores == {"m0001": {"Ada": 4, "Bob": 1}}
    assert all("<b>Ada</b> m0001: <i>scored 4</i>" in page.activity.list.object for page in pages)
    ada.focus = bob.focus = "m0001"
    assert "mean 2.5 of 2 scores · Bob 1" in pages[0].object.marks.object
    score(ada.desk, "m0001", None)
    assert ada.desk.review.scores == {"m0001": {"Bob": 1}}


def test_reviewed_objects_can_be_colored(home, store):
    state = session(home, store)
    page = review.View(state)
    assert state.colorable()[-1] == "z_phot" or SCORE not in state.colorable()
    score(state.desk, "m0001", 4)
    score(state.desk, "m0002", 5)
    tag(state.desk, ["m0002", "m0005"], "merger")
    tag(state.desk, ["m0002"], "blend")
    state.desk.write(state.desk.wish("comment", "object:m0009", {"text": "odd"}))
    assert page.choices.columns == [SCORE] and {SCORE, COMMENTS, TAG} <= set(state.colorable())
    assert state.values(SCORE).array[[1, 2]].tolist() == [4, 5] and state.values(SCORE).unknown == 58
    assert state.limits(SCORE) == (0, 5) and state.limits(COMMENTS) == (1, 2)
    codes, classes = state.values(TAG).array, state.values(TAG).classes
    assert [classes[codes[row]] for row in (2, 5)] == ["blend + merger", "merger"] and state.values(TAG).unknown == 58
    before = page.maps.cells[0].source.data["image"][0].copy()
    score(state.desk, "m0003", 0)
    assert (page.maps.cells[0].source.data["image"][0] != before).any()


def test_an_unfinished_text_stays_with_its_object(home, store):
    state, other = session(home, store), session(home, store, BOB)
    remarks, card = Remarks(state), Remarks(state)
    remarks.show("object:m0001")
    type_into(remarks.field, "half a th")
    other.desk.write(other.desk.wish("comment", "object:m0001", {"text": "first!"}))
    remarks.show("object:m0001")
    assert remarks.field.value_input == "half a th" and "first!" in remarks.list.object
    remarks.show("object:m0002")
    assert remarks.field.value_input == ""
    type_into(remarks.field, "of another")
    remarks.show("object:m0001")
    assert remarks.field.value_input == "half a th"
    card.show("object:m0001")
    assert card.field.value_input == "half a th"


def test_a_comment_is_edited_by_its_author_only(home, store):
    state, other = session(home, store), session(home, store, BOB)
    for owner, text in ((state, "mine"), (other, "theirs")):
        owner.desk.write(owner.desk.wish("comment", "object:m0001", {"text": text}))
    remarks = Remarks(state)
    remarks.show("object:m0001")
    mine, theirs = state.desk.review.comments
    for act in ("edit", "delete"):
        remarks._press(f"{act} {theirs.first}", "replace")
    assert remarks._editing is None and len(state.desk.review.comments) == 2
    type_into(remarks.field, "something new")
    remarks._press(f"edit {mine.first}", "replace")
    assert remarks.field.value_input == "mine"
    type_into(remarks.field, "mine, changed")
    remarks._save()
    assert remarks.field.value_input == "something new"  # which was being typed before
    assert {one.text for one in state.desk.review.comments} == {"mine, changed", "theirs"}
    remarks._press(f"delete {mine.first}", "replace")
    remarks._press("history", "replace")
    assert [one.text for one in state.desk.review.comments] == ["theirs"]
    assert "wrote: mine" in remarks.list.object and "deleted a comment" in remarks.list.object


def test_a_database_that_is_gone_loses_nothing_and_comes_back(home, store):
    broken = Broken(store)
    state = session(home, broken)
    page, notices = review.View(state), Notices(state)
    state.focus = "m0001"
    remarks = page.object.remarks
    type_into(remarks.field, "precious")
    broken.gone = True
    remarks._save()
    assert "not saved: the review database cannot be reached" in notices.text.object
    assert "out of reach" in notices.text.object and state.desk.problem
    assert remarks.field.value_input == "precious" and remarks.save.disabled is False
    assert "precious" not in remarks.list.object
    broken.gone = False
    watch_of(broken).board("made").look()
    assert state.desk.problem == "" and "out of reach" not in notices.text.object
    remarks._save()
    assert remarks.field.value_input == "" and "precious" in remarks.list.object


def test_a_comment_whose_receipt_was_lost_is_one_comment(home, store):
    class Lossy(Broken):
        def write(self, *arguments, **options):
            found = self.store.write(*arguments, **options)
            if self.gone:
                raise PhotozError("the line was cut")
            return found

    lossy = Lossy(store)
    state = session(home, lossy)
    remarks = Remarks(state)
    remarks.show("object:m0001")
    type_into(remarks.field, "once")
    lossy.gone = True
    remarks._save()
    lossy.gone = False
    remarks._save()
    assert [one.text for one in store.review("made").comments] == ["once"]


def test_two_versions_are_settled_by_either_or_both(home, store):
    for how, expected in (("stand", ["m0001"]), ("rival", ["m0002"]), ("both", ["m0001", "m0002"])):
        ada, bob = session(home, store), session(home, store, BOB)
        uids = []
        keep(ada.desk, how, ["m0000"], uids.append)
        seen = bob.desk.review.selections[uids[0]]
        change(ada.desk, seen, ids=["m0001"])
        change(bob.desk, seen, ids=["m0002"])
        one = ada.desk.review.selections[uids[0]]
        assert list(one.ids) == ["m0001"] and len(one.rivals) == 1
        settle(bob.desk, one, one.rivals[0], how)
        one = ada.desk.review.selections[uids[0]]
        assert list(one.ids) == expected and one.rivals == () and len(one.versions) == 4


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
    state.desk.is_guest = True
    notices = Notices(state)
    score(state.desk, "m0001", 3)
    assert notices.dialog.open and store.last("made") == 0
    notices.dialog.open = False
    assert state.desk.asking is False
    score(state.desk, "m0002", 4)
    type_into(notices.field, "  Grace   H ")
    notices._introduce()
    score(state.desk, "m0003", 5)
    assert not notices.dialog.open
    assert store.review("made").scores == {"m0002": {"Grace H (guest)": 4}, "m0003": {"Grace H (guest)": 5}}


def test_a_guest_whose_link_was_revoked_writes_nothing_more(home, store):
    token = store.share("made", {}, "Ada", "comment", 1)
    state = session(home, store, User("Cy", "reviewer"))
    state.desk.admit(token)
    score(state.desk, "m0001", 3)
    store.revoke(store.links("made")[0].id, "Ada")
    score(state.desk, "m0002", 3)
    assert list(store.review("made").scores) == ["m0001"] and "revoked" in state.desk.notice


def test_keys_score_the_object_in_focus(home, store):
    state = session(home, store)
    state.page = "Explore"
    page = explore.View(state)
    state.focus = "m0004"
    for key in "0257":
        page._key(key)
    assert store.review("made").scores == {"m0004": {"Ada": 5}} and state.desk.notice == "m0004: 5 of 5"
    assert "mean score 5.0 (1)" in page.card.title.object


def test_too_many_objects_are_not_tagged_one_by_one(home, store):
    state = session(home, store)
    tag(state.desk, [f"m{i}" for i in range(MOST_TAGGED + 1)], "all")
    assert store.last("made") == 0 and "keep them" in state.desk.notice


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


def test_a_server_waits_in_a_thread_and_shows_nothing_before_the_receipt(home, store):
    broken, ticks, ends = Broken(store), [], []
    desk = Desk(session(home, broken), ticks.append)
    for gone, expected in ((True, ["failed"]), (False, ["failed", "done"])):
        broken.gone, before = gone, list(ends)
        wish = desk.wish("score", "m0001", {"score": 3})
        desk.write(wish, done=lambda: ends.append("done"), failed=lambda: ends.append("failed"))
        watch_of(broken).writer.submit(int).result(60)  # the one thread has done what came before
        assert ends == before and desk.notice == ""  # the session's own thread shows it
        while ticks:
            ticks.pop(0)()
        assert ends == expected and desk.notice.startswith("not saved") == gone
    assert desk.review.scores == {"m0001": {"Ada": 3}}
    desk.close()


def test_one_thread_asks_for_all_sessions_and_ends_with_the_last(home, store, wait_until):
    told = threading.Event()
    states = [session(home, store) for _ in range(5)]
    desks = [Desk(state, lambda work: (work(), told.set())) for state in states]
    other = ReviewStore.open(None, home)
    other.write("made", "score", "m0001", {"score": 2}, "Zoe")
    assert told.wait(20)
    wait_until(lambda: all(desk.review and desk.review.scores for desk in desks))
    assert sum(thread.name == "review-read" for thread in threading.enumerate()) == 1
    for desk in [*desks, *(state.desk for state in states)]:
        desk.close()
    wait_until(lambda: all(thread.name != "review-read" for thread in threading.enumerate()))
    other.close()


def test_a_link_that_opens_nothing_shows_nothing(home, store, monkeypatch):
    monkeypatch.setattr(app, "_asked", lambda name: "no such token" if name == app.SHARE else "")
    page = app.create_app(home, None, ADA, store)
    page.main[0].get_root()
    words = " ".join(part.object for part in page.main[0].select(pn.pane.Markdown))
    assert page.header == [] and "This link opens nothing" in words and "made" not in words


def type_into(field, text: str) -> None:
    """What the browser says while somebody types."""
    from panel.util import edit_readonly

    with edit_readonly(field):
        field.value_input = text
