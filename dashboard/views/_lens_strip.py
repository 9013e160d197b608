"""One lens: its image, its pair, the same mass before other sources, and its parameters."""

import html

import numpy as np
import panel as pn

from dashboard import cutouts, lens_images, theme
from dashboard.lens_parameters import known_parameters
from dashboard.state import State
from dashboard.views._lens_background import Background

ACROSS = 4  # images in a row
STYLE = """
p { opacity: 1; font-size: 12px; line-height: 18px; }
.strip { display: grid; gap: 3px 4px; }
figure { margin: 0; }
img, .wait { display: block; width: 100%; aspect-ratio: 1; border-radius: 3px; }
.wait { background: #80808020; }
figcaption { font-size: 10px; line-height: 13px; opacity: .75; }
dl { grid-template-columns: repeat(4, 1fr); margin-top: 4px; }
"""
NOT_OURS = "This program did not simulate the dataset, so it cannot draw the same mass before other sources."


class Strip(pn.viewable.Viewer):
    """What the lens in focus looks like, and what else it could."""

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._background = Background("draw")
        self._shown: tuple = ()
        style = {"margin": 0, "sizing_mode": "stretch_width", "stylesheets": [theme.CARD_CSS, STYLE]}
        self.title, self.images, self.row = (pn.pane.HTML(**style) for _ in range(3))
        self._layout = pn.Column(self.title, self.images, self.row, margin=0, sizing_mode="stretch_width")

    def __panel__(self):
        return self._layout

    def show(self) -> None:
        """Show the lens in focus; what is drawn anew follows."""
        data, row, band = self.state.data, self.state.focus_row, self.state.band
        wanted = (self.state.dataset, data and data.meta.fingerprint, row, band)
        if wanted == self._shown:
            return
        self._shown = wanted
        self._background.forget()
        if data is None or row < 0:
            self.title.object, self.images.object, self.row.object = "<p>Click a lens on a map.</p>", "", ""
            return
        caption = " · the same mass before other sources" if lens_images.is_drawn_here(data) else ""
        self.title.object = f"<p><b>{html.escape(self.state.focus)}</b>{caption}</p>"
        self.row.object = parameters_html(self.state, row)
        if not cutouts.has_images(data):
            self.images.object = "<p>This dataset has no images.</p>"
            return
        tiles, names = lens_images.observed(data, row, band)
        if not lens_images.is_drawn_here(data):
            self.images.object = strip_html(tiles, names) + f"<p>{NOT_OURS}</p>"
            return
        self.images.object = strip_html(tiles, names, waiting=lens_images.OTHERS)
        self._background.run(
            lambda: cutouts.paint(data, lens_images.with_other_sources(data, row), band),
            lambda others: self._complete(tiles, names, others),
            lambda error: self._fail(tiles, names, error),
        )

    def _complete(self, tiles: np.ndarray, names: list[str], others: np.ndarray) -> None:
        self.images.object = strip_html(np.concatenate([tiles, others]), names + ["drawn anew"] * len(others))

    def _fail(self, tiles: np.ndarray, names: list[str], error: str) -> None:
        self.images.object = strip_html(tiles, names) + f"<p>{html.escape(error)}</p>"


def strip_html(tiles: np.ndarray, names: list[str], waiting: int = 0) -> str:
    """Pictures (M, H, W, 3) with their captions, and places for those that are being drawn."""
    parts = [
        f"<figure><img src='{cutouts.data_url(tile)}' alt='{name}'><figcaption>{name}</figcaption></figure>"
        for tile, name in zip(tiles, names, strict=True)
    ]
    parts += ["<figure><div class=wait></div><figcaption>drawing…</figcaption></figure>"] * waiting
    return f"<div class=strip style='grid-template-columns: repeat({ACROSS}, 1fr)'>{''.join(parts)}</div>"


def parameters_html(state: State, row: int) -> str:
    """The lens parameters of a row, with units."""
    parts = []
    for name in known_parameters(state.data):
        column, value = state.column(name), float(state.data.catalog[name].iloc[row])
        text = f"{value:.3f}".replace("-", "−") if np.isfinite(value) else "–"
        label, unit = html.escape(column.label or name), html.escape(column.unit)
        hint = html.escape(column.description)
        parts.append(f"<div title='{hint}'><dt>{label}</dt><dd>{text} <small>{unit}</small></dd></div>")
    return f"<dl>{''.join(parts)}</dl>"
