"""FITS files in a folder, each an image or two of a lens."""

from pathlib import Path

from photoz_core.errors import PhotozError

ENDINGS = (".fits", ".fit", ".fits.gz", ".fits.bz2")


def fits_files(folder: Path) -> list[Path]:
    """FITS files in `folder` (see `files_below`)."""
    return files_below(folder, ENDINGS, "FITS file")


def files_below(folder: Path, endings: tuple[str, ...], what: str) -> list[Path]:
    """Files with these endings in `folder` and below it, sorted by path; hidden ones do not count.

    Raises
    ------
    PhotozError
        If there is no such folder, or no `what` in it.
    """
    if not folder.is_dir():
        raise PhotozError(f"no such folder: {folder}")
    found = sorted(path for path in folder.rglob("[!.]*") if path.name.lower().endswith(endings) and path.is_file())
    if not found:
        raise PhotozError(f"{folder}: no {what} ({', '.join(endings)}) in it or below it")
    return found


def relative_name(path: Path, folder: Path) -> str:
    """Path within `folder` without its ending, which no other file of the folder shares.

    >>> relative_name(Path("a/b/lens.1.fits"), Path("a"))
    'b/lens.1'
    """
    name = path.relative_to(folder).as_posix()
    ending = max((ending for ending in ENDINGS if name.lower().endswith(ending)), key=len, default="")
    return name[: len(name) - len(ending)]
