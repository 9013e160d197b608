"""Cut a stamp of every object out of the mosaics of a field."""

import numpy as np

from photoz_core.datasets._images import Stamps
from photoz_core.datasets._mosaic import Mosaic
from photoz_core.errors import PhotozError

SAME_PIXEL = 0.1  # mosaics whose pixels agree to this fraction of a pixel need no resampling
STEP = 1.0 / 3600  # [deg]: step of the local linear approximation of a WCS


class MosaicStamps:
    """Stamps of N objects in C bands, a `Source`.

    Where the mosaics share one pixel grid, the stamps are cut at the nearest pixel. Otherwise they are resampled onto
    a north-up grid of `scale` (by default the finest): bilinear, averaged over each output pixel, flux conserved.

    Parameters
    ----------
    mosaics : list of Mosaic
        In the order of the dataset's bands.
    size : int
        Pixels on a side.
    sky : tuple of (N,) arrays, optional
        Right ascension and declination [deg].
    pixels : tuple of (N,) arrays, optional
        x and y in the pixels of the mosaics, counted from 0, in place of `sky`.
    scale : float, optional
        Pixel scale of the stamps [arcsec].

    Raises
    ------
    PhotozError
        If all objects lie off the mosaics, or resampling is needed and a mosaic has no WCS.
    """

    def __init__(self, mosaics: list[Mosaic], size: int, sky=None, pixels=None, scale: float | None = None):
        self.mosaics, self.size = mosaics, size
        self.shape = (len(mosaics), size, size)
        self.where = ", ".join(mosaic.where for mosaic in mosaics)
        offsets = None if scale and abs(scale / mosaics[0].pixel_scale - 1) > 1e-3 else grid_offsets(mosaics)
        self.resampled = offsets is None
        if self.resampled and (sky is None or any(mosaic.wcs is None for mosaic in mosaics)):
            raise PhotozError(f"{self.where}: pixel grids differ; resample them to one, or give WCS and positions")
        finest = min(mosaic.pixel_scale for mosaic in mosaics)
        self.pixel_scale = (scale or finest) if self.resampled else mosaics[0].pixel_scale
        if self.resampled:
            self._frames = [local_frame(mosaic.wcs, *sky) for mosaic in mosaics]
            self._xy = [frame[0] for frame in self._frames]
        else:
            reference = np.stack(pixels if pixels is not None else world_to_pixel(mosaics[0].wcs, *sky))
            self._xy = [reference + np.reshape(offset, (2, 1)) for offset in offsets]
        self._check_any_inside()

    def read(self, rows: np.ndarray) -> Stamps:
        """Stamps of these objects; an object that no mosaic shows is a problem."""
        pixels = np.full((len(rows), *self.shape), np.nan, np.float32)
        edge = np.ones((len(rows), len(self.mosaics)))
        one = self._resample if self.resampled else self._cut
        for i, row in enumerate(rows):
            for j in range(len(self.mosaics)):
                if np.isfinite(self._xy[j][:, row]).all():
                    pixels[i, j], edge[i, j] = one(j, row)
        off = np.flatnonzero((edge >= 1).all(axis=1))
        return Stamps(pixels, edge.max(axis=1), dict.fromkeys(off.tolist(), "lies off the mosaics"))

    def _cut(self, band: int, row: int) -> tuple[np.ndarray, float]:
        from astropy.nddata import NoOverlapError, overlap_slices

        x, y = self._xy[band][:, row]
        stamp = np.full((self.size, self.size), np.nan, np.float32)
        try:  # the slices that Cutout2D(mode="partial") takes
            large, small = overlap_slices(self.mosaics[band].shape, stamp.shape, (y, x), mode="partial")
        except NoOverlapError:
            return stamp, 1.0
        stamp[small] = self.mosaics[band].region(*large)[0]
        return stamp, 1 - stamp[small].size / stamp.size

    def _resample(self, band: int, row: int) -> tuple[np.ndarray, float]:
        from scipy.ndimage import map_coordinates

        mosaic = self.mosaics[band]
        centre, jacobian = self._frames[band][0][:, row], self._frames[band][1][:, :, row]
        fine = max(1, int(np.ceil(self.pixel_scale / mosaic.pixel_scale - 1e-3)))  # samples across an output pixel
        steps = (np.arange(self.size * fine) - (self.size * fine - 1) / 2) * self.pixel_scale / fine
        east, north = np.meshgrid(-steps, steps)  # east is left
        x, y = (centre[k] + jacobian[k, 0] * east + jacobian[k, 1] * north for k in (0, 1))
        height, width = mosaic.shape
        x0, x1 = max(int(x.min()) - 1, 0), min(int(x.max()) + 3, width)
        y0, y1 = max(int(y.min()) - 1, 0), min(int(y.max()) + 3, height)
        if x0 >= x1 or y0 >= y1:
            return np.full((self.size, self.size), np.nan, np.float32), 1.0
        values = mosaic.region(slice(y0, y1), slice(x0, x1))[0]
        fluxes = map_coordinates(values, [y - y0, x - x0], order=1, cval=np.nan) * abs(np.linalg.det(jacobian))
        blocks = fluxes.reshape(self.size, fine, self.size, fine).mean(axis=(1, 3)) * self.pixel_scale**2
        outside = (x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)
        return blocks, float(outside.mean())

    def _check_any_inside(self) -> None:
        for mosaic, (x, y) in zip(self.mosaics, self._xy, strict=True):
            inside = (x > -0.5) & (x < mosaic.shape[1] - 0.5) & (y > -0.5) & (y < mosaic.shape[0] - 0.5)
            if not inside.any():
                middle = f"the first at pixel ({x[0]:.0f}, {y[0]:.0f})" if len(x) else "none is given"
                size = f"{mosaic.shape[1]} × {mosaic.shape[0]} pixels"
                raise PhotozError(
                    f"{mosaic.where}: no object of the catalog lies on it ({size}, {middle}); "
                    "are ra and dec in degrees, and is it the right field?"
                )


def grid_offsets(mosaics: list[Mosaic]) -> list[tuple[int, int]] | None:
    """Whole pixels (dx, dy) from the first mosaic's grid to each one's; None if they differ by more than a shift."""
    first = mosaics[0]
    height, width = first.shape
    x, y = np.array([0, width - 1, 0, width - 1.0]), np.array([0, 0, height - 1, height - 1.0])
    offsets = []
    for mosaic in mosaics:
        if mosaic.wcs is None or first.wcs is None:
            if mosaic.shape != first.shape:
                return None
            offsets.append((0, 0))
            continue
        moved = np.stack(mosaic.wcs.world_to_pixel_values(*first.wcs.pixel_to_world_values(x, y))) - [x, y]
        offset = np.round(np.median(moved, axis=1))
        if np.abs(moved - offset[:, None]).max() > SAME_PIXEL:
            return None
        offsets.append(tuple(offset.astype(int).tolist()))
    return offsets


def world_to_pixel(wcs, ra, dec) -> np.ndarray:
    """x, y (2, N), counted from 0, of positions [deg]; NaN for what is no position or on the sky's far side."""
    ra, dec = np.asarray(ra, float), np.asarray(dec, float)
    known = np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90)
    inside = np.where(known, ra, wcs.wcs.crval[0]), np.where(known, dec, wcs.wcs.crval[1])
    inside = np.where(known, ra, wcs.wcs.crval[0]), np.where(known, dec, wcs.wcs.crval[1])
    x, y = wcs.all_world2pix(*inside, 0, quiet=True)
    return np.where(known, np.stack([x, y]), np.nan)


def local_frame(wcs, ra, dec) -> tuple[np.ndarray, np.ndarray]:
    """Pixel positions (2, N) and, there, the Jacobian (2, 2, N) [pixel / arcsec] of (x, y) by (east, north)."""
    ra, dec = np.asarray(ra, float), np.asarray(dec, float)
    centre = world_to_pixel(wcs, ra, dec)
    east = world_to_pixel(wcs, ra + STEP / np.cos(np.radians(dec)), dec) - centre
    north = world_to_pixel(wcs, ra, dec + STEP) - centre
    return centre, np.stack([east, north], axis=1)
