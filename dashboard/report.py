"""A report of runs: one HTML file that needs no server and asks nobody for anything."""

import base64
from collections.abc import Mapping, Sequence
from html import escape

from dashboard import journal
from dashboard.metrics_table import with_error
from dashboard.state import State
from dashboard.theme import STATIC
from photoz_core.errors import PhotozError
from photoz_core.export import provenance
from photoz_core.home import Home

PIXELS, DPI = 480, 150  # of a map's raster, a side, and of its picture
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # the browser refuses all else
STYLE = (STATIC / "report.css").read_text()
Cells = Sequence[Sequence[str | tuple[float, float, int]]]


def report(home: Home, run_ids: Sequence[str], comparison: tuple[Sequence[str], Cells]) -> str:
    """The report as HTML; all names in it are escaped.

    Parameters
    ----------
    home : Home
    run_ids : sequence of str
        Ids of finished runs.
    comparison : tuple
        Header and rows of the runs' figures, as `photoz_core.metric_tables` takes them.

    Raises
    ------
    PhotozError
        If no run is named, one is unknown or not done, or its dataset has changed.
    """
    if not run_ids:
        raise PhotozError("a report needs at least one run")
    state = State(home)
    sections = [_section(state, run_id) for run_id in dict.fromkeys(run_ids)]
    about = provenance(state.data)
    title = f"photoz report: {len(sections)} run{'s' * (len(sections) > 1)}"
    head = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head>'
    )
    made = escape(f"{about['creator']}, {about['date']}")
    compared = f"<h3>Figures of the test split, with errors</h3>{_figures(*comparison)}"
    return f"{head}<body><h1>{title}</h1><p>{made}</p>{compared}{''.join(sections)}</body></html>\n"


def _section(state: State, run_id: str) -> str:
    """What is known of one run."""
    state.open_run(run_id)
    if state.problem:
        raise PhotozError(state.problem)
    run, meta = state.current, state.data.meta
    about = provenance(state.data, run, state.projection)
    about |= {name: run.info[name] for name in ("parent", "photoz", "commit", "torch") if run.info.get(name)}
    dataset = {
        "title": meta.title,
        "survey": meta.survey,
        "description": meta.description,
        "objects": f"{len(state.data):,}",
    }
    dataset |= {str(name): _text(value) for name, value in meta.provenance.items()}
    settings = (run.folder / "recipe.toml").read_text()
    return (
        f"<h2>{escape(run.name)}</h2><h3>Maps</h3>{_maps(state)}"
        f"<h3>Metrics</h3>{''.join(_metrics(name, found) for name, found in run.metrics.items())}"
        f"<h3>Settings</h3><pre>{escape(settings)}</pre>"
        f"<h3>Provenance</h3>{_pairs('run', about)}{_pairs('dataset', dataset)}"
    )


def _maps(state: State) -> str:
    if state.positions is None:
        return "<p>This run has no map; make one with photoz project.</p>"
    pictures = []
    for name in dict.fromkeys(state.columns):
        plate = journal.plate(state, name, PIXELS)
        data = base64.b64encode(journal.draw(plate, "png", DPI)).decode()
        label = escape(f"{plate.axes} colored by {plate.label}", quote=True)
        pictures.append(f'<img alt="{label}" src="data:image/png;base64,{data}">')
    return f'<div class="maps">{"".join(pictures)}</div>'


def _metrics(name: str, found: object) -> str:
    """A group of `metrics.json`: names and values, or a line for each of its parts."""
    if not isinstance(found, Mapping) or not found:
        return ""
    parts = {key: value for key, value in found.items() if isinstance(value, Mapping)}
    single = _pairs(name, {key: _text(value) for key, value in found.items() if key not in parts}, "number")
    if not parts:
        return single
    columns = list(dict.fromkeys(key for part in parts.values() for key in part))
    rows = [[key, *(_text(part.get(column)) for column in columns)] for key, part in parts.items()]
    table = f"<table><caption>{escape(name)}</caption>{_row('th', ['', *columns])}"
    return f"{single if len(parts) < len(found) else ''}{table}{''.join(_row('td', row) for row in rows)}</table>"


def _figures(header: Sequence[str], rows: Cells) -> str:
    cell = lambda value: escape(value) if isinstance(value, str) else with_error(*value)  # noqa: E731
    body = "".join(f"<tr>{''.join(f'<td>{cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"<table>{_row('th', header)}{body}</table>"


def _row(tag: str, words: Sequence[object]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(str(word))}</{tag}>' for word in words)}</tr>"


def _pairs(caption: str, values: Mapping[str, object], kind: str = "text") -> str:
    rows = "".join(_row("td", pair) for pair in values.items() if pair[1] not in ("", None))
    return f'<table class="{kind}"><caption>{escape(caption)}</caption>{rows}</table>'


def _text(value: object) -> str:
    """A value of a JSON or TOML file in a few words."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, float):
        if isinstance(value, Mapping):
            return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
        return "; ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
    return f"{value:.6g}".replace("-", "−") if value == value else "–"
