"""The Train page: form, queue, losses and curve, with every choice and with nothing to show."""

import panel as pn
import pytest
from made_runs import made_run

from dashboard.job_list import duration, job_row
from dashboard.state import State
from dashboard.views.train import View
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.files import remove_folder
from photoz_core.home import Home
from photoz_core.pipeline import create_run
from photoz_core.recipe import load_recipe
from photoz_core.run import list_runs


class Queue:
    """A queue that makes runs and leaves them waiting."""

    def __init__(self, home: Home):
        self.home, self.asked, self.sweeps = home, [], []

    def submit(self, recipe):
        return create_run(self.home, recipe)

    def jobs(self, recent=0):
        return list_runs(self.home)

    def cancel(self, run_id):
        self.asked.append(("cancel", run_id))

    def resume(self, run_id):
        raise PhotozError(f"{run_id} is queued")


@pytest.fixture
def state(home) -> State:
    return State(home, Queue(home))


def rendered(view: View) -> View:
    pn.panel(view).get_root()
    return view


def field(view: View, path: str):
    """The widget of an option."""
    return view._form._widgets[path]._widget


def test_every_kind_of_recipe_renders_with_all_options(state):
    view = rendered(View(state))
    view._form._more.clicks += 1
    plan = view._form.plan
    for recipe in ("tiny_mlp", "tiny_pita", "tiny_finetune", "photometry_forest"):
        plan.recipe = recipe
        assert set(view._form._widgets) == {item.path for item in plan.outcome.fields}
    assert "fit.lr" not in view._form._widgets  # a forest takes no gradient steps
    plan.preset = "paper"
    assert not plan.outcome.problems


def test_a_start_queues_the_runs_and_shows_the_first(state):
    view = rendered(View(state))
    view._form.plan.param.update(recipe="tiny_mlp", fraction=0.05, seeds="0 1")
    assert view._form._button.label == "Start 2 trainings"
    view._form._button.clicks += 1
    runs = list_runs(state.home)
    assert [(run.recipe.seed, run.recipe.label_fraction, run.state) for run in runs] == [
        (0, 0.05, "queued"),
        (1, 0.05, "queued"),
    ]
    assert [row["name"] for row in view._jobs.rows] == [run.name for run in runs]
    assert view._jobs.current == runs[0].id
    assert "2 runs queued" in view._form._message.object


def test_what_is_wrong_stands_at_the_field_and_stops_the_start(state):
    view = rendered(View(state))
    view._form.plan.recipe = "tiny_mlp"
    field(view, "fit.lr").value = "fast"
    assert field(view, "fit.lr").error_state and "valid number" in field(view, "fit.lr").helper_text
    assert view._form._button.disabled
    field(view, "fit.lr").value = "5e-3"
    assert not field(view, "fit.lr").error_state and not view._form._button.disabled
    view._form._seeds.value = "x"
    assert "whole numbers" in view._form._seeds.helper_text and view._form._button.disabled
    view._form._seeds.value = "0"
    view._form._more.clicks += 1
    field(view, "options.delta").value = "0"
    for _ in range(2):
        view._form._more.clicks += 1
        assert field(view, "options.delta").error_state
    assert view._form.plan.changes == {"fit.lr": 5e-3, "options.delta": 0}


def test_labels_are_counted_beside_the_slider(state):
    view = rendered(View(state))
    view._form.plan.param.update(recipe="tiny_mlp", fraction=0.05)
    data = Dataset(state.home.dataset("tiny"))
    known = int((data.is_labelled() & (data.split == "train")).sum())
    assert f"of {known} training labels" in view._form._labels.object
    view._form.plan.recipe = "tiny_moco"
    assert "without labels" in view._form._labels.object and view._form._fraction.disabled


def test_a_failed_run_shows_its_error_and_its_last_lines(state):
    run = create_run(state.home, load_recipe("tiny_mlp", state.home))
    (run.folder / "log.txt").write_text("one\ntwo\n")
    run.progress(epoch=3, epochs=10, done=30, total=100, losses={"redshift": 0.01234})
    run.set_state("failed", "loss term became nan\nTraceback")
    row = job_row(run)
    assert (row["state"], row["error"], row["log"]) == ("failed", "loss term became nan", "Traceback\none\ntwo")
    assert (row["share"], row["actions"]) == (0.3, ["resume"])
    assert (row["text"], row["loss"]) == ("stopped at epoch 3/10", "redshift 0.0123")
    rendered(View(state))


def test_a_running_run_shows_progress_and_time_left(state):
    run = create_run(state.home, load_recipe("tiny_mlp", state.home))
    assert (job_row(run)["state"], job_row(run)["share"], job_row(run)["actions"]) == ("queued", 0, ["cancel"])
    run.progress(stage="loading")
    assert job_row(run)["text"] == "loading"
    run.progress(epoch=2, epochs=4, done=5, total=20, eta=75.2, losses={"color": 1.0, "redshift": 0.5})
    row = job_row(run)
    assert (row["share"], row["text"]) == (0.25, "epoch 2/4 · 1 min 15 s left")
    assert row["loss"] == "color 1 · redshift 0.5"


def test_the_list_follows_the_runs_and_the_losses_the_chosen_one(state):
    view = rendered(View(state))
    assert view._jobs.rows == [] and "Nothing in the queue" in view._jobs.empty
    run = create_run(state.home, load_recipe("tiny_mlp", state.home))
    other = create_run(state.home, load_recipe("tiny_pita", state.home))
    other.append_history({"epoch": 0, "train_color": 2.0, "valid_color": 3.0})
    state.refresh()
    assert [row["id"] for row in view._jobs.rows] == [run.id, other.id]
    view._act("show", other.id)
    assert view._jobs.current == other.id
    source = view._losses._charts["linear"].sources["curves"]
    assert list(source.data["valid0"]) == [3.0]
    other.append_history({"epoch": 1, "train_color": 1.0, "valid_color": 2.0})
    other.progress(epoch=2, epochs=2, done=2, total=2)
    state.refresh()
    assert list(source.data["valid0"]) == [3.0, 2.0]
    for scale in view._losses.param.scale.objects:
        view._losses.scale = scale
        assert sum(pane.visible for pane in view._losses._panes.values()) == 1


def test_buttons_of_the_list_reach_the_queue(state):
    view = View(state)
    run = create_run(state.home, load_recipe("tiny_mlp", state.home))
    view._jobs._handle_msg({"action": "cancel", "id": run.id})
    assert state.queue.asked == [("cancel", run.id)]
    view._jobs._handle_msg({"action": "resume", "id": run.id})
    assert view._notice.visible and "is queued" in view._notice.object
    view._jobs._handle_msg({"action": "submit", "id": run.id})
    assert not view._notice.visible and len(state.queue.asked) == 1


def test_a_finished_run_can_be_opened_from_list_and_curve(state):
    state.param.page.objects = ["Explore", "Train"]
    state.page = "Train"
    view = rendered(View(state))
    z = Dataset(state.home.dataset("tiny")).column("z_spec")
    runs = [made_run(state.home, "tiny_mlp", z + 0.1, label_fraction=fraction) for fraction in (0.1, 1.0)]
    assert view._efficiency._note.visible
    state.refresh()
    assert view._efficiency._diagram.visible and not view._efficiency._note.visible
    view._act("open", runs[0].id)
    assert (state.run, state.page) == (runs[0].id, "Explore")
    state.page = "Train"
    points = view._efficiency._chart.sources["runs"]
    points.selected.indices = [points.data["run"].index(runs[1].id)]
    assert (state.run, state.page) == (runs[1].id, "Explore")
    assert points.selected.indices == []
    for metric in view._efficiency.param.metric.objects:
        view._efficiency.metric = metric
        rendered(view)


def test_a_point_whose_run_was_just_deleted_says_so(state):
    z = Dataset(state.home.dataset("tiny")).column("z_spec")
    run = made_run(state.home, "tiny_mlp", z + 0.1)
    state.refresh()
    view = rendered(View(state))
    points = view._efficiency._chart.sources["runs"]
    remove_folder(run.folder)
    points.selected.indices = [0]
    assert "unknown run" in state.desk.notice and points.selected.indices == []
    state.desk.notice = ""
    view._efficiency.keyed.press("ArrowRight")
    view._efficiency.keyed.press("Enter")
    assert "unknown run" in state.desk.notice
    state.refresh()
    assert view._efficiency._note.visible


def test_a_run_that_is_not_done_cannot_be_opened(state):
    view = View(state)
    run = create_run(state.home, load_recipe("tiny_mlp", state.home))
    view._act("open", run.id)
    assert "is queued" in view._notice.object


def test_no_queue_and_no_dataset_say_what_to_do(home, tmp_path):
    view = rendered(View(State(home)))
    assert "photoz serve" in view._jobs.empty
    view._form._button.clicks += 1
    assert "photoz serve" in view._form._message.object
    empty = rendered(View(State(Home(tmp_path / "empty"))))
    assert "photoz data simulate" in empty._form._recipe.helper_text and empty._form._button.disabled


def test_times_as_people_say_them():
    said = [duration(seconds) for seconds in (None, float("nan"), 0.2, 59.4, 60, 599, 601, 3600, 7500)]
    assert said == ["", "", "0 s", "59 s", "1 min 00 s", "9 min 59 s", "10 min", "1 h 00 min", "2 h 05 min"]
