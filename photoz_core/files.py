"""Files and folders that are either whole or absent."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path

from photoz_core.errors import PhotozError
from photoz_core.processes import process_alive

PARTIAL = ".partial-"  # a folder with this prefix is being written, or was when its writer died


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a hidden sibling of `folder` that takes its name when the block ends well, and vanishes when it does not.

    Raises
    ------
    PhotozError
        If `folder` exists already, or the disk is full or not writable.
    """
    folder = Path(folder)
    if folder.exists():
        raise PhotozError(f"{folder} exists already; choose another name or delete that folder")
    partial = _partial(folder)
    try:
        partial.mkdir(parents=True)
        sweep_partials(folder.parent)
        yield partial
        partial.rename(folder)
    except OSError as error:
        raise PhotozError(
            f"cannot write {folder}: {error.strerror or error}; free space or choose another home"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Delete `folder` with all in it; it is out of sight at once, even if this is interrupted."""
    shutil.rmtree(folder.rename(_partial(folder)))


def sweep_partials(parent: Path) -> None:
    """Delete the half-written files and folders in `parent` whose writing process, on this machine, is gone."""
    for path in parent.glob(f"{PARTIAL}*@{socket.gethostname()}@*"):
        if not process_alive(int(path.name.split("@")[-2])):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def require_space(folder: Path, needed: int) -> None:
    """Raise a `PhotozError` unless the disk of `folder`, which need not exist yet, has room for so many bytes."""
    existing = next(parent for parent in folder.absolute().parents if parent.exists())
    free = shutil.disk_usage(existing).free
    if needed * 1.05 > free:
        raise PhotozError(
            f"{folder}: the images need {needed / 1e9:.2f} GB, {existing} has {free / 1e9:.2f} GB free; "
            "free space, choose another home or a smaller n"
        )


@contextlib.contextmanager
def locked(path: Path, message: str) -> Iterator[None]:
    """Hold the lock file `path` for the block; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    PhotozError
        With `message`, if another process holds it.
    """
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PhotozError(message) from error
        yield


def replace(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` in one step: a reader sees the old file or the new one, never a part.

    Raises
    ------
    PhotozError
        If the disk is full or not writable.
    """
    with replacing(path) as partial:
        partial.write_bytes(data.encode() if isinstance(data, str) else data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a hidden sibling of the file `path` that takes its place when the block ends well.

    Raises
    ------
    PhotozError
        If the disk is full or not writable.
    """
    path = Path(path)
    partial = _partial(path)
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise PhotozError(f"cannot write {path}: {error.strerror or error}; free space and try again") from error
    finally:
        partial.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f"{PARTIAL}{path.name}@{socket.gethostname()}@{os.getpid()}@{uuid.uuid4().hex[:6]}")


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON in one step; NaN becomes null."""
    replace(path, to_json(value))


def to_json(value: object) -> str:
    """JSON that any reader takes: NaN and infinity become null."""
    return json.dumps(_no_nan(value), indent=1, allow_nan=False)


def read_json(path: Path) -> dict:
    """Read a JSON object; a missing or broken file is a `PhotozError` that names it."""
    try:
        return json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise PhotozError(f"cannot read {path}: {error}") from error


def write_toml(path: Path, value: dict) -> None:
    """Write `value` as TOML in one step; keys whose value is None are left out."""
    import tomli_w

    replace(path, tomli_w.dumps(_no_none(value)))


def read_parquet(path: Path, remedy: str):
    """The DataFrame in a Parquet file.

    Raises
    ------
    PhotozError
        If it is missing or cut off, with the `remedy`.
    """
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError, EOFError) as error:
        raise PhotozError(f"cannot read {path}: {error}; {remedy}") from error


def read_toml(path: Path) -> dict:
    """Read a TOML file; a missing or broken one is a `PhotozError` that names it."""
    try:
        with Path(path).open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PhotozError(f"cannot read {path}: {error}") from error


def slug(text: str) -> str:
    """A file name made of `text`: letters, digits, dot, dash and underscore only.

    Raises
    ------
    PhotozError
        If nothing is left of it.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")
    if not name:
        raise PhotozError(f"{text!r} holds no letter or digit to name a folder with")
    return name


def _no_nan(value):
    if isinstance(value, dict):
        return {str(key): _no_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_no_nan(item) for item in value]
    if (isinstance(value, float) and value != value) or value in (float("inf"), float("-inf")):
        return None
    return value


def _no_none(value):
    if isinstance(value, dict):
        return {key: _no_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_no_none(item) for item in value]
    return value
