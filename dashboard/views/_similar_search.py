"""The search: what is asked for, an upload, and its neighbours as cutouts."""

import html

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param

from dashboard import cutouts, theme
from dashboard.similar_choices import Choices, same
from dashboard.similar_search import (
    FOCUS,
    MEAN,
    NOTHING,
    UPLOAD,
    Embedder,
    Found,
    near_focus,
    near_mean,
    near_placed,
    picture_of,
)
from dashboard.thumbnails import Thumbnails
from dashboard.views._gallery import CROP
from dashboard.views._lens_background import Background
from dashboard.views._similar_map import ScoreMap
from photoz_core.cutout import ACCEPTED, MAX_BYTES
from photoz_core.run import Run

TILE = 48  # px
ROWS = 3
SHOWN = 96  # px of the query's own picture
TABS_SX = theme.HIDDEN_TITLE_SX | {
    "& .MuiToggleButton-root": theme.SMALL_TABS_SX["& .MuiToggleButton-root"] | {"whiteSpace": "nowrap"}
}
SCROLL = ":host { overflow: hidden auto !important; scrollbar-width: thin; }"
SMALL_SX = {"padding": "0 8px", "fontSize": "12px", "height": "24px", "minHeight": "24px"}
STYLE = """
.query { display: flex; gap: 10px; font-size: 11.5px; line-height: 16px; }
.query img { width: 96px; height: 96px; border-radius: 3px; flex: none; image-rendering: pixelated; }
.query ul { margin: 0; padding-left: 14px; opacity: .8; }
.error { color: #d14343; opacity: 1; }
"""
EMPTY = {
    FOCUS: "Click an object on the map or in the ranking.",
    MEAN: "Select objects on any map: drag a box here, or come with a selection from another page.",
    UPLOAD: "Upload a cutout: FITS with one plane per band, or PNG / JPEG where the dataset has color pictures; "
    f"{MAX_BYTES / 1e6:.0f} MB at most.",
}


class Upload(pmui.FileInput):
    """Takes no more bytes than a cutout may have, whatever the browser was told."""

    def _process_chunk(self, msg: dict) -> None:
        chunks = [chunk for part in self._file_buffer.values() for chunk in part["chunks"].values()]
        held = sum(map(len, [*chunks, *(part["value"] for part in self._buffer), msg["data"]]))
        if held > MAX_BYTES:
            self._file_buffer.clear()
            self._buffer.clear()
        else:
            super()._process_chunk(msg)


class Search(pn.viewable.Viewer):
    """Nearest neighbours in latent space."""

    content = param.Parameter(default=None, doc="(name, bytes) of the file uploaded last.")

    def __init__(self, choices: Choices, map_: ScoreMap, **params):
        super().__init__(**params)
        self.choices, self.state, self.map = choices, choices.state, map_
        self.embedder, self.placed = Embedder(), None
        self._embed, self._place = Background("embed"), Background("place")
        self._asked: tuple = ()
        self._drawn: tuple = ()
        self._said = ""
        self.upload = Upload(
            label="Upload a cutout", accept=ACCEPTED, max_file_size=MAX_BYTES, size="small", variant="outlined",
            margin=0, uploaded_label="Upload another", icon_size="16px", sx=SMALL_SX, align="center",
            stylesheets=[theme.PHONE_HIDES],
        )  # fmt: skip
        self.upload.param.watch(self._take_file, "value")
        self.select = pmui.Button(
            label="Select them", size="small", variant="outlined", margin=0, sx=SMALL_SX, align="center"
        )
        self.select.on_click(lambda event: self.state.select_rows(self.choices.found.rows))
        self.about = pn.pane.HTML(
            margin=0, stylesheets=[theme.CARD_CSS, STYLE], styles={"flex": "0 0 268px", "min-width": "0"}
        )
        self.tiles = Thumbnails(self._focus, tile=TILE, sizing_mode="stretch_both", margin=0, stylesheets=[SCROLL])

    def __panel__(self):
        tabs = pmui.RadioButtonGroup.from_param(
            self.choices.param.query,
            label="Most like",
            description="",
            size="small",
            variant="outlined",
            margin=0,
            sx=TABS_SX,
            align="center",
        )
        title = pn.pane.HTML("<b>Most like</b>", margin=0, stylesheets=[theme.NOTE_CSS], align="center")
        head = pn.Row(
            title, tabs, pn.Spacer(sizing_mode="stretch_width"), self.select, self.upload,
            margin=0, styles={"gap": "8px", "align-items": "center", "width": "100%", "flex-wrap": "wrap"},
        )  # fmt: skip
        row = pn.Row(
            self.about, self.tiles, margin=0, height=ROWS * (TILE + 16), sizing_mode="stretch_width",
            styles={"gap": "10px"},
        )  # fmt: skip
        return pn.Column(head, row, margin=0, styles={"gap": "6px", "width": "100%", "flex": "none"})

    # --- ask --------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Find the neighbours of what is asked for, where that has changed."""
        state, query = self.state, self.choices.query
        of = {FOCUS: state.focus_row, MEAN: state.selected, UPLOAD: self.content}[query]
        asked = (query, of, state.run_id, state.projection, state.positions)
        if not same(asked, self._asked):
            before, self._asked = self._asked, asked
            if query != UPLOAD:
                self._forget()
                self._answer(near_focus(state) if query == FOCUS else near_mean(state))
            elif self.placed is not None and same(before[:3], asked[:3]):
                self._put()  # another map of the same run
            else:
                self._ask_upload()
        self._draw()

    def _take_file(self, event) -> None:
        if event.new is None:
            return
        self.content = (str(self.upload.filename or ""), event.new)
        self.upload.value = None  # its bytes are not kept twice
        self._asked = ()
        self.choices.query = UPLOAD
        self.show()

    def _forget(self) -> None:
        """Whatever is being worked out of an upload comes too late."""
        self._embed.forget()
        self._place.forget()

    def _ask_upload(self) -> None:
        self.placed = None
        self._answer(NOTHING)
        self._forget()
        run, own = self.state.current, self.state.data
        if self.content is None or run is None:
            return
        name, content = self.content
        self._said = f"embedding {html.escape(name)} by {html.escape(run.name)}…"
        self._embed.run(
            lambda: self.embedder.place(run, own, name, content),
            lambda placed: self._found(run, placed),
            self._fail,
        )

    def _found(self, run: Run, placed) -> None:
        """Show the neighbours of an upload in the latents of `run`, if that is still what is asked for."""
        if self.choices.query != UPLOAD or self.state.current is None or self.state.current.folder != run.folder:
            self._asked = ()  # changed while the page was out of sight: asked again once it is seen
            return
        self.placed = placed
        self._answer(near_placed(run, placed))
        self._put()
        self._draw()

    def _put(self) -> None:
        """Place the upload on the map, which may take longer than finding its neighbours."""
        state, placed = self.state, self.placed
        run, own, projection = state.current, state.data, state.projection
        self.map.put(None)
        self._said = "placing it on the map; the first time this takes a while…"
        self._place.run(lambda: self.embedder.position(run, own, projection, placed), self._mark, self._fail_place)

    def _mark(self, position: np.ndarray | None) -> None:
        self.map.put(position)
        self._said = "" if position is not None else "this map is of other latents: the cutout has no place on it"
        self._draw()

    def _fail_place(self, error: str) -> None:
        self._said = f"<span class=error>no place on the map: {html.escape(error)}</span>"
        self._draw()

    def _fail(self, error: str) -> None:
        self._said = f"<span class=error>{html.escape(error)}</span>"
        self._draw()

    def _answer(self, found: Found) -> None:
        self._said = ""
        self.map.put(None)
        self.choices.found = found

    # --- show -------------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        state, found = self.state, self.choices.found
        wanted = (found, self.placed, self._said, state.data, state.band, state.focus, self.choices.query)
        if same(wanted, self._drawn):
            return
        self._drawn = wanted
        pictured, names = cutouts.has_pictures(state.data), state.data.object_id[found.rows].tolist()
        self.tiles.param.update(
            sheet=cutouts.strip(cutouts.pictures(state.data, found.rows, state.band, CROP)) if pictured else "",
            names=names,
            captions=[length(value) for value in found.distances] if pictured else names,
            current=state.focus,
        )
        self.about.object = self._about()
        self.select.disabled = not len(found.rows)

    def _about(self) -> str:
        found, notes = (
            self.choices.found,
            list(self.placed.notes) if self.choices.query == UPLOAD and self.placed else [],
        )
        lines = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        said = f"<div>{self._said}</div>" if self._said else ""
        if not len(found.rows):
            hint = "" if self._said else f"<p>{EMPTY[self.choices.query]}</p>"
            return f"<div class=query><div>{said or hint}</div></div>"
        picture = self._picture()
        image = f"<img src='{cutouts.data_url(picture)}' alt='what is looked for'>" if picture is not None else ""
        span = f"{len(found.rows)} nearest, {length(found.distances[0])} to {length(found.distances[-1])} away"
        words = f"<b>{html.escape(found.title)}</b><p>{span}</p>{said}<ul>{lines}</ul>"
        return f"<div class=query>{image}<div>{words}</div></div>"

    def _picture(self) -> np.ndarray | None:
        state = self.state
        if self.choices.query == UPLOAD and self.placed:
            bands = tuple(getattr(state.current.recipe.config(), "bands", ()) or state.data.bands)
            return picture_of(state.data, self.placed, bands, state.band)
        if self.choices.query == FOCUS and cutouts.has_pictures(state.data):
            return cutouts.pictures(state.data, np.array([state.focus_row]), state.band)[0]
        return None

    def _focus(self, name: str) -> None:
        self.state.focus = name


def length(value: float) -> str:
    """A distance in latent space."""
    return f"{value:.3g}" if value >= 1e-3 else "0.000"
