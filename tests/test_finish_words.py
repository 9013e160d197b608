"""What the dashboard and the command line say of themselves: glossary, help page, the help of every option; colors."""

import argparse
import html

import numpy as np
import pytest

from dashboard import glossary, help_text, map_keys, palettes, theme
from dashboard.option_fields import option_fields
from dashboard.pages import HELP, find_pages
from dashboard.pdf_table import GROUPS
from photoz_core import simulate
from photoz_core.options import notes
from photoz_core.recipe import load_recipe, recipe_paths
from photoz_core.registry import load, names
from train.cli import build_parser

# Severity 1.0 of Machado, Oliveira & Fernandes 2009 (IEEE TVCG 15, 1291), for linear RGB
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])


def options_of(parser):
    """(command, argument) of a parser and of all below it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from options_of(below)
        elif not isinstance(action, argparse._HelpAction | argparse._VersionAction):
            yield parser.prog, action


def test_every_option_of_every_command_says_what_it_is():
    found = list(options_of(build_parser()))
    assert len(found) > 100
    silent = [(command, action.dest) for command, action in found if not (action.help or "").partition("(")[0].strip()]
    assert silent == []


@pytest.mark.parametrize("name", recipe_paths())
def test_every_option_of_every_recipe_has_a_tooltip(name):
    recipe = load_recipe(name)
    made = option_fields(recipe.config(), recipe.options, "options")
    made += option_fields(recipe.fit_config(), recipe.fit, "fit")
    assert [item.path for item in made if not item.note.strip()] == []


def test_every_metric_of_a_page_is_in_the_glossary():
    shown = [item.name for group in GROUPS.values() for item in group]
    assert set(shown) <= set(glossary.TERMS)
    assert all(term.label and term.words for term in glossary.TERMS.values())
    asked = ("bias", "scatter", "outliers", "knn_r2", "trustworthiness", "overlap", "displacement", "pit", "crps")
    said = text()
    assert all((formula := glossary.TERMS[name].formula) and formula in said for name in asked)
    assert glossary.title("bias").startswith(' title="mean residual') and glossary.title("no metric") == ""


def text() -> str:
    return html.unescape(help_text.help_html())


def test_the_help_page_names_every_page_and_every_key():
    said = text()
    assert all(f"<dt>{title}</dt>" in said for title in find_pages() if title != HELP)
    keys = (theme.STATIC / "keys.js").read_text()
    for key in ("Home", "Enter"):
        assert f'"{key}"' in keys and key in said
    assert all(key.upper() in said for key in "blp") and "Alt+1" in said


def test_keys_move_the_view_by_an_eighth_and_zoom_about_its_middle():
    view = (0.0, 8.0, 0.0, 16.0)
    assert map_keys.moved(view, "ArrowRight") == (1, 9, 0, 16)
    assert map_keys.moved(view, "ArrowDown") == (0, 8, -2, 14)
    nearer = map_keys.moved(view, "+")
    assert map_keys.middle(nearer) == pytest.approx((4, 8)) and nearer[1] - nearer[0] == pytest.approx(8 / 1.4)
    assert map_keys.moved(nearer, "-") == pytest.approx(view)
    assert map_keys.moved(view, "x") == pytest.approx(view)


# --- colors -----------------------------------------------------------------------------------------------------------


def linear(color: str) -> np.ndarray:
    """Linear RGB (3,) of an sRGB hex color (IEC 61966-2-1)."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (3,) of linear RGB, white D65."""
    t = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(1)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def nearest(colors, matrix=None) -> float:
    """The least ΔE*ab (CIE 1976) between any two colors as an eye sees them."""
    seen = np.array([lab(linear(c) if matrix is None else np.array(matrix) @ linear(c)) for c in colors])
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
    return float(apart[np.triu_indices(len(colors), 1)].min())


@pytest.mark.parametrize("kind", BLIND)
@pytest.mark.parametrize("count, least", [(2, 75), (3, 16.5), (7, 16), (8, 9.5)])
def test_the_first_classes_stay_apart_for_every_eye(kind, count, least):
    colors = palettes.classes(count)[palettes.FIRST : palettes.FIRST + count]
    assert nearest(colors, BLIND[kind]) > least
    assert nearest(colors) > 20


def test_other_common_class_colors_would_not_stay_apart():
    common = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2"]  # tab10's
    assert nearest(common, BLIND["protanopia"]) < 5 and nearest(common, BLIND["deuteranopia"]) < 8


def test_sequential_colors_grow_lighter_for_every_eye_and_residuals_are_lightest_at_zero():
    for name in ("viridis", "cividis"):
        colors = palettes.numbers(name)[palettes.FIRST :: 8]
        for matrix in (np.eye(3), *map(np.array, BLIND.values())):
            light = np.array([lab(matrix @ linear(color))[0] for color in colors])
            assert (np.diff(light) > 0).all(), name
    residuals = palettes.numbers("residual")[palettes.FIRST :]
    light = [lab(linear(color))[0] for color in residuals]
    assert abs(int(np.argmax(light)) - len(light) // 2) <= 2


def contrast(one: str, other: str) -> float:
    """WCAG 2's ratio of two colors."""
    low, high = sorted(float(XYZ[1] @ linear(color)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_rings_stand_out_in_both_themes(scheme):
    palette = theme.THEME[scheme]["palette"]
    ground = palette["background"]["default"]
    assert contrast(palette["text"]["primary"], ground) > 7
    assert contrast(palette["text"]["secondary"], ground) > 4.5
    assert contrast(theme.ACCENT[scheme], ground) > 4.5  # the ring of the keyboard, and links
    assert contrast(palette["primary"]["contrastText"], theme.ACCENT[scheme]) > 4.5
    viridis = palettes.numbers("viridis")[palettes.FIRST :: 16]
    rings = ("#ffffff", "#101418")  # of the object in focus: white about a dark core
    assert min(max(contrast(ring, color) for ring in rings) for color in (*viridis, ground)) > 3


def test_every_option_of_every_simulator_is_described():
    silent = []
    for name in names(simulate):
        config = load(simulate, name).Config
        said = notes(config)
        silent += [f"{name}.{option}" for option in config.__dataclass_fields__ if not said.get(option)]
    assert silent == []
