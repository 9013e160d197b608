"""A line of text to be copied."""

from pathlib import Path
from typing import ClassVar

import param
from panel.custom import JSComponent

STYLE = """
div { width: 100%; display: flex; gap: 8px; align-items: center; }
input { flex: 1; min-width: 0; font: inherit; font-size: 12.5px; color: inherit; background: #80808014; }
input { border: 1px solid #80808066; border-radius: 4px; padding: 5px 8px; }
button { all: unset; cursor: pointer; color: var(--pz-accent); font-size: 12.5px; min-width: 46px; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--pz-focus, var(--pz-accent)); outline-offset: 1px; }
"""


class CopyText(JSComponent):
    """A text and a button that copies it; nothing while there is no text.

    Parameters
    ----------
    value : str
    label : str
        What it is, for those who do not see it.
    """

    value = param.String(default="")
    label = param.String(default="")

    _esm = Path(__file__).parent / "static" / "copy_text.js"
    _stylesheets: ClassVar = [STYLE]
