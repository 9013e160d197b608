"""`photoz review`: what it prints, and what it refuses."""

import csv
import io

import pytest

from photoz_core.home import Home
from photoz_core.review import ReviewStore

pytest_plugins = ["postgres_cluster"]


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def store(home):
    store = ReviewStore.open(None, home)
    store.write("made", "score", "7", {"score": 4}, "Ada")
    store.write("made", "score", "7", {"score": 2}, "Bob")
    store.write("made", "tag", "7", {"tag": "odd, very"}, "Ada")
    store.write("other", "comment", "object:8", {"text": 'two\nlines, "quoted"'}, "Cyd")
    yield store
    store.close()


def read(out):
    return list(csv.reader(io.StringIO(out)))


def test_list_prints_what_stands_as_csv(photoz, home, store):
    code, out, _ = photoz(home, "review", "list")
    header, *rows = read(out)
    assert code == 0 and header == ["dataset", "kind", "target", "value", "author", "time"]
    assert [row[:5] for row in rows] == [
        ["made", "score", "7", "4", "Ada"],
        ["made", "score", "7", "2", "Bob"],
        ["made", "tag", "7", "odd, very", "Ada"],
        ["other", "comment", "8", 'two\nlines, "quoted"', "Cyd"],
    ]
    code, out, _ = photoz(home, "review", "list", "other")
    assert code == 0 and read(out) == [header, rows[3]]


def test_list_of_nothing_and_of_nobody(photoz, home):
    code, out, _ = photoz(home, "review", "list")
    assert code == 0 and len(read(out)) == 1
    code, out, err = photoz(home, "review", "list", "nobody")
    assert (code, out) == (1, "") and "unknown dataset 'nobody'" in err


def test_links_are_listed_and_revoked(photoz, home, store):
    store.share("made", {}, "Ada", "comment", 1)
    code, out, _ = photoz(home, "review", "links")
    assert code == 0 and out.splitlines()[1].split()[:4] == ["1", "made", "Ada", "comment"]
    code, out, _ = photoz(home, "review", "links", "--revoke", "1")
    assert code == 0 and out == "link 1 is revoked\n" and store.links() == []
    code, out, _ = photoz(home, "review", "links")
    assert code == 0 and "no link is open" in out
    code, out, err = photoz(home, "review", "links", "--revoke", "2")
    assert (code, out) == (1, "") and "there is no link 2" in err


def test_backup_and_restore_move_reviews_between_databases(photoz, home, store, cluster, tmp_path, monkeypatch):
    file, url = str(tmp_path / "backup.sqlite"), cluster.new_database()
    code, out, _ = photoz(home, "review", "backup", file)
    assert code == 0 and out == f"{file}: 4 entries\n"
    code, out, _ = photoz(home, "review", "restore", file, "--database", url)
    assert code == 0 and out == f"4 entries restored from {file}\n"
    _, expected, _ = photoz(home, "review", "list")
    elsewhere = Home(tmp_path / "elsewhere")
    monkeypatch.setenv("PHOTOZ_REVIEW_DATABASE", url)
    code, out, _ = photoz(elsewhere, "review", "list")
    assert code == 0 and out == expected and not elsewhere.path.exists()
    code, out, err = photoz(elsewhere, "review", "backup", file)
    assert (code, out) == (1, "") and "exists already" in err
    code, out, err = photoz(elsewhere, "review", "restore", file)
    assert (code, out) == (1, "") and "is not empty" in err


def test_a_database_that_cannot_be_is_an_error(photoz, home):
    for url in ("mysql://ada:secret@db/x", f"postgresql://ada:secret@/x?host={home.path}"):
        code, out, err = photoz(home, "review", "list", "--database", url)
        assert (code, out) == (1, "") and "database" in err and "secret" not in err and "Traceback" not in err
