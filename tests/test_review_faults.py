"""What the store holds when processes die, databases go and people write at once."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.review import ReviewStore, restore
from photoz_core.review.database import writing
from photoz_core.review.rows import row_of, take_turn
from photoz_core.review.schema import ENTRIES

pytest_plugins = ["postgres_cluster"]
DATASET = "made"
START = """
import sys, uuid
from pathlib import Path
from photoz_core.home import Home
from photoz_core.review import ReviewStore, restore
import alembic.command
home, url = Home(Path(sys.argv[1])), sys.argv[2] or None
print("ready", flush=True)
sys.stdin.readline()
store = ReviewStore.open(url, home)
"""
WRITES = """
for number in range(10**6):
    uid = str(uuid.uuid4())
    store.write("made", "comment", "object:1", {"text": "x" * 5000}, "Ada", uid=uid)
    print(uid, flush=True)
"""


@contextlib.contextmanager
def process(code, home, url):
    """A process that has imported everything and waits for a line."""
    command = [sys.executable, "-c", code, str(home.path), url or ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def go(*processes):
    """Let all of them off at once."""
    for one in processes:
        assert one.stdout.readline() == "ready\n"
    for one in processes:
        one.stdin.write("\n")
        one.stdin.flush()


def test_what_was_acknowledged_survives_a_kill(database, tmp_path):
    home = Home(tmp_path)
    with process(START + WRITES, home, database) as writer:
        go(writer)
        acknowledged = [writer.stdout.readline().strip() for _ in range(30)]
        writer.kill()  # SIGKILL, in the middle of one write or another
        acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
    store = ReviewStore.open(database, home)
    kept = [entry.uid for entry in store.since(DATASET, 0)]
    assert len(acknowledged) >= 30 and kept[: len(acknowledged)] == acknowledged
    assert len(kept) <= len(acknowledged) + 1  # the one on its way
    assert store.write(DATASET, "score", "1", {"score": 1}, "Ada").id > len(acknowledged)
    store.close()


def test_processes_that_open_a_new_database_at_once_make_it_once(database, tmp_path):
    home = Home(tmp_path / "new")
    code = START + 'print(store.write("made", "score", "1", {"score": 1}, "Ada").id)'
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(process(code, home, database)) for _ in range(2)]
        go(*processes)
        assert sorted(int(one.stdout.read()) for one in processes) == [1, 2]
    with ReviewStore.open(database, home).engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM review_version")).scalar() == 1


def test_two_reviewers_of_one_selection_lose_nothing(database, tmp_path):
    bob, cyd = (ReviewStore.open(database, Home(tmp_path)) for _ in range(2))
    first = bob.write(DATASET, "selection", "s", {"name": "first", "ids": ["1"]}, "Ada")
    together = threading.Barrier(2)

    def save(store, author):
        together.wait()
        return store.write(DATASET, "selection", "s", {"name": author, "ids": []}, author, follows=first.id).id

    with ThreadPoolExecutor(2) as pool:
        ids = sorted(pool.map(save, (bob, cyd), ("Bob", "Cyd")))
    now = bob.review(DATASET).selections["s"]
    assert now == cyd.review(DATASET).selections["s"]
    assert now.entry == ids[0] and [rival.id for rival in now.rivals] == [ids[1]]
    assert {now.author, now.rivals[0].author} == {"Bob", "Cyd"}
    bob.close()
    cyd.close()


def test_entries_come_in_sight_in_the_order_of_their_ids(database, tmp_path):
    store = ReviewStore.open(database, Home(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(store.write, DATASET, "score", str(i), {"score": 1}, f"A{i}") for i in range(60)]
        seen, last = [], 0
        while True:
            over = all(one.done() for one in written)
            seen += store.since(DATASET, last)
            last = seen[-1].id if seen else 0
            store.review(DATASET)
            if over:
                break
    assert seen == store.since(DATASET, 0) == sorted((one.result() for one in written), key=lambda one: one.id)
    assert len(store.review(DATASET).scores) == 60
    store.close()


def test_a_writer_waits_for_the_one_before(cluster, tmp_path):
    """PostgreSQL hands out ids before a transaction ends: 2 must not be seen while 1 is not."""
    store = ReviewStore.open(cluster.new_database(), Home(tmp_path))
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
    with ThreadPoolExecutor(1) as pool:
        with writing(store.engine) as slow:
            take_turn(slow, DATASET)
            row = row_of("score", {"score": 1}, 0.0, dataset=DATASET, target="1", author="Ada", uid="slow")
            slow.execute(ENTRIES.insert().values(row))
            quick = pool.submit(store.write, DATASET, "score", "1", {"score": 2}, "Bob")
            with store.engine.connect() as connection:
                while not quick.done() and not connection.execute(waiting).scalar():
                    connection.rollback()
            assert not quick.done() and store.last(DATASET) == 0
            assert store.write("other", "score", "1", {"score": 2}, "Bob")  # another dataset does not wait
        assert quick.result(timeout=30).id > 1
    assert [entry.uid for entry in store.since(DATASET, 0)] == ["slow", quick.result().uid]
    store.close()


@contextlib.contextmanager
def gone(database, request, home):
    """The database away for the block: the server stopped, the folder moved."""
    if database:
        cluster = request.getfixturevalue("cluster")
        cluster.stop()
        try:
            yield
        finally:
            cluster.start()
    else:
        away = home.path.rename(home.path.with_name("away"))
        yield
        away.rename(home.path)


def test_the_store_works_again_when_the_database_is_back(database, request, tmp_path):
    home = Home(tmp_path / "home")
    store = ReviewStore.open(database, home)
    first = store.write(DATASET, "score", "1", {"score": 1}, "Ada")
    token = store.share(DATASET, {}, "Ada", "look", 1)
    held = threading.Thread(target=store.review, args=(DATASET,))  # more than one connection in the pool
    held.start()
    review = store.review(DATASET)
    held.join()
    attempts = [
        lambda: store.write(DATASET, "score", "1", {"score": 2}, "Ada", uid="again"),
        lambda: store.last(DATASET),
        lambda: store.review(DATASET),
        lambda: store.share(DATASET, {}, "Ada", "look", 1),
        lambda: store.link(token),
        lambda: store.backup(tmp_path / "backup.sqlite"),
    ]
    with gone(database, request, home):
        began = time.monotonic()
        for attempt in attempts:
            with pytest.raises(PhotozError, match="the review database cannot be reached"):
                attempt()
        assert time.monotonic() - began < 10 * len(attempts)  # each within five seconds, on a quiet machine
        assert not (tmp_path / "backup.sqlite").exists() and (database or not home.path.exists())
    assert store.review(DATASET) == review and store.link(token)
    second = attempts[0]()
    assert store.since(DATASET, 0) == [first, second] and store.review(DATASET).scores == {"1": {"Ada": 2}}
    store.close()


def test_what_is_put_in_place_of_the_database_is_the_database(tmp_path):
    """What is written to a deleted file would be acknowledged and gone; what was only there is reviewed no more."""
    home = Home(tmp_path / "home")
    store = ReviewStore.open(None, home)
    store.write(DATASET, "score", "1", {"score": 1}, "Ada")
    store.backup(tmp_path / "backup.sqlite")
    store.write(DATASET, "score", "gone", {"score": 5}, "Ada")
    assert set(store.review(DATASET).scores) == {"1", "gone"}
    home.path.rename(tmp_path / "old")
    restore(tmp_path / "backup.sqlite", None, home)
    assert set(store.review(DATASET).scores) == {"1"}
    store.write(DATASET, "score", "2", {"score": 2}, "Ada")
    assert set(store.review(DATASET).scores) == {"1", "2"}
    again = ReviewStore.open(None, home)
    assert [entry.target for entry in again.since(DATASET, 0)] == ["1", "2"]
    store.close()
    again.close()


def test_a_connection_that_was_cut_is_made_anew(cluster, tmp_path):
    url = cluster.new_database()
    store = ReviewStore.open(url, Home(tmp_path))
    store.write(DATASET, "score", "1", {"score": 1}, "Ada")
    other = ReviewStore.open(url, Home(tmp_path))
    with other.engine.begin() as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        assert connection.execute(text(f"{cut} AND pid <> pg_backend_pid()")).all()
    assert store.write(DATASET, "score", "1", {"score": 2}, "Ada").id == 2
    store.close()
    other.close()


@pytest.mark.parametrize("listens", [True, False], ids=["silent", "closed"])
def test_a_server_that_does_not_answer_is_an_error_without_the_password(listens, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if not listens:
            server.close()
        began = time.monotonic()
        with pytest.raises(PhotozError, match=rf"cannot be reached \(team at 127.0.0.1:{port}\)") as error:
            ReviewStore.open(f"postgresql://ada:hunter2@127.0.0.1:{port}/team?sslpassword=hunter3", Home(tmp_path))
    assert time.monotonic() - began < 10 and "hunter" not in repr(error.value)
