"""Tables through a SAMP hub that runs in the test, on the loopback alone."""

import io
import sys
import warnings

import pytest
from astropy.table import Table
from pyvo import samp

from photoz_core import samp as ours
from photoz_core.errors import PhotozError

VOTABLE = b'<?xml version="1.0"?><VOTABLE version="1.4"/>'


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """Where hub and clients of the test meet: not where those of the person who runs it do."""
    path = tmp_path / "samp.lock"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{path.as_uri()}")
    monkeypatch.setenv("HOME", str(tmp_path))
    with samp.conf.set_temp("use_internet", False):
        yield path


@pytest.fixture
def hub(lock):
    """A running hub."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = samp.SAMPHubServer(web_profile=False, addr="127.0.0.1", lockfile=str(lock))
        running.start()
        yield running
        running.stop()


@pytest.fixture
def program(hub):
    """``program(name, answer)``: a client that takes VOTables; the list it gives gets each message with the file."""
    clients = []

    def start(name, answer=None, mtype="table.load.votable"):
        got = []

        def receive(private_key, sender_id, msg_id, mtype, params, extra):
            from urllib.parse import urlparse

            path = urlparse(params["url"]).path
            got.append((params["name"], path, open(path, "rb").read()))  # noqa: SIM115, PTH123
            client.reply(msg_id, answer or {"samp.status": "samp.ok", "samp.result": {}})

        client = samp.SAMPIntegratedClient(name=name, addr="127.0.0.1")
        client.connect()
        client.bind_receive_call(mtype, receive)
        clients.append(client)
        return got

    yield start
    for client in clients:
        client.disconnect()


def test_without_a_hub_it_says_what_to_start(lock):
    with pytest.raises(PhotozError, match="no SAMP hub is running"):
        ours.send_table(VOTABLE, "made")


def test_without_a_program_that_takes_tables_it_says_so(program):
    program("pictures", mtype="image.load.fits")
    with pytest.raises(PhotozError, match="no program on it takes tables"):
        ours.send_table(VOTABLE, "made")


def test_every_program_gets_the_table_and_the_file_goes_again(program, tmp_path, monkeypatch):
    file = io.BytesIO()
    Table({"object_id": ["a", "b"], "z": [0.5, 1.5]}).write(file, format="votable")
    both = program("topcat"), program("aladin")
    monkeypatch.setitem(sys.modules, "astropy.samp", None)  # PyVO's own: astropy's goes with astropy 8
    assert sorted(ours.send_table(file.getvalue(), "made · 2")) == ["aladin", "topcat"]
    for ((name, path, data),) in both:
        assert name == "made · 2" and list(Table.read(io.BytesIO(data), format="votable")["z"]) == [0.5, 1.5]
        with pytest.raises(FileNotFoundError):
            open(path)  # noqa: SIM115, PTH123


def test_a_program_that_cannot_load_it_is_named(program):
    program("topcat", {"samp.status": "samp.error", "samp.error": {"samp.errortxt": "no memory"}})
    with pytest.raises(PhotozError, match="topcat could not load the table: no memory"):
        ours.send_table(VOTABLE, "made")
