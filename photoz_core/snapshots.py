"""Snapshots: latents of a fixed sample while a training forms them, in a run's folder ``snapshots``."""

from pathlib import Path

import numpy as np

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.run import Run

MOST = 1000  # objects of the sample
FEWEST = 200  # of them, where the validation split has fewer
SHARE = 0.15  # objects embedded for one trained on; it costs about a sixth of a training step (PITA): 2.5 % in all
LARGEST = 6e4  # what float16 can hold


class Snapshots:
    """Embeds a sample as a training goes on; told of each epoch by `photoz_core.training.fit`.

    It leaves the training as it was: weights and random numbers are not touched.

    Parameters
    ----------
    run : Run
        Into whose folder ``snapshots/<epochs>.npy`` is written, each in one step: (n, D) float16 about their mean,
        float32 where they are too large. The map and the neighbours depend on differences only, and so float16 keeps
        them even of latents far from zero.
    rows : Rows
        The sample, to be embedded.
    config : FitConfig
    trained : int
        Training rows.
    """

    def __init__(self, run: Run, rows, config, trained: int):
        self.run, self.rows, self.config = run, rows, config
        seen = trained * config.passes(trained) if trained else 0
        self.due = due_epochs(config.epochs, config.snapshots, len(rows), seen)
        self._begun = False

    def __call__(self, epochs: int, method) -> None:
        """Embed the sample if a snapshot is due after so many epochs; 0 is the untrained method.

        The first call of a resumed training drops what lies behind its checkpoint.
        """
        if not self.due:
            return
        if not self._begun:
            for late in [epoch for epoch in snapshot_epochs(self.run) if epoch > epochs]:
                _path(self.run, late).unlink()
            self.run.save_array("snapshots/sample", self.rows.rows)
            self._begun = True
        if epochs in self.due:
            self.run.save_array(f"snapshots/{epochs}", _compact(self._embedded(method)))

    def _embedded(self, method) -> np.ndarray:
        """Latents (n, D) float32, with batches as the training has them: no shape is compiled for this alone."""
        import torch

        from photoz_core.optimisation import autocast

        method.eval()
        device, size = self.rows.device, self.config.batch_size
        apart = torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])
        with torch.no_grad(), apart, autocast(device, self.config.precision):
            parts = [method.encode(batch).float() for batch in self.rows.batches(size)]
        return torch.cat(parts).cpu().numpy()


def sample_rows(dataset: Dataset) -> np.ndarray:
    """Row numbers (n,) of the objects that snapshots show: the same for every run of a dataset, in its order.

    From the validation split: no training has learned these objects by heart, and nobody who watches them has seen
    the test split. Where that has fewer than `FEWEST`, training rows are added. Plain random, but that half of it are
    labelled objects where these are rare: order by redshift shows on them alone.
    """
    order = np.random.default_rng(0)
    valid, train = (order.permutation(dataset.rows(split)) for split in ("valid", "train"))
    pool = np.concatenate([valid, train[: max(FEWEST - len(valid), 0)]])
    labelled = dataset.is_labelled()[pool]
    known = pool[labelled][: max(MOST // 2, labelled[:MOST].sum())]
    return np.sort(np.concatenate([known, pool[~labelled][: MOST - len(known)]]))


def due_epochs(epochs: int, wanted: int, sample: int, trained: int) -> tuple[int, ...]:
    """After how many epochs a snapshot is taken: 0, the last, and between them evenly, `wanted` after the first.

    Parameters
    ----------
    epochs : int
        Of the training.
    wanted : int
        Snapshots after that of epoch 0, at most; 0 for none at all.
    sample, trained : int
        Objects of a snapshot, and of an epoch: fewer are taken where more than `SHARE` of the objects trained on would
        be embedded. The first and the last are always.
    """
    if not wanted or not sample:
        return ()
    affordable = int(SHARE * trained * epochs / sample) - 1  # that of epoch 0 costs as much
    steps = max(1, min(wanted, epochs, affordable))
    return tuple(round(epochs * step / steps) for step in range(steps + 1))


def can_be_watched(model) -> bool:
    """Whether a method embeds an object in one pass: not one that is no network, or has a code for each object."""
    return not model.trained_whole and "row" not in model.needs


def snapshot_epochs(run: Run) -> list[int]:
    """After how many epochs there are snapshots, in order; empty for a run without."""
    return sorted(int(path.stem) for path in (run.folder / "snapshots").glob("*.npy") if path.stem.isdigit())


def snapshot_sample(run: Run) -> np.ndarray:
    """Row numbers (n,) in the dataset of the objects that the snapshots of a run show."""
    return _load(run, _path(run, "sample"))


def snapshot(run: Run, epochs: int) -> np.ndarray:
    """Latents (n, D) float32 of the sample after so many epochs, about their mean.

    Raises
    ------
    PhotozError
        If there is no such snapshot, or it cannot be read.
    """
    return _load(run, _path(run, epochs)).astype(np.float32)


def _compact(latents: np.ndarray) -> np.ndarray:
    centred = latents - latents.mean(axis=0)
    return centred.astype(np.float16) if np.abs(centred).max(initial=0) < LARGEST else centred


def _path(run: Run, name: int | str) -> Path:
    return run.folder / "snapshots" / f"{name}.npy"


def _load(run: Run, path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise PhotozError(f"run {run.name!r} has no snapshot {path.stem}: {error}; train it again") from error
