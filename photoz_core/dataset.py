"""Dataset: a folder with a catalog, row-aligned arrays and a split by object."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from photoz_core.columns import Column
from photoz_core.errors import PhotozError, unknown
from photoz_core.files import read_parquet, read_toml

SPLITS = ("train", "valid", "test")
FORMAT = 1


@dataclass(frozen=True)
class Meta:
    """What `dataset.toml` says.

    Parameters
    ----------
    name : str
        The dataset's name, also its folder's.
    bands : list of str
        Bands in the order of the image channels, blue to red.
    label : str
        The column that is scarce: its values are hidden beyond a run's label fraction.
    fingerprint : str
        Of catalog and split: a run tells by it whether the dataset is still the one it was trained on.
    pixel_scale : float
        [arcsec/pixel]; NaN without images.
    zero_points : dict
        AB magnitude of one image unit per band; 23.9 for µJy.
    arrays : dict
        Array name → {"file", "unit", "description"}.
    columns : dict
        Column name → `Column`.
    provenance : dict
        How it was made: source, credit, licence, options, counts of what was dropped or replaced.
    """

    name: str
    title: str = ""
    description: str = ""
    survey: str = ""
    simulated: bool = False
    bands: list[str] = field(default_factory=list)
    label: str = "z_spec"
    fingerprint: str = ""
    pixel_scale: float = float("nan")
    zero_points: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, dict] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    provenance: dict = field(default_factory=dict)

    def to_dict(self) -> dict:
        value = asdict(self)
        value["columns"] = {name: column.to_dict() for name, column in self.columns.items()}
        if np.isnan(self.pixel_scale):
            del value["pixel_scale"]
        return {"format": FORMAT, **value}

    @classmethod
    def from_dict(cls, value: dict) -> "Meta":
        value = {key: item for key, item in value.items() if key in cls.__dataclass_fields__}
        columns = {name: Column.from_dict(item) for name, item in value.pop("columns", {}).items()}
        return cls(columns=columns, **value)


class Dataset:
    """Open the dataset in `folder` (see `photoz_core.dataset_writer` to make one).

    Parameters
    ----------
    folder : Path
        Holds `dataset.toml`, `catalog.parquet`, `splits.parquet` and one `.npy` per array.

    Raises
    ------
    PhotozError
        If the folder is no dataset or of a newer format.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        raw = read_toml(self.folder / "dataset.toml")
        if raw.get("format") != FORMAT:
            raise PhotozError(f"{self.folder}: dataset format {raw.get('format')}, this version reads {FORMAT}")
        self.meta = Meta.from_dict(raw)
        self.name = self.meta.name
        self.bands = self.meta.bands

    def __len__(self) -> int:
        return len(self.catalog)

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {len(self)} objects, arrays: {', '.join(self.meta.arrays) or 'none'})"

    @cached_property
    def catalog(self) -> pd.DataFrame:
        """The catalog, one row per object, columns as in `meta.columns`."""
        return self._parquet("catalog.parquet")

    @cached_property
    def object_id(self) -> np.ndarray:
        """object_id : (N,) str, unique."""
        return self.catalog["object_id"].to_numpy(str)

    @cached_property
    def split(self) -> np.ndarray:
        """split : (N,) str, one of `SPLITS` for each row."""
        return self._parquet("splits.parquet").set_index("object_id").loc[self.object_id, "split"].to_numpy(str)

    def rows(self, split: str) -> np.ndarray:
        """Row numbers of a split; an unknown split lists the known ones."""
        if split not in SPLITS:
            raise unknown("split", split, SPLITS)
        return np.flatnonzero(self.split == split)

    def column(self, name: str) -> np.ndarray:
        """Values (N,) of a column: float64 with NaN where unknown, or str for a category."""
        if name not in self.catalog:
            raise PhotozError(f"dataset {self.name!r}: {unknown('column', name, self.catalog.columns)}")
        series = self.catalog[name]
        if self.meta.columns.get(name, Column()).is_category or not pd.api.types.is_numeric_dtype(series):
            return series.astype("string").fillna("").to_numpy(str)
        return series.to_numpy(np.float64, na_value=np.nan)

    def array(self, name: str) -> np.ndarray:
        """The row-aligned array `name` (N, …), memory-mapped read-only, in the unit of `meta.arrays[name]`."""
        if name not in self.meta.arrays:
            raise PhotozError(f"dataset {self.name!r}: {unknown('array', name, self.meta.arrays)}")
        path = self.folder / Path(self.meta.arrays[name]["file"]).name
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise PhotozError(f"cannot read {path}: {error}; import the dataset again") from error

    def columns_of(self, *kinds: str) -> list[str]:
        """Names of the catalog columns of these kinds, in catalog order, truth columns left out."""
        columns = self.meta.columns
        return [
            name for name in self.catalog if name in columns and columns[name].kind in kinds and not columns[name].truth
        ]

    def magnitudes(self, bands: Sequence[str] = ()) -> np.ndarray:
        """mag : (N, number of bands) [AB mag] of these bands, all of the dataset by default; NaN where not measured."""
        return np.stack([self.column(f"mag_{band}") for band in bands or self.bands], axis=1)

    def magnitude_errors(self, bands: Sequence[str] = ()) -> np.ndarray:
        """mag_err : (N, number of bands) [mag] 1σ, bands as in `magnitudes`; NaN without an error column or value."""
        errors = np.full_like(self.magnitudes(bands), np.nan)  # a band without magnitudes is an error, not all NaN
        for i, band in enumerate(bands or self.bands):
            if f"mag_err_{band}" in self.catalog:
                errors[:, i] = self.column(f"mag_err_{band}")
        return errors

    def is_labelled(self, column: str | None = None) -> np.ndarray:
        """Whether the label of each row (N,) is known at all."""
        values = self.column(column or self.meta.label)
        return values != "" if values.dtype.kind == "U" else np.isfinite(values)

    def measured(self, columns: Sequence[str]) -> np.ndarray:
        """Rows (N,) for which at least one of these numeric columns is known."""
        return np.any([np.isfinite(self.column(name)) for name in columns], axis=0)

    def visible_labels(self, fraction: float, seed: int = 0, count: int = 0) -> np.ndarray:
        """Rows (N,) whose label a run may use: all of the test split, a share of train and of valid.

        The subsets of one seed are nested, by share or by count: the 1 % are among the 5 %. A share is rounded up, so
        at least one label shows where there is one; `fraction` 0 hides all. A `count` above 0 stands in place of the
        fraction: that many labels of train, and every one of valid, as the paper of the magnitude pretext has it
        (Martinazzo, Espadoto & Hirata 2020, section III-D).

        Raises
        ------
        PhotozError
            If `fraction` is not within [0, 1], `count` is negative or more than the training split has.
        """
        if not 0 <= fraction <= 1:
            raise PhotozError(f"label fraction {fraction}: give a number from 0 to 1 (0.05 is 5 %)")
        if count < 0:
            raise PhotozError(f"{count} labels: give 1 or more, or 0 to go by the label fraction")
        labelled, visible = self.is_labelled(), self.split == "test"
        for number, split in enumerate(("train", "valid")):
            rows = np.flatnonzero(labelled & (self.split == split))
            order = np.random.default_rng([seed, number]).permutation(rows)
            shown = int(np.ceil(round(fraction * len(rows), 9)))
            if count:
                shown = count if split == "train" else len(rows)
            if shown > len(rows):
                raise PhotozError(
                    f"{count} labels wanted, but the training split of {self.name!r} has {len(rows)} with a known "
                    f"{self.meta.label}; ask for {len(rows)} at most"
                )
            visible[order[:shown]] = True
        return labelled & visible

    def _parquet(self, name: str) -> pd.DataFrame:
        return read_parquet(self.folder / name, "import the dataset again")
