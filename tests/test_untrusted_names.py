"""Names from files and addresses: never markup on a page, never a way out of the home."""

from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_homes import add_run, made_home
from made_untrusted import EVIL, evil_home
from still_queue import StillQueue

from dashboard.access import User
from dashboard.app import create_app
from dashboard.header import header
from dashboard.job_list import JobList
from dashboard.pages import find_pages, titles_for
from dashboard.shared_view import restore
from dashboard.state import State
from dashboard.views._share import _links
from photoz_core.errors import PhotozError
from photoz_core.review import ReviewStore

OUT = [
    "..",
    "../..",
    "../secret",
    "/etc",
    "made/../../secret",
    ".",
    "",
    "made/.",
    "made\0",
    "..\\secret",
    "%2e%2e",
    "~",
]


class Found(HTMLParser):
    """Tags that EVIL would make."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if dict(attributes).get("src") == "x" or any(name.startswith("on") for name, _ in attributes):
            self.tags.append(self.get_starttag_text())


def markup(root) -> list[str]:
    """What a page hands to the browser as HTML."""
    texts = []
    for model in root.references():
        if type(model).__name__ == "HTML":
            texts.append(unescape(model.text))
        data = getattr(model, "data", None)
        if "innerHTML" in str(getattr(model, "esm", "")) and hasattr(data, "object"):
            texts.append(data.object)
    return texts


def test_the_parser_sees_an_attack():
    assert Found(f"<p title='{EVIL}'>").tags and Found(f"<b>{EVIL}</b>").tags and not Found("<img src='data:'>").tags


@pytest.mark.parametrize(("kind", "titles"), [("galaxies", ()), ("lenses", ("Lenses",)), ("spectra", ("Spectra",))])
def test_no_page_makes_markup_of_a_name(tmp_path, kind, titles):
    home = evil_home(tmp_path, kind)
    store = ReviewStore.open(None, home)
    state = State(home, StillQueue(home), User(EVIL, "reviewer", signed_in=True), store)
    assert state.dataset == EVIL and state.run == EVIL and EVIL in state.focus, state.problem
    state.select_rows(np.arange(5))
    store.write(EVIL, "score", state.focus, {"score": 3}, EVIL)
    store.write(EVIL, "comment", f"object:{state.focus}", {"text": EVIL}, EVIL)
    store.write(EVIL, "tag", state.focus, {"tag": EVIL, "on": True}, EVIL)
    store.write(EVIL, "selection", "1", {"name": EVIL, "ids": [state.focus]}, EVIL)
    store.share(EVIL, {"page": EVIL}, EVIL, "look", 1)
    state.param.page.objects = offered = titles_for(state.data)
    shown = [*markup(header(state).get_root()), _links(store.links())]
    for title in titles or offered:
        state.page = title
        view = find_pages()[title](state)
        shown += markup(view.__panel__().get_root())
        if title == "Train":  # its rows are written by a script
            assert EVIL in [row["name"] for row in view._jobs.rows]
            assert "innerHTML" not in JobList._esm.read_text()
    store.close()
    assert any("onerror" in text for text in shown)  # the names are there
    assert [tag for text in shown for tag in Found(text).tags] == []


@pytest.fixture(scope="module")
def fenced(tmp_path_factory):
    """A home with a dataset and a run, and a folder beside it that looks like both."""
    parent = tmp_path_factory.mktemp("fenced")
    home = made_home(parent / "home", count=8)
    run = add_run(home)
    other = made_home(parent / "elsewhere", count=8)
    (other.datasets / "made").rename(parent / "home" / "secret")
    (parent / "home" / "secret" / "run.json").write_text((run.folder / "run.json").read_text())
    return home


@given(st.sampled_from(OUT) | st.text(max_size=12).map(lambda text: f"../{text}"))
@settings(deadline=None, max_examples=40)
def test_no_name_leads_out_of_the_home(fenced, name):
    for find in (fenced.dataset, fenced.run):
        with pytest.raises(PhotozError, match="unknown"):
            find(name)
    try:
        folder = fenced.new_dataset(name)
    except PhotozError:
        return
    assert folder.parent == fenced.datasets


def test_a_view_that_names_what_is_elsewhere_shows_what_is_here(fenced):
    for name in OUT:
        state = State(fenced)
        view = {"dataset": "made", "run": name, "projection": f"../{name}", "columns": [name], "page": name}
        restore(state, view)
        assert (state.dataset, state.projection, state.page) == ("made", "pca", "Explore")
        assert state.run in fenced.run_ids() and name not in state.columns
        restore(state, {"dataset": name})
        assert state.dataset == "made"
        with pytest.raises(PhotozError, match="unknown run"):
            state.open_run(name)
        for choice in ("run", "dataset", "projection", "page"):
            if name:
                with pytest.raises(ValueError, match=choice):
                    setattr(state, choice, name)


def test_an_address_with_anything_in_it_is_a_page(fenced, monkeypatch):
    import panel as pn

    for arguments in ({"dataset": [b"../secret"], "run": [b"\xff"]}, {"share": [b"../x"]}, {"aladin": [b"<b>"]}):
        monkeypatch.setattr(type(pn.state), "session_args", property(lambda self, found=arguments: found))
        store = ReviewStore.open(None, fenced)
        root = create_app(fenced, None, reviews=store).get_root()
        assert not [tag for text in markup(root) for tag in Found(text).tags]
        store.close()
