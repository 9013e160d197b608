"""Which objects a drawn shape or a click means. Positions are (N, 2) float32, answers are row numbers."""

import numpy as np
import shapely

from dashboard.threads import in_pieces, pieces


def in_box(positions: np.ndarray, x0: float, x1: float, y0: float, y1: float) -> np.ndarray:
    """Rows within a box, edges included."""
    x, y = positions[:, 0], positions[:, 1]
    return np.flatnonzero((min(x0, x1) <= x) & (x <= max(x0, x1)) & (min(y0, y1) <= y) & (y <= max(y0, y1)))


def in_polygon(positions: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Rows inside a lasso (shapely's `contains_xy`); a lasso that crosses itself holds every part it encloses."""
    if len(xs) < 3:
        return np.zeros(0, int)
    shape = shapely.make_valid(shapely.Polygon(np.column_stack([xs, ys])))
    shapely.prepare(shape)
    near = in_box(
        positions, *(bound for pair in zip(shape.bounds[:2], shape.bounds[2:], strict=True) for bound in pair)
    )
    x, y = positions[near].T
    inside = in_pieces(lambda i, j: shapely.contains_xy(shape, x[i:j], y[i:j]), pieces(len(near)))
    return near[np.concatenate(inside)]


def nearest_point(positions: np.ndarray, x: float, y: float, reach: float) -> int | None:
    """The row nearest to (x, y), or None if none is within `reach`."""
    near = in_box(positions, x - reach, x + reach, y - reach, y + reach)
    if len(near) == 0:
        return None
    squared = np.square(positions[near] - np.array([x, y], np.float32)).sum(axis=1)
    best = int(squared.argmin())
    return int(near[best]) if squared[best] <= reach**2 else None


def isolated(codes: np.ndarray, selected: np.ndarray) -> int:
    """The class whose objects are the selected ones, all of them and no others; −1 for none.

    Parameters
    ----------
    codes : (N,) int
        Class of each object, −1 where unknown.
    selected : (N,) bool
    """
    chosen = codes[selected]
    if len(chosen) == 0 or chosen[0] < 0 or (chosen != chosen[0]).any():
        return -1
    return int(chosen[0]) if len(chosen) == (codes == chosen[0]).sum() else -1
