"""Names of objects and files: positions in them, and what is left without folders and endings; pictures resized."""

import numpy as np
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from photoz_core.datasets._picture_files import resized, split_name
from photoz_core.datasets._sky_names import positions_in_names


@given(st.floats(0, 359.999), st.floats(-89.99, 89.99))
def test_positions_come_back_from_names(ra, dec):
    place = SkyCoord(ra, dec, unit="deg")
    text = place.ra.to_string("hour", sep="", precision=2, pad=True)
    name = f"J{text}{place.dec.to_string(sep='', precision=1, pad=True, alwayssign=True)}"
    found = SkyCoord(*positions_in_names([f"survey/{name}.png"]), unit="deg")
    assert found.separation(place).arcsec[0] < 0.15


@given(st.lists(st.text("J0123456789.+-−x", max_size=20), max_size=5))
def test_any_text_is_a_position_or_none(names):
    ra, dec = positions_in_names(names)
    assert len(ra) == len(dec) == len(names)
    assert (np.isnan(ra) | ((ra >= 0) & (ra < 360) & (np.abs(dec) <= 90))).all()


def test_names_that_hold_no_position():
    names = ["J246060.0+000000.0", "J000411.19+920924.0", "000411+020924", "J0004+0209", "J000000.00-003000.0"]
    ra, dec = positions_in_names(names)
    assert np.isnan(ra[:4]).all() and (ra[4], dec[4]) == (0.0, -0.5)


@given(st.text(max_size=20))
def test_names_are_split_and_never_hold_a_folder(name):
    stem, ending = split_name(name)
    assert "/" not in stem and "\\" not in stem and (ending == "" or name.strip().lower().endswith(ending))


def test_resizing_keeps_the_mean():
    pixels = np.random.default_rng(0).random((3, 21, 21), dtype=np.float32)
    for size in (7, 10, 50):
        assert resized(pixels, size).shape == (3, size, size)
        np.testing.assert_allclose(resized(pixels, size).mean(), pixels.mean(), rtol=0.02)
