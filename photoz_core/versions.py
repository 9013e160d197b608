"""What a result depends on besides its recipe."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import photoz_core


def versions() -> dict[str, str]:
    """Versions a result depends on, and the git commit where there is one."""
    packages = {name: version(name) for name in ("numpy", "torch", "timm", "scikit-learn", "umap-learn")}
    source = Path(photoz_core.__file__).parent
    try:
        command = ["git", "-C", str(source), "rev-parse", "HEAD"]
        commit = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    except OSError:
        commit = ""
    return {"photoz": photoz_core.__version__, "commit": commit, "python": platform.python_version(), **packages}
