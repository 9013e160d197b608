"""Who may sign in to a dashboard that is served to others: names and passwords beside access.toml."""

import argparse
import getpass
import sys
from pathlib import Path

from photoz_core.errors import PhotozError
from photoz_core.home import Home


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["add", "remove", "list"], help="add also sets a new password")
    parser.add_argument("name", nargs="?", help="whose; asked for a password, which is kept as a hash")
    parser.add_argument("--access", metavar="FILE", help="file of who may do what (default access.toml in the home)")
    parser.add_argument(
        "--role", choices=["viewer", "reviewer", "owner"], default="owner", help="in an access.toml made now"
    )


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz access`"""
    from dashboard.access_file import PASSWORDS, read_access, write_first_access
    from dashboard.passwords import Passwords

    file = Path(arguments.access).expanduser() if arguments.access else home.path / "access.toml"
    passwords, name = Passwords(file.parent / PASSWORDS), arguments.name
    if arguments.action == "list":
        access = read_access(file)
        for known in passwords.read():
            user = access.user(known)
            print(f"{known}  {user.role if user else 'refused'}")
        return
    if not name:
        raise PhotozError(f"say whom: photoz access {arguments.action} NAME")
    if arguments.action == "remove":
        passwords.forget(name)
        print(f"{name} cannot sign in any more")
        return
    if file.exists():
        read_access(file)
    passwords.set(name, _ask_password(name))
    if not file.exists():
        write_first_access(file, name, arguments.role)
    user = read_access(file).user(name)
    role = f"as {user.role}" if user else "once access.toml gives the name a role"
    print(f"{name} can sign in {role}: photoz serve --access {file}")


def _ask_password(name: str) -> str:
    """A password typed twice at a terminal, or the first line of a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"password for {name}: ")
    if getpass.getpass("once more: ") != password:
        raise PhotozError("the two are not the same; nothing was changed")
    return password
