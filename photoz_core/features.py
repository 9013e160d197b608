"""What photometric methods read of a catalog row: magnitudes, their colors, covariates."""

import itertools
from functools import cache

import numpy as np
import torch
from torch import Tensor

COVARIATES = ("extinction_i",)  # catalog columns [mag] whose log10 joins the features of a dataset that has them
OTHER_SET = ("psf_", "aper_")  # bands so prefixed are second magnitudes of the same bands: they make their own colors


def photometric_features(magnitude):
    """Adjacent colors and the reddest magnitude: (N, C) [mag] → (N, C) [mag], of numpy or torch.

    The four targets of PITA's color loss (F606W − F814W, F814W − F125W, F125W − F160W, m_F160W), for any bands.
    """
    join = torch.cat if isinstance(magnitude, Tensor) else np.concatenate
    return join([magnitude[:, :-1] - magnitude[:, 1:], magnitude[:, -1:]], 1)


@cache
def feature_pairs(bands: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Which magnitudes make each feature: its own, and the one subtracted from it (−1 for none).

    A set of magnitudes gives its magnitudes, then its adjacent colors. Bands are one set, or two where some are named
    ``psf_…`` or ``aper_…``. SDSS with model, WISE and PSF magnitudes gives 7 + 6 + 5 + 4 = 22 features, 23 with the
    extinction: the inputs of PhotoVAEz.
    """
    numbered = list(enumerate(bands))
    sets = [[i for i, band in numbered if band.startswith(OTHER_SET) is other] for other in (False, True)]
    pairs = [pair for own in sets for pair in (*((i, -1) for i in own), *itertools.pairwise(own))]
    return tuple(i for i, _ in pairs), tuple(j for _, j in pairs)


def vae_features(magnitude: Tensor, covariate: Tensor, bands: tuple[str, ...]) -> Tensor:
    """Magnitudes, adjacent colors and log10 of the covariates: the inputs of PhotoVAEz.

    Parameters
    ----------
    magnitude : (B, C) [mag]
        In `bands`; NaN where not measured.
    covariate : (B, E) [mag]
        Extinction; not positive means unknown.

    Returns
    -------
    (B, D)
        NaN where a magnitude it needs is missing.
    """
    own, other = feature_pairs(bands)
    index = torch.tensor(other, device=magnitude.device)
    value = magnitude[:, list(own)] - torch.where(index >= 0, magnitude[:, index.clamp(min=0)], 0.0)
    return torch.cat([value, torch.where(covariate > 0, covariate, torch.nan).log10()], dim=1)
