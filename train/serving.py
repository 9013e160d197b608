"""Serve the dashboard: one server process, one queue, as many sessions as browsers open."""

import argparse
import ipaddress
import os
import signal
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.jobs import JobQueue

PORT = 5006  # Panel's own
QUIETLY = {"show": False, "start": False, "verbose": False, "warm": True}
LOST = 120_000  # ms that a session waits for a browser whose connection was cut


@dataclass(frozen=True)
class Place:
    """Where the dashboard is served.

    Parameters
    ----------
    port : int
    address : str
        Network interface that it listens on.
    origins : list of str
        ``host:port`` that a browser may show the dashboard under; pages of other sites cannot talk to it.
    prefix : str
        Path in front of all addresses, e.g. ``/photoz``; the proxy passes it on.
    behind_proxy : bool
        Whether a proxy stands before it, which says in its headers who asks, and whether by https.
    """

    port: int
    address: str = "127.0.0.1"
    origins: list[str] = field(default_factory=list)
    prefix: str = ""
    behind_proxy: bool = False

    @property
    def url(self) -> str:
        host = f"localhost:{self.port}" if is_local(self.address) else self.origins[0]
        return f"http://{host}{self.prefix}"

    @property
    def is_open(self) -> bool:
        """Whether people at other machines reach it."""
        names = [(origin.rpartition(":")[0] or origin).strip("[]") for origin in self.origins]
        return self.behind_proxy or not all(map(is_local, [self.address, *names]))


@dataclass(frozen=True)
class Site:
    """A place, who may come in there and where reviews are kept.

    Parameters
    ----------
    place : Place
    entrance : dashboard.entrance.Entrance
    reviews : photoz_core.review.ReviewStore
    """

    place: Place
    entrance: Any
    reviews: Any


def find_site(arguments: argparse.Namespace, home: Home) -> Site:
    """Where and for whom to serve, by the arguments of `train.commands.serve.add_serving_arguments`.

    Raises
    ------
    PhotozError
        If the place cannot be had (`find_place`), access.toml is wrong, or the reviews' database cannot be reached.
    """
    from dashboard.access import LOCAL, User
    from dashboard.access_file import AccessFile
    from dashboard.entrance import open_entrance
    from photoz_core.review import DATABASE, ReviewStore

    file = AccessFile(Path(arguments.access).expanduser()) if arguments.access else None
    asks = file is not None and file.now.sign_in != "none"
    where = (arguments.port, arguments.address, arguments.origin)
    place = find_place(*where, arguments.allow_remote or asks, arguments.prefix, arguments.behind_proxy)
    reviews = ReviewStore.open(arguments.database or os.environ.get(DATABASE), home)
    everybody = User("", arguments.visitors) if place.is_open else LOCAL
    if place.is_open and not asks:
        print(f"photoz: nobody signs in here: whoever reaches {place.url} is {arguments.visitors} (--visitors)")
    return Site(place, open_entrance(home, file, everybody, reviews), reviews)


def find_place(
    port: int | None = None,
    address: str = "127.0.0.1",
    origins: list[str] | None = None,
    allow_remote: bool = False,
    prefix: str = "",
    behind_proxy: bool = False,
    say: Callable[[str], None] = print,
) -> Place:
    """A free place to serve at.

    Parameters
    ----------
    port : int, optional
        By default 5006 or, said through `say`, the next that is free.
    address : str
        A name or number of this machine; one that others can reach needs `allow_remote`.
    origins : list of str, optional
        By default this machine's names. Names of other machines, like `behind_proxy`, say that others reach it.
    allow_remote : bool
        Whether others may reach it: they sign in, or it was said that they need not.

    Raises
    ------
    PhotozError
        If the port is in use, the address is not this machine's, or it is not local and nobody allowed that.
    """
    for origin in origins or []:
        if "*" in origin or "/" in origin:
            raise PhotozError(f"--origin {origin}: give HOST or HOST:PORT; any other site could use the dashboard else")
    path = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
    own = ["localhost", "127.0.0.1"] if is_local(address) else [socket.getfqdn(), socket.gethostname(), address]
    if Place(0, address, origins or [], path, behind_proxy).is_open and not allow_remote:
        raise PhotozError(
            f"{' '.join(origins or [address])} can be reached from other machines, and nobody would have to sign in; "
            "give --access access.toml, or --allow-remote if that is wanted, or tunnel: ssh -L 5006:localhost:5006 HOST"
        )
    port = _free_port(address, port, say)
    return Place(port, address, list(dict.fromkeys(origins or [f"{name}:{port}" for name in own])), path, behind_proxy)


def serve(home: Home, queue: JobQueue, site: Site, show: bool, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until the process is told to end (Ctrl-C, SIGTERM); then queue and reviews are closed.

    Parameters
    ----------
    show : bool
        Open a browser.
    ready : callable
        Called once the dashboard answers.
    """
    place = site.place
    server = make_server(home, queue, site)

    def begin() -> None:
        print(f"photoz is at {place.url} (Ctrl-C ends it; trainings that it cuts off can be resumed)", flush=True)
        if show:
            webbrowser.open(place.url)
        ready()

    try:
        _run_until_told(server, begin)
    finally:
        queue.close()
        site.reviews.close()


def make_server(home: Home, queue: JobQueue | None, site: Site):
    """The server of a site, not started yet."""
    import panel as pn

    from dashboard.app import create_app
    from dashboard.garbage import collect_seldom

    place, entrance = site.place, site.entrance
    collect_seldom()

    def session():
        user = entrance.user()
        return create_app(home, queue, user, site.reviews, entrance.asker(user))

    for note in entrance.notes:
        print(f"photoz: {note}")
    return pn.io.server.get_server(
        {"/": session},
        port=place.port,
        address=place.address,
        websocket_origin=place.origins,
        prefix=place.prefix,
        use_xheaders=place.behind_proxy,
        title="photoz",
        unused_session_lifetime_milliseconds=LOST,
        **QUIETLY,
        **entrance.options,
    )


def _run_until_told(server, begin: Callable[[], None]) -> None:
    """Run `server` until Ctrl-C, raised again as KeyboardInterrupt, or SIGTERM."""
    told: list[int] = []

    def end(number: int, frame) -> None:
        told.append(number)
        server.io_loop.add_callback_from_signal(server.io_loop.stop)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server.start()
    server.io_loop.add_callback(begin)
    server.io_loop.start()
    server.stop()
    if signal.SIGINT in told:
        raise KeyboardInterrupt


def is_local(address: str) -> bool:
    """Whether only programs of this machine reach an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _free_port(address: str, port: int | None, say: Callable[[str], None]) -> int:
    if port is not None:
        if not 0 < port < 1 << 16:
            raise PhotozError(f"port {port}: give a number from 1 to 65535")
        if not _is_free(address, port):
            raise PhotozError(f"port {port} is in use; choose another with --port, or leave it out")
        return port
    found = next((number for number in range(PORT, PORT + 100) if _is_free(address, number)), None)
    if found is None:
        raise PhotozError(f"no free port from {PORT} to {PORT + 99}; choose one with --port")
    if found != PORT:
        say(f"port {PORT} is in use; taking {found}")
    return found


def _is_free(address: str, port: int) -> bool:
    """Whether a server can listen there."""
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise PhotozError(f"--address {address}: {error.strerror or error}") from error
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(target)
        except OSError:
            return False
    return True
