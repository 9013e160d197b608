"""How the dashboard looks: one accent color, small controls, tabular numbers; light and dark."""

from pathlib import Path

ACCENT = {"light": "#0b6fa4", "dark": "#4fb3e8"}
HEADER = 48  # px
STATIC = Path(__file__).parent / "static"
STYLE = (STATIC / "style.css").read_text()
SCALE_CSS = (STATIC / "scale.css").read_text()
NOTE_CSS = (STATIC / "note.css").read_text()
CARD_CSS = (STATIC / "card.css").read_text()
TEXT_CSS = (STATIC / "text.css").read_text()
HELP_CSS = (STATIC / "help.css").read_text()
NOTICES_CSS = (STATIC / "notices.css").read_text()
REVIEW_CSS = (STATIC / "review.css").read_text()
GAP = {"gap": "var(--pz-gap)"}

PHONE, TABS = 640, 1240  # px: up to so wide a screen is a phone's, and pages are a menu instead of tabs
RING = "2px solid var(--mui-palette-primary-main, #0b6fa4)"  # around what the keyboard is on

_FONT = {
    "fontFamily": 'Roboto, "Helvetica Neue", Arial, sans-serif',
    "fontSize": 13,
    "htmlFontSize": 16,
    "button": {"textTransform": "none", "fontSize": "12.5px", "fontWeight": 500},
    "body1": {"fontSize": "13px"},
    "body2": {"fontSize": "12.5px"},
    "h6": {"fontSize": "15px", "fontWeight": 600},
}
_SEEN = {"outline": RING, "outlineOffset": "1px"}
_FOCUS = {
    "MuiButtonBase": {"styleOverrides": {"root": {"&.Mui-focusVisible": _SEEN}}},
    "MuiInputBase": {"styleOverrides": {"root": {"&:has(:focus-visible)": _SEEN}}},
    "MuiSlider": {"styleOverrides": {"thumb": {"&.Mui-focusVisible": _SEEN}}},
    "MuiLink": {"styleOverrides": {"root": {"&:focus-visible": _SEEN}}},
}
_SHAPE = {"chart_style": "classic", "shape": {"borderRadius": 4}, "typography": _FONT, "components": _FOCUS}

THEME = {
    "light": _SHAPE
    | {
        "palette": {
            "primary": {"main": ACCENT["light"], "contrastText": "#ffffff"},
            "background": {"default": "#ffffff", "paper": "#ffffff"},
            "text": {"primary": "#1b1f24", "secondary": "#59636e"},
            "divider": "#dfe3e8",
        }
    },
    "dark": _SHAPE
    | {
        "palette": {
            "primary": {"main": ACCENT["dark"], "contrastText": "#08222f"},
            "background": {"default": "#14171a", "paper": "#14171a"},
            "text": {"primary": "#e6e9ec", "secondary": "#98a2ad"},
            "divider": "#2d3339",
        }
    },
}


def on_phone(rules: str) -> str:
    """A stylesheet that holds for a component on a phone only; `!important` beats the component's own styles."""
    return f"@media (max-width: {PHONE}px) {{ :host {{ {rules} }} }}"


PHONE_HIDES = on_phone("display: none !important")
FIT = on_phone("min-width: 0 !important")  # Panel asks for the width of all that is in a row
PILE = on_phone(  # a row that becomes a column, as long as it is
    "flex-direction: column; flex: none !important; width: 100% !important; min-width: 0 !important;"
    "height: auto !important; max-height: none !important; overflow: visible !important"
)
PILED = on_phone(  # what such rows and columns lie in: it scrolls
    "flex-direction: column; min-width: 0 !important; overflow: hidden auto !important; gap: 12px"
)
SCROLL = on_phone("min-width: 0 !important; overflow: hidden auto !important")
WRAP = on_phone("flex-wrap: wrap !important; height: auto !important; min-width: 0 !important")  # a row of controls
CHART = on_phone("flex: none !important; height: 320px !important; min-height: 320px !important")  # in what is piled
WIDE_SCREEN_HIDES = f"@media (min-width: {PHONE + 1}px) {{ :host {{ display: none !important }} }}"
WIDE_HIDES = f"@media (min-width: {TABS + 1}px) {{ :host {{ display: none !important }} }}"
NARROW_HIDES = f"@media (max-width: {TABS}px) {{ :host {{ display: none !important }} }}"

_BAR = {"minHeight": "var(--pz-header) !important", "height": "var(--pz-header)"}
PAGE_SX = {
    "& .MuiLinearProgress-root": {"display": "none"},  # drawn though there is no busy indicator, and without a name
    # these very values tell Page not to force its own colors on the header's widgets
    ".MuiAppBar-root": {"bgcolor": "primary.contrastText", "color": "primary.main"},
    "& .MuiToolbar-root": {**_BAR, "paddingLeft": "14px !important", "paddingRight": "8px !important"},
    "& .header": {
        "height": "var(--pz-header)",
        "backgroundColor": "background.paper",
        "backgroundImage": "none",
        "color": "text.primary",
        "boxShadow": "none",
        "borderBottom": "1px solid",
        "borderColor": "divider",
    },
    "& .header .MuiToolbar-root > .MuiBox-root:not(:has(.title))": {"minWidth": 0},
    "& .header a:focus-visible": _SEEN,
    "& .header .title": {"color": "text.primary", "fontSize": "17px", "fontWeight": 700, "letterSpacing": "-0.2px"},
}
_UNSEEN = {  # for screen readers only
    "position": "absolute", "width": "1px", "height": "1px", "overflow": "hidden", "clipPath": "inset(50%)",
    "whiteSpace": "nowrap", "margin": 0,
}  # fmt: skip
HIDDEN_LABEL_SX = {"label:has(+ &)": _UNSEEN, "label + &": {"marginTop": "0 !important"}}  # of a select
HIDDEN_TITLE_SX = {".MuiFormLabel-root:has(+ &)": _UNSEEN}  # of a group of buttons
TABS_SX = {
    **HIDDEN_TITLE_SX,
    "& .MuiToggleButton-root": {
        "border": "none !important",
        "borderRadius": 0,
        "height": f"{HEADER}px",
        "padding": "0 9px",
        "whiteSpace": "nowrap",
        "fontSize": "13.5px",
        "color": "text.secondary",
        "backgroundColor": "transparent !important",
    },
    "& .MuiToggleButton-root[aria-pressed=true]": {"color": "primary.main", "boxShadow": "inset 0 -2px 0 currentColor"},
}
QUIET_SELECT_SX = {
    **HIDDEN_LABEL_SX,
    "&::before, &::after": {"display": "none"},  # no underline
    "& .MuiSelect-select": {"paddingTop": "2px", "paddingBottom": "2px"},
}
MAP_SELECT_SX = {
    **QUIET_SELECT_SX,
    "fontSize": "12px",
    "& .MuiSelect-select": {"padding": "0 18px 0 0 !important", "lineHeight": "20px", "fontWeight": 500},
    "& .MuiSelect-icon": {"fontSize": "16px", "top": "2px"},
}
SMALL_TABS_SX = {
    **HIDDEN_TITLE_SX,
    "& .MuiToggleButton-root": {"height": "20px", "padding": "0 8px", "fontSize": "11.5px"},
}
FIELD_SX = {"fontSize": "12.5px"}
