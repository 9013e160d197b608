"""Comments: what is typed stays until it is saved, and is saved once."""

import pytest
from made_homes import add_run, made_home
from made_reviews import BOB, Broken, session, type_into

from dashboard.review_watch import watch_of
from dashboard.views import review
from dashboard.views._notices import Notices
from dashboard.views._review_remarks import Remarks
from photoz_core.errors import PhotozError
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
