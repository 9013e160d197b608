"""Small mosaics and catalogs for the tests of imports."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.wcs import WCS

from photoz_core import datasets, registry
from photoz_core.datasets._fits_image import Place
from photoz_core.home import Home

RA, DEC = 150.1, 2.2


def header(shape=(120, 100), scale=0.06, rotation=0.0, shift=(0.0, 0.0), **cards) -> fits.Header:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cunit = ["RA---TAN", "DEC--TAN"], [RA, DEC], ["deg", "deg"]
    wcs.wcs.crpix = [shape[1] / 2 + 0.5 + shift[0], shape[0] / 2 + 0.5 + shift[1]]
    c, s = np.cos(rotation) * scale / 3600, np.sin(rotation) * scale / 3600
    wcs.wcs.cd = [[-c, s], [s, c]]
    head = wcs.to_header()
    head.update(cards)
    return head


def mosaic(path: Path, data=None, shape=(120, 100), **options) -> Path:
    data = np.random.default_rng(1).normal(size=shape).astype("f4") if data is None else data
    fits.PrimaryHDU(data, header(data.shape, **({"MAGZERO": 23.9} | options))).writeto(path)
    return path


def places(**files) -> list[Place]:
    return [Place(band, str(path), "") for band, path in files.items()]


def positions(path: Path, x, y):
    return WCS(fits.getheader(path)).pixel_to_world_values(np.asarray(x, float), np.asarray(y, float))


def run_import(folder: Path, survey: str, *options: object, name: str = "d", progress=None):
    """The dataset that ``photoz data import NAME --survey SURVEY OPTIONS`` makes in ``folder/home``."""
    module = registry.load(datasets, survey)
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    arguments = parser.parse_args([str(option) for option in options])
    return module.build(Home(folder / "home"), name, arguments, progress)


def build(folder: Path, *options: object, **more):
    """`run_import` of one's own data."""
    return run_import(folder, "table", *options, **more)


def catalog_csv(tmp_path, n=4, ra=None, dec=None, **columns) -> Path:
    frame = pd.DataFrame({"id": np.arange(n), "mag_F814W": 20.0 + np.arange(n), **columns})
    if ra is not None:
        frame = frame.assign(ra=ra, dec=dec)
    frame.to_csv(tmp_path / "c.csv", index=False)
    return tmp_path / "c.csv"
