"""Maps that the compared runs have together, by AlignedUMAP: found, or asked for and on their way."""

from collections.abc import Sequence

import numpy as np

from dashboard.state import State
from photoz_core.errors import PhotozError
from photoz_core.run import Run

LOOKS_ONLY = "This dashboard only looks; served by photoz serve, it makes the maps of AlignedUMAP."
MEANWHILE = "AlignedUMAP is on its way, minutes for thousands of objects; meanwhile the maps are laid over the first."


def together(state: State, runs: Sequence[Run]) -> tuple[list[np.ndarray] | None, str]:
    """The maps (N, 2) that these runs have together; without them, why, and they are asked for if they can be had."""
    from photoz_core.aligned_umap import maps_of

    if len(runs) < 2:
        return None, ""
    try:
        found = maps_of(runs)
        if found is not None:
            return found, ""
        if state.queue is None:
            return None, LOOKS_ONLY
        state.queue.align([run.id for run in runs])
    except PhotozError as error:
        return None, str(error)
    return None, MEANWHILE


def company_of(runs: Sequence[Run]) -> str:
    """The name under which these runs keep the maps that they have together."""
    from photoz_core.aligned_umap import company

    return company(runs)
