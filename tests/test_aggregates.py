"""Aggregates are datashader's, coordinates and all, and datashader's shading of them is what a map shows."""

import datashader as ds
import datashader.transfer_functions as tf
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dashboard import aggregates, morton, palettes, raster
from dashboard.palettes import FIRST, LEVELS, UNKNOWN

VIEW, SHAPE = (-1.7, 1.1, -2.0, 2.3), (31, 47)


@pytest.fixture
def made():
    """Points, values with NaN, their frame, and datashader's canvas and table of the same."""
    rng = np.random.default_rng(0)
    points, values = rng.normal(size=(4000, 2)).astype("f4"), rng.normal(size=4000).astype("f4")
    values[rng.random(4000) < 0.3] = np.nan
    table = pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "v": values})
    canvas = ds.Canvas(SHAPE[1], SHAPE[0], x_range=VIEW[:2], y_range=VIEW[2:])
    return values, raster.frame(morton.z_order(points), VIEW, SHAPE), canvas, table


def test_an_aggregate_is_datashaders(made):
    values, frame, canvas, table = made
    mean, count = aggregates.aggregate(frame, values, "v"), aggregates.aggregate(frame)
    theirs = canvas.points(table, "x", "y", ds.mean("v"))
    xr.testing.assert_allclose(mean, theirs.astype("f4"), rtol=1e-6, atol=1e-6)
    xr.testing.assert_identical(count, canvas.points(table, "x", "y", ds.count()))
    assert mean.name == "v" and mean.attrs == theirs.attrs and mean.dims == theirs.dims
    xr.testing.assert_identical(mean.coords.to_dataset(), theirs.coords.to_dataset())
    assert (mean - theirs).shape == SHAPE  # they align


@pytest.mark.parametrize("how", ["linear", "log"])
@pytest.mark.parametrize("span", [(-9.0, 9.0), (-0.5, 0.4)], ids=["all", "clipped"])
def test_codes_are_the_colors_that_datashader_gives(made, how, span):
    """Its own ramp has as many levels; datashader rounds between them, so a pixel may be one off."""
    values, frame, canvas, table = made
    theirs = canvas.points(table, "x", "y", ds.mean("v") if how == "linear" else ds.count())
    own = aggregates.aggregate(frame, values if how == "linear" else None)
    span = span if how == "linear" else (1, 4 if span[1] < 1 else int(theirs.max()))
    ramp = [f"#{code:02x}0000" for code in range(FIRST, FIRST + LEVELS)]
    image = tf.shade(theirs, cmap=ramp, how=how, span=span).values.view("u1").reshape(*SHAPE, 4)
    codes = aggregates.shaded(own, *span, how=how)
    np.testing.assert_array_equal(codes == UNKNOWN, image[..., 3] == 0)
    known = image[..., 3] > 0
    assert abs(codes[known].astype(int) - image[..., 0][known]).max() <= 1
    assert {FIRST, FIRST + LEVELS - 1} <= set(codes[known].tolist()) or span == (-9.0, 9.0)
    viridis = np.array([list(bytes.fromhex(color[1:7])) for color in palettes.numbers("viridis")])
    colors = tf.shade(theirs, cmap=list(palettes.numbers("viridis")[FIRST:]), how=how, span=span)
    colors = colors.values.view("u1").reshape(*SHAPE, 4)[..., :3].astype(int)
    assert abs(viridis[codes] - colors)[known].max() <= 8  # a level of viridis is at most so many of 256 steps


@pytest.mark.parametrize("limits", [(3.0, 3.0), (np.nan, np.nan), (3.0, 2.0)], ids=str)
def test_without_limits_all_have_the_middle_color(made, limits):
    values, frame, *_ = made
    mean = aggregates.aggregate(frame, values)
    expected = np.where(np.isnan(mean), UNKNOWN, FIRST + LEVELS // 2)
    np.testing.assert_array_equal(aggregates.shaded(mean, *limits), expected)
