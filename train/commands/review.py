"""Back up, restore and list reviews (selections, tags, scores, comments), and list or revoke shared links."""

import argparse
import os

from photoz_core.home import Home
from photoz_core.review import DATABASE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from train.cli import add_command

    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add_command(actions, "backup", "Write all reviews to one file.", backup, _backup_arguments)
    add_command(actions, "restore", "Fill an empty database from a backup.", restore, _restore_arguments)
    add_command(actions, "links", "List the shared links that are open, or revoke one.", links, _links_arguments)
    add_command(actions, "list", "Print scores, tags and comments as CSV.", list_reviews, _list_arguments)


def database_argument(parser: argparse.ArgumentParser) -> None:
    """Where reviews are kept; `database_of` reads it."""
    parser.add_argument(
        "--database",
        metavar="URL",
        help=f"postgresql://user@host/name, or sqlite:////file (default ${DATABASE}, or reviews.sqlite of the home)",
    )


def database_of(arguments: argparse.Namespace) -> str | None:
    """The URL of the line or of the environment; None for the home's own file."""
    return arguments.database or os.environ.get(DATABASE) or None


def _backup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file to write; it must not exist")
    database_argument(parser)


def backup(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz review backup`"""
    from pathlib import Path

    count = _store(arguments, home).backup(Path(arguments.file))
    print(f"{arguments.file}: {count:,} entries")


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="by photoz review backup; it is not changed")
    database_argument(parser)


def restore(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz review restore`"""
    from pathlib import Path

    from photoz_core.review import restore

    count = restore(Path(arguments.file), database_of(arguments), home)
    print(f"{count:,} entries restored from {arguments.file}")


def _links_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--revoke", type=int, metavar="ID", help="make this link open nothing any more")
    database_argument(parser)


def links(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz review links`"""
    from photoz_core.review.table import iso
    from train.terminal import print_table

    store = _store(arguments, home)
    if arguments.revoke is not None:
        store.revoke(arguments.revoke, "command line")
        print(f"link {arguments.revoke} is revoked")
    elif found := store.links():
        rows = [(str(link.id), link.dataset, link.by, link.may, iso(link.expires)) for link in found]
        print_table(("id", "dataset", "by", "may", "expires"), rows)
    else:
        print("no link is open; the dashboard's Review page makes one")


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", nargs="?", help="only reviews of this dataset (default all)")
    database_argument(parser)


def list_reviews(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz review list`"""
    import csv
    import sys

    from photoz_core.errors import unknown
    from photoz_core.review.table import HEADER, rows

    store = _store(arguments, home)
    known = store.datasets()
    if arguments.dataset and arguments.dataset not in (*known, *home.dataset_names()):
        raise unknown("dataset", arguments.dataset, {*known, *home.dataset_names()})
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("dataset", *HEADER))
    for dataset in [arguments.dataset] if arguments.dataset else known:
        out.writerows((dataset, *row) for row in rows(store.review(dataset)))


def _store(arguments: argparse.Namespace, home: Home):
    from photoz_core.review import ReviewStore

    return ReviewStore.open(database_of(arguments), home)
