"""The queue: every way a training can end, and what its run then says."""

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest
from made_runs import made_run

from photoz_core.aligned_umap import FOLDER, maps_of
from photoz_core.errors import PhotozError
from photoz_core.files import locked, read_json
from photoz_core.home import Home
from photoz_core.jobs import JobQueue
from photoz_core.recipe import load_recipe
from photoz_core.run import Run

LONG = {"epochs": 5000, "checkpoint_seconds": 0.1}


@pytest.fixture(scope="module")
def queue(tiny_home, tmp_path_factory):
    home = Home(Path(shutil.copytree(tiny_home.path, tmp_path_factory.mktemp("queue") / "home")))
    queue = JobQueue(home)
    yield queue
    queue.close()


@pytest.fixture
def submit(queue):
    """``submit(recipe, **changes)``: a new run in the queue; what waits or runs after the test is cancelled."""
    runs = []

    def submit(name, projections=(), **changes):
        runs.append(queue.submit(load_recipe(name, queue.home, **changes), projections))
        return runs[-1]

    yield submit
    for run in queue.jobs():
        if run.state in ("queued", "running"):
            queue.cancel(run.id)


@pytest.fixture
def running(submit, wait_until):
    """A long training, some epochs old, and the id of its process."""
    run = submit("tiny_mlp", fit=LONG)
    wait_until(lambda: (run.folder / "checkpoint.pt").exists() and run.status.get("epoch"))
    return run, run.status["pid"]


def settled(run):
    return run.state not in ("queued", "running")


def test_a_submitted_run_gets_done_shows_its_progress_and_then_its_map(submit, wait_until):
    run = submit("tiny_mlp", ("umap",), fit={"epochs": 100})
    assert run.state == "queued"
    seen = wait_until(lambda: (status := run.status).get("epochs") and status)
    assert seen["state"] == "running" and seen["epochs"] == 100 and 0 < seen["done"] <= seen["total"]
    assert seen["eta"] >= 0 and list(seen["losses"]) == ["redshift"]
    wait_until(lambda: settled(run))
    assert run.state == "done" and list(run.history()["epoch"]) == list(range(100))
    assert "pca" in run.projection_names()
    wait_until(lambda: "umap" in run.projection_names(), 300)
    assert run.projection("umap").shape == (120, 2)


def test_done_runs_are_mapped_together_or_say_why_not_and_may_be_asked_for_again(queue, wait_until):
    runs = [made_run(queue.home, "tiny_mlp", np.zeros(120), seed=20 + number) for number in range(3)]
    runs[2].save_array("latents", np.full((120, 4), "x"))  # no failure that anybody thought of
    good, bad = ([run.id for run in company] for company in (runs[:2], runs[1:]))
    for company in (bad, good, good[::-1]):
        queue.align(company)

    def reason():
        try:
            maps_of(runs[1:])
        except PhotozError as error:
            return str(error)

    assert "TypeError" in wait_until(reason, 300)
    assert [positions.shape for positions in wait_until(lambda: maps_of(runs[:2]), 300)] == [(120, 2)] * 2
    for run in runs[1:]:
        shutil.rmtree(run.folder / FOLDER)
    assert "TypeError" in wait_until(lambda: queue.align(bad) or reason())


def test_cancel_ends_the_process_within_two_seconds_and_resume_goes_on_without_a_gap(queue, submit, wait_until):
    run = submit("tiny_mlp", fit={"epochs": 200})
    wait_until(lambda: len(run.history()) >= 3)
    pid = run.status["pid"]
    queue.cancel(run.id)
    wait_until(lambda: not psutil.pid_exists(pid), 2)
    wait_until(lambda: settled(run), 2)
    before = run.history()
    assert run.state == "cancelled" and 3 <= len(before) < 200
    queue.resume(run.id)
    assert run.state == "queued"
    wait_until(lambda: settled(run))
    after = run.history()
    assert run.state == "done" and list(after["epoch"]) == list(range(200))
    kept = len(before) - 1  # the last epoch may have been recorded but not yet in the checkpoint
    assert after["train_redshift"][:kept].tolist() == pytest.approx(before["train_redshift"][:kept].tolist())


def test_cancel_ends_a_process_that_does_not_react(queue, running, wait_until):
    run, pid = running
    os.kill(pid, signal.SIGSTOP)
    queue.cancel(run.id)
    wait_until(lambda: not psutil.pid_exists(pid), 2)
    wait_until(lambda: run.state == "cancelled", 2)


def test_a_queued_run_is_cancelled_at_once_and_never_starts(queue, running, submit, wait_until):
    with pytest.raises(PhotozError, match="is running; only a cancelled or failed run"):
        queue.resume(running[0].id)
    child = submit("tiny_finetune", seed=4)
    queue.cancel(child.info["parent"])
    assert child.state == "cancelled"  # a parent takes its queued child along
    waiting = submit("tiny_mlp", seed=1)
    assert [job.id for job in queue.jobs()[:2]] == [running[0].id, waiting.id]
    queue.cancel(waiting.id)
    assert waiting.state == "cancelled"
    queue.cancel(running[0].id)
    after = submit("tiny_mlp", seed=2)
    wait_until(lambda: settled(after))
    assert (after.state, waiting.state, (waiting.folder / "log.txt").exists()) == ("done", "cancelled", False)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_training_shows_as_failed_with_its_last_lines_and_can_be_resumed(queue, running, number, wait_until):
    run, pid = running
    os.kill(pid, number)
    wait_until(lambda: settled(run), 5)
    assert run.state == "failed"
    assert "42 labels, cpu" in run.status["error"]
    wait_until(lambda: signal.Signals(number).name in run.status["error"], 5)
    assert "resume it to go on" in run.status["error"].partition("\n")[0]
    queue.resume(run.id)
    assert run.state == "queued" and (run.folder / "checkpoint.pt").exists()


def test_an_error_in_a_training_shows_as_failed_with_the_error(submit, wait_until):
    run = submit("tiny_mlp")
    (run.folder / "history.csv").write_text("broken\n1\n")
    wait_until(lambda: settled(run))
    assert run.state == "failed" and run.status["error"] == "KeyError: 'epoch'"
    # The state is written before the interpreter, on its way out, prints the traceback into the log.
    wait_until(lambda: run.log_tail().endswith("KeyError: 'epoch'"), 10)
    assert "Traceback" in run.log_tail(100)


def test_a_child_waits_for_its_parent_which_is_queued_with_it(queue, submit, wait_until):
    child = submit("tiny_finetune", label_fraction=0.5)
    parent = Run(queue.home.run(child.info["parent"]))
    assert (parent.recipe.name, parent.recipe.label_fraction) == ("tiny_moco", 1.0)  # it learns from no label
    wait_until(lambda: settled(child))
    assert (parent.state, child.state) == ("done", "done")
    finished = read_json(parent.folder / "done.json")["finished"]
    assert finished < (child.folder / "spec.json").stat().st_mtime


def test_a_failed_parent_fails_its_child_and_resuming_the_child_trains_both(queue, submit, wait_until):
    child = submit("tiny_finetune", seed=3)
    parent = Run(queue.home.run(child.info["parent"]))
    (parent.folder / "weights.safetensors").mkdir()
    wait_until(lambda: settled(child))
    assert parent.state == child.state == "failed"
    assert parent.name in child.status["error"] and "resume" in child.status["error"]
    (parent.folder / "weights.safetensors").rmdir()
    queue.resume(child.id)
    wait_until(lambda: settled(child))
    assert (parent.state, child.state) == ("done", "done")


def test_a_killed_worker_takes_its_training_along_and_the_queue_goes_on(running, submit, wait_until):
    run, pid = running
    os.kill(psutil.Process(pid).ppid(), signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid), 5)
    assert run.state == "failed"
    after = submit("tiny_mlp", seed=5)
    wait_until(lambda: settled(after))
    assert (after.state, run.state) == ("done", "failed")


def test_a_run_that_another_process_trains_is_left_alone(queue, submit, wait_until):
    run = submit("tiny_mlp", seed=6)
    with locked(run.folder / "claim", "taken"):
        wait_until(lambda: "another process" in run.log_tail())
        run.progress(stage="loading")  # what that other process would write
        after = submit("tiny_mlp", seed=7)
        wait_until(lambda: settled(after))
        assert (run.state, after.state) == ("running", "done")
    run.set_state("cancelled")
