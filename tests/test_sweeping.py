"""A sweep as it is wished: what it comes to, what is wrong with it, who may start it. Trains nothing."""

import pytest
from made_runs import made_run
from still_queue import StillQueue, resolved, states

from dashboard.access import User
from dashboard.state import State
from dashboard.sweeping import COUNT, MOST_RUNS, SweepChoices, SweepWish, read_amounts, resolve_sweep, told
from photoz_core.dataset import Dataset
from photoz_core.errors import PhotozError
from photoz_core.estimate import training_rows, training_seconds
from photoz_core.recipe import load_recipe
from photoz_core.run import Run
from photoz_core.sweeping import OVERHEAD
from photoz_core.sweeps import find_run


@pytest.fixture
def queue(home):
    queue = StillQueue(home)
    yield queue
    queue.close()


def test_a_plan_counts_what_is_there_what_goes_on_and_what_is_missing(home):
    z = Dataset(home.dataset("tiny")).column("z_spec")
    made_run(home, "tiny_mlp", z, label_fraction=0.5)
    waiting = Run.create(home, load_recipe("tiny_mlp", home, label_fraction=0.05))
    stopped = Run.create(home, load_recipe("tiny_mlp", home))
    stopped.set_state("failed", "so it goes")
    plan = resolved(home, "tiny_mlp", seeds="0 1").plan
    assert (plan.done, plan.going, plan.stopped, len(plan.to_train), plan.parents) == (1, 1, 1, 4, ())
    assert {r.run_name for r in plan.to_train} == {
        stopped.name, *(f"tiny_mlp · tiny · {share} % · seed 1" for share in (5, 50, 100)),
    }  # fmt: skip
    assert told(plan) == "6 runs: 1 is there, 1 on the way, 1 stopped, to go on, 3 to train; 4 of unknown time"
    assert waiting.state == "queued"


def test_a_run_made_before_an_option_came_is_the_same_run(home):
    run = made_run(home, "tiny_mlp", None)
    text = (run.folder / "recipe.toml").read_text()
    shorter = "\n".join(line for line in text.splitlines() if not line.startswith("clip_norm"))
    assert shorter != text.strip()
    (run.folder / "recipe.toml").write_text(shorter + "\n")
    assert "clip_norm" not in Run(run.folder).recipe.fit
    assert resolved(home, "tiny_mlp", amounts="100").plan.done == 1


def test_parents_are_trained_first_once_a_seed_and_not_counted_where_they_are_wanted_themselves(home):
    plan = resolved(home, "tiny_finetune", seeds="0-2").plan
    assert [(parent.name, parent.seed) for parent in plan.parents] == [("tiny_moco", seed) for seed in range(3)]
    assert len(plan.to_train) == 9
    both = resolved(home, "tiny_finetune", "tiny_moco", seeds="0-2").plan
    assert both.parents == () and [r.name for r in both.recipes[:4]] == ["tiny_moco", *["tiny_finetune"] * 3]
    made_run(home, "tiny_moco", None, seed=1)
    assert [parent.seed for parent in resolved(home, "tiny_finetune", seeds="0-2").plan.parents] == [0, 2]


def test_a_pretraining_without_labels_is_the_same_however_many_it_might_have_seen(home):
    """As in the home of a demo, where everything is trained with 10 % of the labels."""
    pretrained = made_run(home, "tiny_moco", None, label_fraction=0.1)
    plan = resolved(home, "tiny_moco", "tiny_finetune", amounts="10, 100").plan
    assert (plan.done, len(plan.to_train), plan.parents) == (1, 2, ())
    queue = StillQueue(home)
    children = [queue.ensure(recipe) for recipe in plan.recipes]
    queue.close()
    assert children[0][0].id == pretrained.id and children[0][1] == []
    assert [run.info["parent"] for run, _ in children[1:]] == [pretrained.id] * 2
    for fraction in (0.0, 0.5):
        assert find_run(home, load_recipe("tiny_moco", home, label_fraction=fraction)).id == pretrained.id
    assert find_run(home, load_recipe("tiny_moco", home, seed=1)) is None
    changed = load_recipe("tiny_moco", home, fit={"epochs": 7})
    assert find_run(home, changed) is None
    made_run(home, "tiny_mlp", None, label_fraction=0.1)
    assert find_run(home, load_recipe("tiny_mlp", home)) is None  # this one learns from them


def test_the_time_is_the_sum_over_trainings_and_parents_of_those_known(trained_home):
    data, runs = Dataset(trained_home.dataset("tiny")), [run for run, state in states(trained_home) if state == "done"]
    plan = resolved(trained_home, "tiny_mlp", "tiny_finetune", seeds="3 4").plan
    expected = 0.0
    for name, fraction in (("tiny_mlp", 0.05), ("tiny_mlp", 0.5), ("tiny_mlp", 1.0), ("tiny_moco", 1.0)):
        recipe = load_recipe(name, trained_home, label_fraction=fraction, seed=3)
        train = (data.split == "train") & (data.visible_labels(fraction, 3) | (name == "tiny_moco"))
        assert training_rows(recipe, data) == train.sum()
        expected += 2 * (training_seconds(recipe, int(train.sum()), runs) + OVERHEAD)
    assert plan.seconds == pytest.approx(expected) and plan.unknown == 6  # nobody has fine-tuned yet
    assert told(plan).startswith("12 runs: 12 to train, 2 parents first; about ")
    assert told(plan).endswith(" and 6 of unknown time")


@pytest.mark.parametrize(
    ("wish", "field", "problem"),
    [
        ({"recipes": ()}, "recipes", "choose one method or more"),
        ({"recipes": ("lensiam_lenses",)}, "recipes", "has no array 'pair'"),
        ({"seeds": "x"}, "seeds", "whole numbers"),
        ({"amounts": "0"}, "amounts", "percentages"),
        ({"amounts": "-5"}, "amounts", "percentages"),
        ({"amounts": "101"}, "amounts", "no more than 100 %"),
        ({"amounts": "43", "unit": COUNT}, "amounts", "training split of 'tiny' has 42"),
        ({"amounts": "1.5", "unit": COUNT}, "amounts", "whole numbers"),
        ({"seeds": "0-19", "amounts": ", ".join(map(str, range(1, 17)))}, "size", "320 runs; at most 300 at once"),
    ],
)
def test_what_is_wrong_stands_at_its_field(tiny_home, wish, field, problem):
    data = Dataset(tiny_home.dataset("tiny"))
    outcome = resolve_sweep(SweepWish(**{"recipes": ("tiny_mlp",)} | wish), tiny_home, data, [])
    assert list(outcome.problems) == [field] and problem in outcome.problems[field] and outcome.plan is None
    assert MOST_RUNS == 300


def test_amounts_are_read_as_the_slider_has_them_and_counted(tiny_home):
    data = Dataset(tiny_home.dataset("tiny"))
    read = read_amounts("100 %, .7; 10 10", "% of labels", data)
    assert [amount["label_fraction"] for amount in read] == [0.007, 0.1, 1.0]
    outcome = resolved(tiny_home, "tiny_mlp", amounts="10, 100")
    train = data.split == "train"
    assert outcome.labels == tuple(
        (said, int((data.visible_labels(share, 0) & train).sum())) for said, share in (("10 %", 0.1), ("100 %", 1.0))
    )
    assert resolved(tiny_home, "tiny_mlp", amounts="7 20", unit=COUNT).labels == (("7", 7), ("20", 20))


def test_choices_offer_what_fits_and_work_out_nothing_while_hidden(home, queue):
    choices = SweepChoices(State(home, queue))
    choices.seeds = "0 1"
    assert choices.outcome.plan is None and choices.param.recipes.objects == []
    choices.active = True
    offered = set(choices.param.recipes.names.values())
    assert {"tiny_mlp", "tiny_finetune", "photometry_forest"} <= offered and "lensiam_lenses" not in offered
    choices.param.update(recipes=["tiny_mlp"], amounts="100")
    assert len(choices.outcome.plan.to_train) == 2
    Run.create(home, load_recipe("tiny_mlp", home))
    choices.state.refresh()
    assert (len(choices.outcome.plan.to_train), choices.outcome.plan.going) == (1, 1)
    choices.start()
    assert len(queue.sweeps) == 1


def test_only_those_who_may_train_start_a_sweep(home, queue):
    for user, with_queue, message in ((User("eva", "viewer"), queue, "owners"), (User("eva"), None, "photoz serve")):
        choices = SweepChoices(State(home, with_queue, user))
        choices.param.update(active=True, recipes=["tiny_mlp"])
        with pytest.raises(PhotozError, match=message):
            choices.start()
    choices = SweepChoices(State(home, queue))
    choices.active = True
    with pytest.raises(PhotozError, match="choose one method"):
        choices.start()
    assert home.run_ids() == [] and queue.sweeps == []
