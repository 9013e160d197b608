"""Write a report of runs as one HTML file: maps, metrics, settings and where all of it comes from."""

import argparse

from photoz_core.home import Home


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_ids", metavar="RUN", nargs="+", help="ids of finished runs (photoz compare lists them)")
    parser.add_argument("--out", default="report.html", metavar="FILE", help="the file to write (default report.html)")


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz report`"""
    from pathlib import Path

    from dashboard.report import report
    from photoz_core.files import replace
    from train.commands.compare import finished
    from train.results import figures, numbers

    runs = finished(home, list(dict.fromkeys(arguments.run_ids)))
    text = report(home, [run.id for run in runs], numbers([figures(run) for run in runs]))
    replace(Path(arguments.out), text)
    print(f"{arguments.out}: {len(runs)} run{'s' * (len(runs) > 1)}, {len(text) / 1e6:.1f} MB")
