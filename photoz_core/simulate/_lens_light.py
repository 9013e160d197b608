"""Surface brightness of elliptical Sérsic and core-Sérsic profiles in lenstronomy's parameters.

A radius is the product average of the axes, R² = q x² + y² / q along them; b_n ≈ 1.9992 n − 0.3271, both as in
lenstronomy (`SERSIC_ELLIPSE`, `CORE_SERSIC`), so that a half-light radius is the one of its users.
"""

import torch
from torch import Tensor

SMOOTHING = 1e-4  # arcsec; lenstronomy's smallest radius
SHARPNESS = 3.0  # α of the core-Sérsic profile, lenstronomy's default


def sersic(x: Tensor, y: Tensor, profile: dict[str, Tensor]) -> Tensor:
    """I(R) = exp(−b_n [(R / R_sersic)^(1/n) − 1]), 1 at the half-light radius (Sérsic 1968).

    Parameters
    ----------
    x, y : (P,) or (B, P) [arcsec]
    profile : dict
        R_sersic, center_x, center_y [arcsec], n_sersic, e1, e2, each (B,).

    Returns
    -------
    brightness : (B, P)
    """
    p = {name: value[:, None] for name, value in profile.items()}
    scaled = radius_squared(x, y, p).div_(p["R_sersic"] ** 2).log_().mul_(0.5 / p["n_sersic"]).exp_()
    return scaled.sub_(1).mul_(-b_n(p["n_sersic"])).exp_()


def core_sersic(x: Tensor, y: Tensor, profile: dict[str, Tensor]) -> Tensor:
    """Sérsic with a power-law core of slope `gamma` inside R_b (Trujillo et al. 2004), scaled as in lenstronomy.

    I(R) = [1 + (R_b/R)^α]^(γ/α) exp(−b_n {[(R^α + R_b^α) / R_sersic^α]^(1/αn) − 1}).

    Parameters
    ----------
    x, y : (P,) or (B, P) [arcsec]
    profile : dict
        R_sersic, Rb, center_x, center_y [arcsec], n_sersic, gamma, e1, e2, each (B,).

    Returns
    -------
    brightness : (B, P)
    """
    p = {name: value[:, None] for name, value in profile.items()}
    power = (radius_squared(x, y, p) / p["Rb"] ** 2) ** (SHARPNESS / 2)  # (R / R_b)^α: no overflow for small R_b
    outer = ((power + 1) * (p["Rb"] / p["R_sersic"]) ** SHARPNESS) ** (1 / (SHARPNESS * p["n_sersic"]))
    return (1 + 1 / power) ** (p["gamma"] / SHARPNESS) * torch.exp(-b_n(p["n_sersic"]) * (outer - 1))


def b_n(n: Tensor) -> Tensor:
    """b_n ≈ 1.9992 n − 0.3271 (Capaccioli 1989), as in lenstronomy."""
    return (1.9992 * n - 0.3271).clamp_min(1e-5)


def radius_squared(x: Tensor, y: Tensor, p: dict[str, Tensor]) -> Tensor:
    """R² (B, P) [arcsec²] of the ellipse through each position, not below `SMOOTHING`²."""
    u, v = x - p["center_x"], y - p["center_y"]
    e1, e2 = p["e1"], p["e2"]
    norm = (1 - e1**2 - e2**2).clamp_min(1e-6).sqrt()
    along, across = ((1 - e1) / norm) * u - (e2 / norm) * v, ((1 + e1) / norm) * v - (e2 / norm) * u
    return along.square_().add_(across.square_()).clamp_min_(SMOOTHING**2)
