"""Where datasets and runs live."""

import os
from dataclasses import dataclass
from pathlib import Path

from photoz_core.errors import PhotozError, unknown
from photoz_core.files import PARTIAL, slug


@dataclass(frozen=True)
class Home:
    """A folder with `datasets/`, `runs/` and, where the user has some, `recipes/`.

    Parameters
    ----------
    path : Path
        The folder; `Home.default()` is `$PHOTOZ_HOME`, or `~/photoz`.
    """

    path: Path

    @classmethod
    def default(cls) -> "Home":
        return cls(Path(os.environ.get("PHOTOZ_HOME", "~/photoz")).expanduser())

    @property
    def datasets(self) -> Path:
        return self.path / "datasets"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def recipes(self) -> Path:
        return self.path / "recipes"

    def dataset_names(self) -> list[str]:
        """Names of the finished datasets, sorted."""
        return _folders(self.datasets, "dataset.toml")

    def dataset(self, name: str) -> Path:
        """Folder of dataset `name`; an unknown name lists the known ones."""
        return _child(self.datasets, "dataset", name, self.dataset_names())

    def run_ids(self) -> list[str]:
        """Ids of all runs, whatever their state, sorted."""
        return _folders(self.runs, "run.json")

    def run(self, run_id: str) -> Path:
        """Folder of run `run_id`; an unknown id lists the known ones."""
        return _child(self.runs, "run", run_id, self.run_ids())

    def new_dataset(self, name: str) -> Path:
        """Folder for a new dataset `name`.

        Raises
        ------
        PhotozError
            If the name is not a plain file name, or is taken.
        """
        if slug(name) != name:
            raise PhotozError(
                f"dataset name {name!r}: use letters, digits, dot, dash, underscore (e.g. {slug(name)!r})"
            )
        if (self.datasets / name).exists():
            raise PhotozError(f"dataset {name!r} exists already in {self.datasets}; choose another name or delete it")
        return self.datasets / name


def _folders(parent: Path, marker: str) -> list[str]:
    if not parent.is_dir():
        return []
    return sorted(p.name for p in parent.iterdir() if not p.name.startswith(PARTIAL) and (p / marker).is_file())


def _child(parent: Path, kind: str, name: str, known: list[str]) -> Path:
    if name not in known:
        raise unknown(kind, name, known)
    return parent / name
