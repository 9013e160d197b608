"""One training in a process of its own: ``python -m photoz_core.worker HOME RUN_ID``."""

import os
import sys
import threading
import time
from pathlib import Path

NICENESS = 5  # the dashboard answers first
BEAT = 10.0  # seconds between two heartbeats


def main(home_folder: str, run_id: str) -> int:
    """Train the run; 0 when it is done or was cancelled, 1 when it failed for a reason it could name."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICENESS)

    from photoz_core.errors import Cancelled, PhotozError
    from photoz_core.home import Home
    from photoz_core.pipeline import train
    from photoz_core.run import Run

    home = Home(Path(home_folder))
    run = Run(home.run(run_id))
    threading.Thread(target=_beat, args=(run.folder / "claim",), daemon=True).start()
    try:
        train(home, run, report=print)
    except Cancelled:
        print("cancelled")
    except PhotozError as error:
        print(error)
        return 1
    return 0


def _beat(heartbeat: Path) -> None:
    """Tell other machines that this process lives, also through long stages without a word."""
    while True:
        heartbeat.touch()
        time.sleep(BEAT)


def _end_with_parent() -> None:
    """End at once when whoever started this process is gone: then the other end of our stdin is closed."""
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
