"""Sessions that are open while a link ends, a role changes or somebody is sent away."""

import panel as pn
import pytest
from made_homes import made_home
from made_reviews import Broken
from made_server import ACCESS, PEOPLE, Client, let_in, running
from sqlalchemy import update

from dashboard import app
from dashboard.access import LOCAL, SealedQueue, User
from dashboard.guests import visit
from dashboard.passwords import Passwords
from dashboard.review_watch import watch_of
from dashboard.staying import CHANGED, GONE, SHUT, Stay
from photoz_core.errors import OutOfReach, PhotozError
from photoz_core.review import ReviewStore
from photoz_core.review.database import writing
from photoz_core.review.entries import Link
from photoz_core.review.links import Lately
from photoz_core.review.schema import LINKS


@pytest.fixture
def home(tmp_path):
    return made_home(tmp_path / "home", count=8, images=False)


@pytest.fixture
def store(home):
    store = ReviewStore.open(None, home)
    yield store
    store.close()


class Queue:
    jobs, sweeps = {}, []


def stay_by_link(home, store, may="look") -> Stay:
    token = store.share("made", {}, "Ada", may, 1)
    return Stay(User("", "viewer"), link=(visit(home, User("", "viewer"), store, token), store, token))


def asked(stay: Stay):
    """What it says once the thread has answered."""
    stay.over()
    watch_of(stay.link[1]).asker.submit(int).result(60)
    return stay.over()


def test_a_stay_ends_with_its_link(home, store, monkeypatch):
    first, second = stay_by_link(home, store), stay_by_link(home, store)
    assert asked(first) is None and asked(second) is None
    store.revoke(store.links()[0].id, "Ada")
    assert asked(first) is None and asked(second) == (
        SHUT,
        "this link was revoked; ask whoever sent it for another one",
    )
    monkeypatch.setattr("time.time", lambda: first.link[0].expires)
    assert first.over()[1].startswith("this link has expired")


def test_a_database_out_of_reach_ends_no_stay_and_nobody_waits_for_it(home, store):
    broken = Broken(store)
    stay = stay_by_link(home, broken)
    broken.gone = True
    assert asked(stay) is None and asked(stay) is None
    broken.gone = False
    store.revoke(store.links()[0].id, "Ada")
    assert asked(stay)[0] == SHUT


def test_a_stay_ends_with_the_role_or_the_person():
    now = [User("ada", "owner", True)]
    stay = Stay(now[0], lambda: now[0])
    assert stay.over() is None and Stay(LOCAL).over() is None
    now[0] = User("ada", "viewer", True)
    assert stay.over() == CHANGED
    now[0] = None
    assert stay.over() == GONE
    assert Stay(LOCAL, _broken).over() is None  # nobody can tell


def _broken():
    raise PhotozError("passwords.json: line 1")


def test_answers_about_links_are_a_few_seconds_old_at_most():
    now, answers, asked = [0.0], {"good": Link(1, "made", {}, "Ada", "look", 9e9, 0.0)}, []

    def look_up(token):
        asked.append(token)
        if not answers:
            raise OutOfReach("silent")
        if token not in answers:
            raise PhotozError("no such link")
        return answers[token]

    lately = Lately(look_up, lambda: now[0])
    for _ in range(3):
        assert lately.find("good", 3).id == 1
        with pytest.raises(PhotozError, match="no such link"):
            lately.find("bad", 3)
    assert asked == ["good", "bad"]
    assert lately.find("good", 0) and asked == ["good", "bad", "good"]  # who must know now asks
    answers.clear()
    now[0] = 4.0
    for token in ("good", "another", "and another"):  # one of them waits for it
        with pytest.raises(OutOfReach, match="silent"):
            lately.find(token, 3)
    assert asked[3:] == ["good"]
    now[0] = 8.0
    answers["good"] = Link(1, "made", {}, "Ada", "look", 0.0, 0.0)
    for _ in range(2):
        with pytest.raises(PhotozError, match="has expired"):
            lately.find("good", 3)
    for number in range(2 * lately.MOST):
        with pytest.raises(PhotozError):
            lately.find(str(number), 3)
    assert len(lately._answers) == lately.MOST


# --- a real server --------------------------------------------------------------------------------------------------


@pytest.fixture
def served(home, monkeypatch):
    """A server that lets guests of links in, and the `Page` of each session."""
    monkeypatch.setattr("dashboard.passwords.COST", 1 << 10)
    pages, made = [], app._page
    monkeypatch.setattr(app, "_page", lambda *given: pages.append(made(*given)) or pages[-1])
    path = let_in(home.path, ACCESS.replace("[roles]", 'links = "anyone"\n[roles]'))
    with running(home, monkeypatch, "--access", str(path), queue=Queue()) as server:
        pages.clear()
        yield server, pages, path


def words(page) -> str:
    return " ".join(part.object for main in page.main for part in main.select(pn.pane.Markdown))


def test_open_sessions_end_by_themselves(served, home, wait_until):
    server, pages, path = served
    other = ReviewStore.open(None, home)  # as another process has it
    tokens = [other.share("made", {}, "Ada", "comment", 1) for _ in range(3)]
    for token in tokens:
        assert Client(server.port).get(f"/?share={token}").status == 200
    for name in ("ada", "ada", "grace", "grace"):
        client = Client(server.port)
        client.sign_in(name, PEOPLE[name])
        assert client.get("/").status == 200
    states = [state() for state in server.states]
    assert isinstance(states[3].queue, Queue)
    revoked, expired = (link.id for link in other.links()[1:])
    other.revoke(revoked, "Ada")
    with writing(other.engine) as connection:
        connection.execute(update(LINKS).where(LINKS.c.id == expired).values(expires=1.0))
    path.write_text(path.read_text().replace('owner = ["ada"]', 'viewer = ["ada"]'))
    Passwords(path.parent / "passwords.json").set("grace", "another horse")
    wait_until(lambda: [bool(page.header) for page in pages] == [False, False, True, False, False, False, False])
    assert "has expired" in words(pages[0]) and "was revoked" in words(pages[1])
    assert CHANGED[0] in words(pages[3]) and GONE[0] in words(pages[5])
    assert client.get("/").status == 302  # a cookie is for the password that it was given for
    for state in states[:2] + states[3:]:
        assert state.user.role == "viewer" and isinstance(state.queue or SealedQueue(Queue, state.user), SealedQueue)
    assert states[2].user.role == "reviewer" and not states[0].desk.may_write
    other.close()


def test_a_silent_database_is_no_answer_about_a_link(served, monkeypatch):
    server, _, _ = served
    said, made = [], app.closed
    monkeypatch.setattr(app, "closed", lambda *words: said.append(words) or made(*words))
    token = server.site.reviews.share("made", {}, "Ada", "look", 1)
    monkeypatch.setattr(server.site.reviews._lately, "look_up", _silent)
    answer = Client(server.port).get(f"/?share={token}")
    assert answer.status == 503 and "try again" in answer.text
    client = Client(server.port)
    client.sign_in("ada", PEOPLE["ada"])
    assert client.get(f"/?share={token}").status == 200
    assert said == [("This link cannot be opened now", "the review database cannot be reached")]
    assert client.get("/").status == 200 and server.state.user.may("train")


def _silent(token):
    raise OutOfReach("the review database cannot be reached")
