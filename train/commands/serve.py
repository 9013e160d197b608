"""Serve the dashboard."""

import argparse

from photoz_core.home import Home


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_serving_arguments(parser)
    parser.add_argument("--scheduler", metavar="URL", help="a dask scheduler to train on (default: a local cluster)")


def add_serving_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to serve, and whether to open a browser."""
    parser.add_argument("--port", type=int, metavar="P", help="where it listens (default 5006, or the next free one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--address", default="127.0.0.1", metavar="IP", help="interface to listen on (default: local)")
    parser.add_argument("--access", metavar="FILE", help="access.toml: how people sign in, and what each may do")
    parser.add_argument(
        "--allow-remote", action="store_true", help="let others reach it without signing in; they are --visitors"
    )
    parser.add_argument(
        "--visitors",
        default="viewer",
        choices=["viewer", "reviewer", "owner"],
        help="what those may do who have not signed in (default viewer: look only)",
    )
    parser.add_argument(
        "--origin", nargs="+", metavar="HOST:PORT", help="names under which browsers see it, e.g. through a proxy"
    )
    parser.add_argument("--prefix", default="", metavar="PATH", help="path before all addresses, e.g. /photoz")
    parser.add_argument(
        "--behind-proxy", action="store_true", help="believe a proxy's headers on who asks, and whether by https"
    )
    parser.add_argument(
        "--database", metavar="URL", help="of the reviews (default $PHOTOZ_REVIEW_DATABASE, or a file in the home)"
    )


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz serve`"""
    from photoz_core.jobs import JobQueue
    from train.serving import find_site, serve

    site = find_site(arguments, home)
    queue = JobQueue(home, arguments.scheduler)
    serve(home, queue, site, show=not arguments.no_browser, ready=queue.warm)
