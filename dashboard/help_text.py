"""The words of the help page: pages, keys, colors, own data, citation, versions. As HTML, without a widget."""

import platform
from html import escape
from importlib.metadata import version

import photoz_core
from dashboard.glossary import glossary_html
from dashboard.pages import HELP, about_pages

KEYS = {
    "Anywhere": {
        "Tab, Shift+Tab": "the next control, the one before",
        "Alt+1 … Alt+9": "the first page … the ninth",
        "?": "this page",
        "Esc": "close a dialog or menu; else clear the selection",
    },
    "Maps": {
        "wheel, double-click": "zoom; the whole map again",
        "drag": "select in a box; Shift adds, Ctrl or Alt takes away",
        "B, L, P": "dragging draws a box, a lasso, or pans",
        "click": "show the object",
        "Tab to a map, then ← → ↑ ↓": "pan",
        "+, −, Home": "on a map: zoom in, zoom out, the whole map",
        "S": "on a map: select what is in view; Shift+S adds it, Alt+S takes it away",
        "Enter": "on a map: show the object nearest to its middle",
    },
    "Diagrams": {
        "Tab to one, then ← →": "PIT, label efficiency: the next bar or point, the one before",
        "Enter": "select the objects of the bar, open the run of the point; Shift+Enter adds, Alt+Enter takes away",
        "← → ↑ ↓ + − Home, S": "redshifts, lens parameters: move, zoom, the whole; select what is in view, as on a map",
    },
    "Gallery, tables, legends": {
        "← →": "the next object of the gallery, the one before",
        "Enter or Space": "press the picture, class, cell or row that has the keyboard",
        "0 … 5": "on the Review page: score the object",
    },
}
COLORS = [
    "<b>Numbers</b> run from viridis' violet to its yellow, even to the eye and in print; residuals and colors from "
    "blue over white to red, residuals with white at zero. <b>Classes</b> have Okabe and Ito's colors, which "
    "color-blind eyes tell apart, then those of glasbey.",
    "<b>Limits</b> are percentiles of the whole column, 1 and 99 if nobody moves them: they do not jump on a zoom, and "
    "are the same on every map of that column. What lies beyond has the color of the end; its share stands below as "
    "<i>clipped</i>.",
    "<b>Gray</b> is an object without a value (NaN); below the map stands how many. Faint gray is not selected.",
    "<b>A pixel with several objects</b> has the color of their mean, of classes that of the commonest.",
]
OWN_DATA = """
<p>A catalog (FITS, VOTable, CSV, Parquet, HDF5), with or without images:</p>
<pre>photoz data import my-survey --catalog catalog.fits --images F160W=mosaic.fits
photoz data validate my-survey
photoz train photometry_mlp --dataset my-survey</pre>
<p><code>photoz data import NAME --survey table --help</code> lists what columns can be named like. The run appears in
the header by itself when it is done. A mock survey to try things on:
<code>photoz data simulate candels-mock</code>.</p>
"""
PACKAGES = ("panel", "panel-material-ui", "bokeh", "numpy", "torch", "umap-learn")


def help_html() -> str:
    """The whole page but its heading."""
    sections = {
        "Pages": _pages(), "Keys": _keys(), "Colors, limits and gray": _list(COLORS), "Your own data": OWN_DATA,
        "Glossary": glossary_html(), "To cite": _cite(), "Versions": _versions(),
    }  # fmt: skip
    return "".join(f"<section><h2>{escape(title)}</h2>{body}</section>" for title, body in sections.items())


def _pages() -> str:
    said = {title: text for title, text in about_pages().items() if title != HELP}
    return f"<dl>{''.join(_pair(title, text) for title, text in said.items())}</dl>"


def _keys() -> str:
    groups = []
    for title, keys in KEYS.items():
        rows = "".join(
            f"<tr><th scope=row>{escape(key)}</th><td>{escape(text)}</td></tr>" for key, text in keys.items()
        )
        groups.append(f"<h3>{escape(title)}</h3><table>{rows}</table>")
    return "".join(groups)


def _cite() -> str:
    return (
        f"<p>The photoz developers, <i>photoz: look into the latent spaces of photo-z models</i>, version "
        f"{escape(photoz_core.__version__)}; and the papers of the methods and data that you used: "
        "<code>photoz report</code> lists a run's settings, <code>data/</code> each survey's source and licence.</p>"
    )


def _versions() -> str:
    found = {"photoz": photoz_core.__version__, "Python": platform.python_version()}
    found |= {name: version(name) for name in PACKAGES}
    return f"<dl>{''.join(_pair(name, text) for name, text in found.items())}</dl>"


def _list(parts: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{part}</li>" for part in parts) + "</ul>"


def _pair(term: str, text: str) -> str:
    return f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>"
