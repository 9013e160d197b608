"""The database behind the reviews: its schema, its URL, its file."""

import fcntl
import shutil
import subprocess
import sys

import pytest
from sqlalchemy import inspect, text

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.review import ReviewStore
from photoz_core.review.database import connect, parse
from photoz_core.review.schema import HEAD, METADATA, VERSION_TABLE
from photoz_core.review.upgrade import MIGRATIONS

pytest_plugins = ["postgres_cluster"]
DATASET = "made"
LATER = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
branch_labels = depends_on = None
def upgrade():
    op.add_column("entries", sa.Column("language", sa.Text, nullable=False, server_default="en"))
"""


@pytest.fixture
def store(database, tmp_path):
    store = ReviewStore.open(database, Home(tmp_path))
    yield store
    store.close()


def test_the_steps_lead_to_the_tables_of_this_program(store):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == HEAD == ScriptDirectory(str(MIGRATIONS)).get_current_head()
        assert set(inspect(connection).get_table_names()) == {"entries", "links", VERSION_TABLE}


def test_a_newer_database_is_left_alone(store, database, tmp_path):
    store.write(DATASET, "score", "1", {"score": 1}, "Ada")
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(PhotozError, match=r"made by a newer photoz \(schema 9999\); update photoz"):
        ReviewStore.open(database, Home(tmp_path))
    with store.engine.connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == "9999"


def test_an_older_database_is_brought_up_to_date(store, database, tmp_path, monkeypatch):
    """By a step that a later photoz might have: nothing that was written is lost, and all fits the new tables."""
    entry, token = store.write(DATASET, "score", "1", {"score": 1}, "Ada"), store.share(DATASET, {}, "Ada", "look", 1)
    later = tmp_path / "later"
    shutil.copytree(MIGRATIONS, later)
    (later / "versions" / "v0002_language.py").write_text(LATER)
    monkeypatch.setattr("photoz_core.review.upgrade.MIGRATIONS", later)
    monkeypatch.setattr("photoz_core.review.upgrade.HEAD", "0002")
    for _ in range(2):  # the second time there is nothing to do
        again = ReviewStore.open(database, Home(tmp_path))
        assert again.since(DATASET, 0) == [entry] and again.link(token).dataset == DATASET
        assert again.write(DATASET, "score", "2", {"score": 2}, "Ada").id > entry.id
        with again.engine.begin() as connection:
            assert set(connection.execute(text("SELECT language FROM entries")).scalars()) == {"en"}
            assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == "0002"
            connection.execute(text("DELETE FROM entries WHERE target = '2'"))
        again.close()


def test_a_step_that_fails_leaves_the_database_as_it_was(store, database, tmp_path, monkeypatch):
    entry = store.write(DATASET, "score", "1", {"score": 1}, "Ada")
    later = tmp_path / "later"
    shutil.copytree(MIGRATIONS, later)
    (later / "versions" / "v0002_language.py").write_text(LATER + "    op.drop_table('no_such_table')\n")
    with monkeypatch.context() as patched:
        patched.setattr("photoz_core.review.upgrade.MIGRATIONS", later)
        patched.setattr("photoz_core.review.upgrade.HEAD", "0002")
        with pytest.raises(PhotozError, match="no_such_table"):
            ReviewStore.open(database, Home(tmp_path))
    again = ReviewStore.open(database, Home(tmp_path))
    assert again.since(DATASET, 0) == [entry]
    again.close()
    with store.engine.connect() as connection:
        assert "language" not in [column["name"] for column in inspect(connection).get_columns("entries")]


def test_sqlite_is_written_to_disk_before_it_is_acknowledged(tmp_path):
    store = ReviewStore.open(None, Home(tmp_path / "new" / "home"))
    with store.engine.connect() as connection:
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
        assert found == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL
    assert (tmp_path / "new" / "home" / "reviews.sqlite").exists()


def test_one_process_at_a_time_turns_on_wal_and_migrates(monkeypatch, tmp_path):
    """Without the lock, one of many that open a new file now and then finds it locked, whatever its patience."""
    held = []

    def look(connection):
        with (tmp_path / ".reviews.sqlite.lock").open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held.append(True)

    monkeypatch.setattr("photoz_core.review.upgrade.bring_up", look)
    ReviewStore.open(None, Home(tmp_path)).close()
    assert held == [True]


def test_urls(tmp_path):
    home = Home(tmp_path)
    assert parse(None, home).database == parse("", home).database == str(tmp_path / "reviews.sqlite")
    assert parse(f"sqlite:///{tmp_path}/100%/ü.sqlite", home).database == f"{tmp_path}/100%/ü.sqlite"
    for name in ("postgresql", "postgresql+psycopg", "postgres"):
        assert parse(f"{name}://ada:secret@db/reviews", home).drivername == "postgresql+psycopg"
    for wrong in (
        "mysql://ada:secret@db/x",
        "ada:secret@db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql+foo://secret",
    ):
        with pytest.raises(PhotozError, match="no database for reviews") as refused:
            parse(wrong, home)
        assert "secret" not in str(refused.value)


def test_an_odd_path_is_a_path(tmp_path):
    store = ReviewStore.open(f"sqlite:///{tmp_path}/50% of ü?mode=memory#1/r.sqlite", Home(tmp_path))
    store.write(DATASET, "score", "1", {"score": 1}, "Ada")
    assert len(list(tmp_path.rglob("r.sqlite"))) <= 1 and store.last(DATASET) == 1


def test_a_missing_driver_has_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(PhotozError, match=r'pip install "photoz\[postgres\]"'):
        connect(parse("postgresql://ada:secret@db/reviews", Home(tmp_path)))


def test_a_file_that_is_no_database_is_an_error(tmp_path):
    (tmp_path / "reviews.sqlite").write_bytes(b"not a database, though it is long enough" * 100)
    with pytest.raises(PhotozError, match="file is not a database"):
        ReviewStore.open(None, Home(tmp_path))


def test_reviews_load_no_database_before_one_is_opened():
    code = "import sys, photoz_core.review as r; r.fold; print({'sqlalchemy', 'pydantic'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
