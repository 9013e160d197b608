"""Who comes by a shared link, and what of the home they see."""

import pytest
from made_homes import made_home

from dashboard.access import User
from dashboard.guests import visit
from photoz_core.errors import PhotozError
from photoz_core.review import ReviewStore


@pytest.fixture
def home(tmp_path):
    return made_home(tmp_path / "home", images=False)


@pytest.fixture
def store(tmp_path, home):
    store = ReviewStore.open(f"sqlite:///{tmp_path}/reviews.sqlite", home)
    yield store
    store.close()


OWNER, VIEWER = User("Ada", "owner", signed_in=True), User("Bob", "viewer", signed_in=True)


@pytest.mark.parametrize(
    ("user", "may", "name", "role"),
    [
        (User("ada"), "look", "", "viewer"),  # at the machine itself
        (User("", "viewer"), "comment", "", "reviewer"),
        (OWNER, "look", "Ada", "owner"),
        (VIEWER, "comment", "Bob", "reviewer"),
        (User("Cy", "reviewer", signed_in=True), "look", "Cy", "reviewer"),
    ],
)
def test_who_comes_by_a_link(store, home, user, may, name, role):
    found = visit(home, user, store, store.share("made", {"page": "Review"}, "Ada", may, 1))
    assert (found.user.name, found.user.role, found.view) == (name, role, {"page": "Review"})
    assert found.is_over is False
    if not user.signed_in:
        made_home(home.path, name="secret", images=False)
        assert found.home.dataset_names() == ["made"] and "secret" in home.dataset_names()
        with pytest.raises(PhotozError):
            found.home.dataset("secret")


def test_a_link_that_opens_nothing_says_what_to_do(store, home):
    token = store.share("made", {}, "Ada", "look", 1)
    store.revoke(store.links("made")[0].id, "Ada")
    other = store.share("deleted", {}, "Ada", "look", 1)
    with pytest.raises(PhotozError, match="is not there any more"):
        visit(home, User(""), store, other)
    for broken, text in ((token, "revoked"), (token + "x", "no such link"), ("", "no such link")):
        with pytest.raises(PhotozError, match=text):
            visit(home, OWNER, store, broken)
    with pytest.raises(PhotozError, match="keeps no reviews"):
        visit(home, OWNER, None, token)
