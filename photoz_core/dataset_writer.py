"""Write a Dataset whole or not at all, and say what is wrong with one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.dataset import SPLITS, Dataset, Meta
from photoz_core.errors import PhotozError
from photoz_core.files import new_folder, write_toml

FRACTIONS = (0.70, 0.15, 0.15)


class DatasetWriter:
    """Collects arrays, then the catalog, in a folder that is renamed into place at the end (see `new_dataset`)."""

    def __init__(self, folder: Path, meta: Meta):
        self.folder, self.meta = folder, meta
        self._finished = False

    @contextmanager
    def array(self, name: str, shape: tuple, dtype: str, unit: str = "", description: str = "") -> Iterator:
        """Yield `append(chunk)`, which adds rows to array `name` of final `shape` (N, …); nothing is held in memory.

        N may be None: then it is the number of rows that came.
        """
        written = 0
        path = self.folder / f"{name}.npy"
        with path.open("wb") as file:
            _write_header(file, dtype, (shape[0] or 0, *shape[1:]))

            def append(chunk: np.ndarray) -> None:
                nonlocal written
                if chunk.shape[1:] != tuple(shape[1:]):
                    raise PhotozError(f"array {name!r}: rows of shape {chunk.shape[1:]}, expected {tuple(shape[1:])}")
                file.write(np.ascontiguousarray(chunk, dtype=dtype).tobytes())
                written += len(chunk)

            yield append
            if shape[0] is None:
                file.seek(0)
                _write_header(file, dtype, (written, *shape[1:]))
        if written != shape[0] and shape[0] is not None:
            raise PhotozError(f"array {name!r}: {written} rows written, {shape[0]} announced")
        self.meta.arrays[name] = {"file": path.name, "unit": unit, "description": description}

    def add_array(self, name: str, values: np.ndarray, unit: str = "", description: str = "") -> None:
        """Write the whole array `values` (N, …) as `name`."""
        with self.array(name, values.shape, values.dtype.str, unit, description) as append:
            append(values)

    def finish(self, catalog: pd.DataFrame, split: np.ndarray | None = None, seed: int = 0) -> None:
        """Write the catalog and the split and check the whole.

        Parameters
        ----------
        catalog : DataFrame
            One row per object, with a unique `object_id`, row-aligned with the arrays.
        split : (N,) of str, optional
            Own split; by default 70/15/15 at random, labelled and unlabelled objects apart.

        Raises
        ------
        PhotozError
            Naming every defect.
        """
        if "object_id" not in catalog:
            raise PhotozError("the catalog has no column 'object_id'")
        catalog = catalog.assign(object_id=catalog["object_id"].astype(str)).reset_index(drop=True)
        catalog.to_parquet(self.folder / "catalog.parquet", index=False)
        if split is None:
            label = catalog.get(self.meta.label, pd.Series(np.nan, catalog.index))
            split = random_split(label.notna().to_numpy(), seed)
        pd.DataFrame({"object_id": catalog["object_id"], "split": split}).to_parquet(
            self.folder / "splits.parquet", index=False
        )
        known = {name: self.meta.columns.get(name) or _plain_column(name, catalog[name]) for name in catalog}
        tables = b"".join((self.folder / name).read_bytes() for name in ("catalog.parquet", "splits.parquet"))
        self.meta = replace(self.meta, columns=known, fingerprint=sha256(tables).hexdigest()[:16])
        write_toml(self.folder / "dataset.toml", self.meta.to_dict())
        if defects := validate(Dataset(self.folder)):
            raise PhotozError(f"dataset {self.meta.name!r} is not sound:\n" + "\n".join(f"- {d}" for d in defects))
        self._finished = True


def _plain_column(name: str, values: pd.Series) -> Column:
    """Metadata of a column nobody described."""
    if name == "object_id":
        return Column("object", kind="id", description="unique name of the object")
    return Column(kind="quantity" if pd.api.types.is_numeric_dtype(values) else "category")


def _write_header(file, dtype: str, shape: tuple[int, ...]) -> None:
    """The header of an npy file; numpy leaves room in it for the number of rows to grow."""
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


@contextmanager
def new_dataset(folder: Path, meta: Meta) -> Iterator[DatasetWriter]:
    """Write the dataset `folder`; it appears when `finish` was called and the block ends well, else nothing stays."""
    with new_folder(folder) as partial:
        writer = DatasetWriter(partial, meta)
        yield writer
        if not writer._finished:
            raise PhotozError(f"dataset {meta.name!r}: finish() was never called")


def random_split(labelled: np.ndarray, seed: int = 0, fractions: tuple[float, ...] = FRACTIONS) -> np.ndarray:
    """Split (N,) of `SPLITS` with these `fractions` within the labelled rows and within the others."""
    split = np.empty(len(labelled), dtype="U5")
    rng = np.random.default_rng(seed)
    for group in (labelled, ~labelled):
        rows = rng.permutation(np.flatnonzero(group))
        cuts = np.round(np.cumsum(fractions[:-1]) * len(rows)).astype(int)
        for name, part in zip(SPLITS, np.split(rows, cuts), strict=True):
            split[part] = name
    return split


def validate(dataset: Dataset) -> list[str]:
    """Every defect of a dataset, a sentence each; an empty list means it is sound."""
    defects = []
    try:
        catalog, split = dataset.catalog, dataset.split
    except (PhotozError, KeyError) as error:
        return [f"catalog or splits do not open or do not match: {error}"]
    if not len(catalog):
        return ["the catalog has no rows"]
    ids = catalog["object_id"]
    if ids.duplicated().any():
        repeated = ids[ids.duplicated()].unique()[:5]
        defects.append(
            f"column 'object_id': {ids.duplicated().sum()} duplicates, e.g. {', '.join(repeated)}; ids must be unique"
        )
    if unknown := sorted(set(split.tolist()) - set(SPLITS)):
        defects.append(f"splits.parquet: unknown split {unknown}; use {', '.join(SPLITS)}")
    for name in dataset.meta.columns.keys() - set(catalog):
        defects.append(f"column {name!r} is described but not in the catalog")
    if "z_spec" in catalog and (bad := np.flatnonzero(catalog["z_spec"].to_numpy(float) < -0.01)).size:
        defects.append(f"column 'z_spec': {bad.size} negative values, first at row {bad[0]}; write NaN where unknown")
    return defects + _array_defects(dataset)


def _array_defects(dataset: Dataset) -> list[str]:
    defects = []
    for name in dataset.meta.arrays:
        try:
            array = dataset.array(name)
        except PhotozError as error:
            defects.append(str(error))
            continue
        if len(array) != len(dataset):
            defects.append(f"array {name!r}: {len(array)} rows, the catalog has {len(dataset)}")
        if name == "image" and (array.ndim != 4 or array.shape[1] != len(dataset.bands)):
            defects.append(f"array 'image': shape {array.shape}, expected (N, {len(dataset.bands)} bands, H, W)")
        blocks = range(0, len(array), 4096)
        bad = sum(int((~np.isfinite(array[i : i + 4096])).any(axis=tuple(range(1, array.ndim))).sum()) for i in blocks)
        if bad:
            defects.append(
                f"array {name!r}: {bad} rows hold NaN or infinite values; write 0 and say so in a flag column"
            )
    return defects
