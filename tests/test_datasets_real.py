"""The imports on the real sample data, where they are."""

from pathlib import Path

import numpy as np
import pytest
from imaging import run_import

from photoz_core.dataset_writer import validate
from photoz_core.errors import PhotozError

DATA = Path(__file__).parents[1] / "../shared/data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the sample data ../shared/data are not here")
MLZ = "zs,u,g,r,i,z,u-g,g-r,r-i,i-z,eu,eg,er,ei,ez,eu-g,eg-r,er-i,ei-z"  # its own header forgets one


@pytest.mark.parametrize(("bands", "count", "labelled"), [("hst", 3590, 135), ("all", 4846, 139)])
def test_real_zfourge(tmp_path, bands, count, labelled):
    dataset = run_import(tmp_path, "zfourge", "--catalog", DATA / "zfourge/zfourge_cosmos.parquet", "--bands", bands)
    assert (len(dataset), dataset.is_labelled().sum()) == (count, labelled)
    assert 24 < np.nanmedian(dataset.column("mag_F160W")) < 25.5


def test_real_sdss(tmp_path):
    catalog = DATA / "sdss_galaxy_colors/sdss_galaxy_colors.npy"
    dataset = run_import(tmp_path, "sdss_colors", "--catalog", catalog, "--classes", "GALAXY")
    assert len(dataset) == 41475
    assert np.nanmedian(dataset.column("z_spec")) == pytest.approx(0.083, abs=0.001)


def test_real_euclid_and_picture(tmp_path):
    euclid = run_import(tmp_path, "euclid_fields", "--fields", DATA / "euclid_q1_fields")
    assert len(euclid) > 40 and not validate(euclid)
    assert (euclid.column("fwhm") > 0.1).all() and 23 < np.nanmedian(euclid.column("mag_VIS")) < 26
    picture = run_import(tmp_path, "rgb_image", "--picture", DATA / "hubble_xdf_jpg/hubble_deep_field.jpg", name="p")
    assert len(picture) > 500 and not validate(picture)


@pytest.mark.parametrize(
    ("file", "options", "bands", "labelled"),
    [
        ("annz_boss_dr10/boss_dr10_0.csv", [], "U G R I Z", 6000),
        ("mlz_sdss_mgs/SDSS_MGS.train", ["--names", MLZ], "u g r i z", 5000),
        ("hdfn_fs99/hdfn_fs99_eazy.cat", [], "F300W F450W F606W F814W j h k", 114),
        ("rail_dc2_SIMULATED/test_dc2_training_9816.hdf5", [], "u g r i z y", 10225),
        ("sdss_dr14_10k/skyserver_dr14_10k.csv", ["--map", "object_id="], "u g r i z", 10000),
    ],
)  # fmt: skip
def test_real_tables_are_read_by_guess(tmp_path, file, options, bands, labelled):
    dataset = run_import(tmp_path, "table", "--catalog", DATA / file, *options)
    assert (" ".join(dataset.bands), dataset.is_labelled().sum()) == (bands, labelled)


def test_real_tables_with_defects_name_them(tmp_path):
    with pytest.raises(PhotozError, match="the header names 18 columns, the rows have 19"):
        run_import(tmp_path, "table", "--catalog", DATA / "mlz_sdss_mgs/SDSS_MGS.train")
    with pytest.raises(PhotozError, match=r"'objid' .* 6470 duplicates"):
        run_import(tmp_path, "table", "--catalog", DATA / "sdss_dr14_10k/skyserver_dr14_10k.csv")


def test_real_cutouts_in_files_of_their_own(tmp_path):
    folder = DATA / "hst_acs_egs_mosviz"
    options = ["--catalog", folder / "deimos_mosviz.tbl", "--images", "F606W={cutout}", "--image-zero-point", 26.5]
    with pytest.raises(PhotozError, match="13 of 39 images cannot be used"):
        run_import(tmp_path, "table", *options)
    dataset = run_import(tmp_path, "table", *options, "--drop-bad-images", "--stamp", 128)
    assert dataset.array("image").shape == (26, 1, 128, 128) and dataset.meta.pixel_scale == pytest.approx(0.03)


def test_real_compressed_mosaics(tmp_path):
    folder = DATA / "sdss_gri_ngc6976"
    images = [f"{band}={folder}/reprojected_sdss_{band}.fits.bz2" for band in "gri"]
    dataset = run_import(tmp_path, "table", "--images", *images, "--min-snr", 20)
    assert dataset.bands == ["g", "r", "i"] and len(dataset) > 100
    assert 0.2 < np.nanmedian(dataset.column("color_g_r")) < 1.2
