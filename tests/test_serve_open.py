"""A server where nobody signs in: this machine owns it, others look, and what is unsafe is not served."""

import pytest
from made_homes import made_home
from made_server import Client, running

from dashboard.access import LOCAL, User
from photoz_core.home import Home


@pytest.mark.parametrize(
    ("words", "user"),
    [
        ((), LOCAL),
        (("--origin", "lab.example", "--allow-remote"), User("", "viewer")),
        (("--behind-proxy", "--allow-remote", "--visitors", "reviewer"), User("", "reviewer")),
    ],
)
def test_without_sign_in_the_machine_owns_and_others_look(tmp_path, monkeypatch, words, user, capsys):
    home = made_home(tmp_path, count=8)
    with running(home, monkeypatch, *words) as server:
        client = Client(server.port)
        assert client.get("/").status == 200 and server.state.user == user
        assert not server.state.user.signed_in
    assert ("nobody signs in here" in capsys.readouterr().out) == (user != LOCAL)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--address", "0.0.0.0"), "0.0.0.0 can be reached"),
        (("--behind-proxy",), "--access access.toml"),
        (("--origin", "lab.example:80"), "lab.example:80 can be reached"),
        (("--origin", "*"), "any other site"),
        (("--access", "nowhere.toml"), "cannot read nowhere.toml"),
        (("--database", "mysql://root:secret@db/reviews"), "no database for reviews"),
        (("--database", "postgresql://ada:secret@127.0.0.1:1/reviews"), "cannot be reached"),
        (("--database", "sqlite:////proc/nowhere/reviews.sqlite"), "cannot be reached"),
    ],
)
def test_what_is_not_safe_or_not_there_is_not_served(tmp_path, photoz, words, told):
    home = Home(tmp_path)
    code, _, err = photoz(home, "serve", "--no-browser", *words)
    assert code == 1 and told in err and "secret" not in err


def test_the_database_may_come_from_the_environment(tmp_path, photoz, monkeypatch):
    monkeypatch.setenv("PHOTOZ_REVIEW_DATABASE", "mysql://db/reviews")
    assert "no database for reviews" in photoz(Home(tmp_path), "serve")[2]
