"""The Similar page in a real browser."""

import re

import numpy as np
import pytest
from astropy.io import fits
from playwright.sync_api import expect

from dashboard.similar_search import COUNT
from photoz_core.outliers import catastrophic
from photoz_core.pipeline import create_run, train
from photoz_core.recipe import load_recipe

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning"),
]


@pytest.fixture
def served(serve, home, page):
    """A dashboard whose Similar page is open, a run that reads images and predicts redshifts in front."""
    train(home, create_run(home, load_recipe("tiny_cnn", home)))
    served = serve(home)
    page.goto(served.url)
    page.get_by_role("button", name="Similar", exact=True).click()
    expect(page.locator("table tr").nth(1)).to_be_visible()
    return served


def names(page, number: int) -> list[str]:
    """Objects of the search (0) or of the ranking (1)."""
    return page.locator(".tiles").nth(number).locator("button").evaluate_all("all => all.map(e => e.dataset.name)")


def test_more_like_a_selection_drawn_on_the_map(served, page, wait_until, shots):
    state, box = served.state, page.locator(".bk-Figure").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=4)
    page.mouse.up()
    wait_until(lambda: state.selected.any())
    page.get_by_role("button", name="mean of the selection").click()
    expect(page.get_by_text(f"mean of {state.selected.sum()} selected")).to_be_visible()
    latents = state.current.latents.astype(float)
    distance = np.linalg.norm(latents - latents[state.selected].mean(axis=0), axis=1)
    distance[state.selected] = np.inf
    rows = np.argsort(distance)[: min(COUNT, (~state.selected).sum())]
    wait_until(lambda: names(page, 0) == state.data.object_id[rows].tolist())
    if shots:
        page.screenshot(path=shots / "similar-test.png")


def test_an_uploaded_stamp_finds_itself(served, page, tmp_path, wait_until):
    state = served.state
    fits.PrimaryHDU(np.asarray(state.data.array("image")[41], "f4")).writeto(tmp_path / "mine.fits")
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.fits")
    expect(page.get_by_text("taken as µJy")).to_be_visible()
    wait_until(lambda: names(page, 0)[:1] == [str(state.data.object_id[41])])
    expect(page.locator(".tiles").first.locator("small").first).to_have_text("0.000")
    expect(page.get_by_text("placing it on the map")).to_have_count(0)
    page.locator(".tiles").first.locator("button").first.click()
    wait_until(lambda: state.focus_row == 41)
    (tmp_path / "bad.fits").write_bytes((tmp_path / "mine.fits").read_bytes()[:9000])
    page.locator("input[type=file]").set_input_files(tmp_path / "bad.fits")
    expect(page.locator(".error")).to_contain_text("the file ends before its image does")


def test_catastrophic_redshifts_are_selected_on_every_page(served, page, wait_until):
    state = served.state
    z_spec, z_phot = (state.table[name].to_numpy() for name in ("z_spec", "z_phot"))
    expected = np.flatnonzero(catastrophic(z_spec, z_phot) & (state.data.split == "test"))
    assert len(expected)
    page.get_by_role("button", name=f"Select {len(expected)}", exact=True).first.click()
    wait_until(lambda: np.flatnonzero(state.selected).tolist() == expected.tolist())
    expect(page.get_by_role("checkbox", name="mark")).to_be_checked()
    page.get_by_role("button", name="Explore", exact=True).click()
    expect(page.locator(".pz-title").filter(has_text=re.compile("^Selection"))).to_contain_text(str(len(expected)))


def test_the_ranking_is_walked_by_keys(served, page, wait_until):
    first, second = wait_until(lambda: names(page, 1)[:2])
    page.keyboard.press("ArrowRight")
    wait_until(lambda: served.state.focus == first)
    page.keyboard.press("ArrowRight")
    expect(page.locator("tr.on")).to_contain_text(second)
    page.get_by_role("slider").press("End")
    expect(page.locator(".pz-title").filter(has_text="Oddest")).to_contain_text("Oddest 24 of 120")
