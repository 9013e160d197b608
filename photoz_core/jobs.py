"""The queue of trainings and maps, on dask.distributed; the run folders hold its state."""

import atexit
import contextlib
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from photoz_core import projections as projection_package
from photoz_core import registry
from photoz_core._cluster import DEVICE, PROJECTOR, connect, count_devices, lost
from photoz_core._companies import Companies
from photoz_core._tasks import GRACE, POLL, run_projection, run_training, warm_projector
from photoz_core.deleting import delete_run
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.parents import find_parent, parent_recipe
from photoz_core.pipeline import create_run
from photoz_core.recipe import Recipe
from photoz_core.run import Run, list_runs
from photoz_core.sweeping import Sweep, end, take_in
from photoz_core.sweeps import OPEN, SweepPlan, find_run

RECENT = 24 * 3600  # seconds for which `jobs` lists a done run
MAP = "umap"  # made of every run, beside pca


class JobQueue:
    """Trains runs one after the other on each device, each in a process of its own; makes their maps.

    A server process has one for all its sessions. Nothing here waits: calls return at once, and the run folders tell
    what became of them.

    Parameters
    ----------
    home : Home
        On a disk that the workers see.
    address : str, optional
        A dask scheduler, e.g. ``tcp://host:8786``, whose workers offer the resources ``device`` and ``projector``;
        by default a local cluster, started on first use.
    """

    def __init__(self, home: Home, address: str | None = None):
        self.home, self.address = Home(home.path.resolve()), address
        self.devices = 1  # trainings that run at once; known for sure once the cluster has started
        self._dask = ThreadPoolExecutor(1, "job-queue")  # the one thread that starts and talks to the cluster
        self.lock = threading.RLock()  # held by whoever makes, queues or deletes runs
        self.sweeps: list[Sweep] = []  # oldest first
        self._sweeping = ThreadPoolExecutor(1, "sweeps")  # one sweep is taken in after the other
        self._client = self._cluster = None
        self._entered: list[str] = []  # ids of the runs as they were queued
        self._trainings: dict = {}  # run id → future of its task, None until it is sent
        self._maps: list = []
        self._companies = Companies(self.home, self._submit_map)
        self._order = itertools.count()

    def submit(self, recipe: Recipe, projections: tuple[str, ...] = (MAP,)) -> Run:
        """Queue a new run of `recipe`, before it one of its parent recipe where there is none to start from.

        Parameters
        ----------
        projections
            Maps to make once it is done, beside ``pca``.

        Returns
        -------
        Run
            State *queued*.

        Raises
        ------
        PhotozError
            For an unknown projection, dataset or parent recipe, before any folder is made.
        """
        for name in projections:
            registry.load(projection_package, name)
        self.home.dataset(recipe.dataset)
        with self.lock:  # two sessions must not both queue the same parent
            if recipe.parent and find_parent(self.home, recipe) is None:
                self.submit(parent_recipe(self.home, recipe), projections)
            run = create_run(self.home, recipe)
            self._enqueue(run, projections)
        return run

    def ensure(self, recipe: Recipe) -> tuple[Run, list[Run]]:
        """The newest run of `recipe`, resumed if it was stopped, or else a new one; and the runs queued for it.

        Whoever asks for the same at the same time gets the same run, and what is queued is so once.
        """
        with self.lock:
            run, before = find_run(self.home, recipe), len(self._entered)
            if run is None:
                run = self.submit(recipe)
            elif run.state in ("cancelled", "failed"):
                self.resume(run.id)
            elif run.state == "done" and not run.has_tried(MAP):
                self.project(run.id, MAP)
            return run, [Run(self.home.run(run_id)) for run_id in self._entered[before:]]

    def start_sweep(self, plan: SweepPlan) -> Sweep:
        """Queue what a sweep lacks, one run after the other, in the background; see `photoz_core.sweeping.standing`."""
        sweep = Sweep(plan)
        self.sweeps.append(sweep)
        self._sweeping.submit(take_in, self, sweep)
        return sweep

    def cancel_sweep(self, sweep: Sweep) -> None:
        """Cancel all that a sweep queued and that is not done; what it has not queued yet never is."""
        end(self, sweep)

    def delete(self, run_id: str) -> None:
        """Delete a run; see `photoz_core.deleting.delete_run`."""
        with self.lock:
            delete_run(self.home, run_id)
            self._trainings.pop(run_id, None)

    def cancel(self, run_id: str) -> None:
        """Take a queued run, and queued children of it, from the queue; end a running one within 2 s.

        Its checkpoint stays for `resume`.
        """
        run = Run(self.home.run(run_id))
        run.cancel()
        for child in list_runs(self.home, state="queued"):
            if child.info["parent"] == run_id:
                self.cancel(child.id)

    def resume(self, run_id: str) -> None:
        """Queue a cancelled or failed run again, its parent first if need be; it goes on from its checkpoint.

        Raises
        ------
        PhotozError
            If the run is neither cancelled nor failed.
        """
        with self.lock:
            run = Run(self.home.run(run_id))
            run.require_stopped()
            parent = run.info["parent"]
            if parent and Run(self.home.run(parent)).state not in (*OPEN, "done"):
                self.resume(parent)
            self._enqueue(run, (MAP,))

    def project(self, run_id: str, name: str) -> None:
        """Queue projection `name` of a done run."""
        registry.load(projection_package, name)
        self._dask.submit(self._send_map, self.home.run(run_id).name, name, None)

    def align(self, run_ids: Iterable[str]) -> None:
        """Queue the AlignedUMAP maps that these done runs have together, unless they are on their way."""
        wanted = tuple(sorted(self.home.run(run_id).name for run_id in run_ids))
        if self._companies.enter(wanted):
            self._dask.submit(self._companies.send, wanted)

    def jobs(self, recent: float = RECENT) -> list[Run]:
        """Running, queued (in order), then other runs, the latest first; done ones for so many seconds."""
        self._fail_lost()
        now = time.time()
        listed = []
        for run in list_runs(self.home):
            with contextlib.suppress(PhotozError):  # deleted while we look
                listed.append((run, run.status))
        listed = [(run, status) for run, status in listed if status["state"] != "done" or now - status["time"] < recent]

        def place(item: tuple[Run, dict]) -> tuple[int, float]:
            state, when = item[1]["state"], item[1]["time"]
            return (OPEN[::-1].index(state), when) if state in OPEN else (len(OPEN), -when)

        return [run for run, _ in sorted(listed, key=place)]

    def warm(self) -> None:
        """Start the cluster and what maps need (tens of seconds) in the background."""
        self._dask.submit(self._connect)

    def close(self) -> None:
        """Cancel this queue's runs, wait until their processes have ended, and stop the cluster."""
        for sweep in self.sweeps:
            sweep.cancelled = True
        self._sweeping.shutdown()
        mine = [Run(self.home.run(run_id)) for run_id in self._trainings if run_id in self.home.run_ids()]
        mine = [run for run in mine if run.state in OPEN]
        for run in mine:
            run.cancel()
        deadline = time.monotonic() + 2 * GRACE
        while any(run.state == "running" for run in mine) and time.monotonic() < deadline:
            time.sleep(POLL)
        self._dask.shutdown(cancel_futures=True)
        for part in (self._client, self._cluster):
            if part is not None:
                part.close()
        self._client = self._cluster = None
        atexit.unregister(self.close)

    def _enqueue(self, run: Run, projections: tuple[str, ...]) -> None:
        ticket = uuid.uuid4().hex
        run.queue(ticket)
        self._trainings[run.id] = None
        self._entered.append(run.id)
        self._dask.submit(self._send, run, ticket, projections)

    def _send(self, run: Run, ticket: str, projections: tuple[str, ...]) -> None:
        """Hand a run and its maps to the cluster."""
        try:
            client = self._connect()
        except Exception as error:  # whatever kept the cluster from starting, the run must say it
            run.set_state("failed", f"the job queue did not start: {error}")
            return
        arguments = (str(self.home.path), run.id, ticket, self._trainings.get(run.info["parent"]))
        place = {"key": f"train-{ticket}", "priority": -next(self._order)}  # dask's own order is another
        training = client.submit(run_training, *arguments, **place, resources=DEVICE, pure=False)
        self._trainings[run.id] = training
        for name in projections:
            self._send_map(run.id, name, training)

    def _send_map(self, run_id: str, name: str, training) -> None:
        self._submit_map(run_projection, run_id, name, training)

    def _submit_map(self, task: Callable, *arguments):
        self._maps = [future for future in self._maps if not future.done()]
        sent = self._connect().submit(task, str(self.home.path), *arguments, resources=PROJECTOR, pure=False)
        self._maps.append(sent)
        return sent

    def _connect(self):
        """The client; the first call starts the cluster and warms its projector. In the queue's own thread only."""
        if self._client is None:
            self._client, self._cluster = connect(self.address)
            self.devices = count_devices(self._client)
            atexit.register(self.close)
            self._maps.append(self._client.submit(warm_projector, resources=PROJECTOR, pure=False))
        return self._client

    def _fail_lost(self) -> None:
        """A task that could not even end (its worker was killed again and again) leaves its run *failed*."""
        for run_id, training in list(self._trainings.items()):
            if training is not None and training.status == "error" and run_id in self.home.run_ids():
                run = Run(self.home.run(run_id))
                if run.state in OPEN:
                    run.set_state("failed", lost(training))
                self._trainings[run_id] = None
