"""Run independent tasks in fresh processes and take the results in order."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from photoz_core.errors import PhotozError


def ordered_map(function: Callable, tasks: Iterable, workers: int | None = None) -> Iterator:
    """Yield `function(task)` of each task, in the order of `tasks`, a few tasks ahead of the reader.

    Processes are spawned, never forked: a fork after torch has started its threads can hang.

    Parameters
    ----------
    function : callable
        Must be importable, or a method of an object that can be pickled.
    workers : int, optional
        Number of processes, by default one per usable core; with 1 the tasks run here.

    Raises
    ------
    PhotozError
        If a process dies, e.g. for want of memory.
    """
    workers = workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count()))
    if workers == 1:
        yield from map(function, tasks)
        return
    tasks = iter(tasks)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent)
    try:
        waiting = deque(pool.submit(function, task) for task in islice(tasks, 2 * workers))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(function, task) for task in islice(tasks, 1))
            yield result
    except BrokenProcessPool as error:
        raise PhotozError("a simulating process died, perhaps for want of memory; use fewer workers") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Leave when the parent is killed; the pool's processes would wait for its next task for ever."""

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
