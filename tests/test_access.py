"""Roles, access.toml, passwords and the wait for whoever guesses."""

import base64
import hashlib
import io
import stat
from types import SimpleNamespace

import pytest

from dashboard.access import LOCAL, NEEDS, SealedQueue, User
from dashboard.access_file import Access, AccessFile, OAuth, Roles, read_access, user_of
from dashboard.passwords import Passwords, Patience, hash_password, is_password
from dashboard.secret_files import server_key
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.jobs import JobQueue

OAUTH = 'sign_in = "oauth"\n[oauth]\nprovider = "github"\nredirect_uri = "https://lab.example/login"\n'


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Hashes that take 2 ms instead of a quarter of a second; what they cost stands in each of them."""
    monkeypatch.setattr("dashboard.passwords.COST", 1 << 10)
    monkeypatch.setattr("dashboard.passwords.LANES", 1)


def written(tmp_path, text):
    path = tmp_path / "access.toml"
    path.write_text(text)
    return path


# --- roles --------------------------------------------------------------------------------------------------------


def test_a_role_may_what_those_below_it_may():
    allowed = {role: {action for action in NEEDS if User("x", role).may(action)} for role in ("viewer", "reviewer")}
    assert allowed == {"viewer": set(), "reviewer": {"review"}}
    assert all(LOCAL.may(action) for action in NEEDS)


def test_a_sealed_queue_starts_nothing():
    sealed = SealedQueue(SimpleNamespace(jobs={"a": 1}, sweeps=[]), User("grace", "reviewer"))
    assert sealed.jobs == {"a": 1}
    does = {name for name in vars(JobQueue) if not name.startswith("_")} - {"close", "warm", "jobs"}
    assert {"submit", "ensure", "align", "start_sweep", "cancel_sweep"} <= does
    for name in does:  # whatever else a queue will once be able to do
        with pytest.raises(PhotozError, match="owners; grace: reviewer"):
            getattr(sealed, name)("anything", by="anybody")


# --- access.toml --------------------------------------------------------------------------------------------------


def test_names_get_their_roles_whatever_their_case():
    access = Access(sign_in="basic", roles=Roles(owner=["Ada@Lab.example"], reviewer=["grace"]))
    assert access.user("ada@lab.example") == User("ada@lab.example", "owner", signed_in=True)
    assert access.user("Grace").role == "reviewer"
    assert access.user("somebody").role == "viewer"


def test_an_account_elsewhere_is_no_invitation():
    oauth = OAuth(provider="github", redirect_uri="https://lab.example/login")
    assert Access(sign_in="oauth", oauth=oauth).user("stranger") is None
    invited = Access(sign_in="oauth", oauth=oauth, roles=Roles(default="viewer"))
    assert invited.user("stranger").role == "viewer"
    assert Access(sign_in="basic", roles=Roles(default="refuse")).user("eve") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "'sign_in'"),
        ('sign_in = "password"', "'sign_in' = 'password'"),
        ('sign_in = "basic"\nlink = "anyone"', "'link'; known: days, links"),
        ('sign_in = "basic"\nlinks = "all"', "'links' = 'all'"),
        ('sign_in = "basic"\ndays = 0', "'days' = 0"),
        ('sign_in = "basic"\n[roles]\nowners = ["ada"]', "'roles.owners'; known: default, owner"),
        ('sign_in = "basic"\n[roles]\nowner = "ada"', "'roles.owner' = 'ada'"),
        ('sign_in = "basic"\n[roles]\ndefault = "owner"', "'roles.default' = 'owner'"),
        ('sign_in = "basic"\n[roles]\nowner = ["ada"]\nviewer = ["Ada"]', "'ada' stands twice"),
        ('sign_in = "oauth"', r"no \[oauth\]"),
        (OAUTH.replace("github", "gitlub"), "oauth.provider: unknown provider 'gitlub'"),
        (OAUTH.replace("https", "http"), "oauth.redirect_uri"),
        (OAUTH + 'token = "x"', r"\[oauth\]: unknown option 'token'"),
        (OAUTH + 'key = "NO_SUCH_KEY"', "oauth.key names the environment variable NO_SUCH_KEY, which is not set"),
        ('sign_in = "basic', "cannot read"),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path, text, named):
    path = written(tmp_path, text)
    with pytest.raises(PhotozError, match=named) as told:
        read_access(path)
    assert str(path) in str(told.value)


def test_secrets_of_oauth_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PHOTOZ_OAUTH_KEY", "k")
    path = written(tmp_path, OAUTH)
    with pytest.raises(PhotozError, match=r"oauth\.secret names the environment variable PHOTOZ_OAUTH_SECRET"):
        read_access(path)
    monkeypatch.setenv("PHOTOZ_OAUTH_SECRET", "s")
    assert read_access(path).oauth.provider == "github"


@pytest.mark.parametrize(
    ("address", "headers", "here"),
    [
        ("127.0.0.1", {"Host": "localhost:5006"}, True),
        ("::1", {"Host": "[::1]:5006"}, True),
        ("127.0.0.1", {"host": "127.0.0.1"}, True),
        ("127.0.0.1", {"Host": "photoz.example.org"}, False),  # a proxy that says nothing of itself
        ("127.0.0.1", {"Host": "localhost.example.org"}, False),
        ("127.0.0.1", {"Host": "localhost", "x-forwarded-for": "192.0.2.1"}, False),
        ("127.0.0.1", {}, False),
        ("192.0.2.1", {"Host": "localhost"}, False),
    ],
)
def test_only_a_browser_at_the_machine_owns_what_panel_serves(address, headers, here):
    request = SimpleNamespace(remote_ip=address, headers=headers)
    assert user_of(None, request, None) == (LOCAL if here else User("", "viewer"))
    assert user_of("ada", request, None).role == user_of(None, None, None).role == "viewer"
    assert user_of("ada", request, Access(sign_in="oauth", roles=Roles(reviewer=["ada"]))).role == "reviewer"
    assert user_of("eve", request, Access(sign_in="oauth")) is None


def test_the_file_of_roles_is_read_again_and_a_broken_one_leaves_what_it_said(tmp_path, caplog):
    path = written(tmp_path, 'sign_in = "basic"\n[roles]\nowner = ["ada"]')
    file = AccessFile(path)
    assert file.now.user("ada").role == "owner"
    written(tmp_path, 'sign_in = "none"\n[roles]\nviewer = ["ada"]')
    assert file.now.user("ada").role == "viewer" and file.now.sign_in == "basic"  # that needs another start
    written(tmp_path, "sign_in =")
    assert file.now.user("ada").role == file.now.user("ada").role == "viewer"
    assert len(caplog.records) == 1 and "still holds" in caplog.text
    path.unlink()
    assert file.now.user("ada").role == "viewer"


# --- passwords ----------------------------------------------------------------------------------------------------


def test_a_hash_is_scrypt_of_rfc_7914():
    """Its second test vector: N 1024, r 8, p 16, of which the first 32 bytes."""
    key = bytes.fromhex("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
    stored = f"scrypt$1024$8$16${base64.b64encode(b'NaCl' * 3).decode()}${base64.b64encode(key).decode()}"
    assert not is_password("password", stored)  # another salt
    derived = hashlib.scrypt(b"password", salt=b"NaCl", n=1024, r=8, p=16, dklen=32)
    assert derived == key
    salted = hashlib.scrypt(b"password", salt=b"NaCl" * 3, n=1024, r=8, p=16, dklen=32)
    assert is_password("password", f"{stored.rpartition('$')[0]}${base64.b64encode(salted).decode()}")


def test_two_hashes_of_a_password_differ_and_both_hold():
    first, second = hash_password("tafel Größe 1"), hash_password("tafel Größe 1")
    assert first != second and "tafel" not in first
    assert is_password("tafel Gro\u0308ße 1", first)  # ö typed as two characters
    assert not is_password("tafel grösse 1", second)
    assert not is_password("anything", "") and not is_password("plain", "plain")


def test_names_come_and_go_at_once_in_a_file_for_its_owner_only(tmp_path):
    passwords = Passwords(tmp_path / "deep" / "passwords.json")
    assert not passwords.knows("ada") and not passwords.accept("ada", "correct horse")
    passwords.set("ada", "correct horse")
    assert stat.S_IMODE(passwords.path.stat().st_mode) == 0o600 and not passwords.warning()
    assert "correct" not in passwords.path.read_text()
    assert passwords.accept("ada", "correct horse") and not passwords.accept("ada", "correct house")
    assert not passwords.accept("grace", "correct horse")
    passwords.path.chmod(0o644)
    assert "run chmod 600" in passwords.warning()
    passwords.forget("ada")
    assert not passwords.accept("ada", "correct horse")
    with pytest.raises(PhotozError, match="no 'ada'; it has nobody"):
        passwords.forget("ada")


@pytest.mark.parametrize(("name", "password"), [("a b", "long enough!"), ("", "long enough!"), ("ada", "short")])
def test_names_and_passwords_that_will_not_do(tmp_path, name, password):
    passwords = Passwords(tmp_path / "passwords.json")
    with pytest.raises(PhotozError):
        passwords.set(name, password)
    assert not passwords.path.exists()


def test_a_plain_password_in_the_file_is_an_error(tmp_path):
    (tmp_path / "passwords.json").write_text('{"ada": "correct horse"}')
    with pytest.raises(PhotozError, match="no hash of a password beside 'ada'"):
        Passwords(tmp_path / "passwords.json").read()


def test_guesses_take_longer_and_longer():
    now = 100.0
    patience = Patience(free=3, longest=10, clock=lambda: now)
    waits = []
    for _ in range(8):
        patience.failed("here")
        waits.append(patience.wait("here"))
    assert waits == [0, 0, 1, 2, 4, 8, 10, 10]
    assert patience.wait("elsewhere") == 0
    now += 10
    assert patience.wait("here") == 0
    patience.passed("here")
    patience.failed("here")
    assert patience.wait("here") == 0


def test_guesses_from_everywhere_fill_no_memory():
    patience = Patience(free=1)
    patience.MOST = 50
    for number in range(200):
        patience.failed(str(number))
    assert len(patience._failures) == 50 and patience.wait("199") > 0


# --- the server's key, the command --------------------------------------------------------------------------------


def test_the_servers_key_is_made_once_and_for_its_owner_only(tmp_path):
    home = Home(tmp_path / "new")
    key = server_key(home)
    assert len(key) >= 32 and server_key(home) == key
    path = home.path / "server.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(PhotozError, match="can be read by others; delete it"):
        server_key(home)
    path.unlink()
    assert server_key(home) != key


def test_the_command_lets_somebody_in(tmp_path, photoz, monkeypatch):
    home = Home(tmp_path)
    for name, typed in (("ada", "correct horse\n"), ("grace", "battery staple\n")):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert photoz(home, "access", "add", name)[0] == 0
    assert photoz(home, "access", "list")[1].split() == ["ada", "owner", "grace", "viewer"]
    assert photoz(home, "access", "remove", "grace")[0] == 0
    assert photoz(home, "access", "list")[1].split() == ["ada", "owner"]
    code, _, err = photoz(home, "access", "remove")
    assert code == 1 and "NAME" in err
    assert {path.name for path in tmp_path.iterdir()} == {"access.toml", "passwords.json"}
