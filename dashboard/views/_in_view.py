"""A button that selects what a map shows, beside those that say what dragging does."""

import panel_material_ui as pmui

from dashboard.views._canvas import Canvas

TEXT = "Select all objects in view. On a map: S; Shift+S adds them, Alt+S takes them away"
SX = {"padding": "1px", "& .material-icons": {"fontSize": "16px"}}


def in_view_button(canvas: Canvas) -> pmui.IconButton:
    """Selects the objects in view of `canvas`."""
    button = pmui.IconButton(
        icon="select_all", description=TEXT, size="small", margin=(0, 0, 0, 4), align="center", sx=SX
    )
    button.on_click(lambda event: canvas.select_in_view())
    return button
