"""The sky on a plane: against astropy's offset frames and Mollweide's own equations, across 0 h and at the poles."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from photoz_core.errors import PhotozError
from photoz_core.sky import LINES, fields_of, graticule, is_known, plane_of


def around(ra: float, dec: float, radius: float, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Objects within `radius` [deg] of a point, placed by astropy."""
    rng = np.random.default_rng(0)
    angle, distance = rng.uniform(0, 360, count) * u.deg, radius * np.sqrt(rng.random(count)) * u.deg
    found = SkyCoord(ra * u.deg, dec * u.deg).directional_offset_by(angle, distance)
    return found.ra.deg, found.dec.deg


@pytest.mark.parametrize(
    "ra, dec, radius", [(150, 2, 0.7), (0.02, -30, 1), (359.9, 0, 20), (40, 89.5, 2), (12, -90, 5)]
)
def test_a_field_lies_as_the_tangent_plane_says(ra, dec, radius):
    sample = around(ra, dec, radius)
    plane = plane_of(*sample)
    centre = SkyCoord(*plane.centre, unit="deg")
    assert plane.is_field and centre.separation(SkyCoord(ra, dec, unit="deg")).deg < radius
    offsets = SkyCoord(*sample, unit="deg").transform_to(centre.skyoffset_frame())
    xi = -np.tan(offsets.lon.rad)  # gnomonic, by its definition in the rotated frame; east is left
    eta = np.tan(offsets.lat.rad) / np.cos(offsets.lon.rad)
    assert np.abs(plane.place(*sample) - np.degrees(np.column_stack([xi, eta]))).max() < 1e-4 * max(radius, 1)


def test_all_the_sky_lies_on_mollweides_ellipse():
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 50), np.degrees(np.arcsin(rng.uniform(-0.99, 0.99, 50)))
    plane = plane_of(ra, dec)
    assert not plane.is_field
    for a, d, (x, y) in zip(ra, dec, plane.place(ra, dec), strict=True):
        theta = np.radians(d)
        for _ in range(200):  # 2θ + sin 2θ = π sin δ, by Newton's steps
            theta -= (2 * theta + np.sin(2 * theta) - np.pi * np.sin(np.radians(d))) / (2 + 2 * np.cos(2 * theta))
        away = np.radians((a - plane.centre[0] + 180) % 360 - 180)
        wanted = -2 * np.sqrt(2) / np.pi * away * np.cos(theta), np.sqrt(2) * np.sin(theta)
        assert (x, y) == pytest.approx(np.degrees(wanted), abs=1e-3)


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0.01, 30))
def test_back_to_the_sky(ra, dec, radius):
    sample = around(ra, dec, radius, count=12)
    plane = plane_of(*sample)
    back = SkyCoord(*plane.sky(*plane.place(*sample).T), unit="deg")
    assert back.separation(SkyCoord(*sample, unit="deg")).deg.max() < 1e-4


def test_what_is_no_position_is_left_out():
    ra = np.array([10.0, np.nan, -99, 10, 370, 10, np.inf])
    dec = np.array([5.0, 5, 5, 99, 5, -99, 5])
    assert is_known(ra, dec).tolist() == [True] + 6 * [False]
    plane = plane_of(ra, dec)
    assert np.isfinite(plane.place(ra, dec)).all(axis=1).tolist() == [True] + 6 * [False]
    assert np.isnan(plane.place(np.array([190.0]), np.array([-5.0]))).all()  # behind the plane
    with pytest.raises(PhotozError, match="0 to 360"):
        plane_of(ra[1:], dec[1:])


@pytest.mark.parametrize(
    "ra, dec, radius", [(150, 2, 0.7), (0.02, -30, 1), (40, 89.5, 2), (180, -89.9, 0.01), (10, 45, 25)]
)
def test_lines_lie_where_they_say_and_are_few(ra, dec, radius):
    plane = plane_of(*around(ra, dec, radius))
    view = (-radius, radius, -radius, radius)
    lines = graticule(plane, view)
    kinds = [[line for line in lines if line.is_ra is kind] for kind in (True, False)]
    assert all(2 <= len(kind) <= 2 * LINES + 1 for kind in kinds)
    for line in lines:
        value = float(line.label.replace("−", "-").removesuffix("°"))
        here = np.isfinite(line.x)
        found = plane.sky(line.x[here], line.y[here])[0 if line.is_ra else 1]
        off = np.abs((found - value + 180) % 360 - 180)
        if line.is_ra:  # near a pole a meridian is anywhere
            off = off * np.cos(np.radians(plane.sky(line.x[here], line.y[here])[1]))
        assert off.max() < 1e-3


def test_the_whole_sky_has_its_meridians_and_parallels():
    rng = np.random.default_rng(2)
    plane = plane_of(rng.uniform(0, 360, 90), np.degrees(np.arcsin(rng.uniform(-1, 1, 90))))
    lines = graticule(plane, (-165, 165, -165, 165))
    assert {"+30°", "0°", "−60°"} <= {line.label.replace("+0°", "0°") for line in lines if not line.is_ra}
    assert len({line.label for line in lines if line.is_ra}) >= 4
    assert graticule(plane, (1000, 1001, 1000, 1001)) == []


def test_fields_are_told_apart_the_largest_first():
    small, large = around(10, -5, 0.4, count=20), around(200, 60, 0.4, count=50)
    ra, dec = (np.r_[a, b, np.nan] for a, b in zip(small, large, strict=True))
    assert fields_of(ra, dec).tolist() == 20 * [1] + 50 * [0] + [-1]
    assert set(fields_of(*around(359.9, 0, 2))) == {0}
    rng = np.random.default_rng(3)
    assert set(fields_of(rng.uniform(0, 360, 400), np.degrees(np.arcsin(rng.uniform(-1, 1, 400))))) == {0}
