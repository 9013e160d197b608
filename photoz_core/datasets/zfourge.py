"""ZFOURGE (Straatman et al. 2016, ApJ 830, 51): Ks-selected photometry in up to 38 bands, z_spec for some."""

import argparse
from dataclasses import replace
from pathlib import Path

from photoz_core.columns import Column
from photoz_core.dataset import Dataset, Meta
from photoz_core.datasets._assemble import options_of, write_dataset
from photoz_core.datasets._bands import in_order
from photoz_core.datasets._catalog import Catalog, read_catalog
from photoz_core.datasets._mapping import describe, near, resolve
from photoz_core.datasets._objects import objects, select
from photoz_core.datasets._report import Report
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.progress import Progress

TITLE = "ZFOURGE: photometry of up to 38 bands, few spectroscopic redshifts"
HST = ["F606W", "F814W", "F125W", "F160W"]
ZERO_POINT = 25.0  # AB magnitude of one flux unit (0.3631 µJy)
CREDIT = "ZFOURGE, Straatman et al. 2016, ApJ 830, 51 (zfourge.tamu.edu)"
DETECTION_IMAGE = "Ksall"  # the stack that sources were found on; its light is in Ks already
PROPERTIES = {
    "zphot_eazy": Column(
        "z_phot (EAZY)", "", "EAZY's peak photometric redshift, from the photometry alone", "redshift"
    ),
    "fast_lmass": Column("log M★", "solMass", "stellar mass by FAST, at z_spec where there is one: not an input"),
    "fast_lssfr": Column("log sSFR", "1/yr", "specific star formation rate by FAST, at z_spec where there is one"),
    "fast_Av": Column("A_V", "mag", "dust attenuation by FAST, at z_spec where there is one"),
    "flux50_radius": Column("half-light radius", "pix", "SExtractor's FLUX_RADIUS in Ks", "size"),
    "ra": Column("RA", "deg", "right ascension", "position"),
    "dec": Column("Dec", "deg", "declination", "position"),
    "snr": Column("S/N in Ks", "", "signal to noise in the detection aperture"),
    "star": Column("star", "", "1: a star by its colors", "flag"),
    "ir_agn": Column("infrared AGN", "", "1: an AGN by its infrared colors", "flag"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``photoz data import NAME --survey zfourge``."""
    parser.add_argument("--catalog", required=True, type=Path, help="ZFOURGE catalog (f_BAND, e_BAND, use, …)")
    parser.add_argument("--redshifts", type=Path, help="table with id and spec_z, where the catalog has no z_spec")
    parser.add_argument(
        "--bands", default="hst", choices=("hst", "all"), help="hst: F606W F814W F125W F160W, all measured (default)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random split (default 0)")


def build(home: Home, name: str, arguments: argparse.Namespace, progress=None) -> Dataset:
    """Make dataset `name` of the objects with ``use == 1``, labelled by z_spec alone.

    ``--bands hst`` keeps objects with positive flux in all four; ``all`` keeps every object, NaN where not measured.

    Raises
    ------
    PhotozError
        Naming the file and column that is missing or unusable.
    """
    progress, report = Progress.of(progress), Report()
    home.new_dataset(name)
    catalog = with_redshifts(read_catalog(arguments.catalog), arguments.redshifts)
    catalog = select(catalog, ["use=1"])
    bands = HST if arguments.bands == "hst" else all_bands(catalog)
    pairs = [f"{ours}_{band}={theirs}_{band}" for band in bands for ours, theirs in (("flux", "f"), ("flux_err", "e"))]
    mapping = resolve(catalog, ["object_id=id", "z_spec=z_spec", *pairs], bands)
    catalog = _only(catalog, [*mapping.columns.values(), *PROPERTIES])
    progress.say(describe(mapping, catalog, [f"fluxes have the AB zero point {ZERO_POINT}"]))
    frame, columns = objects(catalog, mapping, dict.fromkeys(bands, ZERO_POINT), {"z_spec": {0.0}}, report)
    columns |= {key: column for key, column in PROPERTIES.items() if key in columns}
    if arguments.bands == "hst":
        measured = frame[[f"mag_{band}" for band in HST]].notna().all(axis=1)
        report.notes.append(f"{int((~measured).sum())} objects without a positive flux in all four bands were dropped")
        frame = frame[measured]
    return write_dataset(home, _meta(name, arguments, bands), frame, columns, report, progress, seed=arguments.seed)


def with_redshifts(catalog: Catalog, path: Path | None) -> Catalog:
    """`catalog` with `z_spec` joined by id from ZFOURGE's redshift file (id, spec_z) at `path`.

    Raises
    ------
    PhotozError
        If that file lacks the columns, or the catalog has no z_spec and no file is given.
    """
    if path is None:
        if "z_spec" not in catalog.frame:
            raise PhotozError(f"{catalog.path}: no column 'z_spec'; give ZFOURGE's redshift file with --redshifts")
        return catalog
    table = read_catalog(path)
    if missing := {"id", "spec_z"} - set(table.frame):
        raise PhotozError(f"{path}: no column {sorted(missing)[0]!r}; {near('spec_z', table.frame)}")
    known = table.frame.drop_duplicates("id").set_index("id")["spec_z"]
    return replace(catalog, frame=catalog.frame.assign(z_spec=catalog.frame["id"].map(known)))


def all_bands(catalog: Catalog) -> list[str]:
    """Bands with f_BAND and e_BAND, blue to red, without the detection image."""
    names = [column[2:] for column in catalog.frame if column.startswith("f_") and f"e_{column[2:]}" in catalog.frame]
    return in_order([name for name in names if name != DETECTION_IMAGE])


def _only(catalog: Catalog, names: list[str]) -> Catalog:
    return replace(catalog, frame=catalog.frame[[name for name in catalog.frame if name in names]])


def _meta(name: str, arguments: argparse.Namespace, bands: list[str]) -> Meta:
    return Meta(
        name=name,
        title=f"ZFOURGE, {'four HST bands' if arguments.bands == 'hst' else f'{len(bands)} bands'}",
        description="Ks-selected galaxies with use = 1. FAST's redshift z_fast is left out: it repeats z_spec.",
        survey="ZFOURGE",
        bands=bands,
        provenance={"source": arguments.catalog.name, "credit": CREDIT, "options": options_of(arguments)},
    )
