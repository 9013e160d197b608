"""Redshift PDFs in a real browser: a range of PIT becomes the selection, the card draws p(z)."""

import re

import numpy as np
import pytest
from made_homes import made_home
from made_runs import gaussian_pdfs, made_run
from playwright.sync_api import expect

from photoz_core.dataset import Dataset

pytestmark = pytest.mark.browser
RECIPE = 'dataset = "made"\nmethod = "photometry_mlp"\n[demo.fit]\nepochs = 1\n'


@pytest.fixture
def pdf_home(tmp_path):
    """A home whose one run gives PDFs with a bias."""
    home, rng = made_home(tmp_path, count=600), np.random.default_rng(8)
    home.recipes.mkdir()
    (home.recipes / "made_mlp.toml").write_text(RECIPE)
    z = Dataset(home.dataset("made")).column("z_spec")
    center = np.nan_to_num(z, nan=1.5) + rng.normal(0.05, 0.15, 600)
    made_run(home, "made_mlp", None, gaussian_pdfs(center, np.full(600, 0.15)))
    return home


def drag_over_pit(page) -> None:
    """Drag over the middle of the first diagram."""
    box = page.locator(".bk-Figure[data-map]").first.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], y + 5, steps=5)
    page.mouse.up()


def test_a_range_of_pit_is_selected_and_the_card_draws_the_pdf(page, serve, pdf_home, wait_until, shots):
    served = serve(pdf_home)
    page.goto(served.url)
    expect(page.locator("svg.pdf .z_phot")).to_have_count(1)
    page.get_by_role("button", name="Photo-z", exact=True).click()
    page.get_by_role("button", name="PDFs", exact=True).click()
    expect(page.get_by_text("Anderson–Darling")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")

    state = served.state
    test, pit = state.data.split == "test", state.table["pit"].to_numpy()
    known = np.flatnonzero(test & np.isfinite(pit))
    drag_over_pit(page)
    wait_until(lambda: state.selected.any())
    chosen = np.flatnonzero(state.selected)
    low, high = pit[chosen].min(), pit[chosen].max()
    assert 0.05 < low < high < 0.95 and 0 < len(chosen) < len(known)
    assert chosen.tolist() == [row for row in known if low <= pit[row] <= high]
    counted = f"selection: {len(chosen)} objects, {len(chosen)} of the test split with z_spec"
    expect(page.get_by_text(counted)).to_be_visible()
    counts = page.locator("tr", has=page.get_by_text("n", exact=True)).locator("td")
    expect(counts.last).to_have_text(str(len(chosen)))
    if shots:
        page.screenshot(path=shots / "pdf-test.png")

    page.get_by_role("button", name="Show on the map").click()
    tiles = page.locator(".tiles").first.locator("button")
    expect(tiles.first).to_have_attribute("data-name", state.data.object_id[chosen[0]])
    before = page.locator("svg.pdf").get_attribute("aria-label")
    tiles.first.click()
    expect(page.locator(".pz-object h5")).to_have_text(tiles.first.get_attribute("data-name"))
    svg = page.locator("svg.pdf")
    expect(svg).not_to_have_attribute("aria-label", before)
    row = state.table.iloc[state.focus_row]
    expect(svg).to_have_attribute("aria-label", re.compile(f"68 % between {row['z_low_68']:.3g} "))
    expect(svg.locator(".z_spec")).to_have_count(1)
    assert state.selected[state.focus_row]
