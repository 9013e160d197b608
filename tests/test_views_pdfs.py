"""PDFs on the Photo-z page and the object card: with every choice, and with files broken, empty or of other objects."""

import shutil
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import panel as pn
import pytest
from made_runs import gaussian_pdfs, made_run

from dashboard import cache
from dashboard.state import State
from dashboard.views._card import Card
from dashboard.views.photoz import PDFS, POINTS, SPLITS, View
from photoz_core.dataset import Dataset
from photoz_core.metrics.pdf import pdf_metrics


def run_with_pdfs(home):
    """A run with Gaussian PDFs that are too narrow by a factor of two, none of the eleventh object."""
    z = Dataset(home.dataset("tiny")).column("z_spec")
    rng, sigma = np.random.default_rng(6), np.full(z.size, 0.1)
    pdfs = gaussian_pdfs(np.nan_to_num(z, nan=1.5) + rng.normal(0, 0.2, z.size), sigma)
    pdfs.density[10] = np.nan
    return made_run(home, "tiny_mlp", None, pdfs)


@pytest.fixture(scope="module")
def pdf_home(tiny_home, tmp_path_factory):
    home = type(tiny_home)(shutil.copytree(tiny_home.path, tmp_path_factory.mktemp("pdfs") / "home"))
    made_run(home, "tiny_moco", np.linspace(0, 3, 120))
    run_with_pdfs(home)
    return home


@pytest.fixture
def state(pdf_home) -> State:
    state = State(pdf_home)
    state.run = next(run for run in state.param.run.objects if "tiny_mlp" in run)
    return state


def judged(state, split: str = "test") -> list[int]:
    """Rows of a split that have z_spec."""
    data = state.data
    return [i for i in range(120) if data.split[i] == split and np.isfinite(data.column("z_spec")[i])]


def test_every_choice_renders(state):
    view = View(state, judged=PDFS)
    state.select_rows(np.arange(60))
    for shown in view.param.shown.objects:
        for split in SPLITS.values():
            view.param.update(shown=shown, split=split)
            pn.panel(view).get_root()
            assert view.front is view.pdfs and view._body.objects == [view.pdfs.__panel__()]
            assert f"<td>{len(judged(state, split))}</td>" in view.pdfs.table.object


def test_nothing_of_it_is_shown_for_a_run_without_pdfs(state):
    view = View(state, judged=PDFS)
    assert view._switch.visible and not view._convention.visible
    state.run = next(run for run in state.param.run.objects if "tiny_moco" in run)
    pn.panel(view).get_root()
    assert not view._switch.visible and view._convention.visible
    assert view.front is view.points and view._body.objects == [view.points.__panel__()] and view.judged == PDFS


def test_the_table_has_the_metrics_of_each_group(state):
    view = View(state, judged=PDFS)
    state.select_rows(np.arange(50))
    rows, z = judged(state), state.data.column("z_spec")
    pdfs = state.current.pdfs
    for column, chosen in ((0, rows), (2, [row for row in rows if row < 50])):
        expected = pdf_metrics(pdfs.take(np.array(chosen)), z[chosen])
        line = view.pdfs.table.object.partition("CRPS</td>")[2].partition("</tr>")[0]
        assert line.split("<td>")[column + 1].startswith(f"{expected['crps']:.4f} ")


@pytest.mark.parametrize("shown", ["whole split", "bright", "selection"])
def test_a_range_of_pit_becomes_the_selection(state, shown):
    view = View(state, judged=PDFS)
    state.select_rows(np.arange(90))
    view.shown = shown
    mag, pit = state.data.column("mag_F160W"), state.table["pit"].to_numpy()
    within = {"whole split": lambda i: True, "bright": lambda i: mag[i] < view.bright, "selection": lambda i: i < 90}
    view.pdfs.on_box(SimpleNamespace(geometry={"type": "rect", "x0": 0.0, "x1": 0.4}, final=True))
    expected = [i for i in judged(state) if within[shown](i) and 0 <= pit[i] < 0.4]
    assert expected and np.flatnonzero(state.selected).tolist() == expected
    assert f"selection: {len(expected)} objects" in view._counts.object


def test_a_click_selects_the_bar_and_its_last_includes_one(state):
    view = View(state, split="train", judged=PDFS)
    pit = state.table["pit"].to_numpy()
    view.pdfs.on_tap(SimpleNamespace(x=0.95))
    expected = [i for i in judged(state, "train") if pit[i] >= 0.9]
    assert expected and np.flatnonzero(state.selected).tolist() == expected
    assert list(view.pdfs.pit.sources["marked"].data["top"]) == [0] * 9 + [len(expected)]
    view.pdfs.on_tap(SimpleNamespace(x=-0.2))
    assert np.flatnonzero(state.selected).tolist() == expected


def test_pit_outliers_become_the_selection(state):
    view = View(state, split="train", judged=PDFS)
    pit = state.table["pit"].to_numpy()
    far = [i for i in judged(state, "train") if pit[i] < 1e-4 or pit[i] > 1 - 1e-4]
    assert far and view._outliers.label == f"Select {len(far)} PIT outliers"
    view._outliers.clicks += 1
    assert np.flatnonzero(state.selected).tolist() == far
    view.judged = POINTS
    assert view._outliers.label.endswith(" outliers") and "PIT" not in view._outliers.label


def test_one_selected_object_and_none(state):
    view = View(state, judged=PDFS, shown="selection")
    pn.panel(view).get_root()
    assert view.pdfs.pit.figure.title.text == "no object has a PIT"
    state.select_rows(judged(state)[:1])
    pn.panel(view).get_root()
    assert sum(view.pdfs.pit.sources["bars"].data["top"]) == 1
    assert sum(view.pdfs.pit.sources["marked"].data["top"]) == 0


@pytest.mark.parametrize("change", [{"pit": np.nan}, "no column"])
def test_unknown_pit_leaves_diagrams_empty_and_the_page_alive(home, change):
    path = run_with_pdfs(home).folder / "predictions.parquet"
    table = pd.read_parquet(path)
    (table.drop(columns="pit") if change == "no column" else table.assign(**change)).to_parquet(path)
    state = State(home)
    view = View(state, judged=PDFS)
    pn.panel(view).get_root()
    assert view.pdfs.pit.figure.title.text == "no object has a PIT" and view._outliers.disabled
    state.columns = [name for name in ("pit", "pdf_width", "anomaly") if name in state.table]
    assert all(state.values(name).array.shape == (120,) for name in state.columns)


def truncate(path):
    path.write_bytes(path.read_bytes()[:200])


def shorten(path):
    with h5py.File(path, "r+") as file:
        density = file["data/pdfs"][:7]
        del file["data/pdfs"]
        file["data/pdfs"] = density


@pytest.mark.parametrize("damage, words", [(truncate, "pdf.hdf5"), (shorten, "7 PDFs of 120 objects")])
def test_a_broken_file_is_said_on_the_page_and_the_card(home, damage, words):
    damage(run_with_pdfs(home).folder / "pdf.hdf5")
    state = State(home)
    state.focus = "g003"
    view, card = View(state, judged=PDFS), Card(state)
    for part in (view, card):
        pn.panel(part).get_root()
    assert words in view.pdfs.notice.object and view.pdfs.notice.visible and not view.pdfs._charts.visible
    assert words in card.pdf.object and "cannot be read" in card.pdf.object
    state.select_rows(np.arange(60))
    view.judged = POINTS
    assert view._body.objects == [view.points.__panel__()] and "whole split" in view.points.table.object


def test_pdfs_are_read_once_for_all_sessions(pdf_home):
    run = State(pdf_home).current
    assert cache.pdfs(run) is cache.pdfs(type(run)(run.folder))
    assert cache.pdfs(None) is None


def test_the_card_draws_the_pdf_of_the_focus_and_keeps_its_row_short(state):
    card = Card(state)
    state.focus = "g003"
    svg, row = card.pdf.object, state.table.iloc[3]
    assert card.pdf.visible and "<svg" in svg and f"68 % between {row['z_low_68']:.3g}" in svg
    assert f">68 %</dt><dd>{row['z_low_68']:.4g} – {row['z_high_68']:.4g}<" in card.row.object
    assert not any(label in card.row.object for label in ("PDF width", "z 68 % from", "z 68 % to"))
    state.focus = "g010"
    assert "no PDF of this object" in card.pdf.object
    state.run = next(run for run in state.param.run.objects if "tiny_moco" in run)
    assert not card.pdf.visible and "<svg" not in card.pdf.object


def test_what_is_predicted_with_a_pdf_can_color_the_maps_and_is_named(state):
    names = ["z_mode", "z_mean", "z_low_68", "z_high_68", "z_low_95", "z_high_95", "pdf_width", "pit", "anomaly"]
    assert set(names) <= set(state.colorable())
    assert all(state.column(name).label and state.column(name).description for name in names)
    assert state.column("pit").cmap == "coolwarm" and state.values("pit").unknown > 0
