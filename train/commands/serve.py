"""Serve the dashboard."""

import argparse

from photoz_core.home import Home


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_serving_arguments(parser)
    parser.add_argument("--scheduler", metavar="URL", help="a dask scheduler to train on (default: a local cluster)")


def add_serving_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to serve, and whether to open a browser."""
    parser.add_argument("--port", type=int, metavar="P", help="(default 5006, or the next free one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--address", default="127.0.0.1", metavar="IP", help="interface to listen on (default: local)")
    parser.add_argument("--allow-remote", action="store_true", help="listen on an address that others can reach")
    parser.add_argument(
        "--origin", nargs="+", metavar="HOST:PORT", help="names under which browsers see it, e.g. through a tunnel"
    )


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz serve`"""
    from photoz_core.jobs import JobQueue
    from train.serving import find_place, serve

    place = find_place(arguments.port, arguments.address, arguments.origin, arguments.allow_remote)
    queue = JobQueue(home, arguments.scheduler)
    serve(home, queue, place, show=not arguments.no_browser, ready=queue.warm)
