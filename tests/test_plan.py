"""The training form's plan, without Panel: recipes that follow from the choices, problems at their fields."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import made_run

from dashboard.plan import Plan
from dashboard.planning import Wish, nested, read_seeds, resolve, titles
from dashboard.starts import OWN, SCRATCH, start_choices
from dashboard.state import State
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.recipe import load_recipe
from photoz_core.run import list_runs


class Queue:
    """Takes recipes and trains none."""

    def __init__(self):
        self.taken = []

    def submit(self, recipe):
        self.taken.append(recipe)
        return recipe


@pytest.fixture(scope="module")
def state(trained_home) -> State:
    return State(trained_home, Queue())


@pytest.fixture
def plan(state) -> Plan:
    plan = Plan(state)
    plan.recipe = "tiny_mlp"
    return plan


def test_the_plan_needs_no_panel():
    code = "import sys, dashboard.plan; print([name for name in ('panel', 'bokeh') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_it_starts_with_a_recipe_that_fits_the_dataset(state):
    outcome = Plan(state).outcome
    assert not outcome.problems and outcome.uses_labels and not outcome.base.parent
    assert outcome.recipes[0].dataset == "tiny"


def test_the_number_of_labels_is_what_a_training_would_see(plan, state):
    for fraction in (0.001, 0.05, 1.0):
        plan.fraction = fraction
        visible = state.data.visible_labels(fraction, 0)
        train = state.data.split == "train"
        known = sum(bool(t) and z == z for t, z in zip(train, state.data.column("z_spec"), strict=True))
        assert plan.outcome.labels == (sum(map(bool, visible & train)), known)
    assert plan.outcome.labels[0] == plan.outcome.labels[1]


def test_a_recipe_for_each_seed_with_the_changes(plan):
    plan.param.update(seeds="3, 1 5-6", fraction=0.05)
    plan.change("fit.epochs", 7)
    plan.change("options.hidden", [4])
    recipes = plan.outcome.recipes
    assert [recipe.seed for recipe in recipes] == [3, 1, 5, 6]
    assert {(recipe.label_fraction, recipe.fit["epochs"], tuple(recipe.options["hidden"])) for recipe in recipes} == {
        (0.05, 7, (4,))
    }
    plan.submit()
    assert plan.state.queue.taken[-4:] == list(recipes)


def test_the_recipes_own_value_takes_a_change_back(plan):
    own = plan.outcome.base.fit["lr"]
    plan.change("fit.lr", 0.5)
    plan.change("fit.lr", own)
    assert plan.changes == {}


@pytest.mark.parametrize(
    "path, value", [("fit.lr", -1), ("fit.lr", "fast"), ("options.hidden", [0.5]), ("options.delta", 0)]
)
def test_a_wrong_option_is_a_problem_of_its_field(plan, path, value):
    plan.change(path, value)
    assert list(plan.outcome.problems) == [path]
    assert plan.outcome.recipes == ()
    with pytest.raises(PhotozError, match=path.rpartition(".")[2]):
        plan.submit()
    plan.change(path, {"fit.lr": 0.01, "options.hidden": [8], "options.delta": 0.1}[path])
    assert not plan.outcome.problems


def test_wrong_seeds_are_a_problem_of_theirs(plan):
    plan.seeds = "one"
    assert list(plan.outcome.problems) == ["seeds"]


def test_another_recipe_drops_the_changes(plan):
    plan.change("fit.epochs", 7)
    plan.recipe = "tiny_cnn"
    assert plan.changes == {} and not plan.outcome.problems
    assert plan.outcome.base.method == "supervised"


def test_each_choice_is_resolved_once(plan):
    seen = []
    plan.param.watch(seen.append, "outcome")
    plan.fraction = 0.3
    plan.recipe = "tiny_pita"
    plan.state.param.trigger("revision")
    assert len(seen) == 2


def test_a_method_without_labels_runs_once_whatever_the_fraction(plan):
    plan.param.update(recipe="tiny_moco", fraction=0.05)
    assert not plan.outcome.uses_labels
    assert plan.outcome.recipes[0].label_fraction == 1.0


def test_where_the_encoder_may_start(plan, state):
    moco = next(run for run in list_runs(state.home) if run.recipe.name == "tiny_moco")
    plan.recipe = "tiny_finetune"
    assert set(plan.outcome.starts.values()) == {OWN, SCRATCH, moco.id}
    assert plan.outcome.recipes[0].parent == "tiny_moco"
    assert not any(item.path.startswith("options.encoder.") for item in plan.outcome.fields)
    plan.start = moco.id
    recipe = plan.outcome.recipes[0]
    assert (recipe.parent, recipe.options["start"], recipe.title) == (moco.id, "parent", plan.outcome.base.title)
    plan.start = SCRATCH
    recipe = plan.outcome.recipes[0]
    assert (recipe.parent, recipe.options["start"]) == ("", "scratch")
    assert recipe.options["encoder"] == moco.recipe.options["encoder"]
    assert "from scratch" in recipe.run_name
    plan.recipe = "tiny_cnn"
    assert plan.start == OWN and plan.outcome.recipes[0].options["start"] == "scratch"
    plan.start = moco.id
    assert plan.outcome.recipes[0].run_name.startswith("tiny_cnn from tiny_moco")


def test_an_encoder_may_come_from_a_run_on_another_dataset_of_as_many_bands(trained_home):
    run = next(run for run in list_runs(trained_home) if run.recipe.name == "tiny_moco")
    recipe = load_recipe("tiny_cnn", trained_home, dataset="elsewhere")
    assert start_choices(recipe, [run], 4) == {"from scratch": OWN, run.name: run.id}
    assert start_choices(recipe, [run], 1) == {"from scratch": OWN}
    assert start_choices(load_recipe("imagenet_lenses", trained_home), [], 1) == {"from ImageNet": OWN}


def test_what_a_dataset_lacks_is_said(plan, state):
    plan.recipe = "lensiam_lenses"
    assert "tiny has no array 'pair'" in plan.outcome.problems["recipe"]
    plan.recipe = "supervised_lenses"
    assert "tiny has no column theta_E to learn" in plan.outcome.problems["recipe"]


def test_a_time_is_estimated_once_there_is_a_run_alike(plan):
    assert plan.outcome.seconds > 0
    plan.seeds = "0 1"
    both = plan.outcome.seconds
    plan.seeds = "0"
    assert both == pytest.approx(2 * plan.outcome.seconds)
    plan.recipe = "tiny_pita"
    assert plan.outcome.seconds is None


def test_a_dataset_without_images_or_labels_says_so(home):
    folder = home.dataset("tiny")
    text = (folder / "dataset.toml").read_text()
    (folder / "dataset.toml").write_text(text.replace("[arrays.image]", "[arrays.other]"))
    data = Dataset(folder)
    assert "has no images" in resolve(Wish("tiny_cnn"), home, data, []).problems["recipe"]
    assert not resolve(Wish("tiny_mlp"), home, data, []).problems
    data.catalog["z_spec"] = float("nan")
    assert "has no z_spec in its training split" in resolve(Wish("tiny_mlp"), home, data, []).problems["recipe"]
    assert "no dataset yet" in resolve(Wish("tiny_mlp"), home, None, []).problems["recipe"]
    assert "known: " in resolve(Wish("tiny_mpl"), home, data, []).problems["recipe"]


def test_no_queue_no_training(trained_home):
    with pytest.raises(PhotozError, match="photoz serve"):
        Plan(State(trained_home)).submit()


def test_titles_are_unique(home):
    (home.recipes / "copy.toml").write_text((home.recipes / "tiny_mlp.toml").read_text() + "\n[paper]\n")
    for name in ("copy", "tiny_mlp"):
        path = home.recipes / f"{name}.toml"
        path.write_text('title = "same"\n' + path.read_text())
    named = titles(home)
    assert (named["same"], named["same (tiny_mlp)"]) == ("copy", "tiny_mlp")


def test_a_new_run_appears_among_the_starts(home):
    plan = Plan(State(home))
    plan.recipe = "tiny_cnn"
    assert list(plan.outcome.starts.values()) == [OWN]
    run = made_run(home, "tiny_moco", None)
    plan.state.refresh()
    assert list(plan.outcome.starts.values()) == [OWN, run.id]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20, unique=True))
def test_seeds_are_read_back(seeds):
    assert read_seeds(", ".join(map(str, seeds))) == seeds
    assert read_seeds(" ".join(map(str, seeds))) == seeds


def test_ranges_of_seeds():
    assert read_seeds("0-3") == [0, 1, 2, 3]
    assert read_seeds("5, 2-4 3") == [5, 2, 3, 4]
    for text in ("", "a", "-1", "1.5", "0-100", "1,,x"):
        with pytest.raises(PhotozError, match="seeds"):
            read_seeds(text)


def test_dotted_names_become_nested():
    assert nested({"fit.lr": 1, "fit.epochs": 2, "options.a.b": 3}) == {
        "fit": {"lr": 1, "epochs": 2},
        "options": {"a": {"b": 3}},
    }
