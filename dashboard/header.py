"""The line above every page: dataset, run, pages, jobs, help."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.account import account
from dashboard.pages import titles_for
from dashboard.state import State
from photoz_core.dataset import Dataset

TAB, LETTER = 30, 8  # px of a tab without its letters, and of a letter
LEGEND = """
**Maps** · wheel zooms, double-click shows the whole map · drag selects a box, **L** lasso, **P** pan, **B** box again
· **Shift** adds to the selection, **Ctrl** takes away, **Esc** clears it · click an object to see it

**Gallery** · **←** **→** walk

Gray pixels have no value; each map counts them. Colors end at the percentiles set under *Limits*; the share beyond
is stated below each map. A pixel with several objects shows their mean,
of classes the commonest; a click on a class below a map selects its objects.
"""


def header(state: State) -> pn.Row:
    """The header of a session."""
    select = {
        "size": "small",
        "variant": "standard",
        "label": "",
        "margin": (0, 4),
        "align": "center",
        "sx": theme.QUIET_SELECT_SX,
    }
    legend = pmui.Dialog(pn.pane.Markdown(LEGEND, width=520), title="How to use the maps", close_on_click=True)
    ask = pmui.IconButton(
        icon="help_outline", icon_size="20px", description="Help", margin=0, size="small", align="center"
    )
    ask.on_click(lambda event: setattr(legend, "open", True))
    return pn.Row(
        pmui.Select.from_param(state.param.dataset, width=150, **select),
        pmui.Select.from_param(state.param.run, width=250, **select),
        pn.Spacer(sizing_mode="stretch_width"),
        pmui.RadioButtonGroup.from_param(
            state.param.page,
            size="small",
            variant="outlined",
            label="",
            margin=0,
            width=pn.bind(_tabs_width, state.param.data, state.param.revision),
            sx=theme.TABS_SX,
        ),
        pn.Spacer(sizing_mode="stretch_width"),
        pn.pane.HTML(
            pn.bind(_jobs, state.param.jobs), margin=(0, 8), width=64, align="center", styles={"font-size": "12px"}
        ),
        account(state.user),
        ask,
        legend,
        margin=(0, 0, 0, 16),
        height=theme.HEADER,
        sizing_mode="stretch_width",
    )


def _tabs_width(dataset: Dataset | None, revision: int) -> int:
    """Width [px] of the tabs of a dataset at a `revision` of its runs."""
    return sum(TAB + LETTER * len(title) for title in titles_for(dataset))


def _jobs(jobs: dict[str, int]) -> str:
    """`3 jobs ●` while something is queued or running."""
    waiting = jobs.get("queued", 0) + jobs.get("running", 0)
    if not waiting:
        return ""
    return f'{waiting} job{"s" * (waiting > 1)} <span style="color: var(--mui-palette-primary-main)">●</span>'
