"""Photo-z: how well the redshifts of a run come out, for the whole, the bright and the selection."""

import panel as pn
import panel_material_ui as pmui
import param

from dashboard import cache
from dashboard.keys import Keys
from dashboard.markdown import Markdown
from dashboard.parts import join
from dashboard.photoz_sample import BRIGHTER, SELECTION, WHOLE, Groups, Sample
from dashboard.state import State
from dashboard.theme import FIELD_SX, FIT, HIDDEN_TITLE_SX, PILE, SCROLL, WRAP, on_phone
from dashboard.views._pdfs import PdfPane
from dashboard.views._points import Points
from photoz_core.judging import BRIGHT
from photoz_core.metrics.point import CONVENTIONS

TITLE, ORDER = "Photo-z", 30
SPLITS = {"test split": "test", "validation split": "valid", "training split": "train"}
UNFAIR = {
    "valid": "not a fair test: the best epoch was chosen on these objects",
    "train": "not a fair test: the run was trained on these objects",
}
POINTS, PDFS = "point estimates", "PDFs"
TEXT = {"font-size": "13px"}
SWITCH_SX = HIDDEN_TITLE_SX | {"whiteSpace": "nowrap"}


class View(pn.viewable.Viewer):
    """The Photo-z page.

    Parameters
    ----------
    state : State
    """

    split = param.Selector(default="test", objects=SPLITS, doc="Objects judged.")
    convention = param.Selector(default="pita", objects=list(CONVENTIONS), doc="What bias, scatter, outlier mean.")
    bright = param.Number(default=BRIGHT, bounds=(0, 40), doc="Faint limit of the bright subset [mag].")
    shown = param.Selector(default=WHOLE, objects=[WHOLE, BRIGHTER, SELECTION], doc="Objects in the diagrams.")
    judged = param.Selector(default=POINTS, objects=[POINTS, PDFS], doc="What is judged; PDFs where the run has them.")

    def __init__(self, state: State, **params):
        super().__init__(**params)
        self.state = state
        self._sample: Sample | None = None
        self._stale = False  # something changed while another page was in front
        self.points, self.pdfs = Points(state), PdfPane(state)
        self._words = pn.pane.HTML(styles={"opacity": ".75", **TEXT}, margin=(0, 8))
        whole = on_phone("flex: 1 0 100% !important; width: 100% !important")
        self._counts = pn.pane.HTML(styles=TEXT, margin=(0, 8), sizing_mode="stretch_width", stylesheets=[whole])
        self._notice = Markdown(margin=24, styles={"font-size": "14px", "max-width": "640px"})
        self._train = pmui.Button(label="Open the Train page", variant="outlined", size="small", margin=(0, 24))
        self._outliers = pmui.Button(label="Select outliers", variant="outlined", size="small", margin=(2, 4))
        self._show_map = pmui.Button(label="Show on the map", variant="text", size="small", margin=(2, 4))
        self.keys = Keys(self._key, lambda: self.front.keyed, width=0, height=0, margin=0)
        self._layout = self._lay_out()
        self._connect()
        self._choose()
        join(state, TITLE, self, "split", "convention", "bright", "shown", "judged")

    def __panel__(self):
        return self._layout

    @property
    def front(self) -> Points | PdfPane:
        """The part in front."""
        return self.pdfs if self.judged == PDFS and cache.has_pdfs(self.state.current) else self.points

    def _lay_out(self) -> pn.viewable.Viewable:
        field = {"size": "small", "margin": (6, 6), "description": "", "sx": FIELD_SX}
        switch = {"size": "small", "description": "", "margin": (8, 6), "sx": SWITCH_SX}
        self._bright = pmui.FloatInput.from_param(
            self.param.bright, **field | {"label": "bright: mag <"}, width=112, step=0.5
        )
        self._switch = pmui.RadioButtonGroup.from_param(self.param.judged, label="What is judged", **switch)
        self._convention = pmui.Select.from_param(self.param.convention, label="convention", width=110, **field)
        controls = pn.Row(
            self._switch,
            pmui.RadioButtonGroup.from_param(self.param.shown, label="Objects in the diagrams", **switch),
            self._bright,
            pmui.Select.from_param(self.param.split, label="judged on", width=150, **field),
            self._convention,
            self._words,
            styles={"align-items": "center", "flex-wrap": "wrap"},
            sizing_mode="stretch_width",
            stylesheets=[FIT],
        )
        counts = pn.Row(
            self._counts, self._outliers, self._show_map, styles={"align-items": "center"}, stylesheets=[WRAP]
        )
        self._body = pn.Column(self.points, sizing_mode="stretch_both", margin=0, stylesheets=[PILE])
        self._charts = pn.Column(
            controls, counts, self._body, sizing_mode="stretch_both", margin=(4, 8), stylesheets=[SCROLL]
        )
        self._empty = pn.Column(self._notice, self._train)
        return pn.Column(self._empty, self._charts, self.keys, sizing_mode="stretch_both", stylesheets=[FIT])

    def _connect(self) -> None:
        self.state.param.watch(self._on_state, ["table", "selected", "page"])
        self._outliers.on_click(lambda event: self.state.select_rows(self.front.outliers(self.convention)))
        self._show_map.on_click(lambda event: self._go("Explore"))
        self._train.on_click(lambda event: self._go("Train"))

    def _on_state(self, *events) -> None:
        pages = self.state.param.page.objects
        if TITLE in pages and self.state.page != TITLE:
            self._stale = True
        elif self._stale or any(event.name == "table" for event in events):
            self._choose()
        elif any(event.name == "selected" for event in events):
            self._draw()

    @param.depends("split", watch=True)
    def _choose(self) -> None:
        """Take the objects of the split, or say why there are none to judge."""
        self._stale = False
        problem = self._problem()
        self._notice.object = problem
        self._empty.visible, self._charts.visible = bool(problem), not problem
        self._sample = None if problem else Sample.of(self.state.data, self.state.table, self.split)
        self._judge()

    def _problem(self) -> str:
        state = self.state
        if state.problem:
            return state.problem
        if state.data is None:
            return "**No dataset yet.** Make one with `photoz data simulate`, or import your own: `photoz data import`."
        if state.current is None:
            return f"**No finished run of {state.dataset} yet.** Start one on the Train page."
        if "z_phot" not in state.table:
            return (
                f"**{state.current.name}** learns without labels and predicts no redshift. Train a recipe that starts "
                "from it (*moco + fine-tuning*), or choose another run above."
            )
        if "z_spec" not in state.table or not state.table["z_spec"].notna().any():
            return f"**{state.dataset} has no z_spec** to compare with: its z_phot are on the Explore page."
        return ""

    @param.depends("convention", "bright", "judged", watch=True)
    def _judge(self) -> None:
        """Work out what does not depend on the selection."""
        if self._sample is None:
            return
        front = self.front
        self._switch.visible = cache.has_pdfs(self.state.current)
        self._convention.visible = front is self.points
        self._words.object = front.words(self.convention)
        self._bright.visible = bool(self._sample.magnitude_title)
        front.judge(self._groups(), self.convention)
        self._draw()
        part = front.__panel__()  # which is what the column keeps of a Viewer
        if self._body.objects != [part]:  # drawn first: Bokeh loses a title set while the figure is being built
            self._body.objects = [part]

    @param.depends("shown", watch=True)
    def _draw(self) -> None:
        """Draw the objects shown, and say how many they are."""
        if self._sample is None:
            return
        groups = self._groups()
        self.front.draw(groups, self.convention)
        self._say_counts(groups.selection)

    def _groups(self) -> Groups:
        sample = self._sample
        bright, selected = sample.take(sample.magnitude < self.bright), sample.take(self.state.selected[sample.rows])
        return Groups(sample, bright, selected, self.bright, self.shown)

    def _say_counts(self, chosen: Sample) -> None:
        sample, count = self._sample, int(self.state.selected.sum())
        name = next(text for text, split in SPLITS.items() if split == self.split)
        text = f"{name.capitalize()}: {len(sample):,} objects, {sample.known:,} with z_spec"
        if self.split in UNFAIR:
            text = f'<b style="color: var(--mui-palette-warning-main)">{UNFAIR[self.split]}</b> · {text}'
        text += f" · selection: {count:,} objects, {chosen.known:,} of the {name} with z_spec" if count else ""
        self._counts.object = text
        found = self.front.outliers(self.convention).size
        self._outliers.param.update(label=f"Select {found:,} {self.front.odd}", disabled=not found)
        self._show_map.disabled = not count

    def _key(self, key: str) -> None:
        if key == "Escape":
            self.state.select([])

    def _go(self, page: str) -> None:
        if page in self.state.param.page.objects:
            self.state.page = page
