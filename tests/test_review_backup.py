"""One file out of either database, and back into either."""

import shutil
import sqlite3

import pytest
from sqlalchemy import event

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.review import ReviewStore, restore

pytest_plugins = ["postgres_cluster"]
DATASET = "made"


def fill(store):
    """Entries of every kind, a gap in the ids, and two links; the token of the one that is open."""
    store.write("other", "score", "1", {"score": 0}, "Ada")
    first = store.write(DATASET, "selection", "s", {"name": "a", "ids": map(str, range(5000))}, "Ada")
    with pytest.raises(PhotozError):
        store.write(DATASET, "score", "1", {"score": 1}, "Ada", uid=first.uid)
    for name, author in (("b", "Bob"), ("c", "Cyd")):
        store.write(DATASET, "selection", "s", {"name": name, "ids": ["1"]}, author, follows=first.id)
    store.write(DATASET, "comment", "object:1", {"text": "ü\n🌌"}, "Ada")
    store.write(DATASET, "tag", "1", {"tag": "odd"}, "Ada")
    token = store.share(DATASET, {"columns": ["z_spec"]}, "Ada", "comment", 5)
    store.share(DATASET, {}, "Ada", "look", 5)
    store.revoke(store.links()[0].id, "Bob")
    return token


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A backup of a filled SQLite database, and the database."""
    folder = tmp_path_factory.mktemp("made")
    store = ReviewStore.open(None, Home(folder))
    fill(store)
    assert store.backup(folder / "backup.sqlite") == 6
    yield folder / "backup.sqlite", store
    store.close()


def same(one, other):
    return all(one.since(name, 0) == other.since(name, 0) for name in (DATASET, "other"))


def test_everything_comes_back_and_goes_on(database, cluster, tmp_path):
    store = ReviewStore.open(database, Home(tmp_path))
    token, file = fill(store), tmp_path / "backup.sqlite"
    store.backup(file)
    store.write(DATASET, "tag", "2", {"tag": "later"}, "Ada")
    assert sorted(path.name for path in tmp_path.glob("*backup*")) == ["backup.sqlite"]
    for url in (None, cluster.new_database()):
        home = Home(tmp_path / "new")
        assert restore(file, url, home) == 6
        again = ReviewStore.open(url, home)
        assert again.since(DATASET, 0) == store.since(DATASET, 0)[:-1] and again.datasets() == store.datasets()
        assert again.review(DATASET).selections["s"].rivals == store.review(DATASET).selections["s"].rivals
        assert again.link(token) == store.link(token) and again.links() == store.links()
        before = again.last(DATASET)
        assert again.write(DATASET, "tag", "2", {"tag": "x"}, "Ada").id == before + 1
        assert again.share(DATASET, {}, "Ada", "look", 1) and len(again.links()) == 2
        again.close()
    store.close()


def test_a_file_that_is_there_is_not_overwritten(made, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(PhotozError, match=r"notes\.txt exists already"):
        made[1].backup(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    with pytest.raises(PhotozError, match="cannot write"):
        made[1].backup(tmp_path / "no" / "such" / "folder.sqlite")


def test_a_database_that_holds_something_is_left_alone(made, database, tmp_path):
    store = ReviewStore.open(database, Home(tmp_path))
    store.share(DATASET, {}, "Ada", "look", 1)
    with pytest.raises(PhotozError, match="is not empty; restore into a new one"):
        restore(made[0], database, Home(tmp_path))
    assert store.datasets() == [] and len(store.links()) == 1
    store.close()


def test_no_part_of_a_backup_is_taken_for_the_whole(made, tmp_path):
    whole = made[0].read_bytes()
    for size in (0, 10, 16, 100, 4096, 8192, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
        (tmp_path / "part.sqlite").write_bytes(whole[:size])
        with pytest.raises(PhotozError, match=r"part\.sqlite is (no backup|cut off)"):
            restore(tmp_path / "part.sqlite", None, Home(tmp_path / "home"))
    assert not (tmp_path / "home").exists()  # nothing was begun


def test_what_is_no_backup_is_refused(tmp_path):
    (tmp_path / "text").write_text("hello " * 1000)
    sqlite3.connect(tmp_path / "foreign").execute("CREATE TABLE entries (id INTEGER)").connection.close()
    for name, message in (
        ("text", "no backup"),
        ("foreign", "no backup"),
        ("missing", "cannot read"),
        (".", "cannot read"),
    ):
        with pytest.raises(PhotozError, match=message):
            restore(tmp_path / name, None, Home(tmp_path / "home"))
    store = ReviewStore.open(None, Home(tmp_path / "live"))
    store.write(DATASET, "score", "1", {"score": 1}, "Ada")
    with pytest.raises(PhotozError, match="a database in use"):
        restore(tmp_path / "live" / "reviews.sqlite", None, Home(tmp_path / "home"))
    store.close()


SPOILT = [
    ("UPDATE review_version SET version_num = '9999'", "newer photoz"),
    ("UPDATE entries SET body = '{' WHERE kind = 'tag'", "row 6 of entries"),
    ("UPDATE entries SET body = '[]' WHERE kind = 'tag'", "row 6 of entries"),
    ("UPDATE entries SET body = '{\"text\": \"\\u0000\"}' WHERE kind = 'comment'", "control characters"),
    ("UPDATE entries SET kind = 'spell' WHERE kind = 'tag'", "unknown kind of entry 'spell'"),
    ("UPDATE entries SET at = 'noon' WHERE kind = 'tag'", "row 6 of entries"),
    ("UPDATE entries SET ids = x'00ff' WHERE id = 2", "row 2 of entries"),
    ("UPDATE entries SET ids = zeroblob(100000) WHERE id = 2", "row 2 of entries"),
    ("UPDATE links SET view = x'00' WHERE id = 1", "row 1 of links"),
    ("UPDATE links SET may = 'own' WHERE id = 1", "row 1 of links"),
    ("UPDATE links SET digest = 'x' WHERE id = 1", "row 1 of links"),
    ("ALTER TABLE entries DROP COLUMN follows", "follows"),
]


@pytest.mark.parametrize(("change", "message"), SPOILT, ids=range(len(SPOILT)))
def test_a_backup_that_somebody_changed_is_taken_whole_or_not_at_all(made, tmp_path, change, message):
    file = shutil.copyfile(made[0], tmp_path / "spoilt.sqlite")
    with sqlite3.connect(file) as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(PhotozError, match=message):
        restore(file, None, Home(tmp_path))
    assert ReviewStore.open(None, Home(tmp_path)).datasets() == []


def test_a_backup_is_of_one_moment(database, tmp_path):
    """What others write while it runs is not in it, in none of its tables, and nobody waits for anybody."""
    store, other = (ReviewStore.open(database, Home(tmp_path)) for _ in range(2))
    fill(store)

    @event.listens_for(store.engine, "before_cursor_execute")
    def meanwhile(connection, cursor, statement, *_):
        if "FROM links" in statement:
            other.write(DATASET, "tag", "9", {"tag": "late"}, "Eve")
            other.share(DATASET, {}, "Eve", "look", 1)

    assert store.backup(tmp_path / "backup.sqlite") == 6
    assert [link.by for link in other.links()] == ["Eve", "Ada"]
    restore(tmp_path / "backup.sqlite", None, Home(tmp_path / "new"))
    again = ReviewStore.open(None, Home(tmp_path / "new"))
    assert again.since(DATASET, 0) == store.since(DATASET, 0)[:-1] and [link.by for link in again.links()] == ["Ada"]
    for one in (store, other, again):
        one.close()
