"""Shared links: what opens, what no longer does, and what was never shared."""

import math

import numpy as np
import pytest
from sqlalchemy import text

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.review import ReviewStore

pytest_plugins = ["postgres_cluster"]
DATASET = "made"


@pytest.fixture
def store(database, tmp_path):
    store = ReviewStore.open(database, Home(tmp_path))
    yield store
    store.close()


def test_a_link_opens_its_view_until_it_is_revoked(store):
    view = {"dataset": DATASET, "columns": ["z_spec"], "view": [0, 1.5, -2, 3], "selection": ["1", "2"]}
    tokens = [store.share(DATASET, view, "Ada", may, 2) for may in ("look", "comment")]
    other = store.share("other", {}, "Ada", "look", 2)
    link = store.link(tokens[1])
    assert (link.view, link.by, link.may, link.dataset) == (view, "Ada", "comment", DATASET)
    assert link.expires - link.created == pytest.approx(7200)
    assert [one.may for one in store.links(DATASET)] == ["comment", "look"] and len(store.links()) == 3
    store.revoke(link.id, "Bob")
    store.revoke(link.id, "Ada")  # twice is no error
    with pytest.raises(PhotozError, match="revoked"):
        store.link(tokens[1])
    assert store.link(tokens[0]).may == "look" and store.link(other).dataset == "other"
    assert [one.may for one in store.links(DATASET)] == ["look"]
    with pytest.raises(PhotozError, match="no link 99"):
        store.revoke(99, "Ada")


def test_a_link_expires(store, monkeypatch):
    token = store.share(DATASET, {}, "Ada", "look", 1)
    expires = store.link(token).expires
    monkeypatch.setattr("photoz_core.review.links.time.time", lambda: expires - 0.01)
    assert store.link(token)
    monkeypatch.setattr("photoz_core.review.links.time.time", lambda: expires)
    with pytest.raises(PhotozError, match="expired"):
        store.link(token)
    assert store.links() == []


def test_a_token_is_not_guessed_and_not_kept(store):
    tokens = {store.share(DATASET, {}, "Ada", "look", 1) for _ in range(5)}
    assert len(tokens) == 5 and {len(token) for token in tokens} == {32}
    token = tokens.pop()
    for wrong in (token[:-1], token + "A", token.swapcase(), "", "' OR 1=1 --", "\ud800", "x" * 100_000, None):
        with pytest.raises(PhotozError, match="no such link"):
            store.link(wrong)
    with store.engine.connect() as connection:
        held = str([tuple(row) for row in connection.execute(text("SELECT * FROM links"))])
    assert token not in held


NOISE = np.random.default_rng(0).integers(0, 2**60, 150_000).tolist()


@pytest.mark.parametrize(
    ("view", "may", "hours", "message"),
    [
        ({"selection": NOISE}, "look", 1, "save its selection under a name"),
        ({"x": math.nan}, "look", 1, "cannot be shared"),
        ({"x": {1}}, "look", 1, "cannot be shared"),
        ({}, "own", 1, "known: comment, look"),
        ({}, "look", 0, "hours"),
        ({}, "look", math.inf, "hours"),
        ({}, "look", 90_000, "ten years"),
    ],
)
def test_what_may_not_be_shared_is_refused(view, may, hours, message, tmp_path):
    store = ReviewStore.open(None, Home(tmp_path))
    with pytest.raises(PhotozError, match=message):
        store.share(DATASET, view, "Ada", may, hours)
    assert store.links() == []


def test_a_view_may_hold_a_large_selection(store):
    ids = [str(i) for i in range(300_000)]
    assert store.link(store.share(DATASET, {"selection": ids}, "Ada", "look", 1)).view == {"selection": ids}
