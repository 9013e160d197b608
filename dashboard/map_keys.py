"""What a key does to a map that has the keyboard: the part of the plane in view moves or changes size."""

View = tuple[float, float, float, float]  # x0, x1, y0, y1

STEP = 1 / 8  # of the side in view that an arrow moves
GROW = 1.4  # by how much + and − zoom
ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowDown": (0, -1), "ArrowUp": (0, 1)}
ZOOMS = {"+": 1 / GROW, "=": 1 / GROW, "-": GROW, "_": GROW}
WHOLE, TAKE, SELECT = "Home", "Enter", "s"


def moved(view: View, key: str) -> View:
    """The view after an arrow, + or −; of another key the same.

    Parameters
    ----------
    view : tuple of float
        x0, x1, y0, y1 in map coordinates.
    key : str
        As a browser names it.
    """
    x0, x1, y0, y1 = view
    if key in ARROWS:
        across, up = (STEP * side * way for side, way in zip((x1 - x0, y1 - y0), ARROWS[key], strict=True))
        return x0 + across, x1 + across, y0 + up, y1 + up
    half_x, half_y = (ZOOMS.get(key, 1.0) * side / 2 for side in (x1 - x0, y1 - y0))
    x, y = middle(view)
    return x - half_x, x + half_x, y - half_y, y + half_y


def middle(view: View) -> tuple[float, float]:
    """The point (x, y) in the middle of the view."""
    x0, x1, y0, y1 = view
    return (x0 + x1) / 2, (y0 + y1) / 2
