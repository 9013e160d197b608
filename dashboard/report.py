"""A report of runs: one HTML file that needs no server and asks nobody for anything."""

import base64
import itertools
from collections.abc import Mapping, Sequence
from html import escape

from dashboard import journal
from dashboard.compare_choices import MOST, Comparison
from dashboard.compare_numbers import agreement
from dashboard.compare_table import LETTERS, mean_of, pairs_html
from dashboard.defaults import DENSITY
from dashboard.metrics_table import with_error
from dashboard.state import State
from dashboard.theme import STATIC
from photoz_core.errors import PhotozError
from photoz_core.export import provenance
from photoz_core.home import Home

PIXELS, DPI = 480, 150  # of a map's raster, a side, and of its picture
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # the browser refuses all else
STYLE = (STATIC / "report.css").read_text()
LAID = "One scale of colors for all; maps laid over that of A by rotation, reflection, scale and shift (Procrustes)."
PAIRS = (
    "Above the diagonal the mean overlap of neighbours (Jaccard index of the 15 nearest in latent space), below it the "
    "mean displacement on the aligned maps, in rms radii."
)
Cells = Sequence[Sequence[str | tuple[float, float, int]]]


def report(home: Home, run_ids: Sequence[str], comparison: tuple[Sequence[str], Cells] | None = None) -> str:
    """The report as HTML; all names in it are escaped. Runs of one dataset are laid side by side.

    Parameters
    ----------
    home : Home
    run_ids : sequence of str
        Ids of finished runs.
    comparison : tuple, optional
        Header and rows of the runs' figures, as `photoz_core.metric_tables` takes them.

    Raises
    ------
    PhotozError
        If no run is named, one is unknown or not done, or its dataset has changed.
    """
    if not run_ids:
        raise PhotozError("a report needs at least one run")
    state, datasets = State(home), {}
    for run_id in dict.fromkeys(run_ids):
        state.open_run(run_id)
        if state.problem:
            raise PhotozError(state.problem)
        datasets.setdefault(state.dataset, []).append(run_id)
    parts = [part for runs in datasets.values() for part in _of_dataset(state, runs)]
    about = provenance(state.data)
    count = sum(map(len, datasets.values()))
    title = f"photoz report: {count} run{'s' * (count > 1)}"
    head = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head>'
    )
    made = escape(f"{about['creator']}, {about['date']}")
    figures = f"<h3>Figures of the test split, with errors</h3>{_figures(*comparison)}" if comparison else ""
    return f"{head}<body><h1>{title}</h1><p>{made}</p>{figures}{''.join(parts)}</body></html>\n"


def _of_dataset(state: State, runs: list[str]) -> list[str]:
    """What is known of runs of one dataset: side by side, then of each."""
    state.open_run(runs[0])
    if len(runs) == 1:
        return [_section(state, _maps(state))]
    compared, parts = Comparison(state), []
    compared.follow()
    for number in range(0, len(runs), MOST):
        compared.choose(runs[number : number + MOST])
        parts += [_side_by_side(compared), *(_section(side, "") for side in compared.shown)]
    return parts


def _side_by_side(compared: Comparison) -> str:
    """The maps of the runs in view under one scale for each column, and how far each pair agrees."""
    names = "".join(f"<li>{LETTERS[i]}: {escape(side.current.name)}</li>" for i, side in enumerate(compared.shown))
    sides, rows = [side for _, side in compared.drawn], []
    for name in dict.fromkeys(name for side in sides for name in side.columns):
        cells = [_map(side, name) for side in sides if name == DENSITY or side.has(name)]
        across = f"style='grid-template-columns: repeat({min(len(sides), 3)}, minmax(0, 1fr))'"
        rows.append(f'<div class="maps" {across}>{"".join(cells)}</div>')
    lacking = "".join(f"<p>{escape(side.current.name)} has no map.</p>" for side in compared.shown if side not in sides)
    pairs = f"<h3>Agreement of each pair</h3>{_pairs_table(compared)}<p>{PAIRS}</p>" if len(sides) > 1 else ""
    return f"<h2>Side by side</h2><ul>{names}</ul><p>{LAID}</p>{lacking}{''.join(rows)}{pairs}"


def _pairs_table(compared: Comparison) -> str:
    overlaps, shifts = {}, {}
    drawn = [(i, side.current, placed) for (i, side), placed in zip(compared.drawn, compared.placed, strict=True)]
    for (i, first, one), (j, second, other) in itertools.combinations(drawn, 2):
        try:
            found = agreement(first, second, (one, other))
        except PhotozError:  # a run without latents
            overlaps[i, j] = shifts[i, j] = float("nan")
            continue
        overlaps[i, j], shifts[i, j] = mean_of(found.overlap), mean_of(found.displacement)
    return pairs_html(len(compared.shown), overlaps, shifts)


def _section(state: State, maps: str) -> str:
    """What is known of the state's run, with its maps as HTML, or none."""
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
        f"<h2>{escape(run.name)}</h2>{maps}"
        f"<h3>Metrics</h3>{''.join(_metrics(name, found) for name, found in run.metrics.items())}"
        f"<h3>Settings</h3><pre>{escape(settings)}</pre>"
        f"<h3>Provenance</h3>{_pairs('run', about)}{_pairs('dataset', dataset)}"
    )


def _maps(state: State) -> str:
    if state.positions is None:
        return "<p>This run has no map; make one with photoz project.</p>"
    cells = "".join(_map(state, name) for name in dict.fromkeys(state.columns))
    return f'<h3>Maps</h3><div class="maps">{cells}</div>'


def _map(state: State, name: str) -> str:
    plate = journal.plate(state, name, PIXELS)
    data = base64.b64encode(journal.draw([plate], "png", DPI)).decode()
    label = escape(f"{plate.axes} of {state.current.name} colored by {plate.label}", quote=True)
    return f'<img alt="{label}" src="data:image/png;base64,{data}">'


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
