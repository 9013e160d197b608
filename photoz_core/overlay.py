"""Overlays: the images of another dataset, placed on the map of a finished run."""

import contextlib
import zipfile
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.files import read_json, replacing, slug, sweep_partials, write_json
from photoz_core.home import Home
from photoz_core.pipeline import load_method, transform
from photoz_core.progress import Progress
from photoz_core.run import Run, check_matches

MEMORY = 1 << 28  # bytes of images prepared at once
BATCH = 512  # images, at most


@dataclass(frozen=True, eq=False)
class Overlay:
    """M objects of another dataset on a run's map.

    Parameters
    ----------
    dataset : str
        The other dataset's name.
    object_id : (M,) str
        Those of its objects that could be placed, in its order.
    positions : (M, 2) float32
    latents : (M, D) float32
    notes : tuple of str
        What had to be done to the images, and which were left out.
    """

    dataset: str
    object_id: np.ndarray
    positions: np.ndarray
    latents: np.ndarray
    notes: tuple[str, ...] = ()


def overlay(run: Run, own: Dataset, other: Dataset, projection: str = "umap", report=None) -> Overlay:
    """Place the images of `other` on a map of `run`, and keep the result in the run.

    Parameters
    ----------
    run : Run
        Finished, of a method that reads images.
    own : Dataset
        The one it was trained on.
    other : Dataset
        Its images are brought to the bands, pixel scale, side and unit of `own`.
    projection : str
        A map that the run has.
    report : Progress or callable, optional
        Called as ``report(done, total)`` images.

    Raises
    ------
    PhotozError
        If the run has no such map or reads no images, `own` has changed since, or the images of `other` cannot be
        brought to what the run reads.
    """
    from photoz_core._overlay_images import LikeOwn
    from photoz_core.inference import infer
    from photoz_core.optimisation import pick_device

    _require_map(run, projection)
    check_matches(run, own)
    method = load_method(run)
    require_images(run, method)
    config = replace(run.recipe.fit_config(), quarter_turns=1)  # latents are of the image as it is
    images = LikeOwn(own, other, method.spec, pick_device(config.device), Progress.of(report))
    drawn = _fingerprint(run, projection)
    latents = infer(method, images, config, _batch_size(other)).latents[""]
    positions = transform(run, own, projection, latents)
    placed = Overlay(other.name, other.object_id[images.kept], positions, latents, tuple(images.notes))
    _store(run, projection, placed, {"fingerprint": other.meta.fingerprint, "map": drawn, "images": len(other)})
    return placed


def require_images(run: Run, method) -> None:
    """Raise a `PhotozError` unless the run's method reads images."""
    if "image" not in method.needs:
        raise PhotozError(f"run {run.name!r} reads {method.needs[0]}s and no images; choose a run of an image method")


def overlay_names(run: Run, projection: str = "umap") -> list[str]:
    """Datasets of the run's home that lie on this map, as they are now; sorted."""
    return [name for name in _home(run).dataset_names() if _about(run, name, projection)]


def load_overlay(run: Run, name: str, projection: str = "umap") -> Overlay:
    """The kept overlay of dataset `name`.

    Raises
    ------
    PhotozError
        If there is none, it cannot be read, or the dataset or the map has changed since.
    """
    about, again = _about(run, name, projection), f"photoz overlay {run.id} {name} --projection {projection}"
    if about is None:
        raise PhotozError(
            f"dataset {name!r}, as it is, has no place on map {projection!r} of {run.name!r} yet: {again}"
        )
    path = _path(run, name, projection)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            parts = [arrays[key] for key in ("object_id", "positions", "latents")]
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise PhotozError(f"cannot read {path}: {error}; make it again: {again}") from error
    return Overlay(name, *parts, tuple(about["notes"]))


def _store(run: Run, projection: str, placed: Overlay, about: dict) -> None:
    """Keep an overlay; its json is written last, and no overlay without one is seen."""
    path = _path(run, placed.dataset, projection)
    path.parent.mkdir(exist_ok=True)
    sweep_partials(path.parent)
    path.with_suffix(".json").unlink(missing_ok=True)
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, object_id=placed.object_id, positions=placed.positions, latents=placed.latents)
    write_json(path.with_suffix(".json"), about | {"objects": len(placed.object_id), "notes": list(placed.notes)})


def _about(run: Run, name: str, projection: str) -> dict | None:
    """What the json of an overlay says; None where there is none, or the dataset or the map has changed since."""
    home = _home(run)
    if name not in home.dataset_names() or projection not in run.projection_names():
        return None
    with contextlib.suppress(PhotozError):
        if (about := _path(run, name, projection).with_suffix(".json")).exists():
            about = read_json(about)
            now = {"fingerprint": Dataset(home.dataset(name)).meta.fingerprint, "map": _fingerprint(run, projection)}
            return about if now.items() <= about.items() else None
    return None


def _path(run: Run, name: str, projection: str) -> Path:
    for part in (name, projection):
        if slug(part) != part:
            raise PhotozError(f"{part!r} is no plain name: letters, digits, dot, dash and underscore only")
    return run.folder / "overlays" / f"{name}--{projection}.npz"


def _require_map(run: Run, projection: str) -> None:
    if run.state != "done":
        raise PhotozError(f"run {run.name!r} is {run.state}; only a finished run has a map")
    if projection not in run.projection_names():
        known = ", ".join(run.projection_names()) or "none"
        make = f"photoz project {run.id} --method {projection}"
        raise PhotozError(f"run {run.name!r} has no map {projection!r} (it has {known}); make it: {make}")


def _fingerprint(run: Run, projection: str) -> str:
    """Of a map: another seed, or a map made again, moves every point."""
    return sha256((run.folder / "projections" / f"{projection}.npy").read_bytes()).hexdigest()[:16]


def _batch_size(other: Dataset) -> int:
    """Images to prepare at once."""
    return max(1, min(BATCH, MEMORY // (4 * int(np.prod(other.array("image").shape[1:])))))


def _home(run: Run) -> Home:
    return Home(run.folder.parent.parent)
