"""What a catalog column means: label, unit, kind, colormap."""

import itertools
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace

from photoz_core.errors import PhotozError

KINDS = (
    "id", "position", "magnitude", "magnitude_error", "flux", "color",
    "redshift", "size", "quantity", "category", "flag",
)  # fmt: skip
MAX_CLASSES = 50  # whole numbers or text with more different values are not shown as classes
CATALOG = "_catalog"
COLORMAPS = {"color": "coolwarm", "category": "okabe_ito", "flag": "okabe_ito"}


@dataclass(frozen=True)
class Column:
    """Metadata of one catalog column.

    Parameters
    ----------
    label : str
        What a person reads on a map, e.g. ``F125W − F160W``.
    unit : str
        astropy unit string, ``""`` where there is none.
    description : str
        One sentence.
    kind : str
        One of `KINDS`; `quantity` for whatever else is a number.
    colormap : str
        Suggested colormap; ``""`` takes the one of the kind.
    band : str
        The band of a magnitude, its error or a flux.
    truth : bool
        Known only because the data are simulated; never an input of a method.
    """

    label: str = ""
    unit: str = ""
    description: str = ""
    kind: str = "quantity"
    colormap: str = ""
    band: str = ""
    truth: bool = False

    def __post_init__(self):
        if self.kind not in KINDS:
            raise PhotozError(f"column kind {self.kind!r}; known: {', '.join(KINDS)}")

    @property
    def cmap(self) -> str:
        return self.colormap or COLORMAPS.get(self.kind, "viridis")

    @property
    def is_category(self) -> bool:
        return self.kind in ("category", "flag")

    def title(self, name: str) -> str:
        """Label with its unit in brackets, falling back on the column's `name`."""
        label = self.label or name
        return f"{label} [{self.unit}]" if self.unit else label

    def to_dict(self) -> dict:
        return {key: value for key, value in asdict(self).items() if value != ""}

    @classmethod
    def from_dict(cls, value: dict) -> "Column":
        known = {field.name for field in fields(cls)}
        return cls(**{key: item for key, item in value.items() if key in known})


def photometry_columns(bands: list[str]) -> dict[str, Column]:
    """Columns `mag_B`, `mag_err_B` of each band and `color_A_B` of each adjacent pair (RAIL's naming)."""
    columns = {}
    for band in bands:
        columns[f"mag_{band}"] = Column(f"m_{band}", "mag", f"AB magnitude in {band}", "magnitude", band=band)
        columns[f"mag_err_{band}"] = Column(
            f"σ(m_{band})", "mag", f"1σ error of the {band} magnitude", "magnitude_error", band=band
        )
    for blue, red in itertools.pairwise(bands):
        columns[f"color_{blue}_{red}"] = Column(f"{blue} − {red}", "mag", f"color {blue} − {red}", "color")
    return columns


def predicted(target: str, column: Column) -> Column:
    """Metadata of what a run predicts for the column `target`."""
    return replace(column, label=f"{column.label or target} predicted", description=f"predicted {target}")


def names_beside(catalog: Iterable[str], added: Container[str]) -> dict[str, str]:
    """What a catalog's columns are called beside those that are `added`: the same, or ``…_catalog``, never one of them.

    A survey's published z_phot stays beside the one that a run predicts.
    """
    called: dict[str, str] = {}
    for name in (catalog := list(catalog)):
        called[name] = name
        while called[name] in added or (called[name] != name and called[name] in catalog):
            called[name] += CATALOG
    return called


def own_column(name: str, known: Mapping[str, Column]) -> Column | None:
    """Metadata of a catalog's column, also by the name that `names_beside` gives it; None where nothing is known."""
    own = known.get(before := name.removesuffix(CATALOG))
    return known.get(name) or (own and replace(own, label=f"{own.label or before} (catalog)"))


PREDICTED = {
    "z_phot": Column("z_phot", "", "predicted redshift", "redshift"),
    "z_mode": Column("z_mode", "", "most probable redshift of the PDF"),
    "z_mean": Column("z_mean", "", "mean redshift of the PDF"),
    "z_low_68": Column("z 68 % from", "", "lower end of the central 68 % of the PDF"),
    "z_high_68": Column("z 68 % to", "", "upper end of the central 68 % of the PDF"),
    "z_low_95": Column("z 95 % from", "", "lower end of the central 95 % of the PDF"),
    "z_high_95": Column("z 95 % to", "", "upper end of the central 95 % of the PDF"),
    "pdf_width": Column("PDF width", "", "half of the central 68 % of the PDF, in redshift", colormap="magma"),
    "pit": Column("PIT", "", "probability that the PDF puts below z_spec", colormap="coolwarm"),  # 0.5 is unbiased
    "anomaly": Column("anomaly", "nat", "−log p(x): larger is odder to the model", colormap="magma"),
    "class_pred": Column("class predicted", "", "the most probable class", "category"),
}  # what a run adds to a catalog
