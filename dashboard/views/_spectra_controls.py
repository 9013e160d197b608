"""What is asked of the spectrum: one row of small controls, of which those that count are there."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.spectra_choices import BINS, HOW, INTERPOLATION, LINES, MEAN, NOISE, PCA, POINTS, WINDOW, Choices

FIELD = {"size": "small", "margin": 0, "description": "", "sx": theme.FIELD_SX}
TOGGLES_SX = theme.HIDDEN_TITLE_SX | {
    "& .MuiToggleButton-root": theme.SMALL_TABS_SX["& .MuiToggleButton-root"] | {"whiteSpace": "nowrap"}
}
TOGGLES = [PCA, INTERPOLATION, MEAN, LINES]


def controls(choices: Choices) -> pn.Row:
    """The controls of the page's main figure."""
    p = choices.param
    against = pmui.Select.from_param(p.against, label="Errors against", width=102, **FIELD)
    toggles = pmui.CheckButtonGroup.from_param(
        p.shown,
        options=TOGGLES,
        label="Curves shown",
        description="",
        size="small",
        margin=(14, 0, 0, 0),
        sx=TOGGLES_SX,
    )
    lam = pmui.Select.from_param(p.lam, label="λ", width=72, visible=p.how.rx() == HOW[1], **FIELD)
    return pn.Row(
        pmui.Select.from_param(p.kind, label="Problem", width=134, **FIELD),
        *_of_kind(choices),
        pmui.Select.from_param(p.how, label="Code kept by", width=132, **FIELD),
        lam,
        pmui.Select.from_param(p.band, label="Band", width=122, **FIELD),
        against,
        pn.Spacer(sizing_mode="stretch_width"),
        toggles,
        margin=(6, 0, 0, 0),
        styles={"gap": "8px", "width": "100%", "min-width": "0", "align-items": "flex-start"},
        stylesheets=[theme.WRAP],
    )


def _of_kind(choices: Choices) -> list[pn.viewable.Viewable]:
    """The controls of each problem, to be seen where it is chosen."""
    p = choices.param
    wide = {"width": 136, "margin": (0, 8, 0, 4)}
    again = pmui.Button(label="draw again", size="small", variant="text", margin=(8, 0, 0, 0), width=76)
    again.on_click(choices.draw_again)
    parts = {
        WINDOW: [
            pmui.FloatInput.from_param(p.low, label="missing from [Å]", step=10, width=108, **FIELD),
            pmui.FloatInput.from_param(p.high, label="to [Å]", step=10, width=108, **FIELD),
        ],
        POINTS: [pmui.IntSlider.from_param(p.share, label="missing [%]", **FIELD | wide)],
        BINS: [pmui.Select.from_param(p.factor, label="bins wider by", width=116, **FIELD)],
        NOISE: [pmui.FloatSlider.from_param(p.noise, label="L2 norm of noise", step=0.5, **FIELD | wide)],
    }
    for kind, widgets in parts.items():
        for widget in widgets:
            widget.visible = p.kind.rx() == kind
    again.visible = p.kind.rx().rx.in_([POINTS, NOISE])
    return [widget for widgets in parts.values() for widget in widgets] + [again]
