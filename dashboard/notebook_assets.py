"""What a notebook's page must hold before anything of the dashboard shows: all of it local, each part once.

Panel hands the widgets' library (1.4 MB) to a notebook anew with every widget that it shows; a page of the app would
weigh 40 MB, and be kept so in the notebook's file. Here the library goes to the page once, and widgets name it.
"""

import base64
import json
import re
from functools import lru_cache
from pathlib import Path

import panel as pn
import panel_material_ui as pmui
from bokeh.model import Model
from bokeh.models import UIElement
from panel.io.notebook import patch_inline_stylesheets
from panel.viewable import Viewable

from dashboard import notebook_cell, notebook_sync

LIBRARY = "photoz-widgets"  # by this name the page knows the library
BY_NAME = f'export {{default}} from "{LIBRARY}"'
HEAVY = 100_000  # letters of a program that is a library
PUBLISH = """
(function publish(tries) {
  if (!window.importShim) { if (tries) setTimeout(publish, 100, tries - 1); return }
  const library = new Blob([%s], {type: "text/javascript"})
  window.importShim.addImportMap({imports: {"%s": URL.createObjectURL(library)}})
})(600)
"""

MANAGER = "panel.models.comm_manager.CommManager"
NO_ECHO = """
(function listen(tries) {
  const manager = window.Bokeh?.Models?._known_models?.get("%s")
  if (!manager) { if (tries) setTimeout(listen, 100, tries - 1); return }
  const {prototype} = manager, told = prototype._document_changed
  prototype._document_changed = function(event) { if (event.sync !== false) told.call(this, event) }
})(600)
"""  # Panel 1.9.4 sends the kernel all that came from it; late, that undoes what the kernel has changed meanwhile


def load() -> None:
    """Load Panel and the widgets' library into this notebook's page; nothing outside of a kernel, nor twice."""
    from IPython import get_ipython
    from IPython.display import publish_display_data

    if _prepare in Viewable._preprocessing_hooks or not hasattr(get_ipython(), "kernel"):
        return
    pn.extension(inline=True)
    path = Path(pmui.Column._bundle_path)
    library = json.dumps(path.read_text()).replace("</", "<\\/")
    publish_display_data({"application/javascript": PUBLISH % (library, LIBRARY)})
    publish_display_data({"application/javascript": NO_ECHO % MANAGER})
    publish_display_data({"text/html": f"<style>{_fonts(path.parent)}</style>"})
    Viewable._preprocessing_hooks.append(_prepare)


def _fonts(folder: Path) -> str:
    """Fonts of icons and words as rules for the page: those within a widget's own tree count for nothing."""
    rules = re.sub(r',\s*url\([^)]*\.woff"\) format\("woff"\)', "", (folder / "material-icons.css").read_text())
    inline = lambda found: f'url("data:font/woff2;base64,{_base64(folder / found[1])}")'  # noqa: E731
    return re.sub(r'url\("\./([^")]+\.woff2)"\)', inline, rules)


@lru_cache
def _icons() -> str:
    """The rule by which a word is drawn as an icon, for the widgets' own trees."""
    css = Path(pmui.Column._bundle_path).with_suffix(".css").read_text()
    return "".join(re.findall(r"\.material-icons[^{]*{[^}]*}", css))


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _prepare(viewable: Viewable, root: Model, changed: Viewable | None = None, old_models=None) -> None:
    """Before models are sent: widgets name the library, stylesheets are held, and the cell is the window.

    A hook of Panel: `changed` is what was changed below `root`, if that was shown before.
    """
    for model in root.references():
        if getattr(model, "bundle", None) and len(model.esm) > HEAVY:
            model.update(esm=BY_NAME, css_bundle=_icons())
        if isinstance(model, UIElement):
            patch_inline_stylesheets(model)
            notebook_cell.measure_by_cell(model)
    if changed is None or changed is viewable:
        notebook_sync.attach_soon(root.ref["id"])
