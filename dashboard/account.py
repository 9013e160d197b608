"""Who is signed in, and the way out, for the header."""

import html

import panel as pn

from dashboard import theme
from dashboard.access import User

STYLE = """
.account { display: flex; gap: 8px; justify-content: flex-end; font-size: 12px; white-space: nowrap; }
.account span { max-width: 110px; overflow: hidden; text-overflow: ellipsis; opacity: .75; }
.account a { color: var(--mui-palette-primary-main); text-decoration: none; }
.account a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
"""


def account(user: User) -> pn.pane.HTML:
    """Name, role on hover, and a link to sign out; takes no room where nobody signs in."""
    name = html.escape(user.name)
    text = f'<div class=account><span title="{name}, {user.role}">{name}</span><a href="logout">sign out</a></div>'
    return pn.pane.HTML(
        text if user.signed_in else "", margin=(0, 8), align="center", visible=user.signed_in,
        stylesheets=[theme.NOTE_CSS, STYLE, theme.PHONE_HIDES], width_policy="min",
    )  # fmt: skip
