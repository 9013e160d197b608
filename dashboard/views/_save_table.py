"""Two small buttons that save a table of metrics: for a paper, or for a program."""

from collections.abc import Callable

import panel as pn
import panel_material_ui as pmui

from dashboard.download import Download
from dashboard.state import State
from photoz_core.export import file_name, provenance
from photoz_core.metric_tables import csv_table, latex_table


class SaveTable(pn.viewable.Viewer):
    """Save as LaTeX or as CSV what a page shows.

    Parameters
    ----------
    state : State
    name : str
        What the table is of, in the file's name.
    table : callable
        Gives header and rows as `photoz_core.metric_tables` takes them.
    notes : callable
        Gives what stands above the table, beside the provenance.
    """

    def __init__(self, state: State, name: str, table: Callable, notes: Callable[[], list[str]], **params):
        super().__init__(**params)
        self.state, self.name_of, self.table, self.notes = state, name, table, notes
        self.download = Download(width=0, height=0, margin=0)
        small = {"size": "small", "variant": "text", "margin": 0}
        self._layout = pn.Row(
            pmui.Button(label="save as LaTeX", on_click=lambda event: self.save("tex"), **small),
            pmui.Button(label="save as CSV", on_click=lambda event: self.save("csv"), **small),
            self.download, margin=0,
        )  # fmt: skip

    def __panel__(self):
        return self._layout

    def save(self, suffix: str) -> None:
        """Let the browser save the table as ``tex`` or ``csv``."""
        state = self.state
        about = [f"{name}: {value}" for name, value in provenance(state.data, state.current).items()]
        write = latex_table if suffix == "tex" else csv_table
        text = write(*self.table(), [*about, *self.notes()])
        self.download.send(file_name(state.run_id, self.name_of, suffix=suffix), text.encode())
