"""Sessions at one review: what is written, who sees it and when, on one thread."""

import queue
import threading

import pytest
from made_homes import add_run, made_home
from made_reviews import ADA, BOB, Broken, session

from dashboard.access import LOCAL, User
from dashboard.guests import visit
from dashboard.review_acts import MOST_TAGGED, change, keep, may_change, score, settle, tag
from dashboard.review_columns import COMMENTS, SCORE, TAG
from dashboard.review_desk import Desk
from dashboard.review_watch import watch_of
from dashboard.state import State
from dashboard.views import review
from photoz_core.review import ReviewStore

pytest_plugins = ["postgres_cluster"]


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


def test_a_guest_whose_link_was_revoked_writes_nothing_more(home, store):
    token = store.share("made", {}, "Ada", "comment", 1)
    state = session(home, store, User("Cy", "reviewer"))
    state.desk.admit(token, "made")
    score(state.desk, "m0001", 3)
    store.revoke(store.links("made")[0].id, "Ada")
    score(state.desk, "m0002", 3)
    assert list(store.review("made").scores) == ["m0001"] and "revoked" in state.desk.notice


def test_a_link_lets_somebody_who_signed_in_write_in_its_dataset_alone(home, store):
    made_home(home.path, name="other")
    token = store.share("made", {}, "Ada", "comment", 1)
    opened = visit(home, User("Bob", "viewer", signed_in=True), store, token)
    state = session(opened.home, store, opened.user)
    state.desk.admit(token, opened.dataset)
    score(state.desk, "m0001", 3)
    assert state.desk.may_write and store.review("made").scores == {"m0001": {"Bob": 3}}
    state.dataset = "other"
    score(state.desk, "m0001", 3)
    assert not state.desk.may_write and "your link is for reviewing made" in state.desk.notice
    state.desk.only = ""  # whatever the session believes, the link itself is asked
    score(state.desk, "m0001", 3)
    assert "your link is for reviewing made" in state.desk.notice and store.last("other") == 0
    owner = visit(home, User("Ada", "owner", signed_in=True), store, token)
    assert owner.expires == float("inf")  # needs no link, and is not bound by one


def test_a_bulk_tag_is_one_transaction(home, store):
    class Full(Broken):
        def write_all(self, wishes, author):
            return self.store.write_all([*wishes[:-1], wishes[-1] | {"body": {"tag": "", "on": 3}}], author)

    state = session(home, Full(store))
    things = [f"m{number:04}" for number in range(5)]
    tag(state.desk, things, "blend")
    assert state.desk.notice.startswith("not saved") and store.last("made") == 0
    state = session(home, store)
    wishes = [state.desk.wish("tag", thing, {"tag": "blend", "on": True}) for thing in things]
    for _ in range(2):  # as after an answer that was lost
        state.desk.write(*wishes)
    assert len(store.review("made").tags) == store.last("made") == 5


def test_guests_of_one_name_are_two_people(home, store):
    first, second, local = (session(home, store, user) for user in (User("", "reviewer"), User("", "reviewer"), LOCAL))
    for state in (first, second):
        score(state.desk, "m0001", 3)
        state.desk.introduce("Grace")
    assert len(store.review("made").scores["m0001"]) == 2
    first.desk.write(first.desk.wish("comment", "object:m0001", {"text": "mine"}))
    comment = first.desk.review.comments[0]
    assert may_change(first.desk, comment) and not may_change(second.desk, comment)
    assert local.desk.mark == "" and session(home, store, User("Bob", "viewer", signed_in=True)).desk.mark == ""


def test_too_many_objects_are_not_tagged_one_by_one(home, store):
    state = session(home, store)
    tag(state.desk, [f"m{i}" for i in range(MOST_TAGGED + 1)], "all")
    assert store.last("made") == 0 and "keep them" in state.desk.notice


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


def test_a_desk_outlives_its_database(home, cluster):
    """A real PostgreSQL that is killed and comes back: what failed is said, and what others wrote then shows."""
    url, ticks, ends = cluster.new_database(), queue.SimpleQueue(), []
    store, other = (ReviewStore.open(url, home) for _ in range(2))
    state = State(home, None, ADA, store)
    desk = state.desk = Desk(state, ticks.put)

    def until(holds) -> None:
        """Draw what the threads have to say until it is so."""
        while not holds():
            ticks.get(timeout=60)()

    def say(thing: str) -> None:
        wish = desk.wish("score", thing, {"score": 3})
        desk.write(wish, done=lambda: ends.append(thing), failed=lambda: ends.append(""))

    say("m0001")
    until(lambda: ends == ["m0001"])
    cluster.stop()
    try:
        until(lambda: "cannot be reached" in desk.problem)
        say("m0002")
        until(lambda: len(ends) == 2)
        assert ends[1] == "" and desk.notice.startswith("not saved") and desk.review.scores == {"m0001": {"Ada": 3}}
    finally:
        cluster.start()
    until(lambda: desk.problem == "")
    other.write("made", "score", "m0001", {"score": 1}, "Zoe")
    say("m0002")
    until(lambda: desk.review.scores == {"m0001": {"Ada": 3, "Zoe": 1}, "m0002": {"Ada": 3}} and len(ends) == 3)
    desk.close()
    store.close()
    other.close()


def test_one_thread_asks_for_all_sessions_and_ends_with_the_last(home, store, wait_until):
    told, before = threading.Event(), set(threading.enumerate())  # other tests' may be among them
    readers = lambda: [t for t in threading.enumerate() if t.name == "review-read" and t not in before]  # noqa: E731
    states = [session(home, store) for _ in range(5)]
    desks = [Desk(state, lambda work: (work(), told.set())) for state in states]
    other = ReviewStore.open(None, home)
    other.write("made", "score", "m0001", {"score": 2}, "Zoe")
    assert told.wait(20)
    wait_until(lambda: all(desk.review and desk.review.scores for desk in desks))
    assert len(readers()) == 1
    for desk in [*desks, *(state.desk for state in states)]:
        desk.close()
    wait_until(lambda: not readers())
    other.close()
