"""The object card: every band or the spectrum, the catalog row, the nearest neighbours in latent space."""

import html

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from dashboard import cache, cutouts, theme
from dashboard.pdf_picture import pdf_svg
from dashboard.review_words import summary
from dashboard.spectra_objects import has_spectra, spectrum_of
from dashboard.spectra_pictures import spectrum_svg
from dashboard.state import State
from dashboard.thumbnails import Thumbnails
from dashboard.views._gallery import CROP, captions
from dashboard.views._review_object import ObjectReview
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError

TILE = 44  # px
HIDDEN = ("id", "magnitude_error")  # shown beside the magnitude
INTERVALS = {"z_low_68": ("z_high_68", "68 %"), "z_low_95": ("z_high_95", "95 %")}  # one line each
CATALOG, REVIEW = "catalog", "review"
LEFT_OUT = ("z_high_68", "z_high_95", "pdf_width")  # said by the intervals


class Card(pn.viewable.Viewer):
    """What is known of `state.focus`."""

    side = param.Selector(default=CATALOG, objects=[CATALOG, REVIEW], doc="What stands beside the pictures.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        css = {"margin": 0, "stylesheets": [theme.CARD_CSS]}
        self.title, self.bands = pn.pane.HTML(css_classes=["pz-object"], **css), pn.pane.HTML(**css)
        self.row = pn.pane.HTML(sizing_mode="stretch_both", **css)
        self.pdf = pn.pane.HTML(visible=False, styles={"flex": "none"}, **css)
        self.neighbours = Thumbnails(self._focus, tile=TILE, sizing_mode="stretch_width", height=58, margin=0)
        self.review = ObjectReview(state) if state.reviews else None
        self.right = pn.Column(
            self.row, margin=0, sizing_mode="stretch_both", styles={"overflow": "hidden auto", "min-width": "0"}
        )
        state.param.watch(self._draw, ["focus_row", "neighbours", "table", "band"])
        state.param.watch(self._say_review, ["focus_row", "reviewed"])
        self._draw()

    def __panel__(self):
        caption = pn.pane.HTML("<h6>nearest in latent space</h6>", margin=0, stylesheets=[theme.CARD_CSS])
        left = pn.Column(
            self.title,
            self.bands,
            caption,
            self.neighbours,
            margin=0,
            styles={"flex": "0 0 calc(5 * var(--pz-stamp) + 4px)"},
            stylesheets=[theme.on_phone("flex: none !important; width: 100% !important")],
        )
        right = pn.Column(*[self._switch()] * bool(self.review), self.right, margin=0, sizing_mode="stretch_both")
        return pn.Row(
            left, self.pdf, right, margin=0, sizing_mode="stretch_both", styles={"gap": "12px"},
            stylesheets=[theme.on_phone("flex-direction: column; height: auto !important")],
        )  # fmt: skip

    def _switch(self) -> pmui.RadioButtonGroup:
        """What is known of the object, or what people say of it."""
        return pmui.RadioButtonGroup.from_param(
            self.param.side, label="Shown of the object", description="", size="small", variant="outlined", margin=0,
            sx=theme.SMALL_TABS_SX,
        )  # fmt: skip

    @param.depends("side", watch=True)
    def _turn(self) -> None:
        self.right.objects = [self.row if self.side == CATALOG else self.review]

    def _draw(self, *events) -> None:
        state, row, rows = self.state, self.state.focus_row, self.state.neighbours
        if row < 0 or state.table is None:
            self.title.object = "<p>Click an object on a map, in the mosaic or in the gallery to see it here.</p>"
            self.bands.object = self.row.object = ""
            self.pdf.visible = False
            self.neighbours.param.update(sheet="", names=[], captions=[])
            return
        self._say_review()
        self.bands.object = band_pictures(state.data, row)
        self.row.object = self._catalog_row(row)
        self.pdf.object = picture = self._pdf_picture(row)
        self.pdf.visible = bool(picture)
        names = state.data.object_id[rows].tolist()
        pictured = cutouts.has_pictures(state.data)
        self.neighbours.param.update(
            sheet=cutouts.strip(cutouts.pictures(state.data, rows, state.band, CROP)) if pictured else "",
            names=names,
            captions=captions(state, rows) if pictured else names,
        )

    def _say_review(self, *events) -> None:
        """The object's name, and what its reviewers came to."""
        if self.state.focus_row >= 0:
            said = html.escape(summary(self.state.desk.review, self.state.focus))
            self.title.object = f"<h5>{html.escape(self.state.focus)} <small>{said}</small></h5>"

    def _pdf_picture(self, row: int) -> str:
        """The PDF of an object as an SVG, or why there is none; nothing for a run that gives no PDFs."""
        table = self.state.table
        try:
            pdfs = cache.pdfs(self.state.current)
        except PhotozError as error:
            return f"<p title='{html.escape(str(error))}'>PDFs: cannot be read</p>"
        if pdfs is None:
            return ""
        z_phot, z_spec = (float(table[name].iloc[row]) if name in table else np.nan for name in ("z_phot", "z_spec"))
        return f"<h6>p(z)</h6>{pdf_svg(pdfs.take(np.array([row])), z_phot, z_spec)}"

    def _catalog_row(self, row: int) -> str:
        table, parts = self.state.table, []
        for name in table:
            column = self.state.column(name)
            if column.kind in HIDDEN or name in LEFT_OUT:
                continue
            text, label = _value(table[name].iloc[row]), column.label or name
            if name in INTERVALS and INTERVALS[name][0] in table:
                end, label = INTERVALS[name]
                text += f" – {_value(table[end].iloc[row])}"
            error = f"mag_err_{column.band}"
            if column.kind == "magnitude" and not column.truth and error in table:
                text += f" ± {_value(table[error].iloc[row], 2)}"
            unit = f" {column.unit}" if column.unit else ""
            label, hint = html.escape(label), html.escape(column.description)
            parts.append(f"<div title='{hint}'><dt>{label}</dt><dd>{text}<small>{html.escape(unit)}</small></dd></div>")
        return f"<dl tabindex=0 aria-label='catalog row'>{''.join(parts)}</dl>"

    def _focus(self, name: str) -> None:
        self.state.focus = name


def band_pictures(data: Dataset, row: int) -> str:
    """An object in RGB and every band, or its spectrum, as HTML."""
    if not cutouts.has_images(data):
        return spectrum_svg(spectrum_of(data, row)) if has_spectra(data) else ""
    kinds = [cutouts.RGB, *data.bands]
    tiles = np.concatenate([cutouts.pictures(data, np.array([row]), kind) for kind in kinds])
    labels = "".join(f"<span>{html.escape(kind)}</span>" for kind in kinds)
    words = html.escape(f"{data.object_id[row]} in {', '.join(kinds)}")
    share = f"style='--n: {len(kinds)}'"
    return f"<div class=bands {share}><img src='{cutouts.strip(tiles)}' alt='{words}'><div>{labels}</div></div>"


def _value(value, digits: int = 4) -> str:
    """A catalog value with so many significant digits."""
    if isinstance(value, str):
        return html.escape(value)
    if pd.isna(value):
        return "–"
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return str(value)
    text = f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.6g}"
    return text.replace("-", "−")
