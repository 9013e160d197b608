"""A table to TOPCAT, Aladin or whatever else listens on this machine, by the IVOA's messaging protocol SAMP 1.3."""

import contextlib
import tempfile
from functools import lru_cache
from pathlib import Path

from photoz_core.errors import PhotozError

LOAD = "table.load.votable"
SECONDS = 30  # that a program may take to load the table


def send_table(votable: bytes, name: str, seconds: int = SECONDS) -> list[str]:
    """Let every program on the hub that takes VOTables load one.

    Parameters
    ----------
    votable : bytes
        The document.
    name : str
        What the programs call the table.
    seconds : int
        How long to wait for each program's answer.

    Returns
    -------
    list of str
        Names of the programs that have loaded it.

    Raises
    ------
    PhotozError
        If there is no hub, no program on it that takes tables, or one could not load it.
    """
    from pyvo import samp  # which imports half of astropy

    with samp.conf.set_temp("use_internet", False):  # the hub is on this machine: no name is looked up outside
        client = samp.SAMPIntegratedClient(name="photoz", description="Latent spaces of photo-z", addr="127.0.0.1")
        try:
            client.connect()
        except (samp.SAMPHubError, OSError) as error:
            raise PhotozError(
                "no SAMP hub is running on the machine that photoz runs on; start TOPCAT or Aladin there and try again"
            ) from error
        with contextlib.ExitStack() as end:
            end.callback(client.disconnect)
            return _load(client, votable, name, seconds)


def _load(client, votable: bytes, name: str, seconds: int) -> list[str]:
    from pyvo.samp import SAMPClientError, SAMPProxyError

    listeners = {who: client.get_metadata(who).get("samp.name", who) for who in client.get_subscribed_clients(LOAD)}
    if not listeners:
        raise PhotozError("a SAMP hub is running, but no program on it takes tables; start TOPCAT or Aladin")
    with tempfile.NamedTemporaryFile(dir=_folder(), suffix=".vot", delete=False) as file:
        file.write(votable)
    path = Path(file.name)
    message = {"samp.mtype": LOAD, "samp.params": {"url": path.as_uri(), "name": name, "table-id": path.stem}}
    failed = {}
    for who, called in listeners.items():
        try:
            answer = client.call_and_wait(who, message, str(seconds))
        except (SAMPProxyError, SAMPClientError) as error:
            failed[called] = f"no answer within {seconds} s ({error})"
            continue
        if answer["samp.status"] != "samp.ok":
            failed[called] = answer.get("samp.error", {}).get("samp.errortxt", "it did not say why")
    if failed:  # the file stays until the program ends: who has not answered may still be reading it
        raise PhotozError("; ".join(f"{called} could not load the table: {why}" for called, why in failed.items()))
    path.unlink()
    return list(listeners.values())


@lru_cache(maxsize=1)
def _keeper() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="photoz-samp-")


def _folder() -> str:
    """A folder of this process, gone when it ends."""
    return _keeper().name
