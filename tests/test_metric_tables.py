"""Tables for papers: LaTeX that compiles by its shape, CSV that pandas reads back."""

import io
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_homes import made_home
from made_runs import made_run

from dashboard.state import State
from dashboard.views.photoz import View
from photoz_core.home import Home
from photoz_core.metric_tables import csv_table, escape, latex_table

NAN = math.nan
HEADER = ("run", "labels", "σ_NMAD", "R² label")
ROWS = [("moco_v2 & 10 %", "120", (0.01234, 0.0021, 4), (NAN, NAN, 3)), ("b", "60", (-0.5, NAN, 4), (0.25, 0.1, 3))]


def test_latex_is_a_booktabs_table_with_errors():
    text = latex_table(HEADER, ROWS, ["dataset: made"])
    assert text.startswith("% dataset: made\n% needs \\usepackage{booktabs}\n\\begin{tabular}{lrrr}\n\\toprule\n")
    assert r"run & labels & $\sigma_\mathrm{NMAD}$ & $R^2$ label \\" in text
    assert r"moco\_v2 \& 10 \% & 120 & $0.0123 \pm 0.0021$ & -- \\" in text
    assert r"b & 60 & $-0.5000$ & $0.250 \pm 0.100$ \\" in text
    assert text.endswith("\\bottomrule\n\\end{tabular}\n")


def test_a_row_of_one_word_heads_a_group():
    text = latex_table(("", "bias"), [("by z_spec",), ("< 1", (0.1, NAN, 1))])
    assert r"\multicolumn{2}{l}{by z\_spec} \\" in text and r"$<$ 1 & $0.1$ \\" in text
    assert csv_table(("", "bias"), [("by z_spec",), ("< 1", (0.1, NAN, 1))]).endswith("\nby z_spec: < 1,0.1,\n")


@pytest.mark.parametrize("name", ["[old] pita", "*star", "  [2pt]"])
def test_a_name_is_not_taken_for_an_option_of_the_command_before_it(name):
    lines = latex_table((name, "bias"), [(name, (0.1, NAN, 1)), ("plain", (0.1, NAN, 1))]).splitlines()
    assert [line for line in lines if name in line] == [rf"{{}}{name} & bias \\", rf"{{}}{name} & $0.1$ \\"]
    assert r"plain & $0.1$ \\" in lines


def test_greek_letters_and_units_are_commands():
    assert escape("λ σ µ″ β") == r"$\lambda$ $\sigma$ $\mu$$''$ $\beta$"


@given(st.text())
def test_no_letter_of_a_name_commands_latex(text):
    left = re.sub(r"\\(textbackslash|textasciitilde|textasciicircum)\{\}|\$[^$]*\$|\\[&%$#_{}]", "", escape(text))
    assert not set(left) & set("\\&%$#_{}~^")


def test_csv_has_all_digits_and_a_column_for_each_error():
    text = csv_table(HEADER, ROWS, ["dataset: made,\nwith a break"])
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert list(table) == ["run", "labels", "σ_NMAD", "σ_NMAD error", "R² label", "R² label error"]
    assert table["σ_NMAD"].tolist() == [0.01234, -0.5] and table["σ_NMAD error"][0] == 0.0021
    assert np.isnan(table["R² label"][0]) and table["run"][0] == "moco_v2 & 10 %"
    assert text.startswith("# dataset: made, with a break\n")


def test_csv_keeps_a_name_that_begins_like_a_comment():
    table = pd.read_csv(io.StringIO(csv_table(HEADER, [("# old", *ROWS[0][1:]), *ROWS])), comment="#")
    assert table["run"].tolist() == ["# old", *(row[0] for row in ROWS)] and table["σ_NMAD"][0] == 0.01234


# --- photoz compare -----------------------------------------------------------------------------------------------


@pytest.fixture
def two_seeds(tmp_path):
    """A home with two runs that differ in their seed alone."""
    home = made_home(tmp_path)
    z = State(home).data.column("z_spec")
    for seed in (0, 1):
        noise = np.random.default_rng(seed).normal(0, 0.02 * (seed + 1), len(z))
        made_run(home, "photometry_mlp", np.nan_to_num(z) + noise, dataset="made", seed=seed)
    return home


def test_compare_makes_the_same_numbers_as_json_says(photoz, two_seeds):
    _, said, _ = photoz(two_seeds, "compare", "--mean", "--json")
    (row,) = json.loads(said)
    code, text, err = photoz(two_seeds, "compare", "--mean", "--latex")
    assert (code, err) == (0, "") and rf"${row['scatter']:.4f} \pm {row['scatter_error']:.4f}$" in text
    assert "% errors: standard deviation over seeds\n" in text and text.count(r"\\") == 2
    code, text, _ = photoz(two_seeds, "compare", "--csv")
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert code == 0 and len(table) == 2 and "# errors: bootstrap" in text
    assert table["σ_NMAD"].mean() == pytest.approx(row["scatter"], rel=1e-12)


@pytest.mark.parametrize("form", ["--latex", "--csv"])
def test_no_run_makes_no_table(photoz, tmp_path, form):
    code, out, err = photoz(Home(tmp_path), "compare", form)
    assert (code, out) == (1, "") and "no finished run to make a table of" in err


def test_two_forms_at_once_are_a_wrong_call(photoz, tmp_path):
    assert photoz(Home(tmp_path), "compare", "--latex", "--csv")[0] == 2


# --- the Photo-z page ---------------------------------------------------------------------------------------------


def test_the_photo_z_page_saves_the_table_it_shows(two_seeds, monkeypatch):
    page, sent = View(State(two_seeds)), {}
    page.__panel__().get_root()
    save = page.points.save
    monkeypatch.setattr(save.download, "send", lambda name, data: sent.update({name: data.decode()}))
    save.save("tex")
    save.save("csv")
    (latex, text), run = sent.values(), page.state.run_id
    assert list(sent) == [f"{run}--photo-z.tex", f"{run}--photo-z.csv"]
    table = pd.read_csv(io.StringIO(text), comment="#", index_col=0)
    whole = page.points._metrics["whole split"]
    assert table.loc["whole split", "σ_NMAD"] == whole["scatter"] and table.loc["whole split", "n"] == whole["n"]
    assert rf"${whole['scatter']:.4f} \pm {whole['scatter_error']:.4f}$" in latex
    assert f"% run: {run}" in latex and "by z\\_spec" in latex
