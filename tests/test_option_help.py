"""``--help`` names every option, those too that only a recipe or a simulator knows."""

import subprocess
import sys
from dataclasses import fields, is_dataclass

import pytest

from dashboard.option_fields import option_fields
from photoz_core import simulate
from photoz_core.options import notes
from photoz_core.recipe import load_recipe
from photoz_core.registry import load, names


def paths(config, section):
    """Dotted names of the options of a dataclass instance, nested ones too."""
    for item in fields(config):
        value = getattr(config, item.name)
        yield from paths(value, f"{section}.{item.name}") if is_dataclass(value) else [f"--{section}.{item.name} "]


@pytest.mark.parametrize("words", [["train", "pita_candels"], ["sweep", "--methods", "moco_candels", "pita_candels"]])
def test_a_recipe_tells_its_options_with_type_default_and_text(photoz, tiny_home, words):
    code, out, err = photoz(tiny_home, *words, "--preset", "paper", "--help")
    recipe, said = load_recipe("pita_candels", preset="paper"), " ".join(out.split())
    assert (code, err) == (0, "")
    assert [name for name in paths(recipe.config(), "options") if name not in out] == []
    assert [name for name in paths(recipe.fit_config(), "fit") if name not in out] == []
    assert f"--fit.epochs int Passes over the training rows. (default {recipe.fit['epochs']})" in said
    assert "--options.heads {code,blog}" in said and "method of pita_candels, preset paper: encoder:" in said
    made = option_fields(recipe.config(), recipe.options, "options")
    assert all(" ".join(item.note.split()) in said for item in made if "-" not in item.note)  # a hyphen may be wrapped


@pytest.mark.parametrize("survey", names(simulate))
def test_a_simulator_tells_its_options(photoz, tiny_home, survey):
    code, out, _ = photoz(tiny_home, "data", "simulate", "--survey", survey, "--help")
    config, said = load(simulate, survey).Config(), " ".join(out.split())
    assert code == 0 and [name for name in paths(config, "options") if name not in out] == []
    assert all(" ".join(text.split()) in said for text in notes(type(config)).values() if "-" not in text)


def test_help_before_a_recipe_says_how_to_get_them_and_an_unknown_one_lists_the_known(photoz, tiny_home):
    code, out, _ = photoz(tiny_home, "train", "--help")
    assert code == 0 and "photoz train RECIPE --help" in out and "--fit.epochs int" not in out
    code, out, _ = photoz(tiny_home, "train", "pita", "--help")
    assert code == 0 and "unknown recipe 'pita'; known: " in out


def test_help_of_a_command_imports_nothing_slow():
    program = "import sys; from train.cli import build_parser; build_parser().format_help(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"torch", "pydantic", "panel", "pandas"} & set(loaded) == set()
