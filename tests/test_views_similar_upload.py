"""Uploads on the Similar page: good ones find themselves, bad ones are said, nothing is loaded twice."""

import io
from concurrent.futures import Future

import numpy as np
import pytest
from astropy.io import fits
from made_homes import add_run, made_home

from dashboard.similar_search import FOCUS, MEAN, UPLOAD
from dashboard.state import State
from dashboard.views._lens_background import Background, _fill
from dashboard.views.similar import View
from photoz_core.cutout import MAX_BYTES


def shown(home, **choices) -> View:
    view = View(State(home, **choices))
    view.__panel__().get_root()
    return view


def fits_file(planes) -> bytes:
    file = io.BytesIO()
    fits.PrimaryHDU(np.asarray(planes, "f4")).writeto(file)
    return file.getvalue()


def upload(view: View, name: str, content: bytes) -> None:
    view.search.upload.param.update(filename=name, value=content)


@pytest.fixture
def moco(other):
    """A page whose run in front reads the images of `tiny`."""
    run = next(name for name in other.run_ids() if "moco" in name)
    return shown(other, run=run)


def test_an_uploaded_stamp_of_the_dataset_finds_itself_and_its_place(moco):
    data, state = moco.state.data, moco.state
    upload(moco, "mine.fits", fits_file(data.array("image")[33]))
    assert moco.choices.query == UPLOAD and moco.search.tiles.names[0] == data.object_id[33]
    assert moco.search.tiles.captions[0] == "0.000" and "taken as µJy" in moco.search.about.object
    assert "<img" in moco.search.about.object and moco.search.upload.value is None
    place = np.array([moco.map.place.data["x"][0], moco.map.place.data["y"][0]])
    np.testing.assert_allclose(place, state.positions[33], atol=1e-3)
    moco.choices.query = MEAN
    assert len(moco.map.place.data["x"]) == 0


def test_no_more_bytes_are_held_than_a_cutout_may_have(tmp_path):
    home = made_home(tmp_path)
    add_run(home)
    view = shown(home)
    seen, half = [], bytes(MAX_BYTES // 2)
    view.search.upload.param.watch(lambda event: seen.append(event.new), "value")
    for chunk in range(1, 4):
        message = {
            "status": "upload_event",
            "name": "a",
            "chunk": chunk,
            "total_chunks": 3,
            "mime_type": "",
            "data": half,
        }
        view.search.upload._handle_msg(message)
        held = sum(map(len, view.search.upload._file_buffer.get("a", {"chunks": {}})["chunks"].values()))
        assert held <= MAX_BYTES
    view.search.upload._handle_msg({"status": "finished"})
    assert seen == [] and view.search.content is None


def test_method_and_map_are_loaded_once(moco, monkeypatch):
    from photoz_core import pipeline

    seen, load, restored = [], pipeline.load_method, pipeline.restored
    monkeypatch.setattr(pipeline, "load_method", lambda run: seen.append("method") or load(run))
    monkeypatch.setattr(pipeline, "restored", lambda *which: seen.append("map") or restored(*which))
    for row in (1, 2):
        upload(moco, f"{row}.fits", fits_file(moco.state.data.array("image")[row]))
        assert moco.search.tiles.names[0] == moco.state.data.object_id[row]
        at = [moco.map.place.data["x"][0], moco.map.place.data["y"][0]]
        np.testing.assert_allclose(at, moco.state.positions[row], atol=1e-3)
    assert seen == ["method", "map"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.fits", b"SIMPLE  = no", "cannot read a.fits"),
        ("a.png", b"SIMPLE  =" + bytes(5000), "a FITS file by its content"),
        ("<b>.fits", fits_file(np.ones((3, 32, 32))), "&lt;b&gt;.fits: 3 planes"),
        ("a.txt", b"hello", "neither FITS nor PNG nor JPEG"),
    ],
)
def test_a_bad_upload_is_said_and_the_page_goes_on(moco, name, content, reason):
    upload(moco, name, content)
    assert reason in moco.search.about.object and "class=error" in moco.search.about.object
    assert moco.search.tiles.names == [] and len(moco.map.place.data["x"]) == 0
    upload(moco, "good.fits", fits_file(moco.state.data.array("image")[7]))
    assert moco.search.tiles.names[0] == moco.state.data.object_id[7]


def test_another_run_is_asked_again_and_says_that_it_reads_no_images(moco):
    upload(moco, "mine.fits", fits_file(moco.state.data.array("image")[33]))
    moco.state.run = next(name for name in moco.state.home.run_ids() if "mlp" in name)
    assert "reads magnitudes and no images" in moco.search.about.object and moco.search.tiles.names == []
    moco.state.run = next(name for name in moco.state.home.run_ids() if "moco" in name)
    assert moco.search.tiles.names[0] == moco.state.data.object_id[33]


class Later(Background):
    """Work that is done when the test says so."""

    def run(self, work, done, failed):
        self._ticket += 1
        ticket, future = self._ticket, Future()

        def finish() -> None:
            _fill(future, work)
            self._hand_over(ticket, future, done, failed)

        self.finish = finish


@pytest.fixture
def slow(moco):
    """The page while it embeds an upload, object 33."""
    moco.search._embed, moco.search._place = Later("embed"), Later("place")
    upload(moco, "mine.fits", fits_file(moco.state.data.array("image")[33]))
    assert "embedding mine.fits" in moco.search.about.object and moco.search.tiles.names == []
    return moco


def test_an_upload_that_comes_too_late_answers_no_other_question(slow):
    slow.choices.query = FOCUS
    slow.state.focus = slow.state.data.object_id[5]
    before = slow.choices.found
    assert before.title == slow.state.data.object_id[5]
    slow.search._embed.finish()
    assert slow.choices.found is before and slow.search.placed is None and len(slow.map.place.data["x"]) == 0
    slow.choices.query = UPLOAD
    slow.search._embed.finish()
    assert slow.search.tiles.names[0] == slow.state.data.object_id[33]
    slow.choices.query = FOCUS
    slow.search._place.finish()
    assert len(slow.map.place.data["x"]) == 0 and slow.choices.found.title == before.title


def test_an_upload_is_not_looked_for_in_another_runs_latents(slow):
    state = slow.state
    state.param.page.objects, first = ["Explore", "Similar"], state.run
    state.page = "Explore"
    state.run = next(name for name in state.home.run_ids() if "mlp" in name)
    slow.search._embed.finish()  # out of sight
    assert slow.search.placed is None and slow.choices.found.title == ""
    state.run = first
    state.page = "Similar"
    slow.search._embed.finish()
    assert slow.search.tiles.names[0] == state.data.object_id[33]
    state.run = next(name for name in state.home.run_ids() if "mlp" in name)
    assert len(slow.map.place.data["x"]) == 0
