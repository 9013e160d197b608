"""Band names: which words are bands, and which band is bluer."""

import re

LETTERS = {
    "fuv": 0.153, "nuv": 0.231, "u": 0.36, "up": 0.37, "b": 0.44, "g": 0.48, "gp": 0.48, "v": 0.55, "rp": 0.62,
    "r": 0.63, "rc": 0.65, "vis": 0.72, "i": 0.77, "ip": 0.77, "ic": 0.79, "z": 0.90, "zp": 0.91, "zpp": 0.91,
    "y": 1.00, "j1": 1.05, "nir_y": 1.08, "j2": 1.14, "j": 1.25, "j3": 1.28, "nir_j": 1.37, "hs": 1.55, "h": 1.65,
    "hl": 1.70, "nir_h": 1.77, "kp": 2.12, "ks": 2.16, "ksall": 2.16, "k": 2.2, "w1": 3.4, "ch1": 3.6, "ch2": 4.5,
    "w2": 4.6, "ch3": 5.8, "ch4": 8.0, "w3": 12.0, "w4": 22.0,
}  # fmt: skip
"""Effective wavelengths [µm], good enough to put bands in order; names in lower case."""
LONG = {222, 250, 277, 322, 335, 356, 360, 410, 430, 444, 460, 466, 470, 480, 560, 770}
"""Filter numbers from 218 on that count 10 nm (NIRCam, MIRI, NICMOS), not nm as those of ACS and WFC3/UVIS."""


def wavelength(band: str) -> float | None:
    """Effective wavelength [µm] of a band as people write it, or None for an unknown name.

    >>> wavelength("F814W"), wavelength("F160W"), wavelength("IRAC_36")
    (0.814, 1.6, 3.6)
    """
    name = band.lower()
    if name in LETTERS:
        return LETTERS[name]
    if match := re.fullmatch(r"f(\d{3,4})(w2|lp|[wmnx])p?", name):
        return _filter_number(match[1], match[2])
    if match := re.fullmatch(r"(?:ia|ib|nb|j0)(\d{3,4})", name):  # intermediate and narrow bands, J-PAS: nm, or 10 nm
        number = int(match[1])
        return number / (100 if number < 250 else 1000)
    if match := re.fullmatch(r"irac_?(?:ch)?_?(\d{1,2})", name):
        return LETTERS.get(f"ch{match[1]}") or int(match[1]) / 10
    tail = re.fullmatch(r"(?:[a-z0-9]+_)+([a-z0-9]+)", name)  # UVISTA_J, HSC_i
    return wavelength(tail[1]) if tail else None


def _filter_number(digits: str, kind: str) -> float:
    number = int(digits)
    tens = len(digits) == 4 or number < 218 or number in LONG or (number, kind) == (300, "m")
    return number / (100 if tens and kind != "lp" else 1000)


def in_order(bands: list[str]) -> list[str]:
    """Bands from blue to red where all are known, else as they come."""
    known = {band: wavelength(band) for band in bands}
    return bands if None in known.values() else sorted(bands, key=known.get)
