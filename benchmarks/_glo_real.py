"""Real spectra for `benchmarks/glo.py`: the Brown atlas, and spectra-mock on the wavelengths where it was measured."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks._glo_problems import Sample
from photoz_core._spectra_arrays import fill_and_scale, write_spectra
from photoz_core.dataset import Dataset, Meta
from photoz_core.dataset_writer import new_dataset
from photoz_core.datasets._spectra_write import spectrum_files
from photoz_core.datasets.spectra_table import SUFFIXES, read_columns
from photoz_core.home import Home
from photoz_core.spectra import Grid, grid_of, to_rest_grid

ATLAS = "brown_sed_atlas"
LIMITS = (3700.0, 6900.0)  # Å: outside, the atlas is a model
ARRAYS = ("spectrum", "spectrum_error", "spectrum_mask")


def cut(grid: Grid) -> tuple[slice, Grid]:
    """The pixels of a grid within `LIMITS`, and the grid they make."""
    inside = np.flatnonzero((grid.wavelength >= LIMITS[0]) & (grid.wavelength <= LIMITS[1]))
    first, count = int(inside[0]), len(inside)
    return slice(first, first + count), Grid(grid.start + grid.step * first, grid.step, count)


def mock_of(home: Home, mock: Dataset) -> Dataset:
    """The mock on the atlas's wavelengths, each spectrum divided by its root mean square there; made once."""
    name = f"{mock.name}-atlas"
    if name not in home.dataset_names():
        pixels, grid = cut(grid_of(mock))
        scaled = fill_and_scale(*(np.asarray(mock.array(array)[:, pixels]) for array in ARRAYS))
        meta = replace(mock.meta, name=name, title="Mock galaxy spectra, 3700–6900 Å", arrays={})
        with new_dataset(home.new_dataset(name), meta) as writer:
            write_spectra(writer, scaled, grid)
            writer.finish(mock.catalog, mock.split)
    return Dataset(home.dataset(name))


def atlas_of(home: Home, data: Path, mock: Dataset) -> Dataset:
    """The real spectra as a dataset, a third of them for the test; made once."""
    if ATLAS not in home.dataset_names():
        grid, files = cut(grid_of(mock))[1], spectrum_files(data / ATLAS, *SUFFIXES)
        spectra = [
            to_rest_grid(*read_columns(path), None, 0.0, grid, flux_unit="", name=str(path)) for path in files.values()
        ]
        flux, mask = (np.stack([getattr(item, name) for item in spectra]) for name in ("flux", "mask"))
        order = np.random.default_rng(0).permutation(len(flux))
        split = np.where(order < len(flux) // 3, "test", "train")
        with new_dataset(home.new_dataset(ATLAS), Meta(ATLAS, title="Brown et al. 2014, 3700–6900 Å")) as writer:
            write_spectra(writer, fill_and_scale(flux, np.zeros_like(flux), mask, "lines"), grid)
            writer.finish(pd.DataFrame({"object_id": list(files), "z_spec": np.nan}), split)
    return Dataset(home.dataset(ATLAS))


def sample_of(atlas: Dataset, groups: tuple[str, ...]) -> Sample:
    """Real spectra of these splits, as many of each, or all of them as one group; their truth is what was measured."""
    rows = [atlas.rows(split) for split in groups] if len(groups) > 1 else [np.arange(len(atlas))]
    chosen = np.concatenate([own[: min(map(len, rows))] for own in rows])
    x, mask = (torch.from_numpy(np.array(atlas.array(name)[chosen])) for name in ("spectrum", "spectrum_mask"))
    return Sample(x, x, ~mask.bool(), groups)
