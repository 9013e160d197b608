"""The cluster behind the queue: one worker process a device, one more for maps; or any scheduler by address."""

import logging
import os
import shutil
import signal
import subprocess

from photoz_core.errors import PhotozError

DEVICE, PROJECTOR = {"device": 1}, {"projector": 1}  # what a training and a map take of a worker


def connect(address: str | None):
    """A client of the scheduler at `address`, or of a new local cluster, and that cluster or None.

    Raises
    ------
    PhotozError
        If no scheduler answers, or its workers offer no ``device``.
    """
    from distributed import Client

    if address is None:
        cluster = _start_local()
        return Client(cluster, set_as_default=False), cluster
    try:
        client = Client(address, set_as_default=False, timeout=5)
    except (OSError, ValueError) as error:
        raise PhotozError(f"no dask scheduler answers at {address!r}: {error}") from error
    offered = [set(worker["resources"]) for worker in client.scheduler_info(n_workers=-1)["workers"].values()]
    for name in (*DEVICE, *PROJECTOR):
        if offered and not any(name in resources for resources in offered):
            client.close()
            raise PhotozError(
                f"no worker of {address} offers {name!r}; start one: dask worker {address} --nthreads 1 "
                f"--resources {name}=1"
            )
    return client, None


def count_devices(client) -> int:
    """How many trainings the workers of a cluster take at once; 1 while there is none."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return max(1, sum(int(worker["resources"].get(name, 0)) for worker in workers for name in DEVICE))


def lost(future) -> str:
    """Why a task could not even end; empty of one that did."""
    return f"the job queue lost it: {future.exception()}" if future.status == "error" else ""


def _start_local():
    """One worker process for each CUDA device, or one for the CPU, and one for maps.

    Only this user's programs can talk to them: a free port on the loop-back interface, and a key made for this cluster.
    """
    from distributed import Nanny, Scheduler, Security, SpecCluster

    security = Security.temporary()
    common = {"host": "127.0.0.1", "protocol": "tls://", "security": security, "dashboard_address": "127.0.0.1:0"}
    worker = {**common, "dashboard": False, "nthreads": 1, "memory_limit": 0, "silence_logs": logging.ERROR}
    worker["preload"] = [__name__]  # calls `dask_setup`
    worker["config"] = {"distributed.worker.profile.enabled": False}  # a hundred looks a second at a thread that waits
    environments = [{"CUDA_VISIBLE_DEVICES": device} for device in cuda_devices()] or [{}]
    workers = {
        f"device-{i}": {"cls": Nanny, "options": {**worker, "resources": DEVICE, "env": environment}}
        for i, environment in enumerate(environments)
    }
    workers["projector"] = {"cls": Nanny, "options": {**worker, "resources": PROJECTOR}}
    scheduler = {"cls": Scheduler, "options": {**common, "dashboard": False}}
    return SpecCluster(workers, scheduler, security=security, silence_logs=logging.ERROR, name="photoz")


def dask_setup(worker) -> None:
    """In each worker: Ctrl-C in the terminal is for the program that made the cluster, which then ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def cuda_devices() -> list[str]:
    """CUDA devices that trainings may use: those of $CUDA_VISIBLE_DEVICES, else all; none without NVIDIA's driver.

    Asked of nvidia-smi, not of torch, which the dashboard's process need not hold.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [device for device in visible.replace(" ", "").split(",") if device not in ("", "-1")]
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=30, check=False)
    return [str(i) for i, _ in enumerate(line for line in listed.stdout.splitlines() if line.startswith("GPU "))]
