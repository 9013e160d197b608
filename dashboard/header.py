"""The line above every page: dataset, run, pages, jobs, help. On a phone it is two lines, and the pages are a menu."""

import panel as pn
import panel_material_ui as pmui

from dashboard import theme
from dashboard.account import account
from dashboard.connection import Connection
from dashboard.pages import HELP, titles_for
from dashboard.state import State
from dashboard.tour import Guide
from dashboard.views._share import Share
from photoz_core.dataset import Dataset

TAB, LETTER = 20, 8  # px of a tab without its letters, and of a letter
TWO_LINES = theme.on_phone(
    "flex-wrap: wrap; align-content: center; margin-left: 10px !important; row-gap: 6px; width: 100% !important;"
    "min-width: 0 !important"
)
FIRST_LINE = theme.on_phone("order: 1")
SECOND_LINE = theme.on_phone("order: 2; flex: 1 1 40% !important; width: auto !important; min-width: 0")
TABS_SX = theme.TABS_SX | {f'& .MuiToggleButton-root[value="{HELP}"]': {"display": "none"}}  # the question mark is it


def header(state: State) -> pn.Row:
    """The header of a session."""
    select = {
        "size": "small",
        "variant": "standard",
        "description": "",
        "margin": (0, 4),
        "align": "center",
        "sx": theme.QUIET_SELECT_SX,
    }
    return pn.Row(
        Guide(state),
        pmui.Select.from_param(
            state.param.dataset, label="Dataset in front", width=150, stylesheets=[SECOND_LINE], **select
        ),
        pmui.Select.from_param(
            state.param.run, label="Run in front", width=230, stylesheets=[SECOND_LINE], **select
        ),
        pn.Spacer(sizing_mode="stretch_width", stylesheets=[theme.PHONE_HIDES]),
        _tabs(state),
        pmui.Select.from_param(
            state.param.page, label="Page", width=120, stylesheets=[FIRST_LINE, theme.WIDE_HIDES], **select
        ),
        pn.Spacer(sizing_mode="stretch_width", stylesheets=[FIRST_LINE]),
        pn.pane.HTML(
            pn.bind(_jobs, state.param.jobs), margin=(0, 8), width=64, align="center",
            styles={"font-size": "12px"}, stylesheets=[FIRST_LINE],
        ),
        account(state.user),
        pn.Row(Share(state), margin=0, align="center", stylesheets=[theme.PHONE_HIDES]),
        _help(state),
        Connection(),
        margin=(0, 0, 0, 16),
        sizing_mode="stretch_width",
        styles={"height": "var(--pz-header, 48px)"},
        stylesheets=[TWO_LINES],
    )  # fmt: skip


def _tabs(state: State) -> pmui.RadioButtonGroup:
    """The pages side by side; a screen too narrow for them has the menu."""
    return pmui.RadioButtonGroup.from_param(
        state.param.page,
        size="small",
        variant="outlined",
        label="Pages",
        description="",
        margin=0,
        width=pn.bind(_tabs_width, state.param.data, state.param.revision),
        stylesheets=[theme.NARROW_HIDES],
        sx=TABS_SX,
    )


def _help(state: State) -> pmui.IconButton:
    button = pmui.IconButton(
        icon="help_outline", icon_size="20px", description="Help", margin=0, size="small", align="center",
        stylesheets=[FIRST_LINE],
    )  # fmt: skip
    button.on_click(lambda event: setattr(state, "page", HELP))
    return button


def _tabs_width(dataset: Dataset | None, revision: int) -> int:
    """Width [px] of the tabs of a dataset at a `revision` of its runs."""
    return sum(TAB + LETTER * len(title) for title in titles_for(dataset) if title != HELP)


def _jobs(jobs: dict[str, int]) -> str:
    """`3 jobs ●` while something is queued or running."""
    waiting = jobs.get("queued", 0) + jobs.get("running", 0)
    if not waiting:
        return ""
    return f'{waiting} job{"s" * (waiting > 1)} <span style="color: var(--mui-palette-primary-main)">●</span>'
