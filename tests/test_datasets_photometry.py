"""Sentinels, zero points, magnitudes from fluxes and their errors."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy import units
from hypothesis import given
from hypothesis import strategies as st

from photoz_core.datasets._catalog import Catalog
from photoz_core.datasets._mapping import resolve
from photoz_core.datasets._photometry import (
    Cleaner,
    by_band,
    clean,
    flux_zero_points,
    parse_sentinels,
    photometry,
    zero_point_of,
)
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

NAN = float("nan")


def catalog(units=None, **columns) -> Catalog:
    return Catalog(Path("c.fits"), pd.DataFrame(columns), units or {})


def measured(table: Catalog, pairs=None, zero_point=None, unit="", sentinels=None):
    mapping, report = resolve(table, pairs), Report()
    points = flux_zero_points(table, mapping, zero_point, unit)
    return photometry(Cleaner(table, mapping, parse_sentinels(sentinels), report), points), report


def test_magnitudes_and_errors_from_fluxes_are_those_of_astropy():
    flux, error = [1.0, 3631.0, 0.02], [0.1, 1.0, 0.01]
    columns, _ = measured(catalog(flux_F160W=flux, fluxerr_F160W=error))
    expected = (np.array(flux) * units.uJy).to(units.ABmag).value
    np.testing.assert_allclose(columns["mag_F160W"], expected, atol=1e-4)  # AB's zero is 48.6, µJy's 23.9
    np.testing.assert_allclose(
        columns["mag_err_F160W"], [1.0857 * e / f for e, f in zip(error, flux, strict=True)], rtol=1e-4
    )


def test_inverse_variances_become_errors():
    columns, _ = measured(catalog(flux_g=[4.0, 4.0], flux_ivar_g=[25.0, 0.0]))
    np.testing.assert_allclose(columns["mag_err_g"], [1.0857 * 0.2 / 4, NAN], rtol=1e-4)


@pytest.mark.parametrize(
    ("kind", "values", "kept"),
    [
        ("mag", [21.5, 99, -99, 999, -999, -9999, 99.99, NAN, np.inf, -2.0], [21.5, -2.0]),
        ("mag_err", [0.1, 21.7, 99, -99, -1, NAN, 0], [0.1, 21.7, 0]),
        ("flux", [1.5, 99.0, 0, -0.3, -99, -99.9, -9999, NAN], [1.5, 99.0]),
        ("flux_err", [0.1, 500, -99, -1], [0.1, 500]),
        ("redshift", [0.5, 6.06, -0.004, 0, -1, -99, -9.99, 99, 9999, NAN], [0.5, 6.06, -0.004, 0]),
        ("extra", [-9.03, -99, -999, -9999, 99, 1e30], [-9.03, 99, 1e30]),
    ],
)
def test_sentinels_of_each_kind(kind, values, kept):
    cleaned, counts = clean(np.array(values, "f4"), kind)
    np.testing.assert_allclose(cleaned[np.isfinite(cleaned)], np.array(kept, "f4"))
    assert sum(counts.values()) == len(values) - len(kept)


def test_counts_are_by_reason():
    assert clean([1.0, -99, -99.9, 0, -2, NAN], "flux")[1] == {"missing": 1, "sentinels": 2, "non-positive": 2}


def test_float32_sentinels_are_recognised():
    assert clean(np.array([-99.9, -999.9], "f4"), "extra")[1] == {"sentinels": 2}


def test_own_sentinels_hold_for_their_column():
    table = catalog(mag_u=[20.0, 0.0, 30.0], mag_g=[20.0, 0.0, 30.0])
    columns, report = measured(table, sentinels=["0", "mag_g=30"])
    np.testing.assert_array_equal(np.isfinite(columns["mag_u"]), [True, False, True])
    np.testing.assert_array_equal(np.isfinite(columns["mag_g"]), [True, False, False])
    assert report.replaced == {"mag_u": {"sentinels": 1}, "mag_g": {"sentinels": 2}}


def test_an_error_without_a_magnitude_is_none():
    """BPZ writes the limiting magnitude as the error of a non-detection, 99."""
    columns, _ = measured(catalog(mag_u=[20.0, 99.0], magerr_u=[0.1, 27.3]))
    np.testing.assert_array_equal(columns["mag_err_u"], [0.1, NAN])


def test_colors_of_adjacent_bands():
    columns, _ = measured(catalog(mag_r=[20.0, 1], mag_u=[23.0, 1], mag_g=[99.0, 1], mag_i=[19.5, 1]))
    assert [name for name in columns if name.startswith("color")] == ["color_u_g", "color_g_r", "color_r_i"]
    assert math.isnan(columns["color_g_r"][0]) and columns["color_r_i"][0] == 0.5


@pytest.mark.parametrize(
    ("unit", "point"),
    [
        ("uJy", 23.9), ("microJansky", 23.9), ("nJy", 31.4), ("Jy", 8.9), ("nanomaggy", 22.5), ("mag", None),
        ("ct / s", None), ("0.3631 uJy", 25.0), ("?!", None),
    ],
)  # fmt: skip
def test_zero_points_of_units(unit, point):
    assert zero_point_of(unit) == (None if point is None else pytest.approx(point, abs=1e-3))


def test_zero_point_option_then_unit_then_file_then_microjansky():
    table = catalog({"flux_g": "nJy"}, flux_g=[1.0], flux_r=[1.0])
    mapping = resolve(table)
    assert flux_zero_points(table, mapping, None) == {"g": pytest.approx(31.4), "r": 23.9}
    assert flux_zero_points(table, mapping, None, "nanomaggy") == {"g": 22.5, "r": 22.5}
    assert flux_zero_points(table, mapping, ["r=25"], "Jy") == {"g": pytest.approx(8.9), "r": 25.0}


@pytest.mark.parametrize(
    ("units", "pairs", "unit", "message"),
    [
        (
            {"a": "ct / s"},
            ["flux_g=a"],
            "",
            r"column 'a' has unit 'ct / s', which is no flux density; .*--zero-point g=",
        ),
        ({"a": "mag"}, ["flux_g=a"], "", "unit 'mag', no flux; map it to mag_g"),
        ({"a": "uJy"}, ["mag_g=a"], "", "unit 'uJy', no magnitude; map it to flux_g"),
        ({}, ["flux_g=a"], "furlong", "--flux-unit 'furlong' is no flux density"),
    ],
)
def test_wrong_units_are_errors(units, pairs, unit, message):
    table = catalog(units, a=[1.0])
    with pytest.raises(PhotozError, match=message):
        flux_zero_points(table, resolve(table, pairs), None, unit)


def test_a_band_without_any_value_is_an_error():
    with pytest.raises(
        PhotozError, match=r"c\.fits: column 'mag_u' .mag_u. has no usable value .2 sentinels.; .*--bands"
    ):
        measured(catalog(mag_u=[99.0, -99.0], mag_g=[20.0, 20.0]))
    with pytest.raises(PhotozError, match=r"'flux_u' .* no usable value .1 missing, 1 non-positive"):
        measured(catalog(flux_u=[NAN, -3.0]))


number = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(st.lists(number, min_size=1), st.sampled_from(["mag", "mag_err", "flux", "flux_err", "redshift", "extra"]))
def test_cleaning_keeps_values_or_counts_them(values, kind):
    """What is left is as it was, what is gone is counted once, and cleaning twice changes nothing."""
    values = np.array(values, "f4").astype(float)
    cleaned, counts = clean(values, kind)
    kept = np.isfinite(cleaned)
    np.testing.assert_array_equal(cleaned[kept], values[kept])
    assert kept.sum() + sum(counts.values()) == len(values)
    np.testing.assert_array_equal(clean(cleaned, kind)[0], cleaned)


@given(st.lists(st.tuples(st.text("abz_=", max_size=4), st.floats(allow_nan=False)), max_size=4))
def test_sentinel_options_survive_any_column_name(pairs):
    parsed = parse_sentinels([f"{column}={value!r}" for column, value in pairs])
    for column, value in pairs:
        assert value in parsed[column.strip()]


@pytest.mark.parametrize("text", ["x", "a=b", "mag_u=", "="])
def test_sentinels_and_numbers_by_band_must_be_numbers(text):
    with pytest.raises(PhotozError, match="write a number"):
        parse_sentinels([text])
    with pytest.raises(PhotozError, match=r"write a number|no band"):
        by_band([text], ["mag_u"], "--zero-point")


def test_numbers_by_band_know_the_bands():
    assert by_band(["25", "g=22.5"], ["u", "g"], "--zero-point") == {"u": 25, "g": 22.5}
    with pytest.raises(PhotozError, match="no band 'h'; there are: u, g"):
        by_band(["h=1"], ["u", "g"], "--zero-point")
