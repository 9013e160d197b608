"""Deflection by an elliptical power law with external shear, in lenstronomy's parameters (`EPL` + `SHEAR`).

In elliptical coordinates R e^{iφ} = q x + i y the deflection of Tessore & Metcalf (2015), eqs. 13 and 23, is a product
b (R/b)^(2−γ) A(φ) (their t is γ − 1). A is a Fourier series of odd harmonics whose coefficients fall as |e|ⁿ: one FFT a
lens tabulates it, and each ray costs a power and an interpolation instead of a hypergeometric function.
"""

import math

import torch
from torch import Tensor

PARAMETERS = ("theta_E", "e1", "e2", "center_x", "center_y", "gamma", "gamma1", "gamma2")
ANGLES = 8192  # of the table; linear interpolation is then off by at most 1.5e-5 of b at |e| = 0.71, the largest drawn
TERMS = 512  # of the series, enough to |e| = 0.97
SMALLEST = 1e-14  # arcsec²; the center itself, where the deflection of γ > 2 is infinite


def deflection(x: Tensor, y: Tensor, lens: Tensor) -> tuple[Tensor, Tensor]:
    """Deflection angles of B lenses at P positions.

    Parameters
    ----------
    x, y : (P,) or (B, P) [arcsec]
    lens : (B, 8)
        In the order of `PARAMETERS`; theta_E and centers [arcsec], 1 < gamma < 3, |e| < 1.

    Returns
    -------
    alpha_x, alpha_y : (B, P) [arcsec]
    """
    theta_e, e1, e2, center_x, center_y, gamma, gamma1, gamma2 = lens.T[:, :, None]
    q, angle = axis_ratio(e1, e2), torch.atan2(e2, e1) / 2
    cos, sin = torch.cos(angle), torch.sin(angle)
    u, v = x - center_x, y - center_y
    along, across = (q * cos) * u + (q * sin) * v, cos * v - sin * u
    b2 = theta_e**2 * q
    radial = ((along**2 + across**2).clamp_min_(SMALLEST) / b2).log_().mul_(1 - gamma / 2).exp_().mul_(b2.sqrt())
    table = _angular_table(e1, e2, gamma) * torch.polar(2 / (1 + q), angle)
    place = torch.atan2(across, along).mul_(ANGLES / (2 * math.pi)).add_(ANGLES / 2)
    index = place.long().clamp_(0, ANGLES - 1)
    share = place.sub_(index)
    alpha_x, alpha_y = (_interpolate(part.contiguous(), index, share).mul_(radial) for part in (table.real, table.imag))
    return alpha_x.add_(gamma1 * x + gamma2 * y), alpha_y.add_(gamma2 * x - gamma1 * y)


def axis_ratio(e1: Tensor, e2: Tensor) -> Tensor:
    """Minor over major axis q = (1 − |e|) / (1 + |e|)."""
    e = torch.hypot(e1, e2)
    return (1 - e) / (1 + e)


def _angular_table(e1: Tensor, e2: Tensor, gamma: Tensor) -> Tensor:
    """e^{iφ} ₂F₁(1, t/2; 2 − t/2; −|e| e^{2iφ}) at `ANGLES` + 1 angles from −π to π, (B, ANGLES + 1) complex.

    Tessore & Metcalf (2015), eqs. 28 and 29; (1 − q) / (1 + q) is |e|.
    """
    half = (gamma - 1) / 2
    n = torch.arange(1, TERMS, device=gamma.device, dtype=gamma.dtype)
    steps = -torch.hypot(e1, e2) * (n - 1 + half) / (n + 1 - half)
    terms = torch.cat([torch.ones_like(gamma), steps.cumprod(1)], dim=1)
    spectrum = terms.new_zeros(len(terms), ANGLES)
    spectrum[:, 1 : 2 * TERMS : 2] = -terms  # odd harmonics change their sign over half a turn: start at −π
    table = torch.fft.ifft(spectrum, norm="forward")
    return torch.cat([table, table[:, :1]], dim=1)


def _interpolate(table: Tensor, index: Tensor, share: Tensor) -> Tensor:
    return torch.lerp(table.gather(1, index), table.gather(1, index + 1), share)
