"""Objects put into noise are found again, with the flux, size and error they were given."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from photoz_core.datasets._detect import Detection, detect, detected_catalog
from photoz_core.datasets._mosaic import Mosaic
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError

NOISE, SIGMA = 0.02, 2.0  # per pixel [µJy]; of the sources [pixel]


def field(fluxes, seed=0, shape=(300, 320), sky=0.5, zero_point=23.9, band="VIS", smooth=0.0, **options) -> Mosaic:
    """A mosaic with Gaussian sources of these fluxes [µJy] on a regular grid."""
    rng = np.random.default_rng(seed)
    image = rng.normal(0, NOISE, shape)
    if smooth:
        image = gaussian_filter(image, smooth) * 2 * np.sqrt(np.pi) * smooth  # still NOISE per pixel, but correlated
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    for flux, x, y in zip(fluxes, *places(len(fluxes)), strict=True):
        image += flux / (2 * np.pi * SIGMA**2) * np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / 2 / SIGMA**2)
    unit = 10 ** (0.4 * (23.9 - zero_point))  # µJy of one pixel unit
    data = ((image + sky) / unit).astype("f4")
    return Mosaic(band, band, data, None, 0.1, zero_point, **options)


def places(n: int) -> tuple[np.ndarray, np.ndarray]:
    grid = np.arange(n)
    return 40.3 + 60 * (grid % 5), 40.7 + 55 * (grid // 5)


def match(found, n: int) -> np.ndarray:
    """Row of the found object at each place, within a pixel; fails if there is none."""
    x, y = places(n)
    distance = np.hypot(found["x"].to_numpy() - x[:, None], found["y"].to_numpy() - y[:, None])
    assert (distance.min(axis=1) < 1).all()
    return distance.argmin(axis=1)


def test_positions_fluxes_errors_and_sizes_come_back():
    fluxes = np.linspace(3, 30, 20)
    found = detect([field(fluxes)], Detection())
    assert len(found) == 20
    rows = match(found, 20)
    measured = found.iloc[rows]
    assert (np.abs(measured["flux_VIS"] - fluxes) < 4 * measured["flux_err_VIS"] + 0.05 * fluxes).all()
    assert np.median(found["flux_VIS"].to_numpy()[rows] / fluxes) == pytest.approx(0.97, abs=0.03)  # what Kron misses
    np.testing.assert_allclose(found["fwhm"].to_numpy()[rows[10:]], 2.3548 * SIGMA, rtol=0.1)
    np.testing.assert_allclose(found["r50"].to_numpy()[rows[10:]], 1.1774 * SIGMA, rtol=0.1)


@pytest.mark.parametrize(("smooth", "most"), [(0.0, 1.6), (0.7, 2.0)])
def test_flux_errors_are_the_scatter_of_fluxes(smooth, most):
    """The same source in 25 noises: its flux scatters by about the error given, also where pixels are correlated."""
    fluxes, errors = [], []
    for seed in range(25):
        found = detect([field([8.0], seed, shape=(120, 120), smooth=smooth)], Detection())
        row = match(found, 1)[0]
        fluxes.append(found["flux_VIS"][row])
        errors.append(found["flux_err_VIS"][row])
    scatter = 1.4826 * np.median(np.abs(fluxes - np.median(fluxes)))
    assert 0.7 < scatter / np.mean(errors) < most
    assert smooth == 0 or scatter > 2.5 * 0.23  # white noise of the same map gives 0.23


@pytest.mark.parametrize("smooth", [0.0, 1.5])
def test_noise_alone_shows_nothing(smooth):
    with pytest.raises(PhotozError, match=r"VIS: no object above 1.5 σ; lower --threshold or --min-snr"):
        detect([field([], smooth=smooth)], Detection(min_snr=6))


def test_bands_are_combined_and_each_is_measured_in_its_unit():
    fluxes = np.full(10, 4.0)
    mosaics = [field(fluxes, 1, zero_point=24.6), field(2 * fluxes, 2, zero_point=30.0, band="NIR_H")]
    found = detect(mosaics, Detection())
    rows = match(found, 10)
    catalog, columns = detected_catalog(found, mosaics, "f-", Report())
    color = catalog["color_VIS_NIR_H"].to_numpy()[rows]
    assert np.median(color) == pytest.approx(2.5 * np.log10(2), abs=0.1)
    assert np.median(catalog["mag_VIS"].to_numpy()[rows]) == pytest.approx(23.9 - 2.5 * np.log10(4), abs=0.1)
    assert np.median(catalog["fwhm"].to_numpy()[rows]) == pytest.approx(0.235 * SIGMA, rel=0.15)
    assert columns["fwhm"].unit == "arcsec" and catalog["object_id"][0] == "f-1"


def test_one_band_can_be_searched_and_all_measured():
    mosaics = [field([]), field(np.full(5, 10.0), 3, band="H")]
    assert len(detect(mosaics, Detection(bands=("H",)))) == 5
    with pytest.raises(PhotozError, match="--detect-bands K: no such mosaic; there are VIS, H"):
        detect(mosaics, Detection(bands=("K",)))


def test_tiles_find_the_same_objects_once():
    mosaic = field(np.linspace(5, 30, 25), shape=(320, 340))
    whole, tiled = detect([mosaic], Detection(tile=4096)), detect([mosaic], Detection(tile=150))
    assert len(whole) == len(tiled) == 25
    rows, other = match(whole, 25), match(tiled, 25)
    np.testing.assert_allclose(tiled["flux_VIS"].to_numpy()[other], whole["flux_VIS"].to_numpy()[rows], rtol=0.1)


def test_pixels_without_data_are_neither_objects_nor_flux():
    mosaic = field(np.full(10, 10.0))
    mosaic.data[:, 150:] = np.nan
    mosaic.data[:20] = 0
    found = detect([mosaic], Detection())
    assert found["x"].max() < 150 and len(found) == 4
    assert np.isfinite(found["flux_VIS"]).all()


def test_noise_maps_weigh_the_search():
    """Half of the field is ten times noisier, and its noise map says so: nothing false is found there."""
    mosaic = field(np.full(10, 10.0))
    noise = np.full(mosaic.shape, NOISE, "f4")
    noise[160:] *= 10
    mosaic.data[160:] += np.random.default_rng(5).normal(0, 10 * NOISE, mosaic.data[160:].shape).astype("f4")
    mosaic.rms = noise
    assert len(detect([mosaic], Detection())) == 10


def test_uncalibrated_magnitudes_have_no_zero_point():
    mosaic = field(np.full(5, 10.0))
    mosaic.zero_point, mosaic.pixel_scale = None, float("nan")
    catalog, columns = detected_catalog(detect([mosaic], Detection()), [mosaic], "", Report())
    assert np.median(catalog["mag_VIS"]) == pytest.approx(-2.5, abs=0.1)
    assert columns["fwhm"].unit == "pix" and "ra" not in catalog


def test_bands_on_different_grids_are_refused():
    with pytest.raises(
        PhotozError, match=r"detection needs mosaics on one pixel grid: VIS \(300, 320\), H \(100, 100\)"
    ):
        detect([field([]), field([], shape=(100, 100), band="H")], Detection())
