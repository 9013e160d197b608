"""The store of reviews: the same promises over SQLite and PostgreSQL."""

import json
import uuid
import zlib

import numpy as np
import pytest

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


def selection(ids=("1", "2"), name="odd ones", **more):
    return {"name": name, "ids": list(ids), **more}


# --- entries ------------------------------------------------------------------------------------------------------

WRITTEN = [
    ("selection", "s1", {"name": "red, ü, 🌌", "ids": ["1", "b"], "deleted": False}),
    ("tag", "1", {"tag": "merger", "on": True}),
    ("score", "1", {"score": 5}),
    ("score", "1", {"score": None}),
    ("comment", "object:1", {"text": "two\nlines\tand <b>tags</b>", "deleted": False}),
    ("comment", "selection:s1", {"text": "", "deleted": True}),
]


def test_what_is_written_is_read_by_everybody(store, database, tmp_path):
    written = [store.write(DATASET, kind, target, body, "Ada") for kind, target, body in WRITTEN]
    other = ReviewStore.open(database, Home(tmp_path))
    read = other.since(DATASET, 0)
    assert read == written
    assert [(entry.kind, entry.target, entry.body) for entry in read] == WRITTEN
    assert {entry.author for entry in read} == {"Ada"} and len({entry.uid for entry in read}) == len(WRITTEN)
    ids = [entry.id for entry in read]
    assert ids == sorted(ids) and other.last(DATASET) == ids[-1]
    assert other.since(DATASET, ids[2]) == written[3:] and other.since(DATASET, ids[-1]) == []
    other.close()


def test_datasets_do_not_mix(store):
    assert store.last(DATASET) == 0 and store.datasets() == []
    first = store.write(DATASET, "tag", "1", {"tag": "a"}, "Ada")
    store.write("other", "tag", "1", {"tag": "b"}, "Ada")
    assert store.since(DATASET, 0) == [first] and store.last(DATASET) == first.id
    assert store.datasets() == [DATASET, "other"] and list(store.review("other").tags["1"]) == ["b"]


def test_a_uid_is_written_once(store):
    uid = str(uuid.uuid4())
    first = store.write(DATASET, "score", "1", {"score": 3}, "Ada", uid=uid)
    assert store.write(DATASET, "score", "1", {"score": 3}, "Ada", uid=uid) == first
    assert store.since(DATASET, 0) == [first]
    with pytest.raises(PhotozError, match="taken by another"):
        store.write(DATASET, "score", "2", {"score": 3}, "Ada", uid=uid)


def test_several_are_written_together_or_not_at_all(store):
    wishes = [
        {"dataset": DATASET, "kind": "tag", "target": str(i), "body": {"tag": "a"}, "uid": f"u{i}"} for i in range(3)
    ]
    first = store.write(author="Ada", **wishes[1])
    written = store.write_all(wishes, "Ada")
    assert [entry.target for entry in written] == ["0", "1", "2"] and written[1] == first
    assert store.since(DATASET, 0) == [first, written[0], written[2]]
    other = [{"dataset": "other", "kind": "tag", "target": "1", "body": {"tag": "a"}}]
    for wrong in ({"uid": "u0"}, {"follows": 99}, {"target": ""}):
        with pytest.raises(PhotozError):
            store.write_all([*other, {**other[0], **wrong}], "Ada")
    assert store.datasets() == [DATASET] and store.write_all([], "Ada") == []


def test_an_entry_follows_one_about_the_same(store):
    first = store.write(DATASET, "selection", "s1", selection(), "Ada")
    store.write("other", "selection", "s1", selection(), "Ada")
    for dataset, target, follows in (("other", "s1", first.id), (DATASET, "s2", first.id), (DATASET, "s1", 999)):
        with pytest.raises(PhotozError, match="of something else"):
            store.write(dataset, "selection", target, selection(), "Ada", follows=follows)
    with pytest.raises(PhotozError, match="of something else"):
        store.write(DATASET, "selection", "s1", selection(merges=[999]), "Ada", follows=first.id)
    assert store.last(DATASET) == first.id


def test_a_conflict_stands_until_somebody_settles_it(store):
    first = store.write(DATASET, "selection", "s1", selection(), "Ada")
    theirs = store.write(DATASET, "selection", "s1", selection(["1"]), "Bob", follows=first.id)
    late = store.write(DATASET, "selection", "s1", selection(["3"]), "Cyd", follows=first.id)
    now = store.review(DATASET).selections["s1"]
    assert (now.entry, now.author, list(now.ids)) == (theirs.id, "Bob", ["1"])
    assert now.rivals == (late,) and now.versions == (first, theirs, late)
    both = selection(["1", "3"], merges=[late.id])
    settled = store.write(DATASET, "selection", "s1", both, "Bob", follows=now.entry)
    now = store.review(DATASET).selections["s1"]
    assert (now.entry, list(now.ids), now.rivals) == (settled.id, ["1", "3"], ())
    assert store.review(DATASET).history("selection:s1") == (settled, late, theirs, first)


def test_many_ids_are_stored_small_and_read_back(store):
    ids = np.arange(200_000).astype(str)
    entry = store.write(DATASET, "selection", "all", {"name": "all", "ids": ids}, "Ada")
    assert entry.body["ids"].packed == zlib.compress(json.dumps(ids.tolist(), separators=(",", ":")).encode(), 1)
    (read,) = store.since(DATASET, 0)
    assert len(read.body["ids"].packed) < 6e5 and np.array_equal(np.asarray(read.body["ids"], str), ids)


WRONG = [
    ("comment", "object:1", {"text": "x" * 20_001}, "at most 20000"),
    ("comment", "object:1", {"text": "a\0b"}, "control characters"),
    ("comment", "object:1", {"text": "a\x1bb"}, "control characters"),
    ("comment", "object:1", {"text": "a\ud800b"}, "text"),
    ("comment", "object:1", {"text": " \n"}, "empty"),
    ("comment", "1", {"text": "x"}, "object:<id> or selection:<uid>"),
    ("comment", "object:1", {"text": "x", "colour": "red"}, "colour"),
    ("selection", "s1", {"name": "", "ids": []}, "name"),
    ("selection", "s1", {"name": "n" * 201, "ids": []}, "at most 200"),
    ("selection", "s1", {"name": "a\nb", "ids": []}, "control characters"),
    ("selection", "s1", {"name": "a", "ids": ["1", "\0"]}, "control characters"),
    ("selection", "s1", {"name": "a", "ids": "1,2"}, "ids"),
    ("selection", "s1", {"name": "a", "ids": ["1"] * 2_000_001}, "at most 2000000"),
    ("selection", "s1", {"ids": []}, "name"),
    ("tag", "1", {"tag": "\x85"}, "control characters"),
    ("tag", "1\0", {"tag": "a"}, "target"),
    ("tag", "", {"tag": "a"}, "target"),
    ("score", "1", {"score": 6}, "less than or equal to 5"),
    ("score", "1", {"score": True}, "score"),
    ("score", "1", {"score": 2.5}, "score"),
    ("score", "1", {}, "score"),
    ("praise", "1", {}, "unknown kind of entry 'praise'; known: comment, score, selection, tag"),
]


@pytest.mark.parametrize(("kind", "target", "body", "message"), WRONG, ids=range(len(WRONG)))
def test_what_may_not_be_written_is_refused(kind, target, body, message, tmp_path):
    store = ReviewStore.open(None, Home(tmp_path))
    with pytest.raises(PhotozError, match=message) as refused:
        store.write(DATASET, kind, target, body, "Ada")
    assert len(str(refused.value)) < 400 and store.last(DATASET) == 0


@pytest.mark.parametrize("author", ["", " ", "a" * 101, "a\nb"])
def test_an_author_has_a_name(author, tmp_path):
    store = ReviewStore.open(None, Home(tmp_path))
    with pytest.raises(PhotozError, match="author"):
        store.write(DATASET, "score", "1", {"score": 1}, author)
    with pytest.raises(PhotozError, match="cannot be made"):
        store.share(DATASET, {}, author, "look", 1)
