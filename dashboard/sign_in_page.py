"""The pages to sign in and out at. Their cookies are read by no script and sent along by no other site."""

import html
import logging
import re

from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from dashboard.theme import ACCENT

OWN = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")  # an address on this server
NOT_KEPT = ("access_token", "refresh_token", "id_token", "oauth_expiry")  # of OAuth; nothing here needs them
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
WRONG = "This name and password do not go together."
LOG = logging.getLogger("photoz.access")
STYLE = f"""
:root {{ color-scheme: light dark; --accent: light-dark({ACCENT["light"]}, {ACCENT["dark"]}); }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#fff, #14171a);
  color: light-dark(#1b1f24, #e6e9ec); font: 13px/1.5 Roboto, "Helvetica Neue", Arial, sans-serif; }}
main {{ width: 280px; padding: 16px; }}
h1 {{ font-size: 17px; letter-spacing: -0.2px; margin: 0 0 16px; }}
label {{ display: block; margin-bottom: 12px; color: light-dark(#59636e, #98a2ad); font-size: 12px; }}
input {{ box-sizing: border-box; width: 100%; margin-top: 4px; padding: 7px 9px; font: inherit; font-size: 13px;
  color: light-dark(#1b1f24, #e6e9ec); background: transparent; border: 1px solid light-dark(#8c959f, #59636e);
  border-radius: 4px; }}
button, a.button {{ display: inline-block; padding: 7px 16px; font: inherit; font-weight: 500; border: 0;
  border-radius: 4px; color: light-dark(#fff, #08222f); background: var(--accent); cursor: pointer;
  text-decoration: none; }}
:focus-visible {{ outline: 2px solid var(--accent); outline-offset: 2px; }}
.error {{ color: light-dark(#b42318, #ff8a80); margin: 0 0 12px; }}
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>photoz · {title}</title><style>{style}</style></head>
<body><main><h1>photoz</h1>{body}</main></body></html>"""
FORM = """{problem}<form method="post" action="login">{xsrf}<input type="hidden" name="next" value="{next}">
<label>Name<input name="name" value="{name}" autocomplete="username" autocapitalize="off" spellcheck="false" required
 {name_focus}></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required {focus}></label>
<button type="submit">Sign in</button></form>"""
REFUSED = """<p class="error" role="alert">{name} may not look at this dashboard.</p>
<p>Whoever runs it can add the name to access.toml.</p><p><a class="button" href="logout">Sign out</a></p>"""


class Guarded(RequestHandler):
    """A page of the sign-in."""

    @property
    def door(self):
        return self.application.auth_provider

    def set_cookie(self, name: str, value, *arguments, **options) -> None:
        """As Tornado's; every cookie is out of scripts' reach, stays on this site and, once there is https, on it."""
        if name not in NOT_KEPT:
            options |= {"httponly": True, "samesite": "Lax", "secure": self.request.protocol == "https"}
            super().set_cookie(name, value, *arguments, **options)

    def say(self, title: str, body: str, status: int = 200) -> None:
        """End with a page; `body` is HTML."""
        self.set_status(status)
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Cache-Control", "no-store")
        self.finish(PAGE.format(title=title, style=STYLE, body=body))

    def turn_away(self) -> bool:
        """Tell somebody whose name has no role that it has none; whether that was so."""
        name = self.door.signed_in(self)
        turned = name is not None and self.door.person(name) is None
        if turned:
            self.say("no access", REFUSED.format(name=html.escape(name)), 403)
        return turned

    def wanted(self) -> str:
        """Where to go after the sign-in: what was asked for, if it is a page of this server."""
        return self.own(self.get_argument("next", ""))

    def own(self, place: str) -> str:
        """An address, if it is on this server; else that of the dashboard."""
        return place if OWN.fullmatch(place) else f"{self.application.prefix}/"


class SignInPage(Guarded):
    """Asks for name and password."""

    def get(self) -> None:
        if not self.turn_away():
            self._ask()

    async def post(self) -> None:
        door, name = self.door, self.get_body_argument("name", "")
        known = door.passwords.knows(name)
        guards = [(door.by_address, self.request.remote_ip)] + [(door.by_name, name)] * known
        if wait := max(guard.wait(key) for guard, key in guards):
            self._ask(name, f"Too many wrong passwords. Try again in {wait:.0f} s.", 429)
            return
        for guard, key in guards:  # counted before the check, or many guesses at once would count as one
            guard.failed(key)
        password = self.get_body_argument("password", "", strip=False)
        accepted = await IOLoop.current().run_in_executor(door.checks, door.passwords.accept, name, password)
        if not accepted:
            LOG.warning("sign-in refused: %s from %s", name if known else "a name unknown", self.request.remote_ip)
            self._ask(name, WRONG, 401)
            return
        for guard, key in guards:
            guard.passed(key)
        self.set_signed_cookie("user", door.cookie(name), expires_days=door.access.days)
        self.redirect(self.wanted())

    def _ask(self, name: str = "", problem: str = "", status: int = 200) -> None:
        said = f'<p class="error" role="alert">{html.escape(problem)}</p>' if problem else ""
        values = {"name": html.escape(name), "next": html.escape(self.wanted()), "xsrf": self.xsrf_form_html()}
        focus = {"name_focus": "" if name else "autofocus", "focus": "autofocus" if name else ""}
        self.say("sign in", FORM.format(problem=said, **values, **focus), status)


class SignOutPage(Guarded):
    """Forgets who it was."""

    def get(self) -> None:
        self.clear_cookie("user")
        self.say("signed out", '<p>You are signed out.</p><p><a class="button" href="./">Sign in again</a></p>')


def oauth_page(provider: str) -> type[RequestHandler]:
    """Panel's sign-in at an OAuth provider, guarded."""
    from panel.auth import AUTH_PROVIDERS

    class OAuthPage(Guarded, AUTH_PROVIDERS[provider]):
        def get_argument(self, name: str, *default, **options):
            """As Tornado's; Panel's own check of where to go then lets some addresses of other servers pass."""
            found = super().get_argument(name, *default, **options)
            return self.own(found) if name == "next" and isinstance(found, str) else found

        async def get(self) -> None:
            if not self.turn_away():
                await super().get()

    return OAuthPage
