"""The Photo-z page in a real browser: outliers and a box become the selection of every page."""

import numpy as np
import pytest
from made_homes import add_run, made_home
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_outliers_and_a_box_are_selected_and_shown_on_the_map(page, serve, tmp_path, wait_until):
    home = made_home(tmp_path, count=300)
    add_run(home)
    served = serve(home)
    page.goto(served.url)
    page.get_by_role("button", name="Photo-z", exact=True).click()
    data, z_phot = served.state.data, served.state.table["z_phot"].to_numpy()
    z, test = data.column("z_spec"), data.split == "test"
    far = np.flatnonzero(test & (np.abs(z - z_phot) > 0.15 * (1 + z)))

    page.get_by_role("button", name=f"Select {len(far)} outliers").click()
    expect(page.get_by_text(f"selection: {len(far)} objects, {len(far)} of the test split with z_spec")).to_be_visible()
    assert np.array_equal(np.flatnonzero(served.state.selected), far)

    box = page.locator(".bk-Figure[data-map]").first.bounding_box()
    x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.4 * box["width"], y + 0.3 * box["height"], steps=5)
    page.mouse.up()
    wait_until(lambda: not np.array_equal(np.flatnonzero(served.state.selected), far))
    inside, known = np.flatnonzero(served.state.selected), np.flatnonzero(test & np.isfinite(z))
    assert set(inside) < set(known)
    low, high = z[inside].min(), z[inside].max()
    between = known[(z[known] >= low) & (z[known] <= high)]
    between = between[(z_phot[between] >= z_phot[inside].min()) & (z_phot[between] <= z_phot[inside].max())]
    assert np.array_equal(between, inside)

    page.get_by_role("button", name="Show on the map").click()
    wait_until(lambda: served.state.page == "Explore")
    assert np.array_equal(np.flatnonzero(served.state.selected), inside)
