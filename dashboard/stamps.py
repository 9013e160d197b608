"""Times at which files were written: what was read of them is kept until they are written anew."""

import contextlib
from pathlib import Path

_last: dict[Path, int] = {}


def stamp(path: Path) -> int:
    """When a file or folder was last written [ns]; 0 for one that never was.

    One that is gone keeps its last stamp: what was read of a deleted run serves whoever looks at it, until their
    session finds another at its next look.
    """
    with contextlib.suppress(OSError):
        _last[path] = path.stat().st_mtime_ns
    return _last.get(path, 0)
