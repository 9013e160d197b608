"""The Train page's sweep form, its line above the queue, and the dialog that deletes a run."""

import panel as pn
import pytest
from made_runs import made_run
from still_queue import StillQueue

from dashboard.access import User
from dashboard.job_list import job_row, older_text
from dashboard.state import State
from dashboard.views.train import ONE, SWEEP, View
from photoz_core.dataset import Dataset
from photoz_core.files import write_json
from photoz_core.recipe import load_recipe
from photoz_core.run import Run, list_runs


@pytest.fixture
def queue(home):
    queue = StillQueue(home)
    yield queue
    queue.close()


def page(home, queue, **user):
    """The Train page as somebody sees it, the sweep's form in front."""
    view = View(State(home, queue, User("eva", **user)))
    view.mode = SWEEP
    pn.panel(view).get_root()
    return view


def wish(view, **choices):
    view._sweep_form.choices.param.update(**choices)
    return view._sweep_form


def test_the_form_says_what_a_sweep_comes_to_and_its_button_starts_it(home, queue, wait_until):
    view = page(home, queue)
    assert [view._columns[name].visible for name in (ONE, SWEEP)] == [False, True]
    form = view._sweep_form
    assert form._button.disabled and not form._methods.error_state and "choose one" in form._methods.helper_text
    wish(view, recipes=["tiny_mlp", "tiny_finetune"], amounts="10, 100", seeds="0 1")
    assert "8 runs: 8 to train, 2 parents first; 10 of unknown time" in form._told.object
    assert form._button.label == "Start 10 trainings" and "10 % = <b>5</b>" in form._labels.object
    wish(view, amounts="many")
    assert form._button.disabled and "percentages" in form._amounts.helper_text and form._amounts.error_state
    wish(view, amounts="10, 100")
    form._button.clicks += 1
    (sweep,) = queue.sweeps
    assert "8 trainings are being queued" in form._message.object
    wait_until(lambda: not sweep.queueing, 60)
    view.state.refresh()
    line, *rows = view._jobs.rows
    assert (line["name"], line["text"], line["state"]) == ("sweep of 10 trainings", "10 queued", "running")
    assert len(rows) == 10 and form._button.disabled and "8 on the way" in form._told.object
    view._jobs._handle_msg({"action": "cancel all", "id": line["id"]})
    assert {run.state for run in list_runs(home)} == {"cancelled"}
    line = view._jobs.rows[0]
    assert (line["state"], line["actions"], line["text"]) == ("cancelled", [], "10 cancelled")
    view._jobs._handle_msg({"action": "cancel all", "id": "sweep-7"})
    assert "no sweep 'sweep-7'" in view._notice.object
    view.state.refresh()
    assert "8 stopped, to go on" in form._told.object and not form._button.disabled


def test_a_wish_that_is_too_large_is_told_before_anything_is_made(home, queue):
    form = wish(page(home, queue), recipes=["tiny_mlp"], seeds="0-19", amounts=" ".join(map(str, range(1, 40))))
    assert "780 runs; at most 300 at once" in form._told.object and form._button.disabled


def test_who_may_not_train_is_told_so_and_changes_nothing(home, queue):
    run = made_run(home, "tiny_mlp", None)
    view = page(home, queue, role="viewer")
    form = wish(view, recipes=["tiny_mlp"], amounts="10")
    form._button.clicks += 1
    assert "owners" in form._message.object and queue.sweeps == []
    assert view._jobs.rows[0]["actions"] == ["open"]
    view._jobs._handle_msg({"action": "delete", "id": run.id})
    assert "owners" in view._notice.object and not view._deletion.dialog.open
    view._deletion._asked = run.id  # a browser can be made to press what it was never shown
    view._deletion._delete.clicks += 1
    assert home.run_ids() == [run.id]


def test_a_run_is_deleted_once_its_name_was_read(home, queue):
    z = Dataset(home.dataset("tiny")).column("z_spec")
    run, other = (made_run(home, "tiny_mlp", z, seed=seed, title="<b>mine</b>") for seed in (0, 1))
    view, bystander = page(home, queue), State(home)
    bystander.run = run.id
    view._jobs._handle_msg({"action": "delete", "id": run.id})
    dialog = view._deletion
    assert dialog.dialog.open and "&lt;b&gt;mine&lt;/b&gt; · tiny · 100 % · seed 0" in dialog._text.object
    dialog._keep.clicks += 1
    assert not dialog.dialog.open and len(home.run_ids()) == 2
    view._jobs._handle_msg({"action": "delete", "id": run.id})
    dialog._delete.clicks += 1
    assert home.run_ids() == [other.id] and not dialog.dialog.open
    assert [row["id"] for row in view._jobs.rows] == [other.id]
    assert view._efficiency._chart.sources["runs"].data["run"] == [other.id]
    bystander.refresh()
    assert bystander.run == other.id and run.name in bystander.desk.notice


def test_a_refusal_stands_in_the_dialog(home, queue):
    child = queue.submit(load_recipe("tiny_finetune", home))
    parent = Run(home.run(child.info["parent"]))
    queue.cancel(parent.id)
    view = page(home, queue)
    view._jobs._handle_msg({"action": "delete", "id": parent.id})
    view._deletion._delete.clicks += 1
    assert "start from; finish or delete" in view._deletion._text.object and not view._deletion._delete.visible
    assert len(home.run_ids()) == 2
    view._jobs._handle_msg({"action": "delete", "id": "../../etc"})
    assert "unknown run" in view._notice.object


def test_runs_of_last_week_are_listed_when_asked_for(home, queue):
    old, new = (made_run(home, "tiny_mlp", None, seed=seed) for seed in (0, 1))
    status = {"state": "running", "time": 0.0}
    write_json(old.folder / "progress.json", status)
    view = page(home, queue)
    assert ([row["id"] for row in view._jobs.rows], view._jobs.more) == ([new.id], "1 older run")
    view._jobs._handle_msg({"action": "older", "id": ""})
    assert {row["id"] for row in view._jobs.rows} == {old.id, new.id}
    assert view._jobs.more == "only the last day's"
    assert older_text(2, [old, new], False) == ""


def test_only_stopped_and_done_runs_have_a_button_to_delete_them(home):
    run = Run.create(home, load_recipe("tiny_mlp", home))
    assert job_row(run, True)["actions"] == ["cancel"]
    run.set_state("failed", "no")
    assert (job_row(run, True)["actions"], job_row(run)["actions"]) == (["resume", "delete"], ["resume"])
