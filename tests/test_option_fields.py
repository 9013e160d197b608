"""Form fields made from the options: each value survives being written and read; bad text reaches its option."""

import pytest

from dashboard.option_fields import OptionField, option_fields
from photoz_core.options import defects
from photoz_core.recipe import PRESETS, load_recipe, recipe_paths


def fields_of(recipe):
    return option_fields(recipe.config(), recipe.options, "options") + option_fields(
        recipe.fit_config(), recipe.fit, "fit"
    )


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", recipe_paths())
def test_every_option_of_every_recipe_survives_its_field(name, preset):
    recipe = load_recipe(name, preset=preset)
    for item in fields_of(recipe):
        value = getattr(recipe, item.path.partition(".")[0])
        for part in item.path.split(".")[1:]:
            value = value[part]
        assert item.value == value
        assert item.read(item.show(value)) == value
        assert item.kind != "choice" or value in item.choices


def test_kinds_follow_the_types():
    kinds = {item.path: (item.kind, item.choices) for item in fields_of(load_recipe("pita_candels"))}
    assert kinds["options.augment.flip"] == ("switch", ())
    assert kinds["fit.optimizer"] == ("choice", ("adam", "adamw", "sgd"))
    assert kinds["options.encoder.name"] == ("text", ())
    assert kinds["fit.lr"] == ("value", ())


def test_notes_are_the_sentences_of_the_options():
    said = {item.path: item.note for item in fields_of(load_recipe("pita_candels"))}
    assert said["options.contrast.tau"] == "Temperature."
    assert "0.0025" in said["options.contrastive_weight"]


def test_text_that_is_no_value_is_left_for_the_option_to_refuse():
    item = OptionField("fit.lr", "value", 0.001)
    assert (item.read("1e-4"), item.read("0x10"), item.read(" 2 ")) == (1e-4, 16, 2)
    assert [item.read(text) for text in ("", "fast", "[1")] == ["", "fast", "[1"]
    recipe = load_recipe("pita_candels")
    assert "lr" in defects(type(recipe.fit_config()), recipe.fit | {"lr": item.read("fast")})


def test_nested_tables_and_lists_are_written_on_one_line():
    item = OptionField("options.encoder.arguments", "value", {})
    assert item.show({}) == "{}"
    assert item.show({"depths": [1, 2], "name": "a b"}) == '{ depths = [1, 2], name = "a b" }'
