"""Linear maps A of the inverse problems y = A x + η: what a measurement keeps of a spectrum."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from photoz_core.errors import PhotozError


class LinearMap:
    """A as a function of spectra x (…, B, L), with what of its output was measured.

    Attributes
    ----------
    measured : (m,) or (B, m) bool, optional
        Entries of y that exist; the others are rows of zeros in A and count nowhere. One mask for all spectra, or one
        each. None: all.
    """

    measured: Tensor | None = None

    def apply(self, x: Tensor) -> Tensor:
        """All rows of A: (…, B, L) → (…, B, m)."""
        raise NotImplementedError

    def apply_adjoint(self, y: Tensor) -> Tensor:
        """All rows of A, transposed: (…, B, m) → (…, B, L)."""
        raise NotImplementedError

    def __call__(self, x: Tensor) -> Tensor:
        """A x (…, B, m), zero where not measured."""
        return self._chosen(self.apply(x))

    def adjoint(self, y: Tensor) -> Tensor:
        """Aᵀ y (…, B, L)."""
        return self.apply_adjoint(self._chosen(y))

    def weight(self, y: Tensor, measured: Tensor | None = None) -> Tensor:
        """1 where entries of y (B, m) were measured, by the map and by a mask (B, m) of the data, else 0.

        Raises
        ------
        PhotozError
            If a spectrum has no measured entry, or one that is not a number.
        """
        weight = torch.ones_like(y)
        for mask in (self.measured, measured):
            if mask is not None:
                weight = weight * mask.to(weight)
        if bad := torch.nonzero((weight == 0).all(dim=1)).flatten().tolist():
            raise PhotozError(f"spectrum {bad[0]}: no value was measured; leave it out")
        if bad := torch.nonzero(((weight > 0) & ~torch.isfinite(y)).any(dim=1)).flatten().tolist():
            raise PhotozError(f"spectrum {bad[0]}: a measured value is not a number; mark it as not measured")
        return weight

    def _chosen(self, y: Tensor) -> Tensor:
        return y if self.measured is None else y * self.measured.to(y)


@dataclass(frozen=True, eq=False)
class Identity(LinearMap):
    """y = x + η: denoising."""

    def apply(self, x: Tensor) -> Tensor:
        return x

    apply_adjoint = apply


@dataclass(frozen=True, eq=False)
class Window(Identity):
    """One contiguous window is missing: inpainting.

    Parameters
    ----------
    measured : (L,) or (B, L) bool
        False inside the window.
    """

    measured: Tensor

    @classmethod
    def at(cls, start: int | Tensor, width: int, length: int) -> "Window":
        """Without the `width` pixels from `start` on: a number, or (B,) for each spectrum its own."""
        pixel, start = torch.arange(length), torch.as_tensor(start)[..., None]
        return cls((pixel < start) | (pixel >= start + width))

    @classmethod
    def random(cls, share: float, spectra: int, length: int, seed: int = 0) -> "Window":
        """Without this share of the pixels, at a place drawn for each spectrum."""
        width = _missing(share, length)
        places = torch.randint(length - width + 1, (spectra,), generator=torch.Generator().manual_seed(seed))
        return cls.at(places, width, length)


@dataclass(frozen=True, eq=False)
class Points(Identity):
    """Values at random pixels are missing: what Rissaki et al. 2020 call super-resolution.

    Parameters
    ----------
    measured : (L,) or (B, L) bool
    """

    measured: Tensor

    @classmethod
    def random(cls, share: float, spectra: int, length: int, seed: int = 0) -> "Points":
        """Without this share of the pixels, drawn for each spectrum."""
        order = torch.rand(spectra, length, generator=torch.Generator().manual_seed(seed)).argsort(dim=1).argsort(dim=1)
        return cls(order >= _missing(share, length))


@dataclass(frozen=True, eq=False)
class Downsample(LinearMap):
    """A coarser grid: each new pixel is the average of `factor` old ones, weighted with their widths.

    The flux in a new pixel, average × width, is the sum of the old ones': nothing is lost. The last new pixel is
    narrower where `factor` does not divide L.

    Parameters
    ----------
    factor : int
    width : (L,)
        Widths of the old pixels [Å, or any unit].
    """

    factor: int
    width: Tensor

    def apply(self, x: Tensor) -> Tensor:
        return self._summed(x * self.width.to(x)) / self._summed(self.width.to(x))

    def apply_adjoint(self, y: Tensor) -> Tensor:
        share = y / self._summed(self.width.to(y))
        return share.repeat_interleave(self.factor, dim=-1)[..., : len(self.width)] * self.width.to(y)

    def _summed(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, -len(self.width) % self.factor)).unflatten(-1, (-1, self.factor)).sum(-1)


@dataclass(frozen=True, eq=False)
class Dense(LinearMap):
    """Any A.

    Parameters
    ----------
    matrix : (m, L)
    """

    matrix: Tensor

    def apply(self, x: Tensor) -> Tensor:
        return x @ self.matrix.to(x).T

    def apply_adjoint(self, y: Tensor) -> Tensor:
        return y @ self.matrix.to(y)


def _missing(share: float, length: int) -> int:
    if not 0 <= share < 1:
        raise PhotozError(f"missing share {share}: give a number from 0 to below 1 (0.4 is 40 %)")
    return round(share * length)
