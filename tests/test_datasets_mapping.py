"""What columns mean: guesses on the headers of real catalogs, the user's own words, and every way to be wrong."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoz_core.datasets._bands import in_order, wavelength
from photoz_core.datasets._catalog import Catalog
from photoz_core.datasets._mapping import band_of, describe, parse, resolve
from photoz_core.errors import PhotozError


def catalog(columns: str, value: float = 20.0, **units: str) -> Catalog:
    return Catalog(Path("c.fits"), pd.DataFrame({name: np.full(3, value) for name in columns.split()}), units)


HEADERS = {  # header of a survey: what must be read in it
    "ID RA DEC ACS_F606W_FLUX ACS_F606W_FLUXERR WFC3_F160W_FLUX WFC3_F160W_FLUXERR WFC3_F160W_WEIGHT FLUX_AUTO": (
        "object_id=ID ra=RA dec=DEC flux_F606W=ACS_F606W_FLUX flux_err_F606W=ACS_F606W_FLUXERR "
        "flux_F160W=WFC3_F160W_FLUX flux_err_F160W=WFC3_F160W_FLUXERR"
    ),
    "ID Flux_F606W_hst Fluxerr_F606W_hst Flux_F160W_hst Flux_Ks_hawki": (
        "object_id=ID flux_F606W=Flux_F606W_hst flux_err_F606W=Fluxerr_F606W_hst flux_F160W=Flux_F160W_hst "
        "flux_Ks=Flux_Ks_hawki"
    ),
    "id use f_Ksall f_F606W e_F606W w_F606W f_UVISTA_J e_UVISTA_J z_spec z_fast": (
        "object_id=id z_spec=z_spec flux_Ksall=f_Ksall flux_F606W=f_F606W flux_err_F606W=e_F606W flux_J=f_UVISTA_J "
        "flux_err_J=e_UVISTA_J"
    ),
    "id f_irimj e_irimj f_f814w e_f814w z_spec": (
        "object_id=id z_spec=z_spec flux_j=f_irimj flux_err_j=e_irimj flux_F814W=f_f814w flux_err_F814W=e_f814w"
    ),
    "id mag_u_lsst mag_err_u_lsst mag_y_lsst redshift": (
        "object_id=id z_spec=redshift mag_u=mag_u_lsst mag_err_u=mag_err_u_lsst mag_y=mag_y_lsst"
    ),
    "objid u g r i z specobjid redshift": "object_id=objid z_spec=redshift mag_u=u mag_g=g mag_r=r mag_i=i mag_z=z",
    "zs u g r u-g eu eg er eu-g": "z_spec=zs mag_u=u mag_g=g mag_r=r mag_err_u=eu mag_err_g=eg mag_err_r=er",
    "MAG_U MAGERR_U MAG_G MAGERR_G Z": "z_spec=Z mag_U=MAG_U mag_err_U=MAGERR_U mag_G=MAG_G mag_err_G=MAGERR_G",
    "class z objid psfMag_r modelMag_r petroMag_r petroRad_r": "z_spec=z object_id=objid mag_r=modelMag_r",
    "objID psfMag_u modelMag_u modelMagErr_u dered_u err_u extinction_u": (
        "object_id=objID mag_u=dered_u mag_err_u=err_u"
    ),
    "NUMBER ALPHA_J2000 DELTA_J2000 MAG_AUTO_g MAGERR_AUTO_g MAG_APER_g FLUX_RADIUS CLASS_STAR": (
        "object_id=NUMBER ra=ALPHA_J2000 dec=DELTA_J2000 mag_g=MAG_AUTO_g mag_err_g=MAGERR_AUTO_g"
    ),
    "objid flux_g flux_r flux_ivar_g flux_ivar_r mw_transmission_g": (
        "object_id=objid flux_g=flux_g flux_r=flux_r flux_ivar_g=flux_ivar_g flux_ivar_r=flux_ivar_r"
    ),
    "recno RAJ2000 DEJ2000 umag e_umag Ksmag e_Ksmag zsp": (
        "ra=RAJ2000 dec=DEJ2000 z_spec=zsp mag_u=umag mag_err_u=e_umag mag_Ks=Ksmag mag_err_Ks=e_Ksmag"
    ),
    "HSC_i_MAG_AUTO SC_i_MAG_AUTO UVISTA_Ks_MAG_AUTO": (
        "mag_HSC_i=HSC_i_MAG_AUTO mag_SC_i=SC_i_MAG_AUTO mag_Ks=UVISTA_Ks_MAG_AUTO"
    ),
    "id F606W F606W_err F814W F160W x y": (
        "object_id=id mag_F606W=F606W mag_err_F606W=F606W_err mag_F814W=F814W mag_F160W=F160W"
    ),
    "id MAG MAGERR FLUX_RADIUS SNR M_V": "object_id=id",
}  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_usual_headers_are_read(header):
    expected = dict(pair.split("=") for pair in HEADERS[header].split())
    assert resolve(catalog(header)).columns == expected


def test_plain_columns_with_a_flux_unit_are_fluxes():
    columns = resolve(catalog("F606W F814W F160W", 1.5, F606W="uJy", F814W="uJy", F160W="uJy")).columns
    assert columns == {"flux_F606W": "F606W", "flux_F814W": "F814W", "flux_F160W": "F160W"}


def test_bands_go_from_blue_to_red_and_can_be_chosen():
    table = catalog("mag_z mag_F160W mag_u mag_F606W mag_Ks mag_IRAC_36")
    assert resolve(table).bands == ("u", "F606W", "z", "F160W", "Ks", "IRAC_36")
    chosen = resolve(table, bands=["F160W", "u"])
    assert chosen.bands == ("F160W", "u")
    assert set(chosen.columns) == {"mag_F160W", "mag_u"}


@pytest.mark.parametrize(
    ("band", "micron"),
    [
        ("F435W", 0.435), ("F850LP", 0.85), ("F105W", 1.05), ("F160W", 1.6), ("F275W", 0.275), ("F200W", 2.0),
        ("F444W", 4.44), ("F770W", 7.7), ("F2100W", 21.0), ("F300W", 0.3), ("NB118", 1.18), ("IA427", 0.427),
        ("irac_ch2", 4.5), ("nonsense", None),
    ],
)  # fmt: skip
def test_wavelengths(band, micron):
    assert wavelength(band) == pytest.approx(micron)


def test_unknown_bands_keep_their_order():
    assert in_order(["z", "mystery", "u"]) == ["z", "mystery", "u"]


def test_the_users_mapping_replaces_the_guess():
    table = catalog("id name u g r i z photoz zsp")
    mapping = resolve(table, ["z_spec=photoz", "mag_F160W=g", "mag_err_F160W=r", "object_id="])
    assert mapping.columns == {"z_spec": "photoz", "mag_F160W": "g", "mag_err_F160W": "r"}
    assert mapping.guessed == frozenset()


def test_description_shows_everything():
    text = describe(resolve(catalog("id zsp mag_u magerr_u size")), catalog("id zsp mag_u magerr_u size"), ["a note"])
    for words in (
        "z_spec       ← zsp (guessed)",
        "mag ← mag_u",
        "mag_err ← magerr_u",
        "kept as they are: size",
        "a note",
    ):
        assert words in text
    assert "all objects will be unlabelled" in describe(resolve(catalog("id mag_u")), catalog("id mag_u"))


@pytest.mark.parametrize(
    ("pairs", "bands", "message"),
    [
        (["z_spec=redshfit"], None, r"c\.fits: no column 'redshfit' .*near names: redshift"),
        (["z_spec"], None, "write TARGET=COLUMN"),
        (["=redshift"], None, "write TARGET=COLUMN"),
        (["zspec=redshift"], None, "did you mean z_spec=redshift"),
        (["mag_=u"], None, "name the band, e.g. mag_F160W=u"),
        (["z_spec=redshift", "z_spec=u"], None, "gives 'z_spec' twice"),
        (["mag_u=u", "flux_u=g"], None, "both mag_u and flux_u"),
        (["mag_err_u=u"], None, "neither mag_u nor flux_u"),
        (["mag_u=kind"], None, "'kind' .mag_u. holds text such as 'spiral', not numbers"),
        (None, ["g", "F999W"], "no magnitude or flux for band 'F999W'"),
    ],
)
def test_wrong_mappings_name_the_remedy(pairs, bands, message):
    table = catalog("redshift u g r i")
    table.frame["kind"] = "spiral"
    with pytest.raises(PhotozError, match=message):
        resolve(table, pairs, bands)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(words, words), max_size=5))
def test_any_pairs_are_parsed_or_refused(pairs):
    """Whatever is typed: either the pairs come back as they are, or a PhotozError."""
    texts = [f"{target}={column}" for target, column in pairs]
    try:
        mapping = parse(texts)
    except PhotozError:
        return
    assert mapping == {t.partition("=")[0].strip(): t.partition("=")[2].strip() for t in texts}


names = st.text(st.sampled_from("abefgimrzuFMAGWERR0168_-. "), min_size=1, max_size=14)


@given(st.lists(names, min_size=1, max_size=8, unique=True))
def test_any_header_is_guessed_soundly(header):
    """A guess maps each column once, gives every band a value, and every error a band."""
    table = Catalog(Path("c"), pd.DataFrame({name: [20.0, 21.0] for name in header}))
    mapping = resolve(table)
    assert len(set(mapping.columns.values())) == len(mapping.columns)
    assert set(mapping.columns.values()) <= set(header)
    for target in mapping.columns:
        if band := band_of(target):
            assert band in mapping.bands
    for band in mapping.bands:
        assert (f"mag_{band}" in mapping.columns) != (f"flux_{band}" in mapping.columns)
