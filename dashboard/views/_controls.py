"""The sidebar: what holds for all maps."""

from html import escape

import panel as pn
import panel_material_ui as pmui

from dashboard import glossary, theme
from dashboard.state import State

CLASSES = ("accuracy", "majority", "macro_f1")


def controls(state: State) -> pn.Column:
    """Projection, colormap and limits; the run's numbers below."""
    field = {
        "size": "small",
        "sizing_mode": "stretch_width",
        "margin": (0, 0, 12, 0),
        "description": "",
        "sx": theme.FIELD_SX,
    }
    return pn.Column(
        pmui.Select.from_param(state.param.projection, label="Projection", **field),
        pmui.Select.from_param(state.param.colormap, label="Colormap", **field),
        pmui.RangeSlider.from_param(state.param.clip, label="Limits [percentile]", step=0.5, **field),
        pn.pane.HTML(
            pn.bind(about, state.param.current), margin=0, sizing_mode="stretch_width", stylesheets=[theme.CARD_CSS]
        ),
        margin=0,
        css_classes=["pz-side"],
        stylesheets=[theme.PHONE_HIDES],
        styles={"width": "var(--pz-side)", "flex": "none", "padding": "10px 10px 0 12px"},
    )


def about(run) -> str:
    """What the run is and how well it does, as HTML."""
    if run is None:
        return ""
    recipe, metrics = run.recipe, run.metrics
    rows = [("method", "", recipe.method), ("preset", "", recipe.preset)]
    rows += [("labels", "labels", f"{metrics['counts']['labels']:,} of {metrics['counts']['train']:,}")]
    point = metrics.get("point")
    if point:
        rows += [("σ_NMAD", "scatter", f"{point['scatter']:.4f}")]
        rows += [("outliers", "outliers", f"{100 * point['outliers']:.1f} %")]
        rows += [("bias", "bias", f"{point['bias']:+.4f}".replace("-", "−"))]
    said = metrics.get("classification", {}).get("test", {})
    rows += [(glossary.TERMS[key].label, key, f"{said[key]:.4f}") for key in CLASSES if said.get(key) is not None]
    judged = metrics.get("regression", {}).items()
    rows += [(f"R² {name}", "r2", f"{found['r2']:.3f}") for name, found in judged if found["r2"] is not None]
    cells = "".join(
        f"<div{glossary.title(term)}><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, term, value in rows
    )
    return f"<h6>Run, on its test split</h6><dl class=one>{cells}</dl>"
