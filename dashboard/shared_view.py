"""What a session shows, as a dictionary, and back again. Knows nothing of Panel."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from dashboard import review_columns
from dashboard.defaults import DENSITY
from dashboard.parts import Part, tell
from dashboard.state import State
from photoz_core.errors import PhotozError

MOST = 200_000  # selected objects in a link
FAR = 1e9  # map coordinates beyond are nobody's

Text = Annotated[StrictStr, Field(max_length=300)]
Coordinate = Annotated[float, Field(strict=True, ge=-FAR, le=FAR)]
Percent = Annotated[float, Field(strict=True, ge=0, le=100)]
Whole = Annotated[StrictInt, Field(ge=-(2**31), lt=2**31)]
Plain = StrictBool | Whole | Annotated[StrictFloat, Field(ge=-FAR, le=FAR)] | Text | None
Choice = Plain | Annotated[list[Plain], Field(max_length=1000)]


def _area(view: tuple[float, float, float, float] | None):
    if view is not None and not (view[0] < view[1] and view[2] < view[3]):
        raise ValueError("an area has a left and a right, a bottom and a top")
    return view


def _rising(clip: tuple[float, float]) -> tuple[float, float]:
    if clip[0] > clip[1]:
        raise ValueError("the lower limit is above the upper")
    return clip


class View(BaseModel, extra="ignore"):
    """A view: what of it is absent stays as the session has it."""

    dataset: Text | None = None
    run: Text | None = None
    projection: Text | None = None
    columns: Annotated[list[Text], Field(max_length=24)] | None = None
    colormap: Text | None = None
    clip: Annotated[tuple[Percent, Percent], AfterValidator(_rising)] | None = None
    view: Annotated[tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None, AfterValidator(_area)] = None
    selection: Annotated[list[Text], Field(max_length=MOST)] | None = None
    focus: Text | None = None
    band: Text | None = None
    pick: Text | None = None
    grid: Whole | None = None
    drag: Text | None = None
    page: Text | None = None
    parts: Annotated[dict[Text, dict[Text, Choice]], Field(max_length=40)] = {}


SELECTS = ("colormap", "band", "pick", "grid", "drag")  # one of what the state offers


def capture(state: State) -> dict[str, Any]:
    """The view of a session, as JSON has it.

    Raises
    ------
    PhotozError
        If more objects are selected than a link can hold.
    """
    if len(state.selection) > MOST:
        raise PhotozError(
            f"a link holds {MOST:,} selected objects, not {len(state.selection):,}; save the selection under a name "
            "on the Review page and clear it"
        )
    names = ("dataset", "run", "projection", "focus", "page", *SELECTS)
    found = {name: getattr(state, name) for name in names}
    found |= {"columns": list(state.columns), "clip": list(state.clip), "view": state.view and list(state.view)}
    found["selection"] = [str(name) for name in state.selection]
    return found | {"parts": {name: part.values() for name, part in state.parts.items()}}


def restore(state: State, view: dict[str, Any]) -> list[str]:
    """Show a view as far as there is still what it shows.

    Returns
    -------
    list of str
        What is gone or not understood; the session's notice says it, too.
    """
    wanted, gone = understood(view)
    state.refresh()
    if not _choose(state, "dataset", wanted.dataset, gone):
        tell(state, gone)
        return gone
    _choose(state, "run", wanted.run, gone)
    _choose(state, "projection", wanted.projection, gone)
    if wanted.columns is not None:
        known = {*state.colorable(), *review_columns.COLUMNS, DENSITY}
        gone += [f"column {name!r}" for name in wanted.columns if name not in known]
        state.columns = [name if name in known else DENSITY for name in wanted.columns]
    for name in SELECTS:
        _choose(state, name, getattr(wanted, name), gone)
    _show_objects(state, wanted, gone)
    state.param.update(clip=wanted.clip or state.clip, view=wanted.view)
    for name, values in wanted.parts.items():
        part = state.parts.setdefault(name, Part())
        part.wanted, part.dataset = dict(values), state.dataset
        gone += part.set()
    _choose(state, "page", wanted.page, gone)
    tell(state, gone)
    return gone


def understood(view: Any) -> tuple[View, list[str]]:
    """A view as far as it can be read, and the names of what cannot."""
    if not isinstance(view, dict):
        return View(), ["the whole view"]
    try:
        return View.model_validate(view), []
    except ValidationError as error:
        broken = {str(item["loc"][0]) for item in error.errors()}
        left = {name: value for name, value in view.items() if name not in broken}
        return View.model_validate(left), [f"{name} (unreadable)" for name in sorted(broken)]


def _choose(state: State, name: str, value: Any, gone: list[str]) -> bool:
    """Choose what the state offers; False where it does not offer that."""
    if value is None or value == "":
        return True
    offered = state.param[name].objects
    if value not in offered:
        gone.append(f"{name} {value!r}")
        return False
    setattr(state, name, value)
    return True


def _show_objects(state: State, wanted: View, gone: list[str]) -> None:
    if wanted.selection is not None:
        ids = list(dict.fromkeys(wanted.selection))
        state.select(ids)
        if missing := len(ids) - int(state.selected.sum()):
            gone.append(f"{missing:,} of {len(ids):,} selected objects")
    if wanted.focus:
        if len(state.rows([wanted.focus])):
            state.focus = wanted.focus
        else:
            gone.append(f"object {wanted.focus!r}")
