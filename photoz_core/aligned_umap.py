"""AlignedUMAP: the maps of several runs, made together so that an object stays near its place from map to map.

Laid over each other (`photoz_core.alignment`), two maps differ by what their latents know and by what UMAP made of
chance. Here chance is shared: each map is pulled towards its neighbour's places while it forms.
"""

import hashlib
import warnings
from collections.abc import Sequence

import numpy as np

from photoz_core.errors import PhotozError
from photoz_core.files import read_json, write_json
from photoz_core.metrics.latent import map_trustworthiness
from photoz_core.projections.umap import FEWEST, Map
from photoz_core.run import Run

FOLDER = "aligned"  # of a run: its map in each company it was mapped in
EPOCHS = 200  # of layout, umap-learn's own number


def fit_together(latents: Sequence[np.ndarray], seed: int = 0) -> list[np.ndarray]:
    """Maps of several latent spaces of the same objects, each tied to the next.

    Parameters
    ----------
    latents : sequence of (N, D_k) float32
        Row-aligned; their widths may differ.
    seed : int

    Returns
    -------
    list of (N, 2) float32

    Raises
    ------
    PhotozError
        For fewer than two spaces, spaces of different numbers of objects, too few objects, or latents that are not
        finite.
    """
    counts = {len(space) for space in latents}
    if len(latents) < 2 or len(counts) != 1:
        raise PhotozError(f"AlignedUMAP takes two or more latent spaces of the same objects, not {sorted(counts)} rows")
    count = counts.pop()
    if count < FEWEST:
        raise PhotozError(f"{count} objects: UMAP needs at least {FEWEST}; use the layout 'aligned'")
    bad = max(int((~np.isfinite(space).all(1)).sum()) for space in latents)
    if bad:
        raise PhotozError(f"a run has latents that are not finite, of {bad:,} of {count:,} objects; train it again")
    from umap import AlignedUMAP

    same = {row: row for row in range(count)}
    options = {"n_neighbors": min(Map.n_neighbors, count - 1), "min_dist": Map.min_dist, "n_epochs": EPOCHS}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="umap")
        fitted = AlignedUMAP(random_state=seed, **options).fit(list(latents), relations=[same] * (len(latents) - 1))
    return [np.ascontiguousarray(positions, np.float32) for positions in fitted.embeddings_]


def make(runs: Sequence[Run]) -> None:
    """Map done runs of one dataset together and keep each map, with its trustworthiness, in its run's folder.

    A failure of whatever kind is kept as well.

    Raises
    ------
    PhotozError
        If the runs are not of the same dataset, or their latents cannot be mapped.
    """
    ordered = sorted(runs, key=lambda run: run.id)
    try:
        if len({run.info["dataset"] for run in ordered}) > 1:
            raise PhotozError("maps are aligned for runs of the same dataset; choose others")
        maps = fit_together([run.latents for run in ordered])
        trust = [map_trustworthiness(run.latents, positions) for run, positions in zip(ordered, maps, strict=True)]
    except Exception as error:
        give_up(ordered, str(error) if isinstance(error, PhotozError) else f"{type(error).__name__}: {error}")
        raise
    key = company(ordered)
    for run, positions, value in zip(ordered, maps, trust, strict=True):  # a map last: where all are, all is
        _write(run, key, {"trustworthiness": value})
        run.save_array(f"{FOLDER}/{key}", positions)


def give_up(runs: Sequence[Run], reason: str) -> None:
    """Keep why runs have no maps together, for whoever asks for those."""
    for run in runs:
        _write(run, company(runs), {"error": reason})


def company(runs: Sequence[Run]) -> str:
    """The name of a set of runs, in whatever order."""
    return hashlib.sha256("\n".join(sorted(run.id for run in runs)).encode()).hexdigest()[:16]


def maps_of(runs: Sequence[Run]) -> list[np.ndarray] | None:
    """The maps (N, 2) float32 that these runs have together, in their order; None until all are there.

    Raises
    ------
    PhotozError
        Saying why they could not be made, where it was tried in vain.
    """
    key = company(runs)
    if len(runs) < 2 or not all((run.folder / FOLDER / f"{key}.npy").exists() for run in runs):
        told = (path for run in runs if (path := run.folder / FOLDER / f"{key}.json").exists())
        if reason := next((error for path in told if (error := read_json(path).get("error"))), None):
            raise PhotozError(f"AlignedUMAP: {reason} (to try again, delete the folder {FOLDER!r} of these runs)")
        return None
    try:
        return [np.load(run.folder / FOLDER / f"{key}.npy", allow_pickle=False) for run in runs]
    except (OSError, ValueError, EOFError) as error:
        raise PhotozError(f"AlignedUMAP: {error}; delete the folder {FOLDER!r} of these runs") from error


def _write(run: Run, key: str, about: dict) -> None:
    (run.folder / FOLDER).mkdir(exist_ok=True)
    write_json(run.folder / FOLDER / f"{key}.json", about)
