"""The ranking: the oddest objects as a gallery that is walked, and all their scores in a table."""

import html

import numpy as np
import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.pressable import Pressable
from dashboard.similar_choices import Choices
from dashboard.similar_scores import scores_of
from dashboard.state import NO_ROWS
from dashboard.views._canvas import Canvas
from dashboard.views._gallery import Gallery
from dashboard.views._lens_background import Background
from dashboard.views._similar_search import SMALL_SX

TILE = 58  # px
STYLE = """
:host { overflow: hidden auto; font-size: 11.5px; line-height: 17px; scrollbar-width: thin; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: 0 8px 0 0; white-space: nowrap; font-weight: 400; }
th { position: sticky; top: 0; background: var(--mui-palette-background-default, #fff); opacity: .8; }
th.by { font-weight: 600; opacity: 1; }
td:nth-child(2), th:nth-child(2) { text-align: left; }
button { all: unset; cursor: pointer; }
button:hover { text-decoration: underline; }
button:focus-visible { outline: 2px solid var(--pz-accent); outline-offset: -1px; }
tr.on { background: #80808030; }
"""


class RankGallery(Gallery):
    """The oddest objects, oddest first."""

    def __init__(self, choices: Choices, canvas: Canvas, on_draw, **params):
        self.choices, self.on_draw, self._score = choices, on_draw, None
        super().__init__(choices.state, canvas, tile=TILE, **params)
        self.clear.label = "clear the selection"

    def captions(self, rows: np.ndarray) -> list[str]:
        """The score of each row."""
        score = self.choices.ranked
        return [f"{value:.3g}" for value in score.values[rows]] if score else []

    def show(self) -> None:
        """List again, by another score or share."""
        if self.choices.ranked is not self._score:
            self._score, self._rows = self.choices.ranked, NO_ROWS  # the same rows have other captions
            self.page = 0
        self._list()

    def shown(self) -> np.ndarray:
        """Rows (M,) of the page in front."""
        return self._rows[self.page * self.capacity :][: self.capacity]

    def _found(self) -> tuple[np.ndarray, str]:
        score = self.choices.ranked
        if score is None or len(score.values) != len(self.state.selected):
            return NO_ROWS, ""
        rows = self.choices.top
        return rows, f"Oddest <b>{len(rows):,}</b> of {len(score.order):,} by {html.escape(score.column.label)}"

    def _draw(self, *events) -> None:
        super()._draw()
        self._tell()

    def _mark(self, event) -> None:
        super()._mark(event)
        self._tell()

    def _tell(self) -> None:
        if self.canvas.is_in_front:  # behind another page its rows may be those of the dataset before
            self.on_draw()


class Ranking(pn.viewable.Viewer):
    """Objects ranked by a score of the run."""

    def __init__(self, choices: Choices, canvas: Canvas, **params):
        super().__init__(**params)
        self.choices, self.state = choices, choices.state
        self._background, self._asked = Background("rank"), ()
        self.table = Pressable(self._focus, sizing_mode="stretch_both", margin=0, stylesheets=[STYLE])
        self.said = pn.pane.HTML(margin=0, stylesheets=[theme.NOTE_CSS])
        self.select = pmui.Button(label="Select", size="small", variant="outlined", margin=(10, 0, 0, 0), sx=SMALL_SX)
        self.select.on_click(lambda event: self.state.select_rows(self.choices.top))
        self.gallery = RankGallery(choices, canvas, self._list)

    def __panel__(self):
        field = {"size": "small", "margin": 0, "description": "", "sx": theme.FIELD_SX}
        p = self.choices.param
        head = pn.Row(
            pmui.Select.from_param(p.score, label="Ranked and colored by", width=190, **field),
            pmui.FloatSlider.from_param(p.share, label="Share shown [%]", width=200, **field | {"margin": (0, 8)}),
            self.select,
            self.said,
            margin=0,
            styles={"gap": "10px", "align-items": "flex-start"},
            stylesheets=[theme.WRAP],
        )
        gallery = pn.Column(self.gallery, margin=0, height=26 + 2 * (TILE + 16) + 4, sizing_mode="stretch_width")
        return pn.Column(
            head, gallery, self.table, margin=0, sizing_mode="stretch_both",
            styles={"gap": "4px", "min-height": "0", "flex": "1 1 0"},
        )  # fmt: skip

    def show(self) -> None:
        """Work out the scores of the run in front, where that is not done; list the oddest."""
        state = self.state
        asked = (state.dataset, state.run_id, id(state.table))
        if asked != self._asked:
            self._asked = asked
            self._background.forget()
            self.choices.take({})
            if state.current is not None:
                self.said.object = "working out the scores…"
                home, dataset, run = state.home, state.dataset, state.current
                self._background.run(lambda: scores_of(home, dataset, run), self._take, self._fail)
        self.gallery.show()
        self._list()

    def _take(self, result: tuple[dict, str]) -> None:
        scores, problem = result
        self.said.object = html.escape(problem) or ("" if scores else "no score has a value")
        self.choices.take(scores)

    def _fail(self, error: str) -> None:
        self.said.object = f"no scores: {html.escape(error)}"

    def _list(self) -> None:
        """The objects on the gallery's page, with every score."""
        count = len(self.choices.top)
        self.select.param.update(label=f"Select {count:,}", disabled=not count)
        self.table.object = self._table(self.gallery.shown())

    def _table(self, rows: np.ndarray) -> str:
        scores = self.choices.scores
        if not scores or not len(rows):
            return ""
        first = self.gallery.page * self.gallery.capacity + 1
        head = "".join(
            f"<th class='{'by' * (name == self.choices.score)}' title='{html.escape(score.column.description)}'>"
            f"{html.escape(score.column.title(name))}</th>"
            for name, score in scores.items()
        )
        lines = []
        for number, row in enumerate(rows, first):
            name = html.escape(str(self.state.data.object_id[row]))
            cells = "".join(f"<td>{_number(score.values[row])}</td>" for score in scores.values())
            on = " class=on" if row == self.state.focus_row else ""
            lines.append(f"<tr{on}><td>{number}</td><td><button data-press='{row}'>{name}</button></td>{cells}</tr>")
        return f"<table><tr><th>#</th><th>object</th>{head}</tr>{''.join(lines)}</table>"

    def _focus(self, row: str, mode: str) -> None:
        if row.isdigit() and int(row) < len(self.state.selected):
            self.state.focus = str(self.state.data.object_id[int(row)])


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−") if np.isfinite(value) else "–"
