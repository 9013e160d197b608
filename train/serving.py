"""Serve the dashboard: one server process, one queue, as many sessions as browsers open."""

import ipaddress
import signal
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field

from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.jobs import JobQueue

PORT = 5006  # Panel's own


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
    """

    port: int
    address: str = "127.0.0.1"
    origins: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}" if is_local(self.address) else f"http://{self.origins[0]}"


def find_place(
    port: int | None = None,
    address: str = "127.0.0.1",
    origins: list[str] | None = None,
    allow_remote: bool = False,
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
        By default this machine's names.

    Raises
    ------
    PhotozError
        If the port is in use, the address is not this machine's, or it is not local and nobody allowed that.
    """
    if not is_local(address) and not allow_remote:
        raise PhotozError(
            f"{address} can be reached from other machines, and whoever reaches the dashboard can train with it; "
            "say --allow-remote if that is wanted, or tunnel: ssh -L 5006:localhost:5006 HOST"
        )
    port = _free_port(address, port, say)
    own = ["localhost", "127.0.0.1"] if is_local(address) else [socket.getfqdn(), socket.gethostname(), address]
    return Place(port, address, list(dict.fromkeys(origins or [f"{name}:{port}" for name in own])))


def serve(home: Home, queue: JobQueue, place: Place, show: bool, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until the process is told to end (Ctrl-C, SIGTERM); then the queue is closed.

    Parameters
    ----------
    show : bool
        Open a browser.
    ready : callable
        Called once the dashboard answers.
    """
    import panel as pn

    from dashboard.app import create_app

    server = pn.io.server.get_server(
        {"/": lambda: create_app(home, queue)},
        port=place.port,
        address=place.address,
        websocket_origin=place.origins,
        title="photoz",
        show=False,
        start=False,
        verbose=False,
        warm=True,
    )

    def begin() -> None:
        print(f"photoz is at {place.url} (Ctrl-C ends it; trainings that it cuts off can be resumed)", flush=True)
        if show:
            webbrowser.open(place.url)
        ready()

    try:
        _run_until_told(server, begin)
    finally:
        queue.close()


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
