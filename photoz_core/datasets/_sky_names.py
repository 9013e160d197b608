"""Positions from names of the IAU's kind, JHHMMSS.ss+DDMMSS.s."""

import re

import numpy as np

NAME = re.compile(r"J(\d{2})(\d{2})(\d{2}(?:\.\d+)?)([+\-\u2212])(\d{2})(\d{2})(\d{2}(?:\.\d+)?)(?!\d)")


def positions_in_names(names) -> tuple[np.ndarray, np.ndarray]:
    """Positions that names (N,) hold, as in ``SDSS J094529.36+093610.4``.

    Returns
    -------
    ra, dec : (N,) [deg]
        NaN where a name holds none, or digits that are no hours, minutes, seconds or degrees.
    """
    matches = [NAME.search(str(name)) for name in names]
    parts = np.array([match.groups() if match else ("99",) * 3 + ("+",) + ("99",) * 3 for match in matches], str)
    parts = parts.reshape(-1, 7)
    hours, minutes, seconds, degrees, arcmin, arcsec = (parts[:, i].astype(float) for i in (0, 1, 2, 4, 5, 6))
    good = (hours < 24) & (minutes < 60) & (seconds < 60) & (arcmin < 60) & (arcsec < 60)
    good &= degrees + arcmin / 60 + arcsec / 3600 <= 90
    ra, dec = np.full(len(parts), np.nan), np.full(len(parts), np.nan)
    if good.any():
        from astropy.coordinates import SkyCoord

        parts = np.char.replace(parts[good], "\u2212", "-")
        east = [f"{h}:{m}:{s}" for h, m, s in parts[:, :3]]
        north = [f"{sign}{d}:{m}:{s}" for sign, d, m, s in parts[:, 3:]]
        sky = SkyCoord(east, north, unit=("hourangle", "deg"))
        ra[good], dec[good] = sky.ra.deg, sky.dec.deg
    return ra, dec
