"""Does the dashboard keep up? The renderer against datashader, the pages in a real server, many sessions at once.

1. The renderer and datashader on the same clustered points, in turn in one process: medians of the ratios, of wall and
   of CPU time. datashader gets the points as a catalog has them and, beside that, sorted along the Z-curve as ours are.
   From a zoom's event to the Bokeh models: against datashader's aggregates of the same panels (the goal), and our own.
2. A server of this process and a Chromium that looks at it: from asking a session for a change until the server has
   made it and handed on what the browser gets. First paint is from opening the address to the last of six maps.
3. Twenty sessions that open the page and read all they are sent, but do not draw: the machine is the server's. Each
   thinks for 3 to 7 s between two interactions; beside that, all act at the same moment.

Cutouts are 64 × 64 pixels in three bands, a thousand of them again and again, in memory: the disk is not measured.
Goals are for two quiet cores; `load` tells what else runs. --quick leaves out 10⁷ objects in the server.

    python benchmarks/dashboard.py --quick
"""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this script's own folder would hide the package `train`

from benchmarks._dashboard_event import event
from benchmarks._dashboard_home import large_home, stamps_in_memory
from benchmarks._dashboard_pages import RUNS, compare, explore
from benchmarks._dashboard_raster import renderer
from benchmarks._dashboard_sessions import sessions
from benchmarks._report import Figure, report

PARTS = ("renderer", "pages", "sessions")
SMALL, MIDDLE, LARGE = 10**5, 10**6, 10**7


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """The chosen parts, with the machine's load between them."""
    logging.getLogger("bokeh").setLevel(logging.ERROR)  # says that a page was closed while it was sent something
    quick, wanted = arguments.quick, arguments.part or PARTS
    repeats = 5 if quick else 11
    with tempfile.TemporaryDirectory() as folder, stamps_in_memory():
        yield load()
        middle = large_home(Path(folder) / "middle", MIDDLE) if wanted else None
        if "renderer" in wanted:
            for size in (MIDDLE, LARGE):
                yield from renderer(size, repeats)
            yield from event(middle, repeats)
            yield load()
        if "pages" in wanted:
            yield from explore(middle, MIDDLE, repeats)
            if not quick:
                yield from explore(large_home(Path(folder) / "large", LARGE), LARGE, repeats)
            yield load()
            yield from compare(large_home(Path(folder) / "small", SMALL, runs=RUNS), repeats)
            yield load()
        if "sessions" in wanted:
            yield from sessions(middle, 1 if quick else 3)
            yield load()


def load() -> Figure:
    """How many processes wait for a core, and how many cores there are."""
    return Figure(f"load of {os.cpu_count()} cores", os.getloadavg()[0])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which parts are measured."""
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given several times")


if __name__ == "__main__":
    report(measure, __doc__, add_arguments)
