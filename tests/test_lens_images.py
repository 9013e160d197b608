"""Images of one lens: painted like all others, and drawn anew from its own parameters."""

import numpy as np
import pytest
from made_homes import made_home, made_lenses

from dashboard import cutouts
from dashboard.lens_images import OTHERS, is_drawn_here, observed, with_other_sources
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError


def lenses(home, name: str = "lenses") -> Dataset:
    return Dataset(home.dataset(name))


@pytest.mark.parametrize("name", ["made", "lenses"])
def test_stamps_are_painted_as_the_datasets_own_images(tmp_path, name):
    data = lenses((made_lenses if name == "lenses" else made_home)(tmp_path), name)
    rows = np.array([3, 0, 11])
    stamps = np.asarray(data.array("image")[rows], np.float32)
    for band in (cutouts.RGB, *data.bands):
        assert np.array_equal(cutouts.paint(data, stamps, band), cutouts.pictures(data, rows, band))


def test_image_and_pair_are_shown_where_there_are_both(tmp_path):
    tiles, names = observed(lenses(made_lenses(tmp_path)), 5, cutouts.RGB)
    assert names == ["image", "pair"] and tiles.shape == (2, 24, 24, 3) and not np.array_equal(*tiles)
    home = made_lenses(tmp_path, name="real", ours=False)
    tiles, names = observed(lenses(home, "real"), 5, cutouts.RGB)
    assert names == ["image"] and not is_drawn_here(lenses(home, "real"))


def test_what_is_drawn_anew_has_the_objects_own_mass(tmp_path):
    """Without noise, light or PSF worth speaking of, a ring's brightest pixels lie near θ_E."""
    home = made_lenses(tmp_path, count=40, side=110, lens_light=False, merger_share=0.0)
    data = lenses(home)
    assert is_drawn_here(data)
    theta = data.column("theta_E")
    y, x = np.mgrid[:110, :110] - 54.5
    radius = []
    for row in (theta.argmin(), theta.argmax()):
        images = with_other_sources(data, int(row))
        assert images.shape == (OTHERS, 1, 110, 110) and len(np.unique(images.reshape(OTHERS, -1)[:, 0])) == OTHERS
        weight = np.clip(images.mean(axis=(0, 1)) - 0.1, 0, None)
        radius.append(0.05 * (np.hypot(x, y) * weight).sum() / weight.sum())
    assert radius[0] == pytest.approx(theta.min(), abs=0.35) and radius[1] == pytest.approx(theta.max(), abs=0.35)
    assert radius[1] - radius[0] > 0.4


def test_the_same_lens_is_drawn_the_same(tmp_path):
    one, two = (lenses(made_lenses(tmp_path / name)) for name in ("a", "b"))
    assert np.array_equal(with_other_sources(one, 4), with_other_sources(two, 4))
    assert with_other_sources(one, 4) is with_other_sources(one, 4)
    assert not np.array_equal(with_other_sources(one, 4), with_other_sources(one, 5))


def test_options_of_another_version_are_an_error_that_names_them(tmp_path):
    with pytest.raises(PhotozError, match="shine"):
        with_other_sources(lenses(made_lenses(tmp_path, shine=2)), 0)
