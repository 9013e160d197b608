"""Objects of one dataset in another, against angular distances one by one."""

import numpy as np
import pandas as pd
import pytest

from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.errors import PhotozError
from photoz_core.overlap import leaked, shared


def angle(ra1, dec1, ra2, dec2) -> float:
    """Angular distance [arcsec] by Vincenty's formula, which is exact for small and large angles."""
    a, b, d = np.radians(dec1), np.radians(dec2), np.radians(ra2 - ra1)
    y = np.hypot(np.cos(b) * np.sin(d), np.cos(a) * np.sin(b) - np.sin(a) * np.cos(b) * np.cos(d))
    return np.degrees(np.arctan2(y, np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(d))) * 3600


@pytest.mark.parametrize(("ra0", "dec0"), [(150.0, 2.0), (0.0, 0.0), (359.9999, -45.0), (10.0, 89.9995), (200.0, -90)])
def test_positions_match_as_a_loop_over_distances_does(ra0, dec0):
    rng = np.random.default_rng(1)
    ra, other_ra = (ra0 + rng.normal(0, 3 / 3600, n) for n in (40, 60))
    dec, other_dec = (np.clip(dec0 + rng.normal(0, 3 / 3600, n), -90, 90) for n in (40, 60))
    other_ra = other_ra % 360  # the other side of 0/360
    others = list(zip(other_ra, other_dec, strict=True))
    expected = [min(angle(*here, *other) for other in others) <= 1 for here in zip(ra, dec, strict=True)]
    by_id, by_position = shared(np.arange(40), ra, dec, np.arange(100, 160), other_ra, other_dec)
    assert by_position.tolist() == expected and not by_id.any()
    assert 0 < sum(expected) < 40 or abs(dec0) > 89  # near the pole all lie within an arcsec


def test_unknown_positions_match_nothing():
    ra, dec = np.array([np.nan, 10, -99, np.inf]), np.array([np.nan, np.nan, -99, 0])
    by_id, by_position = shared(list("abcd"), ra, dec, list("xybz"), ra, dec, 3600.0)
    assert not by_position.any() and by_id.tolist() == [False, True, False, False]
    assert not np.any(shared([], [], [], ["a"], [1.0], [1.0]))
    assert not np.any(shared(["a"], [1.0], [1.0], [], [], []))


@pytest.mark.parametrize("radius", [-1.0, np.nan, np.inf])
def test_a_radius_that_is_none(radius):
    with pytest.raises(PhotozError, match="give arcsec, from 0 on"):
        shared(["a"], [1.0], [1.0], ["a"], [1.0], [1.0], radius)


def test_positions_of_another_length():
    with pytest.raises(PhotozError, match="2 ids, but positions of shape"):
        shared(["a", "b"], [1.0], [1.0], ["a"], [1.0], [1.0])


def dataset(folder, name, **columns) -> Dataset:
    with new_dataset(folder / name, Meta(name)) as writer:
        writer.finish(pd.DataFrame(columns))
    return Dataset(folder / name)


def test_leaked_rows_by_id_or_position(tmp_path):
    parent = dataset(tmp_path, "p", object_id=list("abcd"), ra=[10, 20, 30, np.nan], dec=[0.0, 0, 0, 0])
    far = 2 / 3600
    child = dataset(
        tmp_path, "c", object_id=list("zyaxw"), ra=[20.0001, 30 + far, 99, np.nan, 10], dec=[0.0, 0, 0, 0, 0.0002]
    )
    assert leaked(child, parent).tolist() == [0, 2, 4]
    assert leaked(child, parent, rows=np.array([1, 2])).tolist() == [0]
    assert leaked(child, parent, rows=np.array([True, False, False, True])).tolist() == [2, 4]
    assert leaked(child, parent, radius_arcsec=2.5).tolist() == [0, 1, 2, 4]
    assert leaked(child, parent, rows=np.array([], int)).tolist() == []
    bare = dataset(tmp_path, "b", object_id=list("awc"))
    assert leaked(bare, parent).tolist() == [0, 2] and leaked(child, bare).tolist() == [2, 4]
