"""Choices of the pages that belong to what is seen, kept with the session so that a shared link can bring them back."""

from dataclasses import dataclass, field
from typing import Any

import param

from dashboard.state import State
from photoz_core.errors import PhotozError


@dataclass
class Part:
    """Some choices of a page.

    Parameters
    ----------
    owner : object
        Whose attributes they are; None until the page is opened.
    names : tuple of str
        The attributes: text, numbers, booleans, None, or lists of these.
    wanted : dict
        Values that are to be set as soon as they can be.
    dataset : str
        That they are of; with another in front they mean nothing.
    """

    owner: Any = None
    names: tuple[str, ...] = ()
    wanted: dict[str, Any] = field(default_factory=dict)
    dataset: str = ""

    def values(self) -> dict[str, Any]:
        """The choices as JSON has them; of a page that was not opened, those that wait for it."""
        if self.owner is None:
            return dict(self.wanted)
        return {name: _plain(getattr(self.owner, name)) for name in self.names}

    def set(self) -> list[str]:
        """Set what is wanted and on offer; text about what cannot be had."""
        gone = []
        for name in self.names:
            if name not in self.wanted:
                continue
            value = self.wanted[name]
            if self._is_to_come(name, value):
                continue
            del self.wanted[name]
            try:
                setattr(self.owner, name, value)
            except (ValueError, TypeError, LookupError, PhotozError):
                gone.append(f"{name} {_short(value)}")
        return gone

    def _is_to_come(self, name: str, value: Any) -> bool:
        """Whether this is a select that has nothing to offer yet, as one whose choices are being worked out."""
        selector = self.owner.param[name] if name in getattr(self.owner, "param", ()) else None
        if not isinstance(selector, param.Selector) or list(selector.objects) != [""] or value == "":
            return False
        watcher = self.owner.param.watch(lambda event: (self.owner.param.unwatch(watcher), self.set()), name, "objects")
        return True


def join(state: State, page: str, owner: Any, *names: str) -> None:
    """Let these attributes of `owner` be part of a shared view; those that a link asked for are set now.

    Called by a page when it is complete. What cannot be set is said in the session's notice.
    """
    part = state.parts.setdefault(page, Part())
    part.owner, part.names = owner, names
    if part.dataset != state.dataset:
        part.wanted = {}
    tell(state, [f"{page}: {text}" for text in part.set()])


def tell(state: State, gone: list[str]) -> None:
    """Name what a link shows no more."""
    if gone:
        state.desk.notice = f"Not there any more: {'; '.join(gone)}. The rest is as it was shared."


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _short(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) < 60 else f"{text[:60]}…")
