"""Recipes: presets, overrides, and every message a misspelling gets."""

import dataclasses

import pytest

from photoz_core import methods, registry
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from photoz_core.recipe import PRESETS, load_recipe, overlay, recipe_paths
from photoz_core.run import Run


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", recipe_paths())
def test_every_shipped_recipe_resolves(name, preset):
    recipe = load_recipe(name, preset=preset)
    assert recipe == recipe.resolved()
    fields = {field.name for field in dataclasses.fields(registry.load(methods, recipe.method).Config)}
    assert set(recipe.options) == fields


def test_the_papers_numbers_are_in_the_paper_preset():
    recipe = load_recipe("pita_candels", preset="paper")
    config, fit = recipe.config(), recipe.fit_config()
    assert (config.contrast.queue, config.contrast.momentum, config.contrast.tau, config.contrast.dim) == (
        60_000,
        0.999,
        0.1,
        64,
    )
    assert (config.contrastive_weight, config.color_weight, config.redshift_weight, config.delta) == (
        0.0025,
        1,
        1,
        0.15,
    )
    assert (config.augment.crop, config.augment.jitter, config.encoder.name) == (64, 4, "convnext_tiny")
    assert (config.contrast.enqueue, config.encoder.scaling) == ("after", "none")
    assert (fit.epochs, fit.batch_size, fit.lr, fit.optimizer, fit.weight_decay) == (1550, 1024, 1e-3, "adam", 1e-5)
    assert (fit.schedule, fit.decay_epochs, fit.min_lr) == ("periodic", 500, 1e-7)
    fit = load_recipe("supervised_candels", preset="paper").fit_config()
    assert (fit.epochs, fit.batch_size, fit.lr, fit.warmup_epochs, fit.decay_epochs, fit.min_lr) == (
        1200,
        512,
        5e-4,
        100,
        500,
        5e-6,
    )


def test_overrides_are_laid_over_the_preset():
    recipe = load_recipe(
        "pita_candels", options={"contrast": {"tau": 0.2}}, fit={"epochs": 3}, label_fraction=0.1, seed=4
    )
    assert recipe.config().contrast.tau == 0.2
    assert recipe.config().contrast.queue == load_recipe("pita_candels").config().contrast.queue
    assert (recipe.fit_config().epochs, recipe.label_fraction, recipe.seed) == (3, 0.1, 4)
    assert recipe.run_name == "pita · candels-mock · 10 % · seed 4"


def test_a_count_of_labels_takes_the_place_of_the_share_in_the_name():
    recipe = load_recipe("supervised_candels", label_count=100)
    assert (recipe.label_count, recipe.label_fraction) == (100, 1)
    assert recipe.run_name.endswith(" · candels-mock · 100 labels · seed 0")


def test_a_run_keeps_its_count_of_labels_and_one_made_before_there_were_counts_opens(home):
    run = Run.create(home, load_recipe("tiny_mlp", home, label_count=20))
    assert run.id == "tiny--tiny_mlp-demo--20labels-seed0" and Run(run.folder).recipe.label_count == 20
    path = run.folder / "recipe.toml"
    path.write_text(path.read_text().replace("label_count = 20\n", ""))
    assert Run(run.folder).recipe.label_count == 0


def test_more_labels_than_there_are_make_no_run(home):
    with pytest.raises(PhotozError, match="1000 labels wanted"):
        Run.create(home, load_recipe("tiny_mlp", home, label_count=1000))
    assert home.run_ids() == []


def test_what_hidden_labels_do_not_change_is_known():
    found = {
        name: load_recipe(name).learns_from_labels for name in ("pita_candels", "moco_candels", "magnitudes_splus")
    }
    assert found == {"pita_candels": True, "moco_candels": False, "magnitudes_splus": False}


def test_overlay_merges_deeply_and_leaves_the_base_alone():
    base = {"a": {"b": 1, "c": 2}, "d": 3}
    assert overlay(base, {"a": {"b": 9}, "e": 4}) == {"a": {"b": 9, "c": 2}, "d": 3, "e": 4}
    assert base == {"a": {"b": 1, "c": 2}, "d": 3}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fit": {"epoch": 3}}, r"unknown option 'epoch'; known: .*epochs"),
        ({"options": {"contrast": {"temperature": 1}}}, r"unknown option 'contrast.temperature'; known: .*tau"),
        ({"fit": {"epochs": 0}}, r"option 'epochs' = 0: .*greater than 0"),
        ({"fit": {"optimizer": "lion"}}, r"option 'optimizer' = 'lion': .*adamw"),
        ({"fit": {"lr": "fast"}}, r"option 'lr' = 'fast'"),
        ({"label_fraction": 1.5}, r"label fraction 1.5: give a number from 0 to 1"),
        ({"label_fraction": -0.1}, r"label fraction -0.1"),
        ({"label_count": -5}, r"-5 labels: give 1 or more"),
        ({"label_count": 100, "label_fraction": 0.5}, r"100 labels and label fraction 0.5: give one of the two"),
        ({"seed": -1}, r"seed -1"),
        ({"preset": "large"}, r"unknown preset 'large'; known: demo, paper"),
    ],
)
def test_wrong_values_are_named(change, message):
    with pytest.raises(PhotozError, match=message):
        load_recipe("pita_candels", **change)


def test_no_labels_are_fine_where_none_are_needed_and_refused_where_they_are():
    assert load_recipe("pita_candels", label_fraction=0.0).label_fraction == 0
    assert load_recipe("moco_candels", label_fraction=0.0).label_fraction == 0
    with pytest.raises(PhotozError, match="learns from labels only"):
        load_recipe("supervised_candels", label_fraction=0.0)


def test_unknown_recipe_lists_the_known():
    with pytest.raises(PhotozError, match=r"unknown recipe 'pitta'; known: .*pita_candels"):
        load_recipe("pitta")


def test_a_home_recipe_is_found_and_checked(tmp_path):
    home = Home(tmp_path)
    home.recipes.mkdir()
    (home.recipes / "mine.toml").write_text('method = "photometry_mlp"\ndataset = "x"\n[demo.fit]\nepochs = 2\n')
    assert load_recipe("mine", home).fit_config().epochs == 2
    (home.recipes / "bad.toml").write_text('method = "photometry_mlp"\nepochs = 2\n[demo]\n')
    with pytest.raises(PhotozError, match="unknown section 'epochs'"):
        load_recipe("bad", home)
    (home.recipes / "worse.toml").write_text('method = "pipa"\n[demo]\n')
    with pytest.raises(PhotozError, match=r"unknown method 'pipa'; known: .*pita"):
        load_recipe("worse", home)
    (home.recipes / "broken.toml").write_text("method = ")
    with pytest.raises(PhotozError, match=r"cannot read .*broken.toml"):
        load_recipe("broken", home)


@pytest.fixture
def family(home):
    """A home with the recipe `below`, which has another as its base."""
    (home.recipes / "below.toml").write_text(
        'base = "scratch_classes"\ntitle = "below"\n[demo.options]\nfrozen = true\n[demo.options.encoder]\n'
        'name = "vgg16"\narguments = {}\n[demo.fit]\nlr = 0.5\n'
    )
    return home


def test_a_recipe_is_laid_over_its_base(family):
    base, recipe = load_recipe("scratch_classes"), load_recipe("below", family)
    assert (recipe.title, recipe.method, recipe.dataset) == ("below", base.method, base.dataset)
    assert recipe.options == base.options | {
        "frozen": True,
        "encoder": base.options["encoder"] | {"name": "vgg16", "arguments": {}},  # an empty table empties
    }
    assert recipe.fit == base.fit | {"lr": 0.5}
    assert load_recipe("below", family, "paper").fit == load_recipe("scratch_classes", None, "paper").fit


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('base = "nothing"', "base: unknown recipe 'nothing'"),
        ('base = "wrong"', "base: unknown recipe 'wrong'"),
        ('base = "below"', "base 'below' has a base itself; name 'scratch_classes'"),
        ('base = "scratch_classes"\ncolour = 1', "unknown section 'colour'"),
    ],
)
def test_a_wrong_base_is_named(family, text, message):
    (family.recipes / "wrong.toml").write_text(text)
    with pytest.raises(PhotozError, match=message):
        load_recipe("wrong", family)
