"""A sweep in the queue: taken in, followed, cancelled; and runs that are deleted. Trains nothing."""

import threading

import pytest
from made_runs import made_run
from still_queue import StillQueue, resolved

from dashboard.state import State
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.files import write_json
from photoz_core.recipe import load_recipe
from photoz_core.run import Run, list_runs
from photoz_core.sweeping import share_of, standing
from photoz_core.sweeps import plan_sweep, product


@pytest.fixture
def queue(home):
    queue = StillQueue(home)
    yield queue
    queue.close()


def by_id(home):
    return {run.id: (run, run.state) for run in list_runs(home)}


def taken_in(queue, plan, wait_until):
    """The sweep of a plan, once all its runs are queued."""
    sweep = queue.start_sweep(plan)
    wait_until(lambda: not sweep.queueing, 30)
    return sweep


def test_two_sessions_that_press_at_once_get_one_parent_a_seed_and_no_run_twice(home, queue, wait_until):
    plan = resolved(home, "tiny_finetune", seeds="0 1").plan
    gate = threading.Barrier(2)

    def press():
        gate.wait()
        sweeps.append(queue.start_sweep(plan))

    def press_one_by_one():  # what the form for a single training does
        gate.wait()
        for recipe in plan.recipes:
            queue.ensure(recipe)

    sweeps = []
    threads = [threading.Thread(target=target) for target in (press, press_one_by_one)]
    for thread in threads:
        thread.start()
    sweeps.append(queue.start_sweep(plan))
    for thread in threads:
        thread.join(60)
    wait_until(lambda: not any(sweep.queueing for sweep in sweeps), 60)
    runs = list_runs(home)
    parents = {run.recipe.seed: run.id for run in runs if run.recipe.name == "tiny_moco"}
    assert (len(runs), sorted(parents)) == (2 + 6, [0, 1])
    children = [run for run in runs if run.recipe.name == "tiny_finetune"]
    assert {run.info["parent"] == parents[run.recipe.seed] for run in children} == {True}
    assert {len(sweep.runs) for sweep in sweeps} == {6}
    started = [run_id for sweep in sweeps for run_id in sweep.started]
    assert len(started) == len(set(started)) <= 8  # what one has queued, no other has


def test_a_sweep_resumes_what_was_stopped_and_repeats_nothing(home, queue, wait_until):
    z = Dataset(home.dataset("tiny")).column("z_spec")
    done = made_run(home, "tiny_mlp", z, label_fraction=0.5)
    stopped = Run.create(home, load_recipe("tiny_mlp", home))
    stopped.set_state("cancelled")
    sweep = taken_in(queue, resolved(home, "tiny_mlp").plan, wait_until)
    assert {run.id for run in list_runs(home)} == set(sweep.runs) and len(sweep.runs) == 3
    assert done.id not in sweep.started and stopped.id in sweep.started and stopped.state == "queued"


def test_cancelling_ends_what_it_queued_and_nothing_else(home, queue, wait_until):
    before = queue.submit(load_recipe("tiny_mlp", home, label_fraction=0.5))
    sweep = taken_in(queue, resolved(home, "tiny_mlp", "tiny_finetune").plan, wait_until)
    stranger = queue.submit(load_recipe("tiny_finetune", home, label_fraction=0.7))
    parent = Run(home.run(stranger.info["parent"]))
    assert parent.id in sweep.started and before.id in sweep.runs and before.id not in sweep.started
    queue.cancel_sweep(sweep)
    assert [run.state for run in (before, stranger, parent)] == ["queued"] * 3  # another's, and what it waits for
    others = [Run(home.run(run_id)) for run_id in sweep.started if run_id != parent.id]
    assert {run.state for run in others} == {"cancelled"}
    assert (queue.start_sweep(sweep.plan) in queue.sweeps) and len(queue.sweeps) == 2


def test_a_sweep_that_is_cancelled_while_it_is_taken_in_queues_no_more(home, queue, wait_until):
    with queue.lock:
        sweep = queue.start_sweep(resolved(home, "tiny_mlp", seeds="0-9").plan)
        queue.cancel_sweep(sweep)
    wait_until(lambda: not sweep.queueing, 30)
    assert home.run_ids() == [] and not standing(sweep, {}).goes_on


def test_what_cannot_be_made_is_told_and_the_rest_goes_on(home, queue, wait_until, monkeypatch):
    monkeypatch.setattr("photoz_core.sweeps.why_absent", lambda encoder: "no weights" if encoder else "")
    sweep = taken_in(queue, resolved(home, "tiny_mlp", "tiny_cnn", amounts="100").plan, wait_until)
    assert sweep.left_out == {"tiny_cnn · tiny · 100 % · seed 0": "no weights"}
    assert [run.recipe.name for run in list_runs(home)] == ["tiny_mlp"]


def test_progress_weighs_trainings_by_their_time(home, queue, wait_until):
    recipes = product([load_recipe(name, home) for name in ("tiny_mlp", "tiny_cnn")], [0], lambda base: [{}])
    expected = {"tiny_mlp": 10.0, "tiny_cnn": 30.0}
    sweep = taken_in(queue, plan_sweep(home, recipes, [], lambda r: expected[r.name]), wait_until)
    first, second = (Run(home.run(run_id)) for run_id in sweep.runs)
    now = standing(sweep, by_id(home), now=100.0)
    assert (now.states, now.share, now.eta, now.goes_on) == ({"queued": 2}, 0.0, 40.0, True)
    first.progress(done=50, total=100)
    assert standing(sweep, by_id(home), now=110.0).states == {"running": 1, "queued": 1}
    now = standing(sweep, by_id(home), now=130.0)  # an eighth of the work in 20 s: seven times as long to go
    assert now.share == pytest.approx(5 / 40) and now.eta == pytest.approx(140.0)
    first.finish({})
    second.set_state("failed", "no")
    now = standing(sweep, by_id(home), now=140.0)
    assert (now.states, now.share, now.eta, now.goes_on) == ({"done": 1, "failed": 1}, 1.0, None, False)


def test_the_share_of_a_training():
    assert share_of({"state": "running", "done": 1, "total": 4}) == 0.25
    assert [share_of({"state": state}) for state in ("queued", "failed", "done")] == [0.0, 1.0, 1.0]


def test_a_run_is_deleted_whole_and_not_while_something_needs_it(home, queue):
    child = queue.submit(load_recipe("tiny_finetune", home))
    parent = Run(home.run(child.info["parent"]))
    with pytest.raises(PhotozError, match=r"tiny_moco.* is queued; cancel it first"):
        queue.delete(parent.id)
    queue.cancel(parent.id)
    assert child.state == "cancelled"
    with pytest.raises(PhotozError, match=r"is where 'tiny_finetune .*' \(cancelled\) start from; finish or delete"):
        queue.delete(parent.id)
    write_json(child.folder / "done.json", {})
    queue.delete(parent.id)  # whoever is done needs it no more
    assert home.run_ids() == [child.id] and [path.name for path in home.runs.iterdir()] == [child.id]
    assert [run.id for run in queue.jobs()] == [child.id]
    with pytest.raises(PhotozError, match="unknown run"):
        queue.delete(parent.id)
    with pytest.raises(PhotozError, match="unknown run"):
        queue.delete("../datasets/tiny")


def test_a_run_whose_deletion_is_interrupted_is_not_listed(home, monkeypatch):
    run = made_run(home, "tiny_mlp", None)
    queue = StillQueue(home)

    def interrupted(path, *options, **more):
        raise OSError(5, "I/O error")

    with monkeypatch.context() as patch, pytest.raises(PhotozError, match="I/O error"):
        patch.setattr("photoz_core.files.shutil.rmtree", interrupted)
        queue.delete(run.id)
    assert home.run_ids() == [] and list_runs(home) == [] and State(home).run == ""
    assert not run.folder.exists()
    queue.close()
